"""What rounding can do to heights from minors, and settling what it leaves in doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.codes.conditioning import condition, exact_rank, reduced_generator
from mheight.codes.minors import DOUBT, NOISE
from mheight.heights.certificate import rounded
from mheight.heights.doubts import Doubt, DoubtKind
from mheight.heights.packed import MAX_LENGTH, PackedProfile, packed_profile
from mheight.heights.rational import exact_profile

__all__ = [
    "LARGEST_HEIGHT",
    "MAX_EXACT_LENGTH",
    "condition_doubts",
    "large_doubts",
    "minor_doubts",
    "relative_error",
    "settle_doubts",
    "settled",
]

Float = NDArray[np.float64]

MAX_EXACT_LENGTH = 16
"""Up to this length rational arithmetic settles what rounding leaves open, in 0.3 s or less."""

LARGEST_HEIGHT = 1e13
"""A height of float entries above this is called infinite: rounding makes such of zeros."""

_DOUBTFUL_HEIGHT, _ROUNDING_HEIGHT = 1e11, 1e15
_EPSILON = float(np.finfo(np.float64).eps)
_WORST_CONDITION = 1e8


def relative_error(least_kept: float, k: int, n: int) -> float:
    """A bound of the relative error of heights, from the least ratio of a minor to its permanent.

    The r rows of the expansion cost r products and r sums each, and so does each entry
    that was rounded before.  A minor counts twice, in s(A) and in p(B).

    Args:
        least_kept: least ratio of a nonzero minor to the permanent of magnitudes.
        k: dimension.
        n: length.
    """
    return 4.0 * min(k, n - k) * _EPSILON / least_kept


def minor_doubts(result: PackedProfile, k: int, n: int, code: int = 0) -> tuple[Doubt, ...]:
    """What rounding of minors leaves in doubt in one profile."""
    found = []
    if result.largest_dropped > NOISE:
        found.append(Doubt(code, DoubtKind.DROPPED_MINOR, value=result.largest_dropped))
    if result.least_kept < DOUBT:
        error = relative_error(result.least_kept, k, n)
        found.append(Doubt(code, DoubtKind.SMALL_MINOR, value=result.least_kept, error=error))
    return tuple(found)


def large_doubts(heights: Float, code: int = 0, *, reported: bool = False) -> tuple[Doubt, ...]:
    """Exact heights so large that rounded entries may mean infinite ones: the first of them.

    Args:
        heights: shape (n-k,).
        code: number of the code in its batch.
        reported: whether heights above `LARGEST_HEIGHT` are reported as they are.
    """
    doubtful = np.flatnonzero((heights >= _DOUBTFUL_HEIGHT) & (heights < _ROUNDING_HEIGHT))
    if not len(doubtful):
        return ()
    first = int(doubtful[0])
    value = float(heights[first])
    is_reported = reported or value < LARGEST_HEIGHT
    kind = DoubtKind.LARGE_HEIGHT if is_reported else DoubtKind.CALLED_INFINITE
    return (Doubt(code, kind, m=first + 1, value=value),)


def condition_doubts(G: Float, code: int = 0) -> tuple[Doubt, ...]:
    """What nearly dependent rows mean."""
    number = condition(G)
    if number < _WORST_CONDITION:
        return ()
    error = min(number * _EPSILON, 1.0)
    return (Doubt(code, DoubtKind.CONDITION, value=number, error=error),)


def settled(G: Float, code: int = 0) -> tuple[Float | None, tuple[Doubt, ...]]:
    """A doubtful code done again, from a better generator matrix or exactly.

    Args:
        G: shape (k, n), k < n, finite.
        code: number of the code in its batch, for its doubts.

    Returns:
        Heights, shape (n-k,), or None where nothing better than those of the kernel is
        known; and what remains in doubt.  None and nothing for dependent rows, which are
        an error that the caller raises.
    """
    k, n = G.shape
    if n > MAX_LENGTH:
        return None, (Doubt(code, DoubtKind.UNSETTLED_MINOR),)
    if exact_rank(G) < k:
        return None, ()
    if n <= MAX_EXACT_LENGTH:
        exact = np.array([rounded(height) for height in exact_profile(G)])
        heights = np.where(exact < LARGEST_HEIGHT, exact, np.inf)
        return heights, large_doubts(exact, code) or condition_doubts(G, code)
    better = reduced_generator(G)
    result = packed_profile(G if better is None else better, witnesses=False)
    return result.heights, minor_doubts(result, k, n, code) or condition_doubts(G, code)


def settle_doubts(batch: Float, doubtful: NDArray[np.bool_], out: Float) -> tuple[Doubt, ...]:
    """Do doubtful codes again, one by one.

    Args:
        batch: shape (N, k, n).
        doubtful: shape (N,).
        out: shape (N, n-k), heights, corrected in place.

    Returns:
        What remains in doubt.
    """
    left: list[Doubt] = []
    for i in np.flatnonzero(doubtful).tolist():
        heights, doubts = settled(batch[i], i)
        if heights is not None:
            out[i] = heights
        left += doubts
    return tuple(left)
