"""Samples as people have them: names, nestings, packed files, heights beside them."""

from __future__ import annotations

import gzip
import json
import pickle
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mheight.datasets import read_any_samples, read_samples, sample_blocks
from mheight.datasets.reading import read_labels
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.tiers import COURSE_9

RNG = np.random.default_rng(5)
A, B = RNG.integers(-9, 10, (2, 4, 5))
C = RNG.integers(-9, 10, (6, 3))
G = np.hstack([np.eye(4, dtype=int), A])
ROWS = [[9, 4, 2, A.tolist()], [9, 4, 3, B.tolist()], [9, 6, 2, C.tolist()]]
ENTRIES = [f"p_{i}" for i in range(20)]


def flat(matrix, fill=0.0):
    return [*map(float, matrix.ravel()), *[fill] * (20 - matrix.size)]


def same(samples, count=3):
    assert samples.k.tolist() == [4, 4, 6][:count]
    assert samples.m.tolist() == [2, 3, 2][:count]
    for i, matrix in enumerate([A, B, C][:count]):
        np.testing.assert_array_equal(samples.matrix(i), matrix)


def csv_text(mark=",", names=("n", "k", "m", *ENTRIES), more=None, fill=""):
    lines = [mark.join([*names, *(more or {})])]
    for i, (n, k, m, P) in enumerate(ROWS):
        cells = [n, k, m, *flat(np.array(P), fill)]
        lines.append(
            mark.join(map(str, [*cells, *(values[i] for values in (more or {}).values())]))
        )
    return "\n".join(lines) + "\n"


VALUES = {
    "rows": ROWS,
    "tuples": tuple(tuple(row) for row in ROWS),
    "arrays": [[9, np.int64(len(P)), m, np.array(P)] for _, _, m, P in ROWS],
    "an array of objects": np.array([[9, 4, 2, A], [9, 4, 3, B], [9, 6, 2, C]], dtype=object),
    "by triple": {(9, 4, 2): A, (9, 4, 3): B.tolist(), (9, 6, 2): C},
    "by triple as text": {"[9, 4, 2]": A, "[9,4,3]": [B], "9_6_2": [C.tolist()]},
    "lists of objects": [{"n": n, "k": k, "m": m, "P": P} for n, k, m, P in ROWS],
    "without sizes": [{"m": m, "P": P} for _, _, m, P in ROWS],
    "flat": [{"n": n, "k": k, "m": m, "P": flat(np.array(P))} for n, k, m, P in ROWS],
    "by name": {f"code {i}": dict(zip("nkmP", row, strict=True)) for i, row in enumerate(ROWS)},
    "generators": {
        7: {"GeneratorMatrix": G, "m": 2},
        8: {"GeneratorMatrix": np.hstack([np.eye(4), B]), "m": 3},
        9: {"GeneratorMatrix": np.hstack([np.eye(6), C]), "m": 2},
    },
    "parallel": {
        "n": [9] * 3, "k": np.array([4, 4, 6]), "m": [2, 3, 2], "P": [A, B.tolist(), C],
    },
    "under a key": {"about": "a course", "codes": ROWS},
    "under two keys": {"data": {"samples": ROWS}},
}  # fmt: skip


ENDINGS = ["x.pkl", "HW-4-n_k_m_P", "x.pkl.gz", "x.json", "Train.gz"]


