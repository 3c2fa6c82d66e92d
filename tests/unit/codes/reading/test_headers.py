"""What names columns."""

from __future__ import annotations

import pytest

from mheight.codes.reading.headers import is_header


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["g0", "g1"], True),
        (["", "0", "1", "2"], True),
        (["Code", " row ", "0", "1"], True),
        (["0", "1", "2"], False),
        (["x", "0", "1"], False),
        (["row", "0", "2"], False),
        (["g0", "1,5"], False),
    ],
)
def test_what_names_columns(cells: list[str], expected: bool) -> None:
    assert is_header(cells) == expected
