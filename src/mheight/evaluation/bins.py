"""Bins of predicted height: what to add to a prediction for the ends of its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidDataError

__all__ = [
    "Bin",
    "bins_as_list",
    "bins_from_list",
    "bins_of",
    "ends_at",
    "number",
    "quantile_ends",
    "widened",
    "wider_by",
]

Float = NDArray[np.float64]

LEAST_ROWS = 100
"""Rows of a bin, where there are as many."""

_MOST_STORED = 1000
_LARGEST = 1e6  # of any log2 height
_NARROWEST = 1e-6


@dataclass(frozen=True)
class Bin:
    """Predictions up to some log2 height: what to add for the interval.

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


def quantile_ends(errors: Float, level: float) -> tuple[float, float]:
    """The errors number (n+1)(1-level)/2, rounded down, and (n+1)(1+level)/2, rounded up."""
    ranked = np.sort(errors)
    # A billionth: (39 + 1) (1 - 0.9) / 2 is 2, and not a little less.
    below = floor((len(ranked) + 1) * (1 - level) / 2 + 1e-9)
    above = ceil((len(ranked) + 1) * (1 + level) / 2 - 1e-9)
    return float(ranked[max(below - 1, 0)]), float(ranked[min(above, len(ranked)) - 1])


def bins_of(errors: Float, log2_predicted: Float, level: float, most: int) -> tuple[Bin, ...]:
    """Rows cut by predicted height into up to `most` bins of as many rows, at least 100.

    Args:
        errors: shape (N,), true less predicted log2 heights.
        log2_predicted: shape (N,).
        level: share of the errors of each bin that lie between its ends.
        most: bins at the most.
    """
    rows = np.argsort(log2_predicted, kind="stable")
    count = int(np.clip(len(rows) // LEAST_ROWS, 1, most)) if len(rows) else 0
    bins: list[Bin] = []
    for part in np.array_split(rows, count) if count else []:
        following = rows[sum(one.rows for one in bins) + len(part) :]
        upto = float(log2_predicted[following[0]]) if len(following) else np.inf
        bins.append(Bin(upto, *quantile_ends(errors[part], level), len(part)))
    return tuple(bins)


def ends_at(bins: Sequence[Bin], log2_predicted: Float) -> tuple[Float, Float]:
    """What to add to each prediction for the lower and the upper end, shape (N,) each."""
    at = np.searchsorted([one.upto for one in bins[:-1]], log2_predicted, side="right")
    return np.array([one.low for one in bins])[at], np.array([one.high for one in bins])[at]


def wider_by(errors: Float, log2_predicted: Float, bins: Sequence[Bin], level: float) -> float:
    """By how many of its widths each end must move out for `level` of these rows to lie inside.

    Error number (n+1) level, rounded up, of those by how far they lie outside; below 0 where
    the bins are wider than these rows need.

    Reference:
        Romano, Patterson, Candes, "Conformalized Quantile Regression" (2019), for what is
        done with the ends of other rows.

    Examples:
        >>> bins = (Bin(np.inf, -1.0, 1.0, 100),)
        >>> wider_by(np.linspace(-2, 2, 99), np.zeros(99), bins, 0.9)  # to -1.837 and 1.837
        0.418367
    """
    low, high = ends_at(bins, log2_predicted)
    width = np.maximum(high - low, _NARROWEST)
    outside = np.sort(np.maximum(low - errors, errors - high) / width)
    held = min(ceil((len(outside) + 1) * level - 1e-9), len(outside))
    return round(float(outside[held - 1]), 6)


def widened(bins: Sequence[Bin], wider: float) -> tuple[Bin, ...]:
    """Both ends of each bin moved out by this share of its width."""
    out = []
    for one in bins:
        by = wider * max(one.high - one.low, _NARROWEST)
        out.append(replace(one, low=one.low - by, high=one.high + by))
    return tuple(out)


def bins_as_list(bins: Sequence[Bin]) -> list[dict[str, Any]]:
    """Plain values, for JSON; the last bin has no upper edge."""
    stored = [asdict(one) for one in bins]
    if stored:
        stored[-1]["upto"] = None
    return stored


def bins_from_list(stored: Any, name: str) -> tuple[Bin, ...]:
    """The inverse of `bins_as_list`.

    Args:
        stored: from JSON.
        name: of the group, for messages.

    Raises:
        InvalidDataError: something else.
    """
    if not isinstance(stored, list) or len(stored) > _MOST_STORED:
        raise InvalidDataError(f"{name}: a list of bins is needed")
    bins: list[Bin] = []
    for i, one in enumerate(stored):
        where = f"{name}, bin {i}"
        if not isinstance(one, dict) or set(one) != {"upto", "low", "high", "rows"}:
            raise InvalidDataError(f"{where}: upto, low, high and rows are needed")
        last = i == len(stored) - 1
        if (one["upto"] is None) != last:
            raise InvalidDataError(f"{where}: the last bin alone has no upper edge")
        upto = np.inf if last else number(one["upto"], where)
        low, high = number(one["low"], where), number(one["high"], where)
        if low > high or (bins and upto < bins[-1].upto):
            raise InvalidDataError(f"{where}: low <= high and ascending edges are needed")
        if type(one["rows"]) is not int or one["rows"] < 0:
            raise InvalidDataError(f"{where}: rows must be an integer, got {one['rows']!r:.40}")
        bins.append(Bin(upto, low, high, one["rows"]))
    return tuple(bins)


def number(value: Any, where: str) -> float:
    """A number that can be a log2 height, or be added to one.

    Raises:
        InvalidDataError: something else.
    """
    if type(value) not in (int, float) or not abs(value) <= _LARGEST:
        raise InvalidDataError(f"{where}: a finite number is needed, got {value!r:.40}")
    return float(value)
