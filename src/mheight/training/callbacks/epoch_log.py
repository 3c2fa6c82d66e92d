"""The history of a run: one record and one console line an epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any

from mheight.models.backend import keras
from mheight.training.callbacks.learning_rate import current_rate

__all__ = ["EpochAnnouncement", "EpochLog", "EpochRecord"]


@dataclass(frozen=True)
class EpochRecord:
    """One epoch: losses, tier metrics on validation, learning rate, seconds."""

    epoch: int
    loss: float
    val_loss: float
    val_overall: float
    val_easy: float
    val_medium: float
    val_hard: float
    val_balanced: float
    train_overall: float
    learning_rate: float
    seconds: float

    def line(self, epochs: int) -> str:
        """The console line."""
        gap = self.val_overall - self.train_overall
        shown = f"gap {gap:.4f}  " if isfinite(gap) else ""
        # A tier without groups is not shown.
        tiers = "".join(
            f"{name} {value:.3f}  "
            for name in ("easy", "medium", "hard", "balanced")
            if isfinite(value := getattr(self, f"val_{name}"))
        )
        return (
            f"epoch {self.epoch:>3}/{epochs}  loss {self.loss:7.4f}  val {self.val_overall:7.4f}  "
            f"{shown}{tiers}rate {self.learning_rate:.1e}  {self.seconds:.0f} s"
        )


class EpochLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Collects an `EpochRecord` an epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[EpochRecord] = []
        self._started = 0.0
        self._rate = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the time and the rate that the epoch is trained with."""
        self._started = time.perf_counter()
        self._rate = current_rate(self.model)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Make the record."""
        values = logs or {}
        names = [field.name for field in fields(EpochRecord)]
        known: dict[str, Any] = {n: float(values[n]) for n in names if n in values}
        known["epoch"] = epoch + 1
        known["learning_rate"] = self._rate
        known["seconds"] = time.perf_counter() - self._started
        record = EpochRecord(**known)
        self.records.append(record)

    def state(self) -> dict[str, Any]:
        """All records, as plain values."""
        return {"records": [asdict(record) for record in self.records]}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.records = [EpochRecord(**record) for record in state["records"]]


class EpochAnnouncement(keras.callbacks.Callback):  # type: ignore[misc]
    """Hands on the records of all epochs so far, the newest last.

    Stands behind the checkpoint, so that no epoch is announced that could still be lost.
    """

    def __init__(self, log: EpochLog, notify: Callable[[Sequence[EpochRecord]], None]) -> None:
        super().__init__()
        self.log = log
        self.notify = notify

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Announce the epoch."""
        self.notify(self.log.records)
