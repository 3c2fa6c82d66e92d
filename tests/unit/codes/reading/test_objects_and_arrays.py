"""JSON objects, NPY, NPZ and MAT; and damaged files of every kind."""

from __future__ import annotations

import gzip
import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mheight.codes.from_blocks import batches
from mheight.codes.reading import count_matrices, object_blocks, read_blocks
from mheight.codes.reading.arrays import count_arrays
from mheight.errors import InputWarning, InvalidCodeError

ONE = [[1, 0, 1], [0, 1, 2]]
TWO = [[2, 0, 1], [0, 2, 1]]
P = [[1], [2]]


def read(path: Path, kind: Any = None) -> list[Any]:
    found = batches(read_blocks(path), str(path), kind)
    return [G.tolist() for batch in found for G in batch.generators]


@pytest.mark.parametrize(
    "value",
    [
        [ONE, TWO],
        [{"G": ONE}, {"GeneratorMatrix": TWO}],
        {"codes": [ONE, TWO]},
        {"codes": [{"generator_matrix": ONE}, {"G": TWO}]},
        {"first": {"GeneratorMatrix": ONE}, "second": {"GeneratorMatrix": TWO}},
        {"first": ONE, "second": TWO},
        ["1 0 1; 0 1 2", "[[2, 0, 1], [0, 2, 1]]"],
        [{"P": P}, {"G": "2 0 1; 0 2 1"}],
        [{"P": [1, 2], "n": 3, "k": 2}, {"G": [2, 0, 1, 0, 2, 1], "n": 3, "k": 2}],
        {"G": [ONE, TWO]},
        {"data": {"inner": [ONE, TWO]}},
    ],
)
def test_json_of_many_shapes(tmp_path: Path, value: Any) -> None:
    (tmp_path / "x.json").write_text(json.dumps(value))
    assert read(tmp_path / "x.json") == [ONE, TWO]
    arrays = object_blocks(json.loads(json.dumps(value)), "x")
    assert [G.tolist() for b in batches(arrays, "x") for G in b.generators] == [ONE, TWO]


