"""Files as they lie: UTF-16, gzip."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from mheight.codes.from_blocks import batches
from mheight.codes.reading import count_matrices, read_blocks
from mheight.errors import InvalidCodeError

ONE = [[[1, 0, 1], [0, 1, 2]]]


def read(path: Path, kind: Any = None) -> list[Any]:
    found = batches(read_blocks(path), str(path), kind)
    return [G.tolist() for batch in found for G in batch.generators]


def test_text_in_utf_16_and_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("1\t0\t1\r\n0\t1\t2\r\n".encode("utf-16"))
    assert read(path) == ONE
    path.write_bytes(b"g0,g1\n1,2\n# caf\xe9\n")
    with pytest.raises(InvalidCodeError, match="UTF-8 is needed, got the byte 0xe9"):
        read(path)


@pytest.mark.parametrize(
    ("name", "plain", "count"),
    [
        ("x.csv", b"1,0,1\n0,1,2\n", None),
        ("x.jsonl", b"[[1,0,1],[0,1,2]]\n", 1),
        ("x.json", b'{"P": [[1],[2]]}', None),
    ],
)
def test_compressed_text(tmp_path: Path, name: str, plain: bytes, count: int | None) -> None:
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(plain))
    assert read(path) == ONE
    assert count_matrices(path) == count
    for broken in (gzip.compress(plain)[:-9], plain):
        path.write_bytes(broken)
        with pytest.raises(InvalidCodeError, match="can't be read"):
            read(path)
