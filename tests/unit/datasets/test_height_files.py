from __future__ import annotations

import csv
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from mheight.datasets import Samples, height_files, read_pickled_heights
from mheight.datasets.height_files import FORMATS, HeightFile, check_output, write_heights
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


@pytest.mark.parametrize("name", ["heights.json", "heights.jsonl"])
def test_json_has_null_for_infinity(tmp_path: Path, samples: Samples, name: str) -> None:
    path = tmp_path / name
    write_heights(samples, HEIGHTS, path, {"flag": np.array(["", 'a "b"', "infinite height"])})
    text = path.read_text()
    objects = (
        json.loads(text) if name.endswith(".json") else list(map(json.loads, text.split("\n")[:3]))
    )
    assert [one["height"] for one in objects] == [1.0, 2.5, None]
    assert [one["flag"] for one in objects] == ["", 'a "b"', "infinite height"]
    assert objects[1] == {
        "sample_id": 0,
        "n": 9,
        "k": 4,
        "m": 2,
        "height": 2.5,
        "log2_height": np.log2(2.5),
        "flag": 'a "b"',
    }


def test_npy_is_an_array_of_heights(tmp_path: Path, samples: Samples) -> None:
    write_heights(samples, HEIGHTS, tmp_path / "heights.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "heights.npy"), HEIGHTS)


@pytest.mark.parametrize("suffix", FORMATS)
def test_block_by_block_is_the_same_as_at_once(
    tmp_path: Path, samples: Samples, suffix: str
) -> None:
    once, parts = tmp_path / f"once{suffix}", tmp_path / f"parts{suffix}"
    write_heights(samples, HEIGHTS, once)
    with HeightFile(parts) as file:
        for i in range(3):
            file.write(samples.take(np.array([i])), HEIGHTS[i : i + 1])
    if suffix == ".parquet":
        assert pq.read_table(once) == pq.read_table(parts)
    else:
        assert once.read_bytes() == parts.read_bytes()


@pytest.mark.parametrize("name", ["heights.txt", "heights", "heights.csv.gz"])
def test_other_endings_are_refused(tmp_path: Path, samples: Samples, name: str) -> None:
    with pytest.raises(
        InvalidDataError, match=r"the output must end in \.csv, \.parquet, \.json, "
    ):
        write_heights(samples, HEIGHTS, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match=r"there is no folder .*absent"):
        check_output(tmp_path / "absent" / "heights.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "writer"),
    [
        ("heights.csv", "pa.csv.CSVWriter"),
        ("heights.parquet", "pq.ParquetWriter"),
        ("heights.json", "_json_texts"),
        ("heights.jsonl", "_json_texts"),
        ("heights.npy", "np.save"),
        ("heights.pkl", "pickle.dump"),
    ],
)
def test_an_error_leaves_the_old_file(
    tmp_path: Path, samples: Samples, monkeypatch: pytest.MonkeyPatch, name: str, writer: str
) -> None:
    def fail(*arguments: Any) -> None:
        if isinstance(arguments[0], Path):
            arguments[0].write_text("half")
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
