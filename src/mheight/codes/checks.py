"""What a matrix must be before it may describe a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.errors import InvalidCodeError

__all__ = ["as_generators", "as_matrix"]

Float = NDArray[np.float64]


def as_matrix(value: ArrayLike | Sequence[Any], name: str, dimensions: tuple[int, ...]) -> Float:
    """A finite float64 array with one of the allowed numbers of dimensions.

    Raises:
        InvalidCodeError: not numbers, not rectangular, NaN, infinite, or empty.
    """
    try:
        array = np.asarray(value)
        if array.dtype == object or array.dtype.kind not in "biuf":
            array = np.array(value, dtype=np.float64)
        array = array.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise InvalidCodeError(
            f"{name} must be a rectangular array of numbers, got {type(value).__name__} ({error})"
        ) from None
    if array.ndim not in dimensions:
        wanted = " or ".join(str(d) for d in dimensions)
        raise InvalidCodeError(f"{name} must have {wanted} dimensions, got shape {array.shape}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InvalidCodeError(f"{name} must be finite, got {array[where]} at index {where}")
    return array


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
