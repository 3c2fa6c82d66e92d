"""Keeps the weights of the best epoch on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mheight.files import atomic_path
from mheight.models.backend import keras
from mheight.training.callbacks.base import ResumableMixin, monitored

__all__ = ["BestWeights"]


class BestWeights(ResumableMixin, keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the weights whenever `val_loss` is the lowest so far, whole or not at all."""

    STATE = ("best", "best_epoch")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.best: float | None = None
        self.best_epoch = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save if this epoch is the best."""
        loss = monitored(logs, "val_loss")
        if not np.isfinite(loss) or (self.best is not None and loss >= self.best):
            return
        with atomic_path(self.path) as temporary:
            self.model.save_weights(temporary)
        self.best, self.best_epoch = loss, epoch + 1
