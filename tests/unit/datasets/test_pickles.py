from __future__ import annotations

import base64
import contextlib
import json
import os
import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mheight.datasets import (
    load_pickle,
    read_pickled_heights,
    read_pickled_samples,
    read_samples,
)
from mheight.errors import InvalidDataError, UnsafePickleError

P = np.arange(20.0).reshape(4, 5) + 1
ROWS = [[9, 4, 2, P], [9, 6, 3, P.ravel()[:18].reshape(6, 3)]]


class Call:
    """Pickles as a call of `function`, made when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def attack_with_system(sentinel: str) -> Call:
    return Call(os.system, f"echo > '{sentinel}'")


def attack_with_eval(sentinel: str) -> Call:
    return Call(eval, f"open({sentinel!r}, 'w').close()")


def attack_with_exec(sentinel: str) -> Call:
    return Call(exec, f"open({sentinel!r}, 'w').close()")


def attack_with_subprocess(sentinel: str) -> Call:
    script = f"open({sentinel!r}, 'w').close()"
    return Call(subprocess.check_call, [sys.executable, "-S", "-c", script])


def attack_with_numpy(sentinel: str) -> Call:
    """From the module of an admitted function, but not admitted itself."""
    return Call(np.save, sentinel + ".npy", 1)


ATTACKS = [
    (attack_with_system, r"(posix|nt)\.system"),
    (attack_with_eval, r"(__builtin__|builtins)\.eval"),
    (attack_with_exec, r"(__builtin__|builtins)\.exec"),
    (attack_with_subprocess, r"\w+\.check_call"),
    (attack_with_numpy, r"numpy\.save"),
]


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize(("attack", "name"), ATTACKS)
def test_a_malicious_pickle_is_not_run(
    tmp_path: Path, attack: Callable[[str], Call], name: str, protocol: int
) -> None:
    sentinel, path = tmp_path / "sentinel", tmp_path / "samples.pkl"
    path.write_bytes(pickle.dumps([*ROWS, attack(str(sentinel))], protocol=protocol))

    def ran() -> bool:
        return any(file.name.startswith("sentinel") for file in tmp_path.iterdir())

    for read in (load_pickle, read_pickled_samples, read_pickled_heights, read_samples):
        with pytest.raises(UnsafePickleError, match=rf"samples\.pkl: the pickle asks for {name};"):
            read(path)
    assert not ran()

    # The same bytes do run where pickles are trusted, so the sentinel can tell.
    pickle.loads(path.read_bytes())
    assert ran()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"cbuiltins\ngetattr\n.", r"builtins\.getattr"),
        (b"\x80\x04\x8c\x05numpy\x8c\x0bndarray.dot\x93.", r"numpy\.ndarray\.dot"),
        (b"cnumpy.core.multiarray\nfromfile\n.", r"numpy\.core\.multiarray\.fromfile"),
        (b"cnumpy.core.numeric\nnumpy\n.", r"numpy\.core\.numeric\.numpy"),
        (b"c_codecs\nlookup\n.", r"_codecs\.lookup"),
        (b"(cos\nsystem\no.", r"os\.system"),
        (b"(ios\nsystem\n.", r"os\.system"),
    ],
)
def test_other_ways_to_name_a_function(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / "samples.pkl"
    path.write_bytes(content)
    with pytest.raises(UnsafePickleError, match=rf"the pickle asks for {name};"):
        load_pickle(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_numbers_and_containers_are_read(tmp_path: Path, protocol: int, order: Any) -> None:
    value = {
        "array": np.array(P, order=order),
        "small": np.array([[1, 2], [3, 4]], dtype=np.int8, order=order),
        "scalars": [np.float64(0.1), np.int64(7), np.bool_(True)],
        "plain": (1, -2.5, "text", None, True, [b"bytes"]),
    }
    path = tmp_path / "value.pkl"
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    back = load_pickle(path)
    for name in ("array", "small"):
        assert back[name].dtype == value[name].dtype
        np.testing.assert_array_equal(back[name], value[name])
    assert back["scalars"] == value["scalars"]
    assert back["plain"] == value["plain"]


FIXTURES = Path(__file__).with_name("numpy_pickles.jsonl")


@pytest.mark.parametrize("line", FIXTURES.read_text().splitlines(), ids=lambda line: line[11:17])
@pytest.mark.parametrize("protocol", range(6))
def test_what_other_numpys_wrote(tmp_path: Path, line: str, protocol: int) -> None:
    """Written by `make_numpy_pickles.py` with NumPy 1.19 to 2.4."""
    path = tmp_path / "value.pkl"
    text = json.loads(line)["protocols"][protocol]
    path.write_bytes(zlib.decompress(base64.b64decode(text)))
    found, half = load_pickle(path), np.arange(20.0).reshape(4, 5) / 8
    for row, m in zip(found["rows"], (2, 3), strict=True):
        assert row[:3] == [9, 4, m]
        np.testing.assert_array_equal(row[3], half)
    for array, code in zip(found["types"], "?bhilqBHILQefd", strict=True):
        assert array.dtype == np.dtype(code)
        np.testing.assert_array_equal(array, np.arange(3).astype(code))
    assert found["big-endian"].dtype == np.dtype(">f8")
    np.testing.assert_array_equal(found["big-endian"], half)
    np.testing.assert_array_equal(found["view"], half[::2, ::-1])
    np.testing.assert_array_equal(found["transposed"], half.T)
    assert found["empty"].shape == (0, 3)
    assert found["point"] == np.array(2.5)
    assert found["scalars"] == (np.float64(0.1), np.float32(0.5), np.int8(-3), np.bool_(True))
    assert [type(x) for x in found["scalars"]] == [np.float64, np.float32, np.int8, np.bool_]
    assert found["objects"] == [1, 2.5, None, [3]]
    plain = [float("inf"), -0.0, 10**30, b"", b"\xff\x00", "\u00e9", True, None]
    assert found[(9, 4, 2)] == plain
    assert repr(found[(9, 4, 2)]) == repr(plain)


def test_pandas_and_joblib_are_told_how_to_convert(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    for content, advice in (
        (
            b"cpandas.core.frame\nDataFrame\n.",
            "write df.to_csv..x.csv.. or, with pyarrow, df.to_parquet",
        ),
        (b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n.", "write a plain pickle or numpy.save"),
    ):
        path.write_bytes(content)
        with pytest.raises(UnsafePickleError, match=advice):
            load_pickle(path)


def respelled(value: Any, protocol: int, module: bytes) -> bytes:
    """A pickle as the NumPy writes it that calls its core `module`."""
    content = pickle.dumps(value, protocol=protocol)
    if protocol < 4:
        return content.replace(b"numpy._core", module)
    # Names carry their length; the frame around them, which is optional, its own.
    content = content[:2] + content[11:]
    for name in (b".multiarray", b".numeric"):
        written, wanted = b"numpy._core" + name, module + name
        content = content.replace(
            bytes([0x8C, len(written)]) + written, bytes([0x8C, len(wanted)]) + wanted
        )
    return content


@pytest.mark.parametrize("module", [b"numpy.core", b"numpy._core"])
@pytest.mark.parametrize("protocol", [0, 2, 3, 4, 5])
def test_numpy_1_and_numpy_2_spellings(tmp_path: Path, module: bytes, protocol: int) -> None:
    path = tmp_path / "samples.pkl"
    content = respelled([[9, np.int64(4), 2, P]], protocol, module)
    other = {b"numpy.core": b"numpy._core", b"numpy._core": b"numpy.core"}[module]
    assert module in content
    assert other not in content
    path.write_bytes(content)
    samples = read_pickled_samples(path)
    assert samples.k.tolist() == [4]
    np.testing.assert_array_equal(samples.matrix(0), P)


def test_samples_and_heights(tmp_path: Path) -> None:
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(ROWS))
    for values in ([2.5, np.inf], (2.5, np.inf), np.array([2.5, np.inf])):
        (tmp_path / "y.pkl").write_bytes(pickle.dumps(values))
        assert read_pickled_heights(tmp_path / "y.pkl").tolist() == [2.5, np.inf]
    samples = read_samples(tmp_path / "x.pkl", tmp_path / "y.pkl")
    assert samples.k.tolist() == [4, 6]
    assert samples.labels.tolist() == [2.5, np.inf]


@pytest.mark.parametrize("keep", [1, 2, 10, 0.25, 0.5, 0.9, -1])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_cut_short(tmp_path: Path, keep: float, protocol: int) -> None:
    path = tmp_path / "samples.pkl"
    content = pickle.dumps(ROWS, protocol=protocol)
    path.write_bytes(content[: int(keep * len(content)) if 0 < keep < 1 else int(keep)])
    with pytest.raises(
        InvalidDataError, match="not a readable pickle, perhaps cut short"
    ) as caught:
        read_pickled_samples(path)
    assert not isinstance(caught.value, UnsafePickleError)


@pytest.mark.parametrize("content", [b"not a pickle", b"\x00" * 40, b"n,k,m\n9,4,2\n", b".", b"N"])
def test_what_is_no_pickle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "samples.pkl"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError, match=r"samples\.pkl: not a readable pickle"):
        load_pickle(path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "samples.pkl"
    path.touch()
    with pytest.raises(InvalidDataError, match="a pickle is needed, got an empty file"):
        load_pickle(path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"samples": ROWS}, r"a list of samples \[n, k, m, P\] is needed, got dict"),
        (P, r"a list of samples \[n, k, m, P\] is needed, got ndarray"),
        (None, r"a list of samples \[n, k, m, P\] is needed, got NoneType"),
        ([], "at least one sample is needed, got none"),
        ([1, 2], r"samples\.pkl, sample 0: a sample is a list \[n, k, m, P\], got 1"),
        ([*ROWS, [9, 4, 2]], r"samples\.pkl, sample 2: a sample is a list"),
    ],
)
def test_pickles_that_hold_no_samples(tmp_path: Path, value: Any, message: str) -> None:
    path = tmp_path / "samples.pkl"
    path.write_bytes(pickle.dumps(value))
    with pytest.raises(InvalidDataError, match=message):
        read_pickled_samples(path)


@pytest.mark.parametrize("value", [3.0, {"a": 1}, ["a"], [[1.0], [2.0]], [[1.0], 2.0], None])
def test_pickles_that_hold_no_heights(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "heights.pkl"
    path.write_bytes(pickle.dumps(value))
    with pytest.raises(InvalidDataError, match=r"heights\.pkl: a list of heights is needed"):
        read_pickled_heights(path)


def test_a_pickle_can_not_alter_what_it_is_given(tmp_path: Path) -> None:
    """BUILD sets attributes on the object below it, here on NumPy's own function."""
    from numpy._core import numeric

    before = numeric._frombuffer.__defaults__
    path = tmp_path / "build.pkl"
    path.write_bytes(
        b"\x80\x02cnumpy._core.numeric\n_frombuffer\nN}X\x0c\x00\x00\x00__defaults__"
        b"K\x01K\x02\x86s\x86b."
    )
    with contextlib.suppress(InvalidDataError):
        load_pickle(path)
    assert numeric._frombuffer.__defaults__ == before
