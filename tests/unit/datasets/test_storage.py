from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mheight
from mheight.datasets import (
    Samples,
    content_hash,
    load_dataset,
    read_parquet,
    read_samples,
    save_dataset,
    storage,
    write_parquet,
)
from mheight.errors import InvalidDataError, RunFolderError


@pytest.fixture
def folder(tmp_path: Path, uniform_codes: Samples) -> Path:
    path = tmp_path / "data"
    save_dataset(uniform_codes, {"source": "test"}, path)
    return path


def test_a_data_set_comes_back(tmp_path: Path, uniform_codes: Samples) -> None:
    provenance = {"source": "generated", "seed": 1}
    manifest = save_dataset(uniform_codes, provenance, tmp_path / "new" / "data")
    dataset = load_dataset(tmp_path / "new" / "data")
    assert content_hash(dataset.samples) == content_hash(uniform_codes)
    assert dataset.manifest == manifest
    assert manifest["source"] == "generated"
    assert manifest["seed"] == 1
    assert manifest["mheight"] == mheight.__version__
    assert manifest["count"] == 360
    assert manifest["groups"] == uniform_codes.counts()
    assert manifest["content_sha256"] == content_hash(uniform_codes)
    assert content_hash(read_samples(tmp_path / "new" / "data")) == content_hash(uniform_codes)
    left = sorted(path.name for path in (tmp_path / "new").rglob("*"))
    assert left == ["data", "manifest.json", "samples.parquet"]


def test_every_column_counts_in_the_content_hash(uniform_codes: Samples) -> None:
    s = uniform_codes
    flipped, parity = s.labels.copy(), s.parity.copy()
    flipped[7] += 1e-9
    parity[7, 0] += 1e-9
    others = [
        replace(s, parity=parity),
        replace(s, heights=flipped),
        replace(s, heights=None),
        replace(s, sample_id=s.sample_id + 1),
        replace(s, m=np.roll(s.m, 1)),
        s.take(np.arange(len(s))[::-1]),
    ]
    assert len({content_hash(samples) for samples in (s, *others)}) == 7


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_exists_is_refused_and_left_alone(
    tmp_path: Path, uniform_codes: Samples, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "data")
    with pytest.raises(RunFolderError, match="data exists already; remove it or choose another"):
        save_dataset(uniform_codes, {}, tmp_path / "data")
    assert [path.name for path in tmp_path.rglob("*")] == ["data"]


@pytest.mark.parametrize("step", ["write_parquet", "_file_hash", "write_json"])
def test_nothing_is_left_when_writing_fails(
    tmp_path: Path, uniform_codes: Samples, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(storage, step, fail)
    with pytest.raises(OSError, match="disk full"):
        save_dataset(uniform_codes, {}, tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_provenance_that_json_cannot_hold_leaves_nothing(
    tmp_path: Path, uniform_codes: Samples
) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_dataset(uniform_codes, {"largest": float("inf")}, tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["samples.parquet", "manifest.json"])
def test_a_folder_with_a_file_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InvalidDataError, match=f"missing {name}"):
        load_dataset(folder)
    with pytest.raises(InvalidDataError, match=f"missing {name}"):
        read_samples(folder)


def test_a_changed_byte_is_seen(folder: Path) -> None:
    path = folder / "samples.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        InvalidDataError, match=r"samples\.parquet: changed or damaged since it was"
    ):
        load_dataset(folder)


