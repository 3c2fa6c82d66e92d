"""Intervals around predictions, calibrated on validation rows (split conformal)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidDataError
from mheight.evaluation.beyond import Beyond, calibrate_beyond, quantile_ends
from mheight.tiers import Groups, Tier

__all__ = ["Calibration", "calibrate", "coverage"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

LEVEL = 0.9
"""Share of exact heights that intervals are to hold."""

_MOST_BINS = 4
_MOST_STORED = 1000
_LARGEST = 1e6  # of any log2 height
_LEAST_ROWS = 100


@dataclass(frozen=True)
class Bin:
    """Predictions of one group up to some log2 height: what to add for the interval.

    Attributes:
        upto: the predicted log2 height at which the next bin begins.
        low: added to the prediction for the lower end; negative as a rule.
        high: added for the upper end.
        rows: validation rows it was read from.
    """

    upto: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Calibration:
    """Intervals by group and predicted height.

    Attributes:
        level: share of exact log2 heights that an interval holds, on data like those of
            the calibration.
        groups: those that there are.
        bins: by group name, in ascending order; a group may have none.
        beyond: the rule for other groups, where rows of several lengths allow one.
    """

    level: float
    groups: Groups
    bins: dict[str, tuple[Bin, ...]]
    beyond: Beyond | None = None

    def interval(
        self, log2_predicted: Float, group: Int, n: Int | None = None
    ) -> tuple[Float, Float]:
        """Lower and upper ends of log2 heights, each of shape (N,).

        Args:
            log2_predicted: shape (N,).
            group: shape (N,), positions in the groups; -1 for another group.
            n: shape (N,), lengths of the codes, where there are others.

        Returns:
            Ends; for another group by the rule `beyond`, and 0 and infinity without that, or
            where the group has no bins.
        """
        low, high = np.zeros(len(group)), np.full(len(group), np.inf)
        other = group < 0
        if self.beyond is not None and n is not None and other.any():
            low[other], high[other] = self.beyond.interval(log2_predicted[other], n[other])
        for i, name in enumerate(self.groups.names):
            rows = np.flatnonzero(group == i)
            bins = self.bins.get(name, ())
            if not len(rows) or not bins:
                continue
            at = np.searchsorted([b.upto for b in bins[:-1]], log2_predicted[rows], side="right")
            low[rows] = log2_predicted[rows] + np.array([b.low for b in bins])[at]
            high[rows] = log2_predicted[rows] + np.array([b.high for b in bins])[at]
        return np.maximum(low, 0.0), high

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; the last bin has no upper edge."""
        groups = {name: [asdict(b) for b in bins] for name, bins in self.bins.items()}
        for bins in groups.values():
            if bins:
                bins[-1]["upto"] = None
        rule = {} if self.beyond is None else {"beyond": self.beyond.as_dict()}
        return {"level": self.level, "groups": groups, **rule}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], groups: Groups) -> Calibration:
        """The inverse of `as_dict`, for these groups.

        Raises:
            InvalidDataError: something else.
        """
        level = _number(values.get("level"), "level")
        if not 0.0 < level < 1.0:
            raise InvalidDataError(f"the level must lie in (0, 1), got {level}")
        stored = values.get("groups")
        if not isinstance(stored, dict) or not set(stored) <= set(groups.names):
            raise InvalidDataError("groups must have bins by the names of groups")
        rule = Beyond.from_dict(values["beyond"]) if "beyond" in values else None
        bins = {name: _bins(rows, name) for name, rows in stored.items()}
        return cls(level, groups, bins, rule)


def _bins(stored: Any, group: str) -> tuple[Bin, ...]:
    if not isinstance(stored, list) or len(stored) > _MOST_STORED:
        raise InvalidDataError(f"{group}: a list of bins is needed")
    bins: list[Bin] = []
    for i, one in enumerate(stored):
        where = f"{group}, bin {i}"
        if not isinstance(one, dict) or set(one) != {"upto", "low", "high", "rows"}:
            raise InvalidDataError(f"{where}: upto, low, high and rows are needed")
        last = i == len(stored) - 1
        if (one["upto"] is None) != last:
            raise InvalidDataError(f"{where}: the last bin alone has no upper edge")
        upto = np.inf if last else _number(one["upto"], where)
        low, high = _number(one["low"], where), _number(one["high"], where)
        if low > high or (bins and upto < bins[-1].upto):
            raise InvalidDataError(f"{where}: low <= high and ascending edges are needed")
        if type(one["rows"]) is not int or one["rows"] < 0:
            raise InvalidDataError(f"{where}: rows must be an integer, got {one['rows']!r:.40}")
        bins.append(Bin(upto, low, high, one["rows"]))
    return tuple(bins)


def _number(value: Any, where: str) -> float:
    if type(value) not in (int, float) or not abs(value) <= _LARGEST:
        raise InvalidDataError(f"{where}: a finite number is needed, got {value!r:.40}")
    return float(value)


def calibrate(
    log2_true: Float, log2_predicted: Float, group: Int, groups: Groups, level: float = LEVEL
) -> Calibration:
    """Read intervals off the errors on rows that training never saw.

    In each group the rows are cut into up to four bins of predicted height, with at
    least 100 rows each, because errors grow with the height.  In a bin of n rows the
    ends are the errors number (n+1)(1-level)/2, rounded down, and (n+1)(1+level)/2, rounded
    up: the next row's error lies between them with probability at least `level`.  With
    fewer than 19 rows at level 0.9 the extreme errors are taken, and that no longer holds.

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
    found = {}
    for i, name in enumerate(groups.names):
        rows = np.flatnonzero(group == i)
        rows = rows[np.argsort(log2_predicted[rows], kind="stable")]
        count = int(np.clip(len(rows) // _LEAST_ROWS, 1, _MOST_BINS)) if len(rows) else 0
        bins: list[Bin] = []
        for part in np.array_split(rows, count) if count else []:
            following = rows[sum(b.rows for b in bins) + len(part) :]
            upto = float(log2_predicted[following[0]]) if len(following) else np.inf
            low, high = quantile_ends(log2_true[part] - log2_predicted[part], level)
            bins.append(Bin(upto, low, high, len(part)))
        found[name] = tuple(bins)
    rule = calibrate_beyond(log2_true, log2_predicted, group, groups, level)
    return Calibration(level, groups, found, rule)


def coverage(
    log2_true: Float, low: Float, high: Float, group: Int, groups: Groups
) -> dict[str, Any]:
    """Share of exact log2 heights inside their intervals, and how wide these are.

    Args:
        log2_true: shape (N,), finite.
        low: shape (N,), lower ends.
        high: shape (N,), upper ends.
        group: shape (N,), positions in the groups.

        groups: those that there are.

    Returns:
        `overall` and `tiers`, the shares, None without rows; `median_width` in log2,
        None where no interval is bounded; `rows`.
    """
    # A millionth: an end that is itself an exact height must not miss it by rounding.
    inside = (log2_true >= low - 1e-6) & (log2_true <= high + 1e-6)
    tiers = {}
    for tier in Tier:
        members = np.isin(group, groups.of_tier(tier))
        tiers[tier.value] = float(inside[members].mean()) if members.any() else None
    return {
        "overall": float(inside.mean()) if len(inside) else None,
        "tiers": tiers,
        "median_width": _median_width(high - low),
        "rows": len(group),
    }


def _median_width(widths: Float) -> float | None:
    """Of the intervals that are bounded: groups never calibrated have none."""
    bounded = widths[np.isfinite(widths)]
    return float(np.median(bounded)) if len(bounded) else None
