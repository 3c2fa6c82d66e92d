"""Intervals for groups that a network never saw: wider than any that it was calibrated on.

Nothing can be promised where there are no rows, so the rule is made as if a length had been
missing, and tried on the rows of that length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidDataError
from mheight.tiers import LONGEST, Groups

__all__ = ["Beyond", "calibrate_beyond", "quantile_ends"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_LEAST_ROWS = 19  # of a group, for its own ends
_NARROWEST = 1e-6
_WIDEST = 1e6


@dataclass(frozen=True)
class Beyond:
    """What to add to the prediction of a code of a group without bins.

    Attributes:
        low: for the lower end, below 0.
        high: for the upper end, above 0.
        longest: largest n that was calibrated.  Both are multiplied by 1 + d for codes that
            are d longer.
    """

    low: float
    high: float
    longest: int

    def interval(self, log2_predicted: Float, n: Int) -> tuple[Float, Float]:
        """Lower and upper ends of log2 heights, each of shape (N,).

        Args:
            log2_predicted: shape (N,).
            n: shape (N,), lengths of the codes.

        Examples:
            >>> ends = Beyond(-0.1, 0.2, 12).interval(np.array([3.0, 3.0]), np.array([10, 14]))
            >>> [end.round(2).tolist() for end in ends]
            [[2.9, 2.7], [3.2, 3.6]]
        """
        scale = 1.0 + np.maximum(n - self.longest, 0)
        return log2_predicted + self.low * scale, log2_predicted + self.high * scale

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Beyond:
        """The inverse of `as_dict`.

        Raises:
            InvalidDataError: something else.
        """
        if not isinstance(values, Mapping) or set(values) != {"low", "high", "longest"}:
            raise InvalidDataError("beyond: low, high and longest are needed")
        low, high, longest = values["low"], values["high"], values["longest"]
        if any(type(x) not in (int, float) or not abs(x) <= _WIDEST for x in (low, high)):
            raise InvalidDataError(
                f"beyond: finite numbers are needed, got {low!r:.20}, {high!r:.20}"
            )
        if not low < 0.0 < high or type(longest) is not int or not 2 <= longest <= LONGEST:
            raise InvalidDataError(
                f"beyond: low < 0 < high and 2 <= longest <= {LONGEST} are needed, got {low:g}, "
                f"{high:g} and {longest!r:.40}"
            )
        return cls(float(low), float(high), longest)


def calibrate_beyond(
    log2_true: Float, log2_predicted: Float, group: Int, groups: Groups, level: float
) -> Beyond | None:
    """The rule for groups that are not among these.

    The ends are the lowest and the highest of all groups, times a factor.  The factor is the
    least, 1 or more, with which the ends of all groups of other lengths hold a share `level` of
    the rows of each group, for each length in turn.

    Args:
        log2_true: shape (N,), finite.
        log2_predicted: shape (N,).
        group: shape (N,), positions in the groups.
        groups: those that there are.
        level: between 0 and 1.

    Returns:
        The rule; None unless groups of two lengths have 19 rows or more each.
    """
    errors = log2_true - log2_predicted
    of_group = {g: errors[group == i] for i, g in enumerate(groups)}
    of_group = {g: rows for g, rows in of_group.items() if len(rows) >= _LEAST_ROWS}
    ends = {g: quantile_ends(rows, level) for g, rows in of_group.items()}
    lengths = {g.n for g in ends}
    if len(lengths) < 2:
        return None
    factor = 1.0
    for missing in lengths:
        low, high = _widest([ends[g] for g in ends if g.n != missing])
        for g in ends:
            if g.n == missing:
                reached = np.sort(np.maximum(of_group[g] / low, of_group[g] / high))
                held = min(ceil((len(reached) + 1) * level - 1e-9), len(reached))
                factor = max(factor, float(reached[held - 1]))
    low, high = _widest(list(ends.values()))
    return Beyond(low * factor, high * factor, max(lengths))


def _widest(ends: list[tuple[float, float]]) -> tuple[float, float]:
    return (
        min(-_NARROWEST, *(low for low, _ in ends)),
        max(_NARROWEST, *(high for _, high in ends)),
    )


def quantile_ends(errors: Float, level: float) -> tuple[float, float]:
    """The errors number (n+1)(1-level)/2, rounded down, and (n+1)(1+level)/2, rounded up."""
    ranked = np.sort(errors)
    # A billionth: (39 + 1) (1 - 0.9) / 2 is 2, and not a little less.
    below = floor((len(ranked) + 1) * (1 - level) / 2 + 1e-9)
    above = ceil((len(ranked) + 1) * (1 + level) / 2 - 1e-9)
    return float(ranked[max(below - 1, 0)]), float(ranked[min(above, len(ranked)) - 1])
