"""Intervals around predictions, calibrated on validation rows (split conformal)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidDataError
from mheight.evaluation.beyond import calibrate_beyond
from mheight.evaluation.bins import (
    Bin,
    bins_as_list,
    bins_from_list,
    bins_of,
    ends_at,
    number,
    widened,
    wider_by,
)
from mheight.tiers import Groups, Tier

__all__ = ["Bin", "Calibration", "Coverage", "calibrate", "coverage"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

LEVEL = 0.9
"""Share of exact heights that intervals are to hold."""

_MOST_BINS = 4
_MOST_SHARED = 24  # bins of all groups together
_MOST_WRITTEN = 20_000  # bins of all groups, each for itself


@dataclass(frozen=True)
class Calibration:
    """Intervals by group and predicted height.

    Attributes:
        level: share of exact log2 heights that an interval holds, on data like those of
            the calibration.
        groups: those that there are.
        bins: by group name, in ascending order; a group may have none.
        beyond: bins for other groups, where rows of several lengths allow some.
    """

    level: float
    groups: Groups
    bins: dict[str, tuple[Bin, ...]]
    beyond: tuple[Bin, ...] = ()

    def interval(self, log2_predicted: Float, group: Int) -> tuple[Float, Float]:
        """Lower and upper ends of log2 heights, each of shape (N,).

        Args:
            log2_predicted: shape (N,).
            group: shape (N,), positions in the groups; -1 for another group.

        Returns:
            Ends; for another group by the bins `beyond`; 0 and infinity where there are no bins.
        """
        low, high = np.zeros(len(group)), np.full(len(group), np.inf)
        for i in np.unique(group).tolist():
            bins = self.beyond if i < 0 else self.bins.get(self.groups.names[i], ())
            if bins:
                rows = np.flatnonzero(group == i)
                below, above = ends_at(bins, log2_predicted[rows])
                low[rows], high[rows] = log2_predicted[rows] + below, log2_predicted[rows] + above
        return np.maximum(low, 0.0), high

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        groups = {name: bins_as_list(bins) for name, bins in self.bins.items()}
        beyond = {"beyond": bins_as_list(self.beyond)} if self.beyond else {}
        return {"level": self.level, "groups": groups, **beyond}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], groups: Groups) -> Calibration:
        """The inverse of `as_dict`, for these groups.

        Raises:
            InvalidDataError: something else.
        """
        level = number(values.get("level"), "level")
        if not 0.0 < level < 1.0:
            raise InvalidDataError(f"the level must lie in (0, 1), got {level}")
        stored = values.get("groups")
        if not isinstance(stored, dict) or not set(stored) <= set(groups.names):
            raise InvalidDataError("groups must have bins by the names of groups")
        bins = {name: bins_from_list(rows, name) for name, rows in stored.items()}
        return cls(level, groups, bins, bins_from_list(values.get("beyond", []), "beyond"))


def calibrate(
    log2_true: Float, log2_predicted: Float, group: Int, groups: Groups, level: float = LEVEL
) -> Calibration:
    """Read intervals off the errors on rows that training never saw.

    In each group the rows are cut into up to four bins of predicted height, with at
    least 100 rows each, because errors grow with the height.  In a bin of n rows the
    ends are the errors number (n+1)(1-level)/2, rounded down, and (n+1)(1+level)/2, rounded
    up: the next row's error lies between them with probability at least `level`.  With
    fewer than 19 rows at level 0.9 the extreme errors are taken, and that no longer holds.

    Where errors go by the predicted height more than by the group, up to 24 bins of all
    groups together are taken instead, for each group widened until they hold a share `level`
    of its rows, and never narrowed.  That is done if it makes the intervals narrower in the
    mean.  They are also right for codes unlike most of their group, if codes of another
    group have such heights.  The same rows decide the bins and how much wider they get, so
    what they hold is measured (`coverage`) rather than promised.

    Args:
        log2_true: shape (N,), finite.
        log2_predicted: shape (N,).
        group: shape (N,), positions in the groups.
        groups: those that there are.
        level: between 0 and 1.

    Raises:
        InvalidDataError: the level is out of range.

    Reference:
        Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World" (2005);
        by bins: "Mondrian" conformal prediction there.

    Examples:
        >>> from mheight.tiers import COURSE_9
        >>> errors = np.linspace(-1, 1, 39)
        >>> made = calibrate(errors + 5, np.full(39, 5.0), np.zeros(39, int), COURSE_9)
        >>> low, high = made.interval(np.array([6.0]), np.array([0]))
        >>> float(low[0].round(2)), float(high[0].round(2))
        (5.05, 6.95)
    """
    if not 0.0 < level < 1.0:
        raise InvalidDataError(f"the level must lie in (0, 1), got {level}")
    errors = log2_true - log2_predicted
    members = {i: np.flatnonzero(group == i) for i in range(len(groups))}
    found = {
        groups.names[i]: bins_of(errors[rows], log2_predicted[rows], level, _MOST_BINS)
        for i, rows in members.items()
    }
    present = [i for i, rows in members.items() if len(rows)]
    if len(present) > 1:
        most = min(_MOST_SHARED, max(1, _MOST_WRITTEN // len(groups)))
        together = bins_of(errors, log2_predicted, level, most)
        shared: dict[str, tuple[Bin, ...]] = dict.fromkeys(groups.names, ())
        widths = {"found": 0.0, "shared": 0.0}
        for i in present:
            name, predicted = groups.names[i], log2_predicted[members[i]]
            wider = wider_by(errors[members[i]], predicted, together, level)
            shared[name] = widened(together, max(wider, 0.0))
            for kind, bins in (("found", found[name]), ("shared", shared[name])):
                low, high = ends_at(bins, predicted)
                widths[kind] += float((high - low).sum())
        found = shared if widths["shared"] < widths["found"] else found
    beyond = calibrate_beyond(log2_true, log2_predicted, group, groups, level)
    return Calibration(level, groups, found, beyond)


@dataclass(frozen=True)
class Coverage:
    """What intervals of a level held of exact heights.

    Attributes:
        level: the share that they were to hold.
        overall: the share that they held, None without rows.
        tiers: the same by tier.
        median_width: in log2, None where no interval is bounded.
        rows: how many there were.
    """

    level: float
    overall: float | None
    tiers: dict[str, float | None]
    median_width: float | None
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def coverage(
    log2_true: Float, low: Float, high: Float, group: Int, groups: Groups, level: float
) -> Coverage:
    """Share of exact log2 heights inside their intervals, and how wide these are.

    Args:
        log2_true: shape (N,), finite.
        low: shape (N,), lower ends.
        high: shape (N,), upper ends.
        group: shape (N,), positions in the groups.
        groups: those that there are.
        level: of the intervals.
    """
    # A millionth: an end that is itself an exact height must not miss it by rounding.
    inside = (log2_true >= low - 1e-6) & (log2_true <= high + 1e-6)
    tiers: dict[str, float | None] = {}
    for tier in Tier:
        members = np.isin(group, groups.of_tier(tier))
        tiers[tier.value] = float(inside[members].mean()) if members.any() else None
    overall = float(inside.mean()) if len(inside) else None
    return Coverage(level, overall, tiers, _median_width(high - low), len(group))


def _median_width(widths: Float) -> float | None:
    """Of the intervals that are bounded: groups never calibrated have none."""
    bounded = widths[np.isfinite(widths)]
    return float(np.median(bounded)) if len(bounded) else None
