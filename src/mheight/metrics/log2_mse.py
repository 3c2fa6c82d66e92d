"""log2-MSE by group and tier: the one truth for callbacks, reports and comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidDataError
from mheight.tiers import GROUPS, TIER_OF_GROUP, Tier

__all__ = ["Scores", "score"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """log2-MSE of predictions, each the mean of (log2 h - log2 h_hat)^2.

    Attributes:
        groups: by group name, None where the data has no such group.
        tiers: mean of the tier's groups, None where one of them is missing.
        overall: mean of the groups that are there.
        balanced: mean of the three tiers, None where one is missing.
        counts: samples of each group.
    """

    groups: dict[str, float | None]
    tiers: dict[str, float | None]
    overall: float
    balanced: float | None
    counts: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "overall": self.overall,
            "balanced": self.balanced,
            "tiers": self.tiers,
            "groups": self.groups,
            "counts": self.counts,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Scores:
        """The inverse of `as_dict`."""
        return cls(
            values["groups"],
            values["tiers"],
            values["overall"],
            values["balanced"],
            values["counts"],
        )


def score(log2_true: Float, log2_predicted: Float, group: Int) -> Scores:
    """Score predictions of log2 heights.

    Args:
        log2_true: shape (N,), finite.
        log2_predicted: shape (N,).
        group: shape (N,), position of each sample's group in `GROUPS`.

    Raises:
        InvalidDataError: shapes differ, there is no sample, or a true height is infinite.

    Examples:
        >>> score(np.array([1.0, 2.0]), np.array([1.5, 2.0]), np.array([0, 0])).overall
        0.125
    """
    if not log2_true.shape == log2_predicted.shape == group.shape or log2_true.ndim != 1:
        raise InvalidDataError(
            "heights, predictions and groups must have one shape (N,), got "
            f"{log2_true.shape}, {log2_predicted.shape}, {group.shape}"
        )
    if not len(group):
        raise InvalidDataError("at least one sample is needed to score, got none")
    if group.min() < 0 or group.max() >= len(GROUPS):
        raise InvalidDataError(f"groups must lie in 0..{len(GROUPS) - 1}")
    if not np.isfinite(log2_true).all():
        raise InvalidDataError("only finite heights can be scored; leave infinite ones out")
    squared = (log2_true.astype(np.float64) - log2_predicted.astype(np.float64)) ** 2
    counts = np.bincount(group, minlength=len(GROUPS))
    sums = np.bincount(group, weights=squared, minlength=len(GROUPS))
    groups = {
        g: float(total / count) if count else None
        for g, total, count in zip(GROUPS, sums, counts, strict=True)
    }
    tiers = {
        tier.value: _mean([groups[g] for g in GROUPS if TIER_OF_GROUP[g] is tier]) for tier in Tier
    }
    present = [value for value in groups.values() if value is not None]
    return Scores(
        {str(g): value for g, value in groups.items()},
        tiers,
        float(np.mean(present)),
        _mean(list(tiers.values())),
        {str(g): int(count) for g, count in zip(GROUPS, counts, strict=True)},
    )


def _mean(values: list[float | None]) -> float | None:
    """The mean, or None if a value is missing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None
