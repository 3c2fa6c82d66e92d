"""Shards of heights: what is told of them, and one file of many."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import mheight
from mheight.errors import InvalidDataError
from mheight.heights.doubts import Doubt, DoubtKind
from mheight.heights.output.rows import HeightRows, profile_rows, solution_rows, witness_rows
from mheight.heights.output.shards import join_shards, shard_bytes, shard_summary
from mheight.heights.output.summary import Summary

G = np.array([[1.0, 0, 1, 1], [0, 1, 1, 2]])
GAP = np.array([[1.0, 0, 0, 1], [0, 1, 0, 2]])  # h_2 is infinite


def rows_of(codes: list[int], heights: list[float], *doubtful: int) -> HeightRows:
    some = np.ones(len(codes), dtype=np.int64)
    doubts = tuple(Doubt(code, DoubtKind.CERTIFICATE, m=code) for code in doubtful)
    return HeightRows(np.array(codes), some, some, some, np.array(heights), doubts=doubts)


def test_what_is_told_of_rows() -> None:
    summary = Summary()
    summary.note(rows_of([3, 3, 4, 5, 5], [1.0, inf, nan, inf, 2.0]))
    assert summary == Summary(codes=3, values=5, infinite=2, unknown=1)
    summary.note(rows_of([6, 7, 8], [1.0, 1.0, 1.0], 8, 7, 7))
    doubt = "the certificate of h_7 is spoilt by rounding"
    assert summary == Summary(6, 8, 2, 1, doubtful=2, first=7, doubt=doubt)
    summary.note(rows_of([9], [nan], 9))
    assert summary == Summary(7, 9, 2, 2, doubtful=3, first=7, doubt=doubt)
    from_zero = Summary()
    from_zero.note(rows_of([0, 1], [1.0, 1.0], 0))
    from_zero.note(rows_of([2], [1.0], 2))
    assert (from_zero.first, from_zero.doubtful) == (0, 2)


def test_summaries_add_up() -> None:
    total = Summary(1, 2, 3, 4)
    total.add(Summary(10, 20, 30, 40, 50, 7, "a doubt"))
    assert total == Summary(11, 22, 33, 44, 50, 7, "a doubt")
    total.add(Summary(1, 1, 1, 1, 1, 9, "another"))
    assert total == Summary(12, 23, 34, 45, 51, 7, "a doubt")
    at_zero = Summary(first=0, doubt="the first")
    at_zero.add(Summary(first=9, doubt="another"))
    assert (at_zero.first, at_zero.doubt) == (0, "the first")


def shard(path: Path, *parts: HeightRows, capability: bool = False) -> Path:
    path.write_bytes(shard_bytes(parts, capability=capability))
    return path


def test_a_shard_is_a_table_and_its_summary(tmp_path: Path) -> None:
    parts = [profile_rows(0, G[None]), profile_rows(1, GAP[None])]
    path = shard(tmp_path / "a.parquet", *parts)
    assert shard_bytes(parts) == path.read_bytes()
    assert shard_summary(path) == Summary(codes=2, values=4, infinite=1)
    table = pq.read_table(path).to_pydict()
    assert table["height"] == [2.0, 3.0, *mheight.height_profile(GAP)]
    assert table["code"] == [0, 0, 1, 1]
    assert "located" not in table
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    with_tasks = shard(tmp_path / "b.parquet", *parts, capability=True)
    assert "located" in pq.read_table(with_tasks).column_names


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".CSV"])
def test_one_file_of_many(tmp_path: Path, suffix: str) -> None:
    paths = [
        shard(tmp_path / "a", witness_rows(0, G)),
        shard(tmp_path / "b", witness_rows(1, GAP)),
    ]
    output = tmp_path / f"all{suffix}"
    join_shards(paths, output)
    if suffix == ".parquet":
        table = pq.read_table(output)
        assert table.schema.metadata is None or b"mheight" not in table.schema.metadata
        assert pq.ParquetFile(output).metadata.row_group(0).column(0).compression == "ZSTD"
        whole = [row for path in paths for row in pq.read_table(path).to_pylist()]
        assert table.to_pylist() == whole
    else:
        table = pyarrow.csv.read_csv(output)
        assert table.to_pydict()["code"] == [0, 0, 1, 1]
        assert table.to_pydict()["height"] == [2.0, 3.0, *mheight.height_profile(GAP)]
        # What is a list stands there as JSON; an infinite height has no information set.
        words = pq.read_table(paths[0]).to_pydict()["codeword"]
        assert [json.loads(x) for x in table.to_pydict()["codeword"][:2]] == words


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_heights_and_bounds_are_not_one_table(tmp_path: Path, suffix: str) -> None:
    solutions = [mheight.find_height(G, 1, method="branch-and-bound")]
    sought = solution_rows(1, solutions, 2)
    message = (
        "^some codes have all heights from the lattice, others bounds from a search: "
        r"their columns differ; search for all \(--time-limit\)$"
    )
    with pytest.raises(InvalidDataError, match=message):
        shard_bytes([profile_rows(0, G[None]), sought])
    paths = [shard(tmp_path / "a", profile_rows(0, G[None])), shard(tmp_path / "b", sought)]
    with pytest.raises(InvalidDataError, match=message):
        join_shards(paths, tmp_path / f"x{suffix}")
