"""Zip archives and NPY files of numbers, read without believing what they say."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mheight.archives import unzipped
from mheight.npy import array_of, mapped, read_head


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_what_was_written(method: int) -> None:
    members = {"a": b"", "b/c": b"x" * 100_000, "ü": bytes(range(256))}
    assert unzipped(zipped(members, method), 2**20) == members
    assert unzipped(zipped({}, method), 0) == {}


def test_archives_of_numpy(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.eye(3), b=np.arange(2))
    with (tmp_path / "a.npz").open("rb") as stream:
        found = unzipped(stream, 2**20)
    np.testing.assert_array_equal(array_of(found["a.npy"]), np.eye(3))


def test_limits_hold() -> None:
    stream = zipped({"a": b"x" * 1000, "b": b"y" * 1000})
    assert len(unzipped(stream, 2000)) == 2
    with pytest.raises(ValueError, match="at most 1,999 bytes are read, got 2,000"):
        unzipped(stream, 1999)
    with pytest.raises(ValueError, match="at most 1 members are read, got 2"):
        unzipped(stream, 2000, most=1)


def test_every_changed_byte_is_refused_or_harmless() -> None:
    members = {"a": b"some text " * 9, "b": bytes(range(64))}
    content = zipped(members).getvalue()
    refused = 0
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 0x41
        try:
            found = unzipped(io.BytesIO(damaged), 2**20)
        except ValueError:
            refused += 1
        else:
            # A name's letter in one of two places, a date, a right of access.
            assert list(found.values()) == list(members.values())
    assert refused > len(content) / 2


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24.0).reshape(2, 3, 4),
        np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
        np.array(True),
        np.zeros((0, 3)),
        np.array([1], np.longdouble),
        np.float16([1, 2]),
        np.array([2**64 - 1], np.uint64),
    ],
)
def test_arrays_are_what_was_written(tmp_path: Path, array: np.ndarray) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(saved(array))
    for found in (array_of(saved(array)), mapped(path)):
        np.testing.assert_array_equal(found, array)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", None),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 2L), }", None),
        ('{"shape":(6,),"descr":"<f8","fortran_order":False}', None),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, -2), }", "damaged"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1_0), }", "damaged"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, ), }", "has 24 bytes, got 48"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999, 9), }", "bytes, got"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 0), }", "is none"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,6), }", "is none"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (((1)))}", "damaged"),
        ("{'descr': '<f8', 'fortran_order': 3, 'shape': (6,), }", "damaged"),
        ("{'descr': '<f8', 'shape': (6,), }", "damaged"),
        ("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (6,)}", "damaged"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (6,), }", "array of objects"),
        ("{'descr': '<c16', 'fortran_order': False, 'shape': (3,), }", "got complex128"),
        ("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (6,), }", "got '<M8"),
        ("{'descr': '<f7', 'fortran_order': False, 'shape': (6,), }", "got '<f7'"),
        ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }", "got fields"),
        ("{'descr': '|V8', 'fortran_order': False, 'shape': (6,), }", "got fields"),
        ("[" * 9000, "damaged"),
        ("__import__('os')", "damaged"),
        ("\\N{x}", "damaged"),
        ("", "damaged"),
    ],
)
def test_heads(head: str, message: str | None) -> None:
    values = np.arange(6.0)
    content = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode()
    content += values.tobytes()
    if message is None:
        np.testing.assert_array_equal(array_of(content).ravel(), values)
        return
    with pytest.raises(ValueError, match=message):
        array_of(content)


def test_what_is_cut_short_is_refused() -> None:
    content = saved(np.arange(6.0))
    for at in range(len(content)):
        with pytest.raises(ValueError, match=r"bytes|cut short|damaged|does not begin"):
            array_of(content[:at])
    with pytest.raises(ValueError, match="has 48 bytes, got 49"):
        array_of(content + b"x")
    with pytest.raises(ValueError, match="its head is damaged"):
        read_head(io.BytesIO(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"))
