"""Heights that the lattice does not reach, as numbers: searched for one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import rounded
from mheight.heights.doubts import Doubt, Profiles
from mheight.heights.exact import exact_profile
from mheight.heights.finding import find_heights, solved
from mheight.heights.solution import Solution
from mheight.heights.tolerance import counts_as_infinite

__all__ = ["searched_heights", "searched_profiles"]

Float = NDArray[np.float64]


def searched_profiles(codes: Sequence[LinearCode], tolerance: float | None) -> Profiles:
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


def searched_heights(codes: Sequence[LinearCode], m: int, tolerance: float | None) -> Profiles:
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
