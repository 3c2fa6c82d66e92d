"""Matrices in columns of Parquet."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mheight.codes.from_blocks import batches
from mheight.codes.reading import read_blocks
from mheight.errors import InputWarning, InvalidCodeError

ONE = [[[1, 0, 1], [0, 1, 2]]]


TWO = [*ONE, [[2, 0, 1], [0, 2, 1]]]


def read(path: Path, kind: Any = None) -> list[Any]:
    found = batches(read_blocks(path), str(path), kind)
    return [G.tolist() for batch in found for G in batch.generators]


COLUMNS = [
    ({"g0": [1, 0], "g1": [0, 1], "g2": [1.0, 2.0]}, ONE),
    ({"row": [0, 1], "g0": [1, 0], "g1": [0, 1], "g2": [1, 2]}, ONE),
    ({"n": [3], "k": [2], "p_0": [1.0], "p_1": [2.0], "p_2": [None]}, ONE),
    ({"code": ["A", "A", "B"], "g0": [1, 0, 5], "g1": [0, 1, 6]}, [[[1, 0], [0, 1]], [[5, 6]]]),
    ({"G": ["1 0 1; 0 1 2", "[[2,0,1],[0,2,1]]"]}, TWO),
    ({"n": [3], "k": [2], "G": ["1 0 1; 0 1 2"]}, ONE),
    ({"GeneratorMatrix": [ONE[0], TWO[1]]}, TWO),
]


@pytest.mark.parametrize(("table", "expected"), COLUMNS)
@pytest.mark.parametrize("compressed", [False, True])
def test_columns_of_parquet(
    tmp_path: Path, table: dict[str, Any], expected: list[Any], compressed: bool
) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(table), path)
    if compressed:
        packed = tmp_path / "x.parquet.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path = packed
    assert read(path) == expected


def test_parquet_that_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    for table, message in (
        (pa.table([[1], [2]], names=["g0", "g0"]), "got g0 twice"),
        (
            pa.table({"g0": [1, None], "g1": [1, 2]}),
            "row 1, column 0: .* got null",
        ),
        (pa.table({"n": [9], "k": [4], "m": [2], "P": [[1.0]]}), "samples n, k, m, P"),
        (pa.table({"n": [1e30], "k": [1.0], "p0": [1.0]}), "got 1 columns of entries"),
    ):
        pq.write_table(table, path)
        with pytest.raises(InvalidCodeError, match=message):
            read(path)
    pq.write_table(pa.table({"G": ONE, "height": [1.0]}), path)
    with pytest.warns(InputWarning, match="not read: height"):
        assert read(path) == ONE


@pytest.mark.parametrize(
    ("kind", "k", "n", "shape"),
    [("P", 2, 2, "(2, 0)"), ("G", 0, 3, "(0, 3)"), ("H", 3, 3, "(0, 3)")],
)
def test_parquet_matrices_without_entries(
    tmp_path: Path, kind: str, k: int, n: int, shape: str
) -> None:
    path = tmp_path / "x.parquet"
    empty = pa.array([[]], type=pa.list_(pa.float64()))
    pq.write_table(pa.table({kind: empty, "k": [k], "n": [n]}), path)
    message = (
        rf"x.parquet, matrix 0: k = {k}, n = {n} need {kind} of shape {re.escape(shape)}, got 0"
    )
    with pytest.raises(InvalidCodeError, match=message):
        read(path)