@pytest.mark.parametrize(
    ("ending", "name"),
    # A JSON object has texts for keys.
    [both for both in product(ENDINGS, VALUES) if both != ("x.json", "by triple")],
)
def test_every_nesting(tmp_path, name, ending):
    value = VALUES[name]
    path = tmp_path / ending
    if ending == "x.json":
        path.write_text(json.dumps(value, default=lambda x: x.tolist()))
    else:
        content = pickle.dumps(value)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    same(read_samples(path))
    assert read_any_samples(path).k.tolist() == [4, 4, 6]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", csv_text()),
        ("x.csv", csv_text("\t")),
        ("x.tsv", csv_text("\t")),
        ("x.txt", csv_text("\t")),
        ("x.dat", csv_text(" ", fill="0")),
        ("x.csv", csv_text(";")),
        ("Train-n_k_m_P", csv_text()),
        ("x.csv", csv_text(names=("N", "K", "M", *(f"p[{i}]" for i in range(20))))),
        ("x.csv", csv_text(names=("n", "k", "m", *(f"P{i}" for i in range(1, 21))))),
        ("x.csv", csv_text(fill="NaN")),
        ("x.csv", csv_text() + "\n\n"),
        ("x.csv", "n,k,m,P\n" + "".join(f'{n},{k},{m},"{P}"\n' for n, k, m, P in ROWS)),
        ("x.jsonl", "\n".join(json.dumps(row) for row in ROWS)),
        ("x.jsonl", json.dumps(VALUES["lists of objects"][:2]) + "\n" + json.dumps(ROWS[2])),
        ("x", "  " + json.dumps(ROWS)),
    ],
)
def test_every_text(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    same(read_samples(tmp_path / name))
    (tmp_path / (name + ".gz")).write_bytes(gzip.compress(text.encode()))
    same(read_samples(tmp_path / (name + ".gz")))


def test_arrays_and_frames(tmp_path):
    columns = {"n": np.full(3, 9), "k": np.array([4, 4, 6]), "m": np.array([2, 3, 2])}
    P = np.array([flat(A), flat(B), flat(C)])
    np.savez_compressed(tmp_path / "x.npz", P=P, **columns)
    same(read_samples(tmp_path / "x.npz"))
    frame = {**columns, **{f"p_{i}": P[:, i] for i in range(20)}, "h_m": [2.0, 3.0, np.inf]}
    pq.write_table(pa.table(frame), tmp_path / "x.parquet")
    same(read_samples(tmp_path / "x.parquet"))
    assert read_samples(tmp_path / "x.parquet").labels.tolist() == [2.0, 3.0, np.inf]
    pq.write_table(pa.table({**frame, "sample_id": [7, 3, 5]}), tmp_path / "x.parquet")
    for read in (read_samples, read_any_samples):
        assert read(tmp_path / "x.parquet").sample_id.tolist() == [7, 3, 5]


def test_files_of_matlab(tmp_path):
    scipy_io = pytest.importorskip("scipy.io", reason="needs SciPy")
    columns = {"n": np.full(3, 9), "k": np.array([4, 4, 6]), "m": np.array([2, 3, 2])}
    cells = np.empty(3, dtype=object)
    cells[:] = [A.astype(float), B.astype(float), C.astype(float)]
    scipy_io.savemat(tmp_path / "x.mat", {**columns, "P": cells, "height": [2.0, 3.0, 4.0]})
    same(read_samples(tmp_path / "x.mat"))
    assert read_samples(tmp_path / "x.mat").labels.tolist() == [2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("y.pkl", pickle.dumps([2.0, 3.0, float("inf")])),
        ("y", pickle.dumps(np.array([[2.0], [3.0], [np.inf]]))),
        ("y.pkl.gz", gzip.compress(pickle.dumps([2, 3, np.float32("inf")]))),
        ("y.json", b"[2, 3, null]"),
        ("y.json", b'{"heights": [2, 3, "inf"]}'),
        ("y.jsonl", b"2\n3\nInfinity\n"),
        ("y.txt", b"2\n3\ninf\n"),
        ("y.csv", b"height\n2\n3\ninf\n"),
        ("y.csv", b"n,k,m,h_m\n9,4,2,2\n9,4,3,6/2\n9,6,2,inf\n"),
        ("y.pkl", pickle.dumps({(9, 4, 2): 2.0, (9, 6, 2): np.inf, (9, 4, 3): [3.0]})),
        ("y.json", b'{"[9,4,3]": 3, "[9, 4, 2]": 2, "[9, 6, 2]": null}'),
    ],
)
@pytest.mark.parametrize("samples", ["rows", "by triple"])
def test_heights_beside_samples(tmp_path, name, content, samples):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(VALUES[samples]))
    (tmp_path / name).write_bytes(content)
    found = read_samples(tmp_path / "x.pkl", tmp_path / name)
    assert found.labels.tolist() == [2.0, 3.0, np.inf]


