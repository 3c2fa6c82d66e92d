"""Tells a progress bar about each batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from mheight.models.backend import keras

__all__ = ["BatchProgress", "ProgressSink", "Unwatched"]

_WARM_UP, _MEASURED = 3, 30


class ProgressSink(Protocol):
    """What shows progress: a bar on the console, or nothing."""

    def epoch_begins(self, epoch: int, steps: int) -> None:
        """An epoch of so many steps begins; epochs count from 1."""

    def step_done(self, step: int) -> None:
        """So many steps of the epoch are done."""

    def training_ends(self) -> None:
        """No more epochs; what comes now is evaluation."""


class Unwatched:
    """Progress that nobody looks at."""

    def epoch_begins(self, epoch: int, steps: int) -> None:
        """An epoch begins."""

    def step_done(self, step: int) -> None:
        """A step is done."""

    def training_ends(self) -> None:
        """Training is over."""


class BatchProgress(keras.callbacks.Callback):  # type: ignore[misc]
    """Forwards epochs and steps to a sink.

    It never looks at the logs, so Keras need not wait for the device after each batch.
    """

    async_safe = True

    def __init__(
        self,
        sink: ProgressSink,
        steps: int,
        epochs: int = 1,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Forwarding to a sink.

        Args:
            sink: receives epochs and steps.
            steps: of an epoch.
            epochs: number of the last epoch.
            say: receives the estimate of the time that all epochs take.
        """
        super().__init__()
        self.sink = sink
        self.steps = steps
        self.epochs = epochs
        self.say = say
        self._left: int | None = None
        self._since = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Announce the epoch."""
        self.sink.epoch_begins(epoch + 1, self.steps)
        self._left = self.epochs - epoch if self._left is None else 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Announce the step."""
        self.sink.step_done(batch + 1)
        if self._left:
            self._estimate(batch + 1)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Announce the end."""
        self.sink.training_ends()

    def _estimate(self, step: int) -> None:
        """Say how long training takes, from the steps after those that compile."""
        if step == _WARM_UP:
            self._since = time.perf_counter()
        if step == _WARM_UP + _MEASURED and self._left:
            seconds = (time.perf_counter() - self._since) / _MEASURED * self.steps * self._left
            self._say_if_long(seconds)
            self._left = 0

    def _say_if_long(self, seconds: float) -> None:
        if seconds >= 60:
            self.say(
                f"about {duration(seconds)} for {self._left:,} epochs of {self.steps:,} steps, "
                "at the pace of the first steps; less if training stops early"
            )


def duration(seconds: float) -> str:
    """A time as a person says it.

    >>> duration(45), duration(400), duration(9000)
    ('1 minute', '7 minutes', '2.5 hours')
    """
    minutes = max(1, round(seconds / 60))
    if minutes < 100:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    return f"{seconds / 3600:.1f} hours"
