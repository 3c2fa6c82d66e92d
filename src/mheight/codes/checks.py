"""What a matrix must be before it may describe a code."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes.reading.text import rows_of_text
from mheight.errors import InvalidCodeError

__all__ = [
    "as_generators",
    "as_matrix",
    "checked_integer",
    "is_integer",
    "real_array",
    "refuse_masked",
]

Float = NDArray[np.float64]


def is_integer(value: Any) -> bool:
    """Whether a value is an integer, of Python or of NumPy; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def checked_integer(name: str, value: Any, low: int, high: int | None = None, of: str = "") -> int:
    """An integer in a range.

    Args:
        name: what messages call it.
        value: what the user gave.
        low: the least that it may be.
        high: the largest; None for no limit.
        of: what the range is made of, for messages, such as "1..n-1 = ".

    Raises:
        InvalidCodeError: no integer, or out of range.
    """
    if not is_integer(value) or value < low or (high is not None and value > high):
        span = f"of at least {low}" if high is None else f"in {of}{low}..{high}"
        raise InvalidCodeError(f"{name} must be an integer {span}, got {value!r}")
    return int(value)


def real_array(value: Any, *, copy: bool = True) -> Float | None:
    """Real numbers as a float64 array, or None: strings and complex numbers are none.

    Without `copy`, a float64 array is returned as it is.
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O" and all(isinstance(x, Real) for x in array.flat):
            array = np.array([float(x) for x in array.flat]).reshape(array.shape)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return array.astype(np.float64, copy=copy) if array.dtype.kind in "biuf" else None


def as_matrix(value: ArrayLike | Sequence[Any], name: str, dimensions: tuple[int, ...]) -> Float:
    """A finite float64 array with one of the allowed numbers of dimensions, not copied.

    Text is read as `mheight.codes.reading.parse_matrix` does.

    Raises:
        InvalidCodeError: not real numbers, not rectangular, NaN, or infinite.
    """
    if isinstance(value, str):
        value = rows_of_text(value, name)
    refuse_masked(value, name)
    array = real_array(value, copy=False)
    if array is None:
        _refuse_ragged(value, name)
        raise InvalidCodeError(
            f"{name} must be a rectangular array of real numbers, got {type(value).__name__}"
        )
    if array.ndim not in dimensions:
        wanted = " or ".join(str(d) for d in dimensions)
        raise InvalidCodeError(f"{name} must have {wanted} dimensions, got shape {array.shape}")
    # Sums of finite numbers may overflow, but no sum of others is finite.
    with np.errstate(all="ignore"):
        suspicious = not np.isfinite(array.sum())
    if suspicious and not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InvalidCodeError(f"{name} must be finite, got {array[where]} at index {where}")
    return array


def _refuse_ragged(value: Any, name: str) -> None:
    """Name the lengths of rows that differ."""
    if not isinstance(value, list | tuple):
        return
    rows = [row for row in value if isinstance(row, list | tuple | np.ndarray)]
    if len(rows) == len(value):
        for i, row in enumerate(rows):
            if len(row) != len(rows[0]):
                raise InvalidCodeError(
                    f"{name} must have rows of one length: row 0 has {len(rows[0])} entries, "
                    f"row {i} {len(row)}"
                )


def as_generators(value: ArrayLike | Sequence[Any]) -> Float:
    """Generator matrices as float64, shape (k, n) or (N, k, n) with 1 <= k <= n.

    Raises:
        InvalidCodeError: the shape or an entry is not allowed.
    """
    array = as_matrix(value, "G", (2, 3))
    k, n = array.shape[-2:]
    if k < 1 or k > n:
        raise InvalidCodeError(
            f"G must have shape (k, n) or (N, k, n) with 1 <= k <= n, got {array.shape}"
        )
    return array


def refuse_masked(value: Any, name: str) -> None:
    """Refuse masked entries, which NumPy would hand on as if they were not.

    Raises:
        InvalidCodeError: the array, or a row of the list, has one.
    """
    for part in value if isinstance(value, list | tuple) else [value]:
        if isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part):
            at = tuple(int(i) for i in np.argwhere(np.ma.getmaskarray(part))[0])
            raise InvalidCodeError(f"{name} must have no masked entry, got one at index {at}")