def test_heights_by_name(tmp_path):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(VALUES["by name"]))
    heights = {"code 2": 4.0, "code 0": {"mHeight": 2.0}, "code 1": 3.0}
    (tmp_path / "y.json").write_text(json.dumps(heights))
    found = read_samples(tmp_path / "x.pkl", tmp_path / "y.json")
    assert found.labels.tolist() == [2.0, 3.0, 4.0]
    del heights["code 1"]
    (tmp_path / "y.json").write_text(json.dumps(heights))
    with pytest.raises(InvalidDataError, match="there is no height for sample 1, code 1"):
        read_samples(tmp_path / "x.pkl", tmp_path / "y.json")
    (tmp_path / "y.json").write_text(json.dumps({**heights, "code 1": 3, "code 9": 3}))
    with pytest.raises(InvalidDataError, match="there is no sample for the height of code 9"):
        read_samples(tmp_path / "x.pkl", tmp_path / "y.json")


@pytest.mark.parametrize("name", ["height", "h_m", "result", "mHeight", "Height"])
def test_labels_are_known_by_name(tmp_path, name):
    (tmp_path / "x.csv").write_text(csv_text(more={name: [2, 3, "inf"]}))
    assert read_samples(tmp_path / "x.csv").labels.tolist() == [2.0, 3.0, np.inf]