def test_keys_that_are_not_read_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    lines = [{"G": [[1, 2]], "name": "A"}, {"G": [[1, 3]], "name": "B", "of": 5}]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read(path) == [[[1, 2]], [[1, 3]]]
    told = [f"{path}: not read: {key}" for key in ("name", "of")]
    assert [str(w.message) for w in caught] == told
    assert {w.category for w in caught} == {InputWarning}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"P": [[1]], "P": [[2]]}', "the key 'P' comes twice in an object"),
        ('{"G": [[1, 2]], "H": [[1, 2]]}', "exactly one of the keys G, P and H"),
        ('{"name": "x"}', "exactly one of the keys G, P and H"),
        ("{}", "got no key"),
        ("[[9, 4, 2, [[1]]]]", "samples n, k, m, P, not matrices"),
        ('{"n": 9, "k": 4, "m": 2, "P": [[1]]}', "samples n, k, m, P, not matrices"),
        ('{"G": [[1, 2]], "n": 3, "k": 1}', r"G must have shape \(1, 3\), as n and k say"),
        ('{"P": [1, 2, 3], "n": 3, "k": 2}', r"must have shape \(2, 1\), .* got 3 entries"),
        ('{"P": [1], "n": Infinity, "k": 1}', "n must be an integer, got 'inf'"),
        ('{"P": [1], "n": NaN, "k": 1}', "n must be an integer, got 'nan'"),
        ('{"P": [1], "n": "x", "k": 1}', "n must be an integer, got 'x'"),
        ('{"G": 5}', "rows are needed, got int"),
        ('{"G": []}', "rows are needed, got none"),
        ('["1 0; x"]', "got 'x'|one length"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        (f"[[{'1' * 5000}, 1]]", "at most 4,000 characters, got 5,000"),
        ("[[1e-400, 1]]", "too small for a float"),
        ("[[1e400, 1]]", "too large for a float"),
        ("3", "a list of matrices is needed, got int"),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_json_that_is_refused(tmp_path: Path, text: str, message: str, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text(text)
    with pytest.raises(InvalidCodeError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_archives_of_arrays(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, one=np.array(ONE), two=np.array(TWO))
    assert read(path) == [ONE, TWO]
    np.savez_compressed(path, P=np.array([P, P]))
    assert read(path) == [ONE, ONE]
    np.savez(path, G=np.array(ONE), height=np.array([2.0]))
    with pytest.warns(InputWarning, match="not read: height"):
        assert read(path) == [ONE]
    np.savez(path, G=np.array(ONE), H=np.array(ONE))
    with pytest.raises(InvalidCodeError, match="one array called G, P or H is needed, got G, H"):
        read(path)
    np.savez(path, np.array([None]))
    with pytest.raises(InvalidCodeError, match="array of Python objects is a pickle"):
        read(path)


def test_files_of_matlab(tmp_path: Path) -> None:
    savemat = pytest.importorskip("scipy.io", reason="needs SciPy").savemat
    path = tmp_path / "x.mat"
    savemat(path, {"G": np.array(ONE)})
    assert read(path) == [ONE]
    cells = np.empty((1, 2), dtype=object)
    cells[0, 0], cells[0, 1] = np.array(ONE), np.array(TWO)
    savemat(path, {"codes": cells})
    assert read(path) == [ONE, TWO]
    savemat(path, {"G": np.zeros((2, 3, 4))})
    with pytest.raises(InvalidCodeError, match=r"may hold 2 matrices of shape \(3, 4\) or 4 of"):
        read(path)


def test_compressed_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mheight.codes.reading.arrays.batch_length", lambda _: 3)
    path = tmp_path / "x.npy.gz"
    stack = np.random.default_rng(0).integers(-9, 9, (7, 2, 4)).astype(float)
    for array in (stack, np.asfortranarray(stack), stack[0], stack.astype(">i2")):
        buffer = io.BytesIO()
        np.save(buffer, array)
        path.write_bytes(gzip.compress(buffer.getvalue()))
        found = read(path)
        np.testing.assert_array_equal(np.array(found), array.reshape(-1, 2, 4))
    assert count_matrices(path) is None
    path.write_bytes(gzip.compress(buffer.getvalue()[:-5]))
    with pytest.raises(InvalidCodeError, match="cut short"):
        read(path)


def test_an_array_of_objects_is_refused_in_one_line(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([ONE, P], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidCodeError, match="is a pickle, which is not read; save numbers") as e:
        read(tmp_path / "x.npy")
    assert "\n" not in str(e.value)


def whole_files(folder: Path) -> list[Path]:
    """One good file of each kind."""
    np.save(folder / "a.npy", np.array([ONE, TWO], dtype=float))
    np.savez(folder / "a.npz", G=np.array([ONE, TWO]))
    pq.write_table(pa.table({"G": [ONE, TWO], "k": [2, 2]}), folder / "a.parquet")
    pq.write_table(pa.table({"n": [3], "k": [2], "p0": [1.0], "p1": [2.0]}), folder / "b.parquet")
    (folder / "a.json").write_text(json.dumps({"codes": [{"G": ONE}, {"P": P}]}))
    (folder / "a.jsonl").write_text(f"{json.dumps(ONE)}\n{json.dumps({'P': P})}\n")
    (folder / "a.csv").write_text('row,g0,g1,g2\n0,1,0,1\n1,"0",1,1/2\n')
    (folder / "b.csv").write_text("1;0;1\n0;1;.5\n\n1;2;3\n")
    (folder / "a.txt").write_text(
        "H = [1 1 | ½] % said\n\n\\begin{bmatrix} 1 & \\frac12 \\end{bmatrix}"
    )
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"1,0,1\n0,1,2\n"))
    return sorted(folder.iterdir())


def test_damaged_files_are_refused_or_read(tmp_path: Path) -> None:
    """Bytes changed, cut, doubled: an answer or one line, and nothing else."""
    rng = np.random.default_rng(17)
    refused = 0
    for path in whole_files(tmp_path):
        content = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(content)
            kind = rng.integers(4)
            at = int(rng.integers(len(content)))
            if kind == 0:
                damaged = damaged[:at]
            elif kind == 1:
                damaged[at:at] = content[at : at + int(rng.integers(1, 40))]
            else:
                for _ in range(int(rng.integers(1, 4))):
                    damaged[int(rng.integers(len(content)))] = int(rng.integers(256))
            path.write_bytes(damaged)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InputWarning)
                try:
                    read(path)
                except InvalidCodeError:
                    refused += 1
        path.write_bytes(content)
    assert refused > 100


def test_how_many_arrays_a_file_holds(tmp_path: Path) -> None:
    for shape, count in {(3, 2, 4): 3, (2, 4): 1}.items():
        np.save(tmp_path / "x.npy", np.ones(shape))
        assert count_arrays(tmp_path / "x.npy") == count_matrices(tmp_path / "x.npy") == count
    assert count_arrays(tmp_path / "x.npy.gz") is None


def test_an_array_of_arrays_under_a_key() -> None:
    arrays = np.empty(2, dtype=object)
    arrays[:] = [np.array(ONE), np.array([[1.0, 2.0]])]
    found = batches(object_blocks({"codes": arrays}, "x"), "x")
    assert [G.tolist() for batch in found for G in batch.generators] == [ONE, [[1.0, 2.0]]]
