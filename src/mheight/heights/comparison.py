"""Which of several codes has the smaller heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mheight.errors import InvalidCodeError

__all__ = ["Interval", "ProfileComparison", "compare_profiles"]

_TIE = 1e-9
"""Heights that differ by less, relative, count as equal."""

Interval = tuple[float, float]
"""A lower and an upper bound of a height; the same number twice where it is known."""


@dataclass(frozen=True)
class ProfileComparison:
    """Codes side by side; small heights are good.

    Attributes:
        best: for each m from 1 on, the numbers of the codes none of the others is below;
            empty where bounds leave that open.
        best_throughout: the codes that are best for every m.
    """

    best: tuple[tuple[int, ...], ...]
    best_throughout: tuple[int, ...]


def compare_profiles(profiles: Sequence[Sequence[Interval]]) -> ProfileComparison:
    """Which codes have the smallest height, for each m.

    Args:
        profiles: for each code bounds of h_1, h_2, ..., all of one length (`inf` for m of at
            least the minimum distance).

    Raises:
        InvalidCodeError: fewer than two codes, or profiles of different lengths.

    Examples:
        >>> found = compare_profiles([[(2, 2), (3, 3)], [(2, 2), (5, 5)]])
        >>> found.best, found.best_throughout
        (((0, 1), (0,)), (0,))
    """
    if len(profiles) < 2 or len({len(profile) for profile in profiles}) != 1:
        raise InvalidCodeError("two profiles or more are needed, of one length")
    best = tuple(_best(intervals) for intervals in zip(*profiles, strict=True))
    throughout = set(range(len(profiles))).intersection(*map(set, best))
    return ProfileComparison(best, tuple(sorted(throughout)))


def _best(intervals: tuple[Interval, ...]) -> tuple[int, ...]:
    least = min(upper for _, upper in intervals)
    found = tuple(i for i, (_, upper) in enumerate(intervals) if _at_most(upper, least))
    others = [lower for i, (lower, _) in enumerate(intervals) if i not in found]
    settled = all(_at_most(least, lower) for lower in others)
    known = all(_at_most(intervals[i][1], intervals[i][0]) for i in found)
    # Several upper bounds of the same size say nothing of the heights below them.
    return found if settled and (known or len(found) == 1) else ()


def _at_most(a: float, b: float) -> bool:
    return a <= b or a <= b * (1 + _TIE)
