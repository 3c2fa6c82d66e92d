from __future__ import annotations

import csv
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from mheight.datasets import Samples, height_files, read_pickled_heights
from mheight.datasets.height_files import check_output, write_heights
from mheight.errors import InvalidDataError

HEIGHTS = np.array([1.0, 2.5, np.inf])


@pytest.fixture
def samples(uniform_codes: Samples) -> Samples:
    return uniform_codes.take(np.array([359, 0, 200]))


def test_csv(tmp_path: Path, samples: Samples) -> None:
    path = tmp_path / "heights.csv"
    write_heights(samples, HEIGHTS, path)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["sample_id", "n", "k", "m", "height", "log2_height"]
    assert [int(row["sample_id"]) for row in rows] == [359, 0, 200]
    assert [(row["n"], row["k"], row["m"]) for row in rows] == [
        ("9", "6", "3"),
        ("9", "4", "2"),
        ("9", "5", "3"),
    ]
    assert [float(row["height"]) for row in rows] == [1.0, 2.5, np.inf]
    assert [float(row["log2_height"]) for row in rows] == np.log2(HEIGHTS).tolist()


def test_parquet(tmp_path: Path, samples: Samples) -> None:
    path = tmp_path / "heights.parquet"
    write_heights(samples, HEIGHTS, path)
    table = pq.read_table(path).to_pydict()
    assert list(table) == ["sample_id", "n", "k", "m", "height", "log2_height"]
    assert table["sample_id"] == [359, 0, 200]
    assert table["height"] == [1.0, 2.5, np.inf]
    assert table["log2_height"] == np.log2(HEIGHTS).tolist()


def test_pickle_is_the_course_format(tmp_path: Path, samples: Samples) -> None:
    path = tmp_path / "heights.PKL"
    write_heights(samples, HEIGHTS, path)
    values = pickle.loads(path.read_bytes())
    assert [type(value) for value in values] == [float, float, float]
    assert values == [1.0, 2.5, np.inf] == read_pickled_heights(path).tolist()


@pytest.mark.parametrize("name", ["heights.txt", "heights", "heights.csv.gz"])
def test_other_endings_are_refused(tmp_path: Path, samples: Samples, name: str) -> None:
    with pytest.raises(InvalidDataError, match=r"the output must end in \.csv, \.parquet, \.pkl"):
        write_heights(samples, HEIGHTS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match=r"there is no folder .*absent"):
        check_output(tmp_path / "absent" / "heights.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "writer"),
    [
        ("heights.csv", "pyarrow.csv.write_csv"),
        ("heights.parquet", "pq.write_table"),
        ("heights.pkl", "pickle.dumps"),
    ],
)
def test_an_error_leaves_the_old_file(
    tmp_path: Path, samples: Samples, monkeypatch: pytest.MonkeyPatch, name: str, writer: str
) -> None:
    def fail(*arguments: Any) -> None:
        if isinstance(arguments[-1], Path):
            arguments[-1].write_text("half")
        raise OSError("disk full")

    path = tmp_path / name
    path.write_text("old")
    target: Any = height_files
    *parents, attribute = writer.split(".")
    for parent in parents:
        target = getattr(target, parent)
    monkeypatch.setattr(target, attribute, fail)
    with pytest.raises(OSError, match="disk full"):
        write_heights(samples, HEIGHTS, path)
    assert path.read_text() == "old"
    assert [left.name for left in tmp_path.iterdir()] == [name]
