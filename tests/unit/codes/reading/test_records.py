"""Tables with named columns, and lines that may be decimals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mheight.codes.from_blocks import batches
from mheight.codes.reading import read_blocks
from mheight.errors import InputWarning, InvalidCodeError


def read(path: Path, kind: Any = None) -> list[Any]:
    found = batches(read_blocks(path), str(path), kind)
    return [G.tolist() for batch in found for G in batch.generators]


def test_lines_of_two_numbers_are_no_p(tmp_path: Path) -> None:
    """Each may be one decimal number."""
    path = tmp_path / "x.csv"
    for content, refused in (("1,5\n2,5\n", True), ("1, 5\n2, 5\n", False), ("1,-5\n2,5\n", False)):
        path.write_text(content)
        assert len(read(path, "H" if content == "1,5\n2,5\n"[:4] else None)) == 1
        if refused:
            with pytest.raises(InvalidCodeError, match=r"as P, '1,5' is 1.5 or the two numbers"):
                read(path, "P")
        else:
            assert len(read(path, "P")[0][0]) == 4


def test_columns_that_are_not_read_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("name,g0,g1,height\nA,1,2,2\n")
    with pytest.warns(InputWarning, match=r"x\.csv: not read: name, height"):
        assert read(path) == [[[1, 2]]]
