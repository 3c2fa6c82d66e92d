from __future__ import annotations

import json
import os
import pickle
import subprocess

import numpy as np
import pytest

from mheight.datasets import generate, load_dataset


def course_rows(per_group=3, seed=0):
    samples = generate("course", per_group, seed).samples
    rows = [
        [9, int(samples.k[i]), int(samples.m[i]), samples.matrix(i)] for i in range(len(samples))
    ]
    return rows, samples.labels.tolist()


@pytest.fixture
def pickles(tmp_path):
    rows, heights = course_rows()

    def write(new_rows=rows, new_heights=heights):
        x, y = tmp_path / "x.pkl", tmp_path / "y.pkl"
        x.write_bytes(pickle.dumps(new_rows))
        y.write_bytes(pickle.dumps(new_heights))
        return x, y

    return write


def test_make_then_inspect(mheight, tmp_path):
    folder, plot = tmp_path / "course", tmp_path / "plot.png"
    status, out, _ = mheight("data", "make", "-o", folder, "--per-group", 20, "--seed", 5)
    assert status == 0
    assert "180 samples of the course ensemble, seed 5" in out
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["seed"] == 5
    assert manifest["groups"]["(4,5)"] == 20
    assert load_dataset(folder).manifest == manifest
    status, out, _ = mheight("data", "inspect", folder, "--plot", plot)
    assert status == 0
    assert (
        sum(
            line.split()[:2] == [f"({k},{m})", "20"]
            for line in out.splitlines()
            for k, m in [(4, 5), (6, 3)]
        )
        == 2
    )
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_import_reports_and_stores(mheight, tmp_path, pickles):
    rows, heights = course_rows()
    heights[0] *= 2
    x, y = pickles([*rows, rows[1]], [*heights, heights[1]])
    status, out, _ = mheight("data", "import", x, y, "-o", tmp_path / "set")
    assert status == 0
    assert "rows that repeat an earlier row exactly: 1" in out
    assert "other wrong labels, replaced: 1 (1 in (4,2))" in out
    assert "28 samples stored" in out
    stored = load_dataset(tmp_path / "set")
    assert stored.samples.labels[0] == pytest.approx(heights[0] / 2)
    assert stored.manifest["import"]["wrong_labels"] == {"(4,2)": 1}


def test_import_without_labels_computes_them(mheight, tmp_path, pickles):
    rows, heights = course_rows()
    x, _ = pickles(rows, heights)
    assert mheight("data", "import", x, "-o", tmp_path / "set")[0] == 0
    np.testing.assert_allclose(load_dataset(tmp_path / "set").samples.labels, heights, rtol=1e-12)


def change(rows, i, position, value):
    rows = [list(row) for row in rows]
    rows[i][position] = value
    return rows


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        (0, 10, "P must have shape (k, n-k) = (4, 6), got (4, 5)"),
        (1, 9, "k must lie in 1..n-1, got n = 9, k = 9"),
        (2, 6, "every height with m > n-k = 5 is infinite, got m = 6"),
        (2, 0, "m must lie in 1..n-1 = 1..8, got 0"),
        (3, np.ones((4, 4)), "P must have shape (k, n-k) = (4, 5), got (4, 4)"),
        (3, np.full((4, 5), np.nan), "P must be finite"),
        (3, np.full((4, 5), np.inf), "P must be finite"),
        (3, None, "P must be an array of numbers"),
    ],
)
def test_import_names_the_bad_row(fails, tmp_path, pickles, position, value, message):
    rows, heights = course_rows()
    x, y = pickles(change(rows, 2, position, value), heights)
    line = fails("data", "import", x, y, "-o", tmp_path / "set")
    assert message in line
    assert "sample 2" in line
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        (lambda h: h[:-1], "got 26 heights and more samples"),
        (lambda h: [*h, 2.0], "got 27 samples and 28 heights"),
        (lambda h: ["x", *h[1:]], "a list of heights is needed"),
        (lambda h: [[2.0, 3.0], *h[1:]], "sample 0: [2, 3] is no list of heights for n-k = 5"),
        (lambda h: {"a": 1}, "there is no height for sample 0"),
        (lambda h: 7, "a list of heights is needed"),
    ],
)
def test_import_refuses_what_are_no_labels(fails, tmp_path, pickles, heights, message):
    rows, good = course_rows()
    x, y = pickles(rows, heights(good))
    assert message in fails("data", "import", x, y, "-o", tmp_path / "set")
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("value", [0, -3.0, float("nan"), 0.999999999999, float("inf"), 1.5])
def test_import_replaces_any_wrong_label_and_names_its_row(mheight, tmp_path, pickles, value):
    rows, good = course_rows()
    x, y = pickles(rows, [*good[:4], value, *good[5:]])
    status, out, err = mheight("data", "import", x, y, "-o", tmp_path / "set")
    assert status == 0, err
    assert "other wrong labels, replaced: 1 (1 in (4,3))" in out
    assert f"{tmp_path / 'set' / 'wrong_labels.csv'}: the rows with wrong labels" in out
    lines = (tmp_path / "set" / "wrong_labels.csv").read_text().splitlines()
    assert lines == ["sample,n,k,m,given,exact", f"4,9,4,3,{float(value)!r},{good[4]!r}"]
    stored = load_dataset(tmp_path / "set").samples
    np.testing.assert_allclose(stored.labels, good, rtol=1e-12)


