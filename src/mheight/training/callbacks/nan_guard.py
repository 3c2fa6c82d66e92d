"""Stops training when the loss is no number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mheight.models.backend import keras
from mheight.training.callbacks.base import monitored

__all__ = ["NanGuard"]


class NanGuard(keras.callbacks.Callback):  # type: ignore[misc]
    """Stops after an epoch whose training or validation loss is NaN or infinite.

    One bad batch makes the epoch's mean loss bad, so nothing slips through; the best
    weights were saved in an earlier epoch and stay as they are.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self.say = say
        self.diverged_in: int | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the losses."""
        for name in ("loss", "val_loss"):
            value = monitored(logs, name)
            if not np.isfinite(value):
                self.diverged_in = epoch + 1
                self.say(f"{name} is {value} in epoch {epoch + 1}; stopping")
                self.model.stop_training = True
                return
