"""Tells a progress bar about each batch."""

from __future__ import annotations

from typing import Any, Protocol

from mheight.models.backend import keras

__all__ = ["BatchProgress", "ProgressSink"]


class ProgressSink(Protocol):
    """What shows progress: a bar on the console, or nothing."""

    def epoch_begins(self, epoch: int, steps: int) -> None:
        """An epoch of so many steps begins; epochs count from 1."""

    def step_done(self, step: int) -> None:
        """So many steps of the epoch are done."""


class BatchProgress(keras.callbacks.Callback):  # type: ignore[misc]
    """Forwards epochs and steps to a sink.

    It never looks at the logs, so Keras need not wait for the device after each batch.
    """

    async_safe = True

    def __init__(self, sink: ProgressSink, steps: int) -> None:
        super().__init__()
        self.sink = sink
        self.steps = steps

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Announce the epoch."""
        self.sink.epoch_begins(epoch + 1, self.steps)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Announce the step."""
        self.sink.step_done(batch + 1)