INFINITE = [9, 4, 5, np.diag([1.0, 2, 3, 4])[:, [0, 1, 2, 3, 3]]]


def test_a_set_of_infinite_heights_still_gets_its_report(mheight, tmp_path, pickles):
    x, y = pickles([INFINITE, INFINITE], [7.5, float("inf")])
    status, out, err = mheight("data", "import", x, y, "-o", tmp_path / "set")
    assert status == 1
    assert "rows of infinite height, left out: 2 (2 in (4,5))" in out
    assert "labels finite where the height is infinite: 1 (1 in (4,5))" in out
    assert err == "error: every sample has an infinite height: none is left; nothing is stored\n"
    assert not (tmp_path / "set").exists()


def test_inspect_does_not_believe_labels(mheight, tmp_path, pickles):
    rows, good = course_rows()
    x, y = pickles([*rows, INFINITE], [*good[:4], 1e9, *good[5:], float("inf")])
    status, out, _ = mheight("data", "inspect", x, "--labels", y)
    assert status == 0
    assert "1 of the 28 heights given is wrong: exact ones are shown" in out
    assert "sample 4, (n,k,m) = (9,4,3): given 1000000000.0, exact " in out
    _, plain, _ = mheight("data", "inspect", x)
    assert out.split("log2 heights by quantile")[1] == plain.split("log2 heights by quantile")[1]


class Malicious:
    def __reduce__(self):
        return os.system, ("touch owned",)


class Subprocess:
    def __reduce__(self):
        return subprocess.run, (["touch", "owned"],)


@pytest.mark.parametrize("payload", [Malicious, Subprocess])
def test_a_malicious_pickle_is_refused_and_never_run(fails, tmp_path, monkeypatch, payload):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([payload()]))
    line = fails("data", "import", "x.pkl", "-o", "set")
    assert "only NumPy arrays, numbers and plain containers" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.pkl"]


def test_broken_files(fails, tmp_path, pickles):
    x, y = pickles()
    content = x.read_bytes()
    for size in (0, 1, 100, len(content) - 5):
        x.write_bytes(content[:size])
        message = "empty file" if size == 0 else "not a readable pickle, perhaps cut short"
        assert message in fails("data", "import", x, y, "-o", tmp_path / "set")
    (tmp_path / "x.parquet").write_bytes(b"PAR1" + b"\0" * 50)
    assert "not a readable Parquet file" in fails("data", "inspect", tmp_path / "x.parquet")
    assert "no such file or folder" in fails("data", "inspect", tmp_path / "nothing")
    assert list(tmp_path.glob("set*")) == []


def test_an_existing_folder_is_kept(fails, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "precious").write_text("x")
    assert "exists already" in fails("data", "make", "-o", tmp_path / "set", "--per-group", 1)
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["precious"]


def test_out_of_range_arguments(fails, tmp_path):
    target = tmp_path / "set"
    assert "at least 1 sample a group" in fails("data", "make", "-o", target, "--per-group", 0)
    assert "non-negative integer, got -1" in fails("data", "make", "-o", target, "--seed", -1)


def test_a_full_disk_leaves_nothing(fails, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mheight.datasets.storage.write_json", full)
    line = fails("data", "make", "-o", tmp_path / "set", "--per-group", 2)
    assert "No space left on device" in line
    assert list(tmp_path.iterdir()) == []


def test_a_changed_data_set_is_refused(mheight, fails, tmp_path):
    mheight("data", "make", "-o", tmp_path / "set", "--per-group", 5)
    path = tmp_path / "set" / "samples.parquet"
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(bytes(content))
    assert "changed or damaged since it was written" in fails("data", "inspect", tmp_path / "set")
