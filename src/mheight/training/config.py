"""Settings of losses, fitting and the tier guard; no network library needed."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from mheight.errors import ConfigError
from mheight.tiers import Groups

__all__ = ["FitConfig", "LossConfig", "Section", "TierGuardConfig", "TierWeights", "require_rows"]

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A section of a configuration: an unknown key is an error, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TierWeights(Section):
    """Loss weight of each tier's samples."""

    easy: Positive = 3.0
    medium: Positive = 1.5
    hard: Positive = 1.0

    def of(self, groups: Groups) -> NDArray[np.float64]:
        """Weight of each group, by its tier, shape (groups,)."""
        return np.array([float(getattr(self, tier.value)) for tier in groups.tiers])


class LossConfig(Section):
    """The loss: weighted mean squared error of log2 heights, plus the model's L2."""

    weights: TierWeights = TierWeights()


class FitConfig(Section):
    """Optimiser, schedule and stopping.

    Attributes:
        epochs: at most so many.
        batch_size: rows a step; at most the training rows.
        learning_rate: of AdamW, at the start.
        weight_decay: of AdamW.
        clipnorm: largest norm of each gradient.
        weight_average: the weights that are validated and kept are a moving average of those
            that are trained, which keeps so much of itself each step, less in short trainings
            (see `momentum`); 0: the weights themselves.
        learning_rate_decay: factor on the learning rate after each epoch.
        plateau_factor: further factor when the validation loss stands still.
        plateau_patience: epochs without improvement before that.
        early_stopping_patience: epochs without improvement before training stops.
        stop_on_nan: stop when the loss is NaN or infinite.
    """

    epochs: Count = 16
    batch_size: Count = 256
    learning_rate: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0.0)] = 1e-4
    clipnorm: Positive = 1.0
    weight_average: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    learning_rate_decay: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95
    plateau_factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.7
    plateau_patience: Count = 15
    early_stopping_patience: Count = 40
    stop_on_nan: bool = True

    def momentum(self, steps: int) -> float:
        """What the average of the weights keeps of itself each step.

        At most so much that it forgets ten times in all of training: a longer average would
        still hold the weights that training began with.

        Args:
            steps: of an epoch.

        Examples:
            >>> FitConfig(weight_average=0.999, epochs=13).momentum(1076)
            0.999
            >>> FitConfig(weight_average=0.999, epochs=4).momentum(90)
            0.9722222222222222
        """
        return min(self.weight_average, max(0.0, 1.0 - 10.0 / (self.epochs * steps)))


def require_rows(batch_size: int, rows: int) -> None:
    """Refuse a batch that is larger than the training data.

    Raises:
        ConfigError: it is.
    """
    if batch_size > rows:
        raise ConfigError(
            "training.batch_size must not exceed the training rows, "
            f"got {batch_size} for {rows} rows"
        )


class TierGuardConfig(Section):
    """When to stop because the easy tier got worse.

    Attributes:
        enabled: whether to watch at all.
        easy_threshold: log2-MSE of the easy tier that must not be exceeded once it was
            reached; if the guard was armed without reaching it, how much worse than its
            best the tier may get.
        patience: epochs in a row above the limit before training stops.
        arm_after: epochs after which the guard is armed even if the easy tier has not
            been under the threshold.
    """

    enabled: bool = True
    easy_threshold: Positive = 0.15
    patience: Count = 5
    arm_after: Count = 60
