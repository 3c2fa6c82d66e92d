"""A sample as it was found, of any length, before it is checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode, real_array
from mheight.codes.reading import parse_matrix
from mheight.datasets.reading.names import plain_number
from mheight.errors import InvalidCodeError, InvalidDataError

__all__ = ["Row", "label_value", "sized"]

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One sample of a source, not yet checked.

    Attributes:
        n: length, None if only the matrix says it.
        k: dimension, None if only the matrix says it.
        m: which height, None if nobody says it.
        matrix: P or G: rows, a flat list row by row, or text.
        kind: P, or G.
        height: as given; None if none is.
        key: what the source calls it, None if it only has a place.
        sample_id: its number, None if it has none.
    """

    n: Any
    k: Any
    m: Any
    matrix: Any
    kind: str = "P"
    height: Any = None
    key: Any = None
    sample_id: Any = None


def sized(row: Row, where: str) -> list[Any]:
    """A sample `[n, k, m, P]` with P as rows where that can be.

    Args:
        row: as it was found; its m must be known.
        where: its place, for messages.

    Raises:
        InvalidDataError: the matrix is no matrix, or G describes no code.
    """
    matrix = _numbers(row.matrix, where)
    if row.kind == "G":
        return _of_generator(row, matrix, where)
    n, k = row.n, row.k
    if matrix is not None and getattr(matrix, "ndim", 0) == 2:
        k = matrix.shape[0] if k is None else k
        n = matrix.shape[0] + matrix.shape[1] if n is None else n
    if n is None or k is None:
        raise InvalidDataError(f"{where}: n and k are needed, or P as a matrix of rows")
    if matrix is None:
        return [n, k, row.m, row.matrix]
    return [n, k, row.m, _shaped(matrix, n, k, where)]


def _numbers(matrix: Any, where: str) -> Any:
    """The matrix as an array of floats, or None where it is none."""
    if isinstance(matrix, str):
        try:
            matrix = parse_matrix(matrix)
        except InvalidCodeError as error:
            raise InvalidDataError(f"{where}: {error}") from None
    values = real_array(matrix)
    if values is not None or not isinstance(matrix, list | tuple):
        return values
    try:
        return real_array([_row_numbers(row) for row in matrix])
    except (ValueError, TypeError):
        return None


def _row_numbers(row: Any) -> Any:
    """Numbers of a row or an entry, with text read and nothing left as NaN."""
    if isinstance(row, list | tuple):
        return [_row_numbers(entry) for entry in row]
    if row is None:
        return math.nan
    return plain_number(row) if isinstance(row, str) else row


def _shaped(values: Float, n: Any, k: Any, where: str) -> Any:
    """A flat P as rows; what stands behind it must be nothing, or zeros."""
    if values.ndim != 1 or not (_whole(n) and _whole(k)) or not 0 < k < n:
        return values
    k, width = int(k), int(n) - int(k)
    rest = values[k * width :]
    # Zeros and NaN (a cell that is empty in pandas) may stand behind.
    beyond = len(rest) > 0 and bool((rest != 0).any()) and bool((rest[rest == rest] != 0).any())
    if len(values) < k * width or beyond:
        raise InvalidDataError(
            f"{where}: P must have shape (k, n-k) = ({k}, {width}), "
            f"got {len(values) - _padding(values)} entries"
        )
    entries = values[: k * width]
    if np.isnan(entries).any():
        at = int(np.flatnonzero(np.isnan(entries))[0])
        raise InvalidDataError(
            f"{where}: P must be finite, got NaN or nothing at entry {at} of {k * width}"
        )
    return entries.reshape(k, width)


def _padding(values: Float) -> int:
    """Zeros and NaN at the end."""
    something = np.flatnonzero(np.nan_to_num(values, posinf=1.0, neginf=1.0) != 0)
    return len(values) - (int(something[-1]) + 1 if len(something) else 0)


def _whole(value: Any) -> bool:
    number = isinstance(value, int | float | np.integer | np.floating)
    return number and not isinstance(value, bool) and float(value).is_integer()


def _of_generator(row: Row, matrix: Any, where: str) -> list[Any]:
    if matrix is None or matrix.ndim != 2 or not 0 < matrix.shape[0] < matrix.shape[1]:
        got = "no matrix" if matrix is None else f"shape {matrix.shape}"
        raise InvalidDataError(f"{where}: G must be a matrix of shape (k, n), k < n, got {got}")
    k, n = matrix.shape
    for name, said, found in (("n", row.n, n), ("k", row.k, k)):
        if said is not None and said != found:
            raise InvalidDataError(f"{where}: {name} = {said}, but G has shape {matrix.shape}")
    if np.array_equal(matrix[:, :k], np.eye(k)):
        return [n, k, row.m, matrix[:, k:]]
    try:
        return [n, k, row.m, LinearCode(matrix).P]
    except InvalidCodeError as error:
        raise InvalidDataError(f"{where}: {error}") from None


def label_value(value: Any, where: str) -> float:
    """A height as somebody gave it; it need not be right.

    Raises:
        InvalidDataError: no number.
    """
    if isinstance(value, str):
        try:
            return plain_number(value)
        except ValueError:
            raise InvalidDataError(
                f"{where}: height must be a number, got {value[:40]!r}"
            ) from None
    values = real_array(value)
    if values is None or values.size != 1:
        raise InvalidDataError(f"{where}: height must be a number, got {_short(value)}")
    return float(values.reshape(()))


def _short(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__}"


def is_container(value: Any) -> bool:
    """Whether a value holds others in order."""
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def depth(value: Any) -> int:
    """How deep lists go, by their first items; an array has its number of axes."""
    levels = 0
    while isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes):
        if isinstance(value, np.ndarray):
            return levels + value.ndim
        levels += 1
        value = value[0] if len(value) else None
    return levels