def test_samples_of_another_data_set_are_seen(folder: Path, course_codes: Samples) -> None:
    write_parquet(course_codes, folder / "samples.parquet")
    with pytest.raises(InvalidDataError, match="its SHA-256 differs from the manifest"):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a readable manifest"),
        ("{", "not a readable manifest"),
        ("[]", "not a readable manifest"),
        ('{"format": 1}', "not a readable manifest"),
    ],
)
def test_manifests_that_are_none(folder: Path, text: str, message: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(InvalidDataError, match=rf"manifest\.json: {message}"):
        load_dataset(folder)


def test_a_manifest_of_another_format(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(InvalidDataError, match="format 1 is needed, got 2"):
        load_dataset(folder)


@pytest.mark.parametrize("keep", [1, 4, 100, 0.5, 0.99])
def test_parquet_cut_short(folder: Path, keep: float) -> None:
    content = (folder / "samples.parquet").read_bytes()
    path = folder.parent / "cut.parquet"
    path.write_bytes(content[: int(keep * len(content)) if keep < 1 else int(keep)])
    with pytest.raises(InvalidDataError, match=r"cut\.parquet: not a readable Parquet file"):
        read_parquet(path)


def test_an_empty_parquet_file(tmp_path: Path) -> None:
    (tmp_path / "empty.parquet").touch()
    with pytest.raises(InvalidDataError, match="got an empty file"):
        read_samples(tmp_path / "empty.parquet")


def table_of(count: int = 2) -> pa.Table:
    return pa.table(
        {
            "n": [9] * count,
            "k": [4] * count,
            "m": [2] * count,
            "P": [[float(i + 1) for i in range(20)]] * count,
            "height": [2.0] * count,
            "sample_id": list(range(7, 7 + count)),
        }
    )


def replaced(column: str, values: list[Any]) -> pa.Table:
    table = table_of()
    return table.set_column(table.column_names.index(column), column, pa.array(values))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (table_of().drop_columns("m"), "columns n, k, m and P are needed, missing m$"),
        (table_of().drop_columns(["n", "P"]), "columns n, k, m and P are needed, missing n, P$"),
        (table_of(0), "at least one sample is needed, got none"),
        (replaced("P", [[1.0] * 20, [1.0] * 19]), r"sample 1: P must have shape .* got \(19,\)"),
        (replaced("P", [[1.0] * 20, None]), "sample 1: P must be a list of numbers"),
        (replaced("P", [[1.0] * 20, [None] * 20]), "sample 1: P must be a list of numbers"),
        (replaced("P", ["a", "b"]), "sample 0: P must be a list of numbers"),
        (replaced("n", [9, 10]), r"sample 1: P must have shape \(k, n-k\) = \(4, 6\), got"),
        (replaced("n", ["9", "9"]), "a column has the wrong type"),
        (replaced("k", [[4], [4]]), "a column has the wrong type"),
        (replaced("k", [4, None]), "a column has the wrong type|k must be an integer"),
        (replaced("m", [2, 6]), r"sample 1: every height with m > n-k = 5 is infinite, got m = 6"),
        (replaced("height", [2.0, 0.5]), r"a height is at least 1, got 0\.5 at sample 1"),
        (replaced("height", [None, 2.0]), "a height is at least 1, got nan at sample 0"),
        (replaced("height", ["x", "y"]), "heights must be numbers"),
        (replaced("sample_id", [3, 3]), "sample_id must be unique integers"),
        (replaced("sample_id", [0.5, 1.5]), "sample_id must be unique integers"),
        (replaced("sample_id", ["a", "b"]), "sample_id must be unique integers"),
    ],
)
def test_parquet_that_breaks_a_rule(tmp_path: Path, table: pa.Table, message: str) -> None:
    pq.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(InvalidDataError, match=rf"rows\.parquet.*{message}"):
        read_parquet(tmp_path / "rows.parquet")


def test_parquet_of_others(tmp_path: Path) -> None:
    """Integers, nested rows and further columns are as good; height and number may be absent."""
    path = tmp_path / "rows.parquet"
    matrix = np.arange(20).reshape(4, 5)
    table = pa.table(
        {
            "comment": ["x", "y"],
            "m": pa.array([2, 3], pa.int64()),
            "k": pa.array([4, 4], pa.uint8()),
            "n": pa.array([9.0, 9.0]),
            "P": [matrix.tolist()] * 2,
        }
    )
    pq.write_table(table, path)
    samples = read_samples(path)
    assert samples.heights is None
    assert samples.sample_id.tolist() == [0, 1]
    np.testing.assert_array_equal(samples.matrix(1), matrix)
    pq.write_table(table_of(), path)
    assert read_parquet(path).sample_id.tolist() == [7, 8]


def test_labels_beside_samples(tmp_path: Path, uniform_codes: Samples) -> None:
    labels = tmp_path / "labels.pkl"
    unlabelled = Samples.from_rows([[9, 4, 2, np.eye(4, 5)]])
    write_parquet(unlabelled, tmp_path / "x.parquet")

    with pytest.raises(InvalidDataError, match=r"labels\.pkl: no such file or folder"):
        read_samples(tmp_path / "x.parquet", labels)
    labels.write_bytes(pickle.dumps([2.0, 3.0]))
    with pytest.raises(InvalidDataError, match="got 1 samples and 2 heights"):
        read_samples(tmp_path / "x.parquet", labels)
    for value in (4.0, 0.5, -1.0, 0.0, np.inf):  # right or wrong, they are kept as given
        labels.write_bytes(pickle.dumps([value]))
        assert read_samples(tmp_path / "x.parquet", labels).labels.tolist() == [value]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="nothing: no such file or folder"):
        read_samples(tmp_path / "nothing")
