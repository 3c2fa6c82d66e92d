"""When the easy tier counts as degraded: worse than what was reached, not merely bad.

The original callback compared the easy tier with a fixed threshold from the first
epoch on, when nothing had been learnt, and so stopped every run after five epochs.
Here the check is armed once the tier has been under the threshold, or after a set
number of epochs, and compares with what was reached by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mheight.training.config import TierGuardConfig

__all__ = ["TierGuard", "TierGuardVerdict"]


@dataclass(frozen=True)
class TierGuardVerdict:
    """What the guard says of an epoch: whether to stop, and a line for the log, if any."""

    stop: bool
    message: str | None


class TierGuard:
    """Follows the easy tier's log2-MSE over the epochs."""

    def __init__(self, config: TierGuardConfig) -> None:
        self.config = config
        self.best = float("inf")
        self.armed = False
        self.epochs_above = 0

    @property
    def limit(self) -> float:
        """Log2-MSE of the easy tier above which it counts as degraded."""
        threshold = self.config.easy_threshold
        return threshold if self.best < threshold else self.best + threshold

    def observe(self, epoch: int, easy: float) -> TierGuardVerdict:
        """Take note of the easy tier after an epoch.

        Args:
            epoch: number of the epoch, from 1.
            easy: log2-MSE of the easy tier on validation.
        """
        self.best = min(self.best, easy)
        if not self.armed:
            return TierGuardVerdict(False, self._arm(epoch))
        if easy <= self.limit:
            recovered = self.epochs_above > 0
            self.epochs_above = 0
            return TierGuardVerdict(
                False,
                f"tier guard: easy {easy:.3f} is back under {self.limit:.3f}"
                if recovered
                else None,
            )
        self.epochs_above += 1
        stop = self.epochs_above >= self.config.patience
        return TierGuardVerdict(
            stop,
            f"tier guard: easy {easy:.3f} above {self.limit:.3f} (best {self.best:.3f}), "
            f"{self.epochs_above} of {self.config.patience}" + ("; stopping" if stop else ""),
        )

    def _arm(self, epoch: int) -> str | None:
        threshold = self.config.easy_threshold
        if self.best < threshold:
            self.armed = True
            return f"tier guard: armed, the easy tier reached {self.best:.3f} < {threshold:g}"
        if epoch >= self.config.arm_after:
            self.armed = True
            return (
                f"tier guard: armed after {epoch} epochs at easy {self.best:.3f}; "
                f"more than {self.limit:.3f} counts as degraded"
            )
        return None

    def state(self) -> dict[str, Any]:
        """What must be kept to go on after an interruption."""
        best = self.best if self.best < float("inf") else None
        return {"best": best, "armed": self.armed, "epochs_above": self.epochs_above}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.best = float("inf") if state["best"] is None else float(state["best"])
        self.armed = bool(state["armed"])
        self.epochs_above = int(state["epochs_above"])