def test_other_columns_are_asked_for(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(csv_text(more={"y": [2, 3, 4], "remark": ["a", "b", "c"]}))
    with pytest.raises(
        InvalidDataError, match=r"x\.csv, line 1: 'y' may be heights or not; --label-c"
    ):
        read_samples(path)
    assert read_samples(path, label="y").labels.tolist() == [2.0, 3.0, 4.0]
    assert read_samples(path, label="none").heights is None
    with pytest.raises(InvalidDataError, match="there is no column 'z'"):
        read_samples(path, label="z")
    path.write_text(csv_text(more={"height": [2, 3, 4], "result": [5, 6, 7]}))
    with pytest.raises(InvalidDataError, match="'height', 'result' may all be heights"):
        read_samples(path)
    assert read_samples(path, label="result").labels.tolist() == [5.0, 6.0, 7.0]
    (tmp_path / "y.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidDataError, match="may be heights or not"):
        read_labels(tmp_path / "y.csv")
    assert read_labels(tmp_path / "y.csv", "b").ordered == [2.0]
    (tmp_path / "x.json").write_text(
        json.dumps([{"n": 9, "k": 4, "m": 2, "P": A.tolist(), "y": 2}])
    )
    with pytest.raises(InvalidDataError, match="sample 0: 'y' may be heights or not"):
        read_samples(tmp_path / "x.json")
    assert read_samples(tmp_path / "x.json", label="y").labels.tolist() == [2.0]
    for read in (read_samples, read_any_samples):
        with pytest.raises(InvalidDataError, match="sample 0: there is no height 'z'"):
            read(tmp_path / "x.json", label="z")


LINE = "9,4,2," + ",".join(["1"] * 20)
HEADER = "n,k,m," + ",".join(f"p{i}" for i in range(20))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "x.csv",
            f"{HEADER}\n9,4,2,1,,{','.join(['1'] * 18)}\n",
            "sample 0: p1 must be a number, got an empty cell",
        ),
        (
            "x.csv",
            f"{HEADER}\n{LINE.replace('2,1,', '2,1_0,')}\n",
            "p0 must be a number, got '1_0'",
        ),
        (
            "x.csv",
            f"{HEADER}\n{LINE}\n,4,2,{','.join(['1'] * 20)}\n",
            "sample 1: n must be a number, got an empty cell",
        ),
        (
            "x.csv",
            f"{HEADER}\n{LINE.replace('9,4', 'nan,4')}\n",
            "sample 0: n must be an integer, got nan",
        ),
        (
            "x.csv",
            f"{HEADER}\n{LINE.replace('9,4', '9,inf')}\n",
            "sample 0: k must be an integer, got inf",
        ),
        (
            "x.csv",
            f"{HEADER.replace(',', ';')}\n{LINE.replace(',1', ';0,5').replace(',', ';', 2)}\n",
            r"\(decimals have a point\)",
        ),
        ("x.csv", f'"n,k,m\n{LINE}\n', r"line 1: unexpected end of data"),
        ("x.csv", f'{HEADER}\n{LINE}\n"{LINE}\n{LINE}\n', r"line 3: unexpected end of data"),
        (
            "x.csv",
            f"{HEADER}\n{'1' * 200_000}\n",
            r"line 2: a cell has more than 131,072 characters",
        ),
        ("x.csv", "n,k,m,p0,p2\n9,4,2,1,1\n", "a column p1 is missing"),
        ("x.csv", "n,k,m,P,parity\n9,4,2,1,1\n", "P and parity both stand for P"),
        ("x.csv", "n,k,p0,m\n9,4,2,3\n", r"P must have shape \(k, n-k\) = \(4, 5\), got 1 entries"),
        (
            "x.json",
            '[{"n": 9, "k": 4, "m": 2, "P": [[1]], "m": 3}]',
            "the key 'm' stands twice in an object",
        ),
        ("x.json", "[[NaN, 4, 2, [[1]]]]", "n must be an integer, got nan"),
        ("x.json", "[[Infinity, 4, 2, [1, 2]]]", "n must be an integer, got inf"),
        ("x.json", "[[9, 4, 2, [[1, 2], [3]]]]", "P must be an array of numbers"),
        (
            "x.json",
            "[[9, 4, " + "1" * 3000 + ", [[1]]]]",
            "m must be an integer, got an integer of many digits",
        ),
        ("x.json", "[" * 100_000, "no JSON"),
        (
            "x.json",
            '{"a": [[9, 4, 2, [[1]]]], "b": [[9, 4, 2, [[1]]]]}',
            "got lists under the keys a, b",
        ),
        (
            "x.json",
            '[{"n": 9, "k": 4, "m": 2, "P": [[1]], "G": [[1]]}]',
            "P or G is needed, got both",
        ),
        (
            "x.json",
            '[{"m": 2, "GeneratorMatrix": [[1, 2, 3], [2, 4, 6]]}]',
            "the rows of G must be independent",
        ),
        (
            "x.json",
            '{"a": {"GeneratorMatrix": [[1, 0, 3], [0, 1, 6]], "height": 3}}',
            "does not say which: m is needed",
        ),
        (
            "x.json",
            '{"n": [9, 9], "k": [4], "m": [2], "P": [[[1]]]}',
            "columns of one length are needed",
        ),
        ("x.csv", f"{HEADER}\n{LINE}\n\n{LINE}\n", "line 3: got an empty line"),
        (
            "x.json",
            json.dumps([{"n": 9, "k": 4, "m": 2, "P": A.tolist()}, {"n": 9, "P": A.tolist()}]),
            "sample 1: its m is missing, and other samples have theirs",
        ),
        ("x.npz", "PK", "not a readable NPZ file"),
        ("x.pkl.gz", "plain", "not a gzip file, whatever its name says"),
        ("x.mat", "MATLAB", "not a readable .mat file"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises((InvalidDataError, InvalidCodeError), match=message):
        read_samples(tmp_path / name)


def test_gzip_bombs_and_damage(tmp_path, monkeypatch):
    from mheight.datasets.reading import sources

    monkeypatch.setattr(sources, "_LONGEST_LINE", 1000)
    monkeypatch.setattr(sources, "_LARGEST_UNPACKED", 10_000)
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "\n" + "1" * 5000).encode()))
    with pytest.raises(InvalidDataError, match="line 2: a line is too long"):
        read_samples(path)
    path.write_bytes(gzip.compress((HEADER + "\n" + (LINE + "\n") * 1000).encode()))
    with pytest.raises(InvalidDataError, match="the packed text is too long"):
        read_samples(path)
    path.write_bytes(gzip.compress(csv_text().encode())[:-20])
    with pytest.raises(InvalidDataError, match="the gzip file is damaged"):
        read_samples(path)


