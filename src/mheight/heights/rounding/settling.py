"""What rounding can do to heights from minors, and settling what it leaves in doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.codes.algebra.conditioning import condition, reduced_generator
from mheight.codes.given import GivenMatrices
from mheight.codes.minors.rounding import DOUBT, NOISE
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import rounded
from mheight.heights.choosing import has_lattice, settles_exactly
from mheight.heights.doubts import Doubt, DoubtKind
from mheight.heights.exact import exact_profile
from mheight.heights.lattice.one_code import PackedProfile, packed_profile
from mheight.heights.rounding.tolerance import capped, counts_as_infinite, kept_doubts, near_limit
from mheight.heights.rounding.true_zeros import zeros_are_true

__all__ = [
    "LARGEST_HEIGHT",
    "condition_doubts",
    "large_doubts",
    "minor_doubts",
    "relative_error",
    "settle_doubts",
    "settled",
    "unsettled",
]

Float = NDArray[np.float64]

LARGEST_HEIGHT = 1e13
"""A height of float entries above this is called infinite: rounding makes such of zeros."""

_PLAIN_TOLERANCE = 1e-10
"""From here on what the kernel takes for zero, up to rounding, is zero by the tolerance too."""

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


def large_doubts(heights: Float, found: Float, code: int = 0) -> tuple[Doubt, ...]:
    """Exact heights so large that rounded entries may mean infinite ones: the first of them.

    Args:
        heights: shape (n-k,), the exact ones.
        found: shape (n-k,), those that are reported.
        code: number of the code in its batch.
    """
    capped = np.isinf(found) & np.isfinite(heights)
    doubtful = np.flatnonzero(
        capped | ((heights >= _DOUBTFUL_HEIGHT) & (heights < _ROUNDING_HEIGHT))
    )
    if not len(doubtful):
        return ()
    first = int(doubtful[0])
    kind = DoubtKind.CALLED_INFINITE if capped[first] else DoubtKind.LARGE_HEIGHT
    return (Doubt(code, kind, m=first + 1, value=float(heights[first])),)


def condition_doubts(G: Float, code: int = 0) -> tuple[Doubt, ...]:
    """What nearly dependent rows mean."""
    number = condition(G)
    if number < _WORST_CONDITION:
        return ()
    error = min(number * _EPSILON, 1.0)
    return (Doubt(code, DoubtKind.CONDITION, value=number, error=error),)


def unsettled(
    given: GivenMatrices, heights: Float, tolerance: float | None = None
) -> NDArray[np.bool_]:
    """Which codes floating point can't decide, whatever the kernel says of their minors.

    Args:
        given: N matrices.
        heights: shape (N, n-k), k < n, what the kernel found.
        tolerance: zero tolerance; None where the user gave none.

    Returns:
        Shape (N,).
    """
    out = given.out_of_range()
    # Where a minor counts as zero, h_{n-k} is infinite.
    vanishing = np.flatnonzero(np.isinf(heights[:, -1]))
    as_given = tolerance is not None and tolerance < _PLAIN_TOLERANCE
    if len(vanishing):
        open_ = vanishing[given.needs_exact_zeros(vanishing, as_given=as_given)]
        out[open_] |= ~zeros_are_true(given, open_)
    if tolerance:
        out |= near_limit(heights, tolerance)
    for i in given.exact:
        out[i] |= given.loses_integers(i)
    return out


def settled(
    given: GivenMatrices,
    i: int,
    found: Float,
    code: int | None = None,
    *,
    tolerance: float | None = None,
) -> tuple[Float | None, tuple[Doubt, ...]]:
    """A doubtful code done again, from a better matrix or exactly.

    Args:
        given: matrices of codes, k < n.
        i: which of them.
        found: shape (n-k,), its heights by the kernel.
        code: number of the code in its batch, for its doubts; i if None.
        tolerance: zero tolerance; None for `LARGEST_HEIGHT` where rounding may make zeros.

    Returns:
        Heights, shape (n-k,), or None where nothing better than those of the kernel is
        known; and what remains in doubt.  None and nothing for dependent rows, which are
        an error that the caller raises.
    """
    k, n = given.k, given.n
    code = i if code is None else code
    unsettled_minor = (Doubt(code, DoubtKind.UNSETTLED_MINOR),)
    if not (settles_exactly(n, k) or has_lattice(n)):
        return None, unsettled_minor
    if given.alone(i).ranks()[0] < given.values.shape[1]:
        return None, ()
    matrix = given.expanded[i]
    if settles_exactly(n, k):
        try:
            profile = exact_profile(given.generator(i))
        except InvalidCodeError:  # numbers of too many digits
            return None, unsettled_minor
        exact = np.array([rounded(height) for height in profile])
        if tolerance is not None:
            exact[[counts_as_infinite(height, tolerance) for height in profile]] = np.inf
            doubts = () if given.is_meant(i) else condition_doubts(matrix, code)
            return exact, kept_doubts(doubts, tolerance)
        if given.is_meant(i):
            return exact, ()
        # Where the kernel found a finite height, no minor is close to zero.
        heights = np.where((exact < LARGEST_HEIGHT) | np.isfinite(found), exact, np.inf)
        return heights, large_doubts(exact, heights, code) or condition_doubts(matrix, code)
    rows = None
    if i in given.exact:
        rows = given.rows(i) if given.is_check else given.generator(i)
    better = reduced_generator(matrix, rows)
    result = packed_profile(
        matrix if better is None else better, is_check=given.is_check, witnesses=False
    )
    doubts = minor_doubts(result, k, n, code)
    if not doubts and tolerance == 0 and result.zeros:
        doubts = unsettled_minor
    if not doubts and not given.is_meant(i):
        doubts = kept_doubts(condition_doubts(matrix, code), tolerance)
    return capped(result.heights, tolerance), doubts


def settle_doubts(
    given: GivenMatrices,
    doubtful: NDArray[np.bool_],
    out: Float,
    tolerance: float | None = None,
) -> tuple[Doubt, ...]:
    """Do doubtful codes again, one by one.

    Args:
        given: N matrices.
        doubtful: shape (N,).
        out: shape (N, n-k), heights, corrected in place.
        tolerance: zero tolerance, as for `settled`.

    Returns:
        What remains in doubt.
    """
    left: list[Doubt] = []
    for i in np.flatnonzero(doubtful).tolist():
        heights, doubts = settled(given, i, out[i], tolerance=tolerance)
        if heights is not None:
            out[i] = heights
        left += doubts
    return tuple(left)
