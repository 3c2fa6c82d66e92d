"""Keeps the weights of the best epoch on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mheight.files import atomic_path
from mheight.models.backend import keras
from mheight.training.callbacks.averaged import averaged
from mheight.training.callbacks.base import ResumableMixin, monitored

__all__ = ["BestWeights"]


class BestWeights(ResumableMixin, keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the weights whenever `val_loss` is the lowest so far, whole or not at all.

    The file is named by its epoch, and older ones stay until `sweep`, which comes after the
    checkpoint: killed in between, the checkpoint still finds the weights it speaks of.
    """

    STATE = ("best", "best_epoch")

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.best: float | None = None
        self.best_epoch = 0

    @property
    def path(self) -> Path:
        """The file of the best epoch so far."""
        return self.folder / f"best-{self.best_epoch:04d}.weights.h5"

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save if this epoch is the best."""
        loss = monitored(logs, "val_loss")
        if not np.isfinite(loss) or (self.best is not None and loss >= self.best):
            return
        self.best, self.best_epoch = loss, epoch + 1
        with averaged(self.model), atomic_path(self.path) as temporary:
            self.model.save_weights(temporary)

    def sweep(self) -> None:
        """Remove the files of other epochs."""
        for path in self.folder.glob("best-*.weights.h5"):
            if path != self.path:
                path.unlink()