def test_arrays_of_objects_are_refused(tmp_path):
    array = np.empty((1, 4), dtype=object)
    array[0] = [9, 4, 2, A]
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InvalidCodeError, match="an array of Python objects is a pickle"):
        read_samples(tmp_path / "x.npy")
    (tmp_path / "x.npy").rename(tmp_path / "x")
    with pytest.raises(InvalidDataError, match="an array of objects can run code when it is read"):
        read_samples(tmp_path / "x")
    (tmp_path / "x").write_bytes(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'shape': (9,")
    with pytest.raises(InvalidDataError, match="not a readable NPY file"):
        read_samples(tmp_path / "x")


def test_parquet_that_holds_far_too_much(tmp_path, monkeypatch):
    from mheight.datasets.reading import tables

    monkeypatch.setattr(tables, "_MOST_BATCH_BYTES", 2**16)
    values = pa.array(np.zeros(2**13 + 1))
    column = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    pq.write_table(pa.table({"n": [9], "k": [4], "m": [2], "P": column}), tmp_path / "x.parquet")
    with pytest.raises(InvalidDataError, match="far more than samples do"):
        read_samples(tmp_path / "x.parquet")
    twice = pa.table([[9], [4], [2], [2]], names=["n", "k", "m", "m"])
    pq.write_table(twice, tmp_path / "y.parquet")
    with pytest.raises(InvalidDataError, match="every column needs a name of its own"):
        read_samples(tmp_path / "y.parquet")


def test_missing_heights_are_said(tmp_path):
    table = {"n": [9, 9], "k": [4, 4], "m": [2, 3], "P": [flat(A), flat(B)], "height": [2.0, None]}
    pq.write_table(pa.table(table), tmp_path / "x.parquet")
    with pytest.raises(InvalidDataError, match="sample 1: height is missing"):
        read_samples(tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_text(csv_text(more={"height": [2, "", 4]}))
    with pytest.raises(InvalidDataError, match="sample 1: height must be a number, got an empty"):
        read_samples(tmp_path / "x.csv")


@pytest.mark.parametrize("ending", [".pkl", "", ".json"])
def test_matrices_alone_are_what_is_asked_for(tmp_path, ending):
    path = tmp_path / f"x{ending}"
    for value in (A, np.hstack([np.eye(4), A]), np.hstack([-A.T, np.eye(5)])):
        listed = [value.tolist(), value.tolist()]
        content = pickle.dumps([value, value]) if ending != ".json" else json.dumps(listed).encode()
        path.write_bytes(content)
        kind = {5: "P", 9: "G" if len(value) == 4 else "H"}[value.shape[1]]
        (found,) = sample_blocks(path, 2, kind)
        assert found.k.tolist() == [4, 4]
        np.testing.assert_allclose(found.matrix(1), A)
    named = {"a": {"GeneratorMatrix": G.tolist()}}
    path.write_bytes(pickle.dumps(named) if ending != ".json" else json.dumps(named).encode())
    with pytest.raises(ValueError, match="a matrix H is asked for, but this one is"):
        list(sample_blocks(path, 2, "H"))
    assert len(read_samples(path)) == 4  # every m of the group


def test_other_lengths(tmp_path):
    P = RNG.integers(-5, 6, (2, 2))
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({(4, 2, 1): P, (9, 4, 2): A}))
    assert read_any_samples(tmp_path / "x.pkl").n.tolist() == [4, 9]
    assert read_samples(tmp_path / "x.pkl").groups.texts == ["4:2:1", "9:4:2"]
    with pytest.raises(InvalidDataError, match=r"\(n,k,m\) = \(4,2,1\) is not one of the groups"):
        read_samples(tmp_path / "x.pkl", groups=COURSE_9)
