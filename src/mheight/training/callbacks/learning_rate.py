"""Exponential decay and reduction on plateaus, multiplied together."""

from __future__ import annotations

from typing import Any

from mheight.models.backend import keras
from mheight.training.callbacks.base import ResumableMixin, monitored

__all__ = ["ExponentialDecay", "PlateauDecay", "current_rate"]


def current_rate(model: Any) -> float:
    """The optimiser's learning rate."""
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


class ExponentialDecay(keras.callbacks.Callback):  # type: ignore[misc]
    """Multiplies the learning rate by a factor after each epoch.

    It multiplies the rate as it stands, instead of setting it from the epoch number,
    so that what `PlateauDecay` did is kept.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Decay."""
        self.model.optimizer.learning_rate = current_rate(self.model) * self.factor


class PlateauDecay(ResumableMixin, keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]
    """Keras's ReduceLROnPlateau on `val_loss`, able to go on after an interruption."""

    STATE = ("best", "wait", "cooldown_counter")

    def __init__(self, factor: float, patience: int) -> None:
        super().__init__(monitor="val_loss", mode="min", factor=factor, patience=patience)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Reduce the rate if `val_loss` stands still."""
        monitored(logs, self.monitor)
        super().on_epoch_end(epoch, logs)
