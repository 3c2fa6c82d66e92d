"""Everything that training needs to go on, written after every epoch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np

from mheight.errors import RunFolderError
from mheight.files import atomic_path
from mheight.models.backend import keras
from mheight.training.callbacks.base import monitored

__all__ = ["Checkpoint", "Resumable"]


class Resumable(Protocol):
    """A callback with state."""

    def state(self) -> dict[str, Any]:
        """Plain values to keep."""

    def restore(self, state: dict[str, Any]) -> None:
        """Put them back."""


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes weights, optimiser, dropout seeds and the callbacks' states to one file.

    Stands last.  The order of the data depends on the seed and the epoch alone, so a
    run that goes on from here ends as one that was never interrupted.
    """

    def __init__(self, path: Path, resumable: dict[str, Resumable]) -> None:
        super().__init__()
        self.path = path
        self.resumable = resumable

    def _variables(self) -> dict[str, Any]:
        named = {
            "model": self.model.variables,
            "optimizer": self.model.optimizer.variables,
        }
        return {
            f"{kind}/{i}": variable
            for kind, variables in named.items()
            for i, variable in enumerate(variables)
        }

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the file, whole or not at all; a diverged epoch leaves the last good one."""
        if not np.isfinite(monitored(logs, "loss")):
            return
        header = {
            "epochs_done": epoch + 1,
            "stopped": bool(self.model.stop_training),
            "callbacks": {name: item.state() for name, item in self.resumable.items()},
        }
        arrays = {name: np.asarray(value) for name, value in self._variables().items()}
        with atomic_path(self.path) as temporary:
            arrays["header"] = np.array(json.dumps(header))
            np.savez(temporary, allow_pickle=False, **arrays)

    def load(self) -> tuple[int, bool]:
        """Put everything back; call it once the model is set and its optimiser built.

        Returns:
            Epochs done, and whether training had stopped by itself.

        Raises:
            RunFolderError: the file does not fit this model.
        """
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                header = json.loads(str(stored["header"]))
                for name, variable in self._variables().items():
                    variable.assign(stored[name])
        except (KeyError, ValueError, OSError, EOFError, BadZipFile) as error:
            raise RunFolderError(
                f"{self.path}: the checkpoint does not fit this run ({error})"
            ) from None
        for name, item in self.resumable.items():
            item.restore(header["callbacks"][name])
        return int(header["epochs_done"]), bool(header["stopped"])
