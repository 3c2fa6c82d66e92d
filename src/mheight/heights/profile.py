"""Height profiles and single heights, with validated input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.given import GivenMatrices, given_matrices
from mheight.codes.minors.batches import systematic_codes
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import rounded
from mheight.heights.choosing import (
    engine_of_number,
    engine_of_profile,
    goes_by_parity,
    kernel_for,
)
from mheight.heights.doubts import Doubt, Profiles, warn_of
from mheight.heights.exact import exact_profile
from mheight.heights.finding import find_heights, solved
from mheight.heights.lattice.batches import profiles
from mheight.heights.lattice.one_code import packed_profile
from mheight.heights.orders import height_index
from mheight.heights.rounding.settling import settle_doubts, unsettled
from mheight.heights.rounding.tolerance import capped, checked_tolerance, counts_as_infinite
from mheight.heights.solution import Solution

__all__ = [
    "as_given",
    "height_profile",
    "kernel_heights",
    "m_height",
    "profile_with_doubts",
]

Float = NDArray[np.float64]


def height_profile(
    G: LinearCode | GivenMatrices | ArrayLike | Sequence[Any],
    *,
    zero_tolerance: float | None = None,
) -> Float:
    """All heights h_1 ... h_{n-k} of one code, or of each code of a batch.

    The m-height of a code is the largest ratio |c|(0) / |c|(m) over its nonzero
    codewords c, where |c|(0) >= |c|(1) >= ... are the sorted magnitudes.  It is
    infinite exactly when m is at least the minimum distance.

    It is a largest value over finitely many linear programs: let position a hold the largest
    magnitude, and let T be n-m positions without a; then h_m is the largest, over a and T, of
    max |c_a| with |c_j| <= 1 on T.  By duality that is the least ||inverse(G_B) g_a||_1 over
    the information sets B in T, and by Cramer's rule each entry of inverse(G_B) g_a is a
    quotient of minors, with p(B) = |det G_B|:

        1 + ||inverse(G_B) g_a||_1 = s(B + a) / p(B),

    where s(A) is the sum of p over the k-subsets of A.  So all heights follow from C(n, k)
    absolute minors, by minima over B in T and maxima over a and T.

    For integer matrices in the exact range of float64 it is decided exactly whether a
    height is finite; otherwise a minor counts as zero below 1e-12 of its bound (see
    `mheight.codes.minors.rounding.ZERO_TOLERANCE`).  A code that this leaves in
    doubt is brought to a better generator matrix in rational arithmetic and done again; if
    doubt remains, an `AccuracyWarning` says so; `profile_with_doubts` returns the doubts as
    values instead.  `exact_profile` rounds nothing.

    Args:
        G: a `LinearCode`, a generator matrix of shape (k, n), or a batch of shape
            (N, k, n), each of rank k.
        zero_tolerance: for measured matrices: an entry of a codeword counts as zero where it
            is at most this part of the largest one, so that a height of at least
            1/zero_tolerance is infinite.  0: the entries count exactly as they are.  None:
            as above, with heights above 1e13 of a doubtful code infinite.

    Returns:
        Float64 array of shape (n-k,), or (N, n-k) for a batch; entry m-1 is h_m,
        at least 1, `inf` where the height is infinite.

    Raises:
        InvalidCodeError: wrong shape, an entry that is not finite, dependent rows, or
            a code too long: n > 26, unless k or n - k is small; a tolerance that is
            negative, or 1 or more.
        UnsolvedHeightError: n > 26, and rounding leaves only bounds of a height.

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020; the inner minimum is
        Theorem 8 of arXiv 2602.20366; how the sets T share their work is explained in
        `mheight.heights.lattice.tables`.

    Examples:
        >>> height_profile([[1, 0, 1, 1], [0, 1, 1, 2]])
        array([2., 3.])
        >>> height_profile([[1, 0, 1, 1], [0, 1, 1, 1.0001]], zero_tolerance=1e-3)
        array([ 2., inf])
    """
    found = profile_with_doubts(G, zero_tolerance=zero_tolerance)
    warn_of(found.doubts, found.codes)
    return found.heights


def profile_with_doubts(
    G: LinearCode | GivenMatrices | ArrayLike | Sequence[Any],
    *,
    zero_tolerance: float | None = None,
) -> Profiles:
    """Height profiles as `height_profile` computes them, and what of them is in doubt.

    Nothing is warned of: whoever asks for the doubts is to pass them on.

    Args:
        G: as for `height_profile`.
        zero_tolerance: as for `height_profile`; with 0 no doubt is said that is about rounded
            entries.

    Returns:
        `Profiles`: the heights, and a `Doubt` for each thing that rounding leaves open, with
        the number of its code.

    Raises:
        InvalidCodeError: as for `height_profile`.

    Examples:
        >>> found = profile_with_doubts([[[1, 0, 1, 1], [0, 1, 1, 2]],
        ...                              [[1, 0, 1, 1], [0, 1, 1, 1 + 3e-13]]])
        >>> found.doubtful
        array([False,  True])
        >>> found.doubts_of(1)[0].text[:40]
        'h_2 = 6.7e+12 for exactly these entries '
    """
    given = as_given(G)
    count, k, n = len(given), given.k, given.n
    tolerance = checked_tolerance(zero_tolerance)
    doubts: tuple[Doubt, ...] = ()
    if n == k:
        out = np.empty((count, 0))
        suspects = np.arange(count)
    elif count and engine_of_profile(n, k) == "branch-and-bound":
        found = _searched_profiles(_codes(given), tolerance)
        heights = found.heights[0] if given.is_single else found.heights
        return Profiles(heights, found.doubts, tolerance)
    else:
        out, doubtful = kernel_heights(given, tolerance)
        out = capped(out, tolerance)
        if doubtful.any():
            doubts = settle_doubts(given, doubtful, out, tolerance)
        # Without k independent columns every minor is 0 and every height infinite.
        suspects = np.flatnonzero(np.isinf(out[:, 0]))
        suspects = suspects[np.isinf(out[suspects]).all(axis=1)]
    if len(suspects):
        given.check_ranks(suspects, "" if given.is_single else " in code {}")
    return Profiles(out[0] if given.is_single else out, doubts, tolerance)


def _codes(given: GivenMatrices) -> list[LinearCode]:
    return [_code(given, i) for i in range(len(given))]


def as_given(G: LinearCode | GivenMatrices | ArrayLike | Sequence[Any]) -> GivenMatrices:
    """The matrix of one code, or those of a batch, as they were given."""
    if isinstance(G, GivenMatrices):
        return G
    return G.given if isinstance(G, LinearCode) else given_matrices(G)


def kernel_heights(
    given: GivenMatrices, tolerance: float | None = None
) -> tuple[Float, NDArray[np.bool_]]:
    """Heights as the kernels find them, and which codes `settled` is to do again.

    Args:
        given: N matrices of codes with k < n, in reach of the lattice; ranks are not looked at.
        tolerance: zero tolerance, which may want codes done again; heights are as they are.

    Returns:
        Shape (N, n-k); shape (N,).
    """
    out, doubtful = _by_kernels(given)
    return out, doubtful | unsettled(given, out, tolerance)


def _by_kernels(given: GivenMatrices) -> tuple[Float, NDArray[np.bool_]]:
    """Heights, shape (N, n-k), and which codes they leave in doubt, shape (N,)."""
    count, k, n = len(given), given.k, given.n
    batch, is_check = given.expanded, given.is_check
    if count and kernel_for(n, k, count) == "one code":
        return _one_by_one(batch, is_check)
    if count and goes_by_parity(n, k, is_check=is_check):
        codes = _codes(given)
        batch = np.array([code.G if is_check else _systematic(code) for code in codes])
        is_check = False
    return profiles(batch, systematic_codes(batch), is_check=is_check)


def _code(given: GivenMatrices, i: int) -> LinearCode:
    try:
        return LinearCode.from_given(given.alone(i))
    except InvalidCodeError as error:
        raise error if given.is_single else InvalidCodeError(f"code {i}: {error}") from None


def _systematic(code: LinearCode) -> Float:
    return np.hstack([np.eye(code.k), code.P])


def _one_by_one(batch: Float, is_check: bool) -> tuple[Float, NDArray[np.bool_]]:
    results = [packed_profile(G, is_check=is_check, witnesses=False) for G in batch]
    heights = np.array([r.heights for r in results])
    return heights, np.array([r.is_doubtful for r in results])


def m_height(
    G: LinearCode | GivenMatrices | ArrayLike | Sequence[Any],
    m: int,
    *,
    zero_tolerance: float | None = None,
) -> float | Float:
    """The m-height of one code, or of each code of a batch, as a number.

    By the cheaper of the lattice, which gives all heights, and branch and bound.
    `find_height` returns a certificate with it, or bounds where it would take too long.

    Args:
        G: as for `height_profile`, of any length.
        m: 1 <= m < n; beyond n-k every height is infinite.
        zero_tolerance: as for `height_profile`.

    Returns:
        A float for one code, shape (N,) for a batch; at least 1, possibly `inf`.

    Raises:
        InvalidCodeError: as for `height_profile`; m outside 1..n-1; or a height that is
            predicted to take more than ten minutes.
        UnsolvedHeightError: n > 16, and rounding leaves only bounds.

    Examples:
        >>> m_height([[1, 0, 1, 1], [0, 1, 1, 2]], 2)
        3.0
    """
    given = as_given(G)
    k, n = given.k, given.n
    m = height_index(m, n)
    if m > n - k:
        given.check_ranks(range(len(given)), "" if given.is_single else " in code {}")
        return inf if given.is_single else np.full(len(given), inf)
    if len(given) and engine_of_number(n, k, m) == "branch-and-bound":
        found = _searched_heights(_codes(given), m, zero_tolerance)
        heights = found.heights
    else:
        found = profile_with_doubts(given, zero_tolerance=zero_tolerance)
        heights = np.atleast_2d(found.heights)[:, m - 1]
    codes = None if given.is_single else len(given)
    warn_of([doubt for doubt in found.doubts if doubt.concerns(m)], codes)
    return float(heights[0]) if given.is_single else heights


# --- heights that the lattice does not reach, searched for one by one -----------------------


def _searched_profiles(codes: Sequence[LinearCode], tolerance: float | None) -> Profiles:
    """All heights of codes of one (n, k), k < n, shape (N, n-k).

    Args:
        codes: at least one.
        tolerance: what counts as zero, as for `height_profile`.

    Raises:
        UnsolvedHeightError: rounding leaves only bounds of a height.
    """
    found = [
        list(find_heights(code, method="branch-and-bound", zero_tolerance=tolerance))
        for code in codes
    ]
    heights = [[_settled(code, s) for s in rows] for code, rows in zip(codes, found, strict=True)]
    return Profiles(np.array(heights), tuple(_numbered(found)), tolerance)


def _searched_heights(codes: Sequence[LinearCode], m: int, tolerance: float | None) -> Profiles:
    """h_m of codes of one (n, k), shape (N,), 1 <= m <= n-k.

    Args:
        codes: at least one.
        m: index of the height.
        tolerance: what counts as zero, as for `height_profile`.

    Raises:
        UnsolvedHeightError: rounding leaves only bounds.
    """
    found = [
        [solved(code, m, method="branch-and-bound", zero_tolerance=tolerance)] for code in codes
    ]
    heights = [_settled(code, s) for code, (s,) in zip(codes, found, strict=True)]
    return Profiles(np.array(heights), tuple(_numbered(found)), tolerance)


def _settled(code: LinearCode, solution: Solution) -> float:
    """The height; where the search leaves bounds, exactly if that is possible."""
    if not solution.is_exact:
        try:
            exact = exact_profile(code)[solution.m - 1]
        except InvalidCodeError:
            return solution.height  # which says that it is not known
        infinite = counts_as_infinite(exact, solution.zero_tolerance)
        return float("inf") if infinite else rounded(exact)
    return solution.height


def _numbered(found: Sequence[Sequence[Solution]]) -> Iterator[Doubt]:
    for index, solutions in enumerate(found):
        doubts = (doubt for solution in solutions for doubt in solution.doubts)
        yield from (replace(doubt, code=index) for doubt in dict.fromkeys(doubts))
