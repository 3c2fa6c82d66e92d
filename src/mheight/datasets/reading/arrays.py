"""Archives of arrays: NPZ, and MATLAB's `.mat`."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from mheight import npy
from mheight.archives import unzipped
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
    try:
        return npy.array_of(content)
    except ValueError as error:
        raise InvalidDataError(f"{where}: not a readable NPY file ({error})") from None


def archive_value(source: Source) -> dict[str, Any]:
    """Arrays by name.

    Raises:
        InvalidDataError: a damaged archive, or too much in it.
        ModuleNotFoundError: a `.mat` file, and SciPy is missing (the extra `mat`).
    """
    return _npz(source) if source.kind == "npz" else _mat(source)


def _npz(source: Source) -> dict[str, Any]:
    content = io.BytesIO(source.whole())
    try:
        members = unzipped(content, _LARGEST)
    except ValueError as error:
        raise InvalidDataError(f"{source.path}: not a readable NPZ file ({error})") from None
    alone = next((name for name in members if not name.endswith(".npy")), None)
    if alone is not None:
        raise InvalidDataError(f"{source.path}: {alone[:40]!r} is no array")
    return {
        name.removesuffix(".npy"): _array(member, f"{source.path}, {name[:40]}")
        for name, member in members.items()
    }


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
