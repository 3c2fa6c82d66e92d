"""What rounding can do to heights from minors: settling doubts, and saying so."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from mheight.codes.conditioning import condition, exact_rank, reduced_generator
from mheight.codes.minors import DOUBT, NOISE, ZERO_TOLERANCE
from mheight.errors import AccuracyWarning
from mheight.heights.certificate import rounded
from mheight.heights.packed import MAX_LENGTH, PackedProfile, packed_profile
from mheight.heights.rational import exact_profile

__all__ = [
    "LARGEST_HEIGHT",
    "MAX_EXACT_LENGTH",
    "describe_condition",
    "describe_doubt",
    "relative_error",
    "settle_doubts",
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


def describe_doubt(result: PackedProfile, k: int, n: int) -> str | None:
    """What rounding leaves in doubt in one profile, None if nothing."""
    texts = []
    if result.largest_dropped > NOISE:
        texts.append(
            f"a minor of {result.largest_dropped:.1g} of its permanent counts as zero (they do "
            f"below {ZERO_TOLERANCE:.0e} of a bound), so an infinite height may be finite and large"
        )
    if result.least_kept < DOUBT:
        error = relative_error(result.least_kept, k, n)
        texts.append(
            f"the smallest minor is {result.least_kept:.1g} of its permanent, so heights may be "
            f"off by a relative {error:.0e}"
        )
    return "; ".join(texts) or None


def describe_large(heights: Float) -> str | None:
    """What to say of exact heights so large that rounded entries may mean infinite ones."""
    doubtful = np.flatnonzero((heights >= _DOUBTFUL_HEIGHT) & (heights < _ROUNDING_HEIGHT))
    if not len(doubtful):
        return None
    first = int(doubtful[0])
    verdict = "is called infinite" if heights[first] >= LARGEST_HEIGHT else "is reported"
    return (
        f"h_{first + 1} = {heights[first]:.2g} for exactly these entries and {verdict}; "
        "if they are rounded, it may be finite or infinite"
    )


def describe_condition(G: Float) -> str | None:
    """What nearly dependent rows mean, None if they are not."""
    number = condition(G)
    if number < _WORST_CONDITION:
        return None
    return (
        f"G has condition number {number:.0e} and is taken as it is; if its entries are "
        f"rounded, heights may be off by a relative {min(number * _EPSILON, 1.0):.0e} or more"
    )


def settle_doubts(batch: Float, doubtful: NDArray[np.bool_], out: Float, single: bool) -> None:
    """Do doubtful codes again, from a better generator matrix or exactly; warn of the rest.

    Args:
        batch: shape (N, k, n).
        doubtful: shape (N,).
        out: shape (N, n-k), heights, corrected in place.
        single: whether the user gave one code rather than a batch.
    """
    _, k, n = batch.shape
    left: list[tuple[int, str]] = []
    for i in np.flatnonzero(doubtful).tolist():
        if n > MAX_LENGTH:
            left.append((i, "a minor is close to the rounding error of its computation"))
            continue
        if exact_rank(batch[i]) < k:
            continue  # an error that the caller raises
        better = reduced_generator(batch[i]) if n > MAX_EXACT_LENGTH else None
        if n <= MAX_EXACT_LENGTH:
            exact = np.array([rounded(height) for height in exact_profile(batch[i])])
            out[i] = np.where(exact < LARGEST_HEIGHT, exact, np.inf)
            text = describe_large(exact) or describe_condition(batch[i])
        else:
            result = packed_profile(batch[i] if better is None else better, witnesses=False)
            out[i] = result.heights
            text = describe_doubt(result, k, n) or describe_condition(batch[i])
        if text is not None:
            left.append((i, text))
    if left:
        first, text = left[0]
        where = "" if single else f"{len(left)} of {len(batch)} codes; code {first}: "
        warnings.warn(
            f"{where}{text}; exact_profile computes without rounding",
            AccuracyWarning,
            stacklevel=3,
        )
