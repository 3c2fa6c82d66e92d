"""log2-MSE by group and tier: the one truth for callbacks, reports and comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidDataError
from mheight.tiers import Group, Groups, Tier, group_named

__all__ = ["Scores", "score"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """log2-MSE of predictions, each the mean of (log2 h - log2 h_hat)^2.

    Attributes:
        among: the groups that there may be, with their tiers.
        groups: by group name, None where the data has no such group.
        tiers: mean of the tier's groups, None where one of them is missing, or it has none.
        overall: mean of the groups that are there.
        balanced: mean of the tiers that have groups, None where one is missing.
        counts: samples of each group.
    """

    among: Groups
    groups: dict[str, float | None]
    tiers: dict[str, float | None]
    overall: float
    balanced: float | None
    counts: dict[str, int]

    def of(self, group: Group) -> float | None:
        """The figure of a group, None where there is none."""
        at = self.among.index(*group)
        return None if at is None else self.groups[self.among.names[at]]

    def count(self, group: Group) -> int:
        """Samples of a group."""
        at = self.among.index(*group)
        return 0 if at is None else self.counts[self.among.names[at]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "overall": self.overall,
            "balanced": self.balanced,
            "tiers": self.tiers,
            "groups": self.groups,
            "counts": self.counts,
            "tier_of": self.among.as_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Scores:
        """The inverse of `as_dict`; without tiers, they are those of the rule."""
        if "tier_of" in values:
            among = Groups.from_dict(values["tier_of"])
        else:
            among = Groups.of(group_named(name) for name in values["groups"])
        return cls(
            among,
            values["groups"],
            values["tiers"],
            values["overall"],
            values["balanced"],
            values["counts"],
        )


def score(log2_true: Float, log2_predicted: Float, group: Int, groups: Groups) -> Scores:
    """Score predictions of log2 heights.

    Args:
        log2_true: shape (N,), finite.
        log2_predicted: shape (N,).
        group: shape (N,), position of each sample's group.
        groups: those that positions are of.

    Raises:
        InvalidDataError: shapes differ, there is no sample, or a true height is infinite.

    Examples:
        >>> from mheight.tiers import COURSE_9
        >>> score(np.array([1.0, 2.0]), np.array([1.5, 2.0]), np.array([0, 0]), COURSE_9).overall
        0.125
    """
    if not log2_true.shape == log2_predicted.shape == group.shape or log2_true.ndim != 1:
        raise InvalidDataError(
            "heights, predictions and groups must have one shape (N,), got "
            f"{log2_true.shape}, {log2_predicted.shape}, {group.shape}"
        )
    if not len(group):
        raise InvalidDataError("at least one sample is needed to score, got none")
    if group.min() < 0 or group.max() >= len(groups):
        raise InvalidDataError(f"groups must lie in 0..{len(groups) - 1}")
    if not np.isfinite(log2_true).all():
        raise InvalidDataError("only finite heights can be scored; leave infinite ones out")
    squared = (log2_true.astype(np.float64) - log2_predicted.astype(np.float64)) ** 2
    counts = np.bincount(group, minlength=len(groups))
    sums = np.bincount(group, weights=squared, minlength=len(groups))
    values = [
        float(total / count) if count else None for total, count in zip(sums, counts, strict=True)
    ]
    tiers = {tier.value: _mean([values[i] for i in groups.of_tier(tier)]) for tier in Tier}
    return Scores(
        groups,
        dict(zip(groups.names, values, strict=True)),
        tiers,
        float(np.mean([value for value in values if value is not None])),
        _mean([tiers[tier.value] for tier in Tier if tier in groups.tiers]),
        {name: int(count) for name, count in zip(groups.names, counts, strict=True)},
    )


def _mean(values: list[float | None]) -> float | None:
    """The mean, or None if a value is missing or there is none."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) > 0 else None
