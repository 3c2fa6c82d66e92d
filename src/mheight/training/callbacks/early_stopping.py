"""Stops when validation no longer improves."""

from __future__ import annotations

from typing import Any

from mheight.models.backend import keras
from mheight.training.callbacks.base import ResumableMixin, monitored

__all__ = ["EarlyStopping"]


class EarlyStopping(ResumableMixin, keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Keras's EarlyStopping on `val_loss`, able to go on after an interruption.

    The best weights are put back by the run, from the file that `BestWeights` writes.
    """

    STATE = ("best", "wait", "stopped_epoch", "best_epoch")

    def __init__(self, patience: int) -> None:
        super().__init__(monitor="val_loss", mode="min", patience=patience)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Count epochs without improvement."""
        monitored(logs, self.monitor)
        super().on_epoch_end(epoch, logs)
