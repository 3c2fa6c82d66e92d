"""Archives of arrays: NPZ, and MATLAB's `.mat`."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from mheight.datasets.reading.sources import Source
from mheight.errors import InvalidDataError

__all__ = ["archive_value", "single_array"]

_LARGEST = 2**28


def single_array(source: Source) -> np.ndarray[Any, np.dtype[Any]]:
    """The array of an NPY file.

    Raises:
        InvalidDataError: a damaged file, or an array of objects.
    """
    return _array(source.whole(), str(source.path))


def _array(content: bytes, where: str) -> np.ndarray[Any, np.dtype[Any]]:
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = read(stream)
        size = int(np.prod([int(axis) for axis in shape], dtype=object)) * dtype.itemsize
        rest = content[stream.tell() :]
        if dtype.hasobject:
            raise InvalidDataError(
                f"{where}: an array of objects can run code when it is read; write numbers, "
                "or Parquet"
            )
        if dtype.kind not in "biuf" or len(rest) != size or any(axis < 0 for axis in shape):
            raise ValueError(f"shape {shape} and type {dtype} for {len(rest)} bytes")
        values = np.frombuffer(rest, dtype)
        return values.reshape(shape, order="F" if fortran else "C")
    except InvalidDataError:
        raise
    except Exception as error:  # a damaged header can raise anything at all
        text = " ".join(str(error).split())[:100]
        raise InvalidDataError(f"{where}: not a readable NPY file ({text})") from None


def archive_value(source: Source) -> dict[str, Any]:
    """Arrays by name.

    Raises:
        InvalidDataError: a damaged archive, or too much in it.
        ModuleNotFoundError: a `.mat` file, and SciPy is missing (the extra `mat`).
    """
    return _npz(source) if source.kind == "npz" else _mat(source)


def _npz(source: Source) -> dict[str, Any]:
    out: dict[str, Any] = {}
    left = _LARGEST
    try:
        with zipfile.ZipFile(io.BytesIO(source.whole())) as archive:
            for member in archive.infolist():
                name = member.filename
                if not name.endswith(".npy") or name in out:
                    raise InvalidDataError(f"{source.path}: {name[:40]!r} is no array of its own")
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise InvalidDataError(f"{source.path}: {name[:40]!r} is packed in another way")
                if member.file_size > left:
                    raise InvalidDataError(f"{source.path}: larger than {_LARGEST // 2**20} MiB")
                with archive.open(member) as stream:
                    content = stream.read(member.file_size + 1)
                left -= len(content)
                if left < 0:
                    raise InvalidDataError(f"{source.path}: larger than {_LARGEST // 2**20} MiB")
                out[name.removesuffix(".npy")] = _array(content, f"{source.path}, {name[:40]}")
    except InvalidDataError:
        raise
    except Exception as error:  # a damaged zip can raise anything at all
        raise InvalidDataError(
            f"{source.path}: not a readable NPZ file ({' '.join(str(error).split())[:100]})"
        ) from None
    return out


def _mat(source: Source) -> dict[str, Any]:
    from scipy.io import loadmat

    try:
        found = loadmat(io.BytesIO(source.whole()))
    except NotImplementedError:
        raise InvalidDataError(
            f"{source.path}: a .mat file of version 7.3; save it with -v7 in MATLAB"
        ) from None
    except InvalidDataError:
        raise
    except Exception as error:  # a damaged file can raise anything at all
        raise InvalidDataError(
            f"{source.path}: not a readable .mat file ({' '.join(str(error).split())[:100]})"
        ) from None
    return {name: _scalar(value) for name, value in found.items() if not name.startswith("__")}


def _scalar(value: Any) -> Any:
    """MATLAB's numbers are matrices of one entry."""
    if isinstance(value, np.ndarray) and value.shape == (1, 1) and value.dtype != object:
        return value[0, 0]
    return value
