"""The tier callback: stops training when the easy tier degrades."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mheight.models.backend import keras
from mheight.training.callbacks.base import monitored
from mheight.training.config import TierGuardConfig
from mheight.training.tier_guard import TierGuard

__all__ = ["TierMetricsCallback"]


class TierMetricsCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Watches `val_easy` by the rules of `TierGuard` and says what it does."""

    def __init__(self, config: TierGuardConfig, say: Callable[[str], None]) -> None:
        super().__init__()
        self.guard = TierGuard(config)
        self.say = say
        self.stopped = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Judge the epoch."""
        easy = monitored(logs, "val_easy")
        if not self.guard.config.enabled:
            return
        verdict = self.guard.observe(epoch + 1, easy)
        if verdict.message is not None:
            self.say(verdict.message)
        if verdict.stop:
            self.stopped = True
            self.model.stop_training = True

    def state(self) -> dict[str, Any]:
        """What must be kept to go on after an interruption."""
        return {**self.guard.state(), "stopped": self.stopped}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.stopped = bool(state["stopped"])
        self.guard.restore(state)
