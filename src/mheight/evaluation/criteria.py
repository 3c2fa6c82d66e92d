"""The six success criteria of Run 7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from mheight.metrics import Scores
from mheight.tiers import Tier

__all__ = ["EXPECTED", "CriteriaConfig", "Criterion", "judge"]

Bound = Annotated[float, Field(gt=0.0)]


EXPECTED: dict[str, tuple[float, float]] = {
    "easy": (0.0, 0.15),
    "medium": (0.20, 0.30),
    "hard": (0.70, 1.20),
    "overall": (0.28, 0.35),
}
"""What the description of Run 7 expects it to reach, from and to; for easy below 0.15."""


class CriteriaConfig(BaseModel):
    """Bounds of the criteria: log2-MSE below, and the range of the train-validation gap."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    overall: Bound = 0.374
    easy: Bound = 0.15
    medium: Bound = 0.30
    hard: Bound = 1.30
    gap_least: float = 0.02
    gap_most: float = 0.08


@dataclass(frozen=True)
class Criterion:
    """One criterion: what must hold, what came, whether it passed; None: it can't be measured."""

    name: str
    wanted: str
    value: float | None
    passed: bool | None
    remark: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def judge(
    validation: Mapping[str, Scores],
    gap: float | None,
    leak_free: bool,
    leak_remark: str,
    config: CriteriaConfig,
) -> tuple[Criterion, ...]:
    """Judge a run.

    Args:
        validation: scores on clean validation sets by name; each must meet the bounds.
        gap: overall on validation minus overall on clean training originals; None where
            no code is trained on twice, so that the gap says nothing.
        leak_free: whether the audit passed.
        leak_remark: the counts that the audit saw.
        config: the bounds.
    """
    criteria = []
    for name, scores in validation.items():
        suffix = f", {name}" if len(validation) > 1 else ""
        values = {"overall": scores.overall, **scores.tiers}
        for what, value in values.items():
            wanted = f"< {getattr(config, what):g}"
            if what != "overall" and Tier(what) not in scores.among.tiers:
                remark = "no group is of this tier"
                criteria.append(Criterion(what + suffix, wanted, None, None, remark))
                continue
            passed = value is not None and value < getattr(config, what)
            criteria.append(Criterion(what + suffix, wanted, value, passed))
    if gap is not None:
        remark = ""
        if gap < config.gap_least:
            remark = _small_gap(validation, gap, config.gap_least)
        elif gap > 0.15:
            remark = "overfitted"
        criteria.append(
            Criterion(
                "train-validation gap",
                f"{config.gap_least:g} to {config.gap_most:g}",
                gap,
                config.gap_least <= gap <= config.gap_most,
                remark,
            )
        )
    criteria.append(Criterion("no leakage", "audit clean", None, leak_free, leak_remark))
    return tuple(criteria)


def _small_gap(validation: Mapping[str, Scores], gap: float, least: float) -> str:
    """What a gap under the range means, beside the error itself."""
    overall = sum(scores.overall for scores in validation.values()) / len(validation)
    if overall < 2 * least:
        reach = "below 0" if overall < least else f"{overall - least:.4f}"
        return f"small, as the error is: {least:g} would need a training error of {reach}"
    return "suspiciously small" if gap < 0.01 else "small"
