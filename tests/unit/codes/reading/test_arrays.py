"""NPY, NPZ and MAT."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from read_codes import ONE, TWO, P, read

from mheight.codes.reading import count_matrices
from mheight.codes.reading.arrays import count_arrays
from mheight.errors import InputWarning, InvalidCodeError


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


def test_how_many_arrays_a_file_holds(tmp_path: Path) -> None:
    for shape, count in {(3, 2, 4): 3, (2, 4): 1}.items():
        np.save(tmp_path / "x.npy", np.ones(shape))
        assert count_arrays(tmp_path / "x.npy") == count_matrices(tmp_path / "x.npy") == count
    assert count_arrays(tmp_path / "x.npy.gz") is None
