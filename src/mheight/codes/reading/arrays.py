"""Matrices in `.npy`, `.npz` and `.mat` files."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from mheight import npy
from mheight.archives import unzipped
from mheight.codes.reading.blocks import Block, batch_length
from mheight.codes.reading.headers import kind_of_name
from mheight.codes.reading.objects import array_blocks
from mheight.codes.reading.opening import LARGEST, ending, opened, seekable
from mheight.codes.reading.records import tell_left_out
from mheight.errors import InvalidCodeError

__all__ = ["count_arrays", "mat_blocks", "npy_blocks", "npy_range", "npz_blocks"]

_OBJECTS = (
    "an array of Python objects is a pickle, which is not read; save numbers: "
    "np.save(path, G.astype(float)), or matrices of several shapes as .jsonl or .npz"
)


def npy_blocks(path: Path, _exact: bool = False) -> Iterator[Block]:
    """Matrices of an array of shape (k, n) or (N, k, n), a piece at a time.

    Raises:
        InvalidCodeError: not such an array, or a damaged file.
    """
    if ending(path)[1]:
        yield from _unfolded(path)
        return
    with _readable(path):
        array = npy.mapped(path)
    yield from array_blocks(array, str(path))


def npy_range(path: Path, first: int, last: int) -> Iterator[Block]:
    """Matrices `first` to `last - 1` of an uncompressed `.npy` file; nothing else is read.

    Raises:
        InvalidCodeError: as for `npy_blocks`.
    """
    with _readable(path):
        array = npy.mapped(path)
    stack = array[None] if array.ndim == 2 else array
    yield from array_blocks(stack[first:last], str(path))


def count_arrays(path: Path) -> int | None:
    """How many matrices a `.npy` file holds, None if that is unknown."""
    if ending(path)[1]:
        return None
    with _readable(path), path.open("rb") as stream:
        shape = npy.read_head(stream).shape
        return shape[0] if len(shape) == 3 else 1


def npz_blocks(path: Path, _exact: bool = False) -> Iterator[Block]:
    """Matrices of the arrays of an archive: those called G, P or H, or all of them."""
    place = seekable(path)
    with _readable(path), place if isinstance(place, io.BytesIO) else place.open("rb") as stream:
        members = unzipped(stream, LARGEST)
        arrays = {}
        for name, content in members.items():
            if not name.endswith(".npy"):
                raise ValueError(f"{name[:40]!r} is no array")
            arrays[name.removesuffix(".npy")] = npy.array_of(content)
    yield from _named(arrays, path)


def mat_blocks(path: Path, _exact: bool = False) -> Iterator[Block]:
    """Matrices of the variables of a MATLAB file: those called G, P or H, or all of them."""
    from scipy.io import loadmat

    with _readable(path):
        try:
            found = loadmat(seekable(path), appendmat=False)
        except NotImplementedError:
            raise InvalidCodeError(
                f"{path}: files of MATLAB 7.3 are not read; save('codes.mat', 'G', '-v7')"
            ) from None
    arrays = {name: _dense(value) for name, value in found.items() if not name.startswith("__")}
    deep = next((name for name, value in arrays.items() if value.ndim == 3), None)
    if deep is not None:
        shape = arrays[deep].shape
        raise InvalidCodeError(
            f"{path}: {deep} of shape {shape} may hold {shape[0]} matrices of shape {shape[1:]} or "
            f"{shape[2]} of shape {shape[:2]}: save a cell array of matrices instead"
        )
    yield from _named(arrays, path)


def _dense(value: Any) -> np.ndarray[Any, Any]:
    return np.asarray(value.toarray() if hasattr(value, "toarray") else value)


def _named(arrays: Mapping[str, np.ndarray[Any, Any]], path: Path) -> Iterator[Block]:
    kinds = {name: kind_of_name(name) for name in arrays if kind_of_name(name) is not None}
    if len(kinds) > 1:
        raise InvalidCodeError(
            f"{path}: one array called G, P or H is needed, got {', '.join(kinds)}"
        )
    if kinds:
        tell_left_out(str(path), [name for name in arrays if name not in kinds])
    for name in kinds or arrays:
        where = f"{path}, {name}"
        array = arrays[name]
        if array.dtype.kind == "O" and array.size:
            # Cells of MATLAB, each a matrix.
            for i, cell in enumerate(array.ravel(order="F")):
                yield from array_blocks(_dense(cell), f"{where}{{{i + 1}}}", kinds.get(name))
        else:
            yield from array_blocks(array, where, kinds.get(name))


def _unfolded(path: Path) -> Iterator[Block]:
    """A compressed `.npy` file, read once from front to back."""
    with opened(path) as stream:
        with _readable(path):
            head = npy.read_head(stream)
        shape, dtype = head.shape, head.dtype
        if len(shape) != 3 or head.fortran:
            yield from array_blocks(_whole(stream, head, path), str(path))
            return
        entries = shape[1] * shape[2]
        _require_small(entries * dtype.itemsize, path)
        step = batch_length(entries)
        for start in range(0, shape[0], step):
            count = min(step, shape[0] - start)
            piece = _numbers(stream, count * entries, dtype, path)
            yield Block(piece.reshape(count, *shape[1:]))
        if stream.read(1):
            raise InvalidCodeError(f"{path}: can't be read (more bytes than its shape {shape} has)")


def _require_small(size: int, path: Path) -> None:
    if size > LARGEST:
        raise InvalidCodeError(
            f"{path}: at most {LARGEST // 2**20:,} MiB are read of a packed array; unpack it"
        )


def _whole(stream: IO[bytes], head: npy.Head, path: Path) -> np.ndarray[Any, Any]:
    _require_small(head.bytes, path)
    array = _numbers(stream, math.prod(head.shape), head.dtype, path)
    return array.reshape(head.shape, order="F" if head.fortran else "C")


def _numbers(
    stream: IO[bytes], count: int, dtype: np.dtype[Any], path: Path
) -> np.ndarray[Any, Any]:
    wanted = count * dtype.itemsize
    pieces, got = [], 0
    while got < wanted and (piece := stream.read(min(wanted - got, 2**20))):
        pieces.append(piece)
        got += len(piece)
    if got < wanted:
        raise InvalidCodeError(f"{path}: can't be read (cut short: {wanted - got} bytes missing)")
    return np.frombuffer(b"".join(pieces), dtype=dtype)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Whatever a damaged file makes a library say, as one line; and no warnings beside it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (InvalidCodeError, MemoryError, ModuleNotFoundError, PermissionError):
        raise
    except Exception as error:  # damaged headers end in errors of every kind
        text = str(error) or type(error).__name__
        if "array of objects" in text:
            text = f"Python objects: {_OBJECTS}"
        elif "does not begin" in text:
            text = f"it does not begin as a {path.name.split('.', 1)[-1]} file does"
        raise InvalidCodeError(f"{path}: can't be read ({text})") from None
