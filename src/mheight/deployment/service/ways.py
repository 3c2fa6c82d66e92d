"""Which way a code goes: the one place where the service asks `mheight.heights.choosing`."""

from __future__ import annotations

from dataclasses import dataclass

from mheight.codes.given import GivenMatrices
from mheight.deployment.service.settings import ServiceSettings
from mheight.deployment.service.work import Stop
from mheight.heights.choosing import Plan, kernel_for, plan_within

__all__ = ["Planner", "fills_a_batch", "goes_into_batches"]

_LEAST = 1e-3  # seconds of a search whose time is up


def goes_into_batches(given: GivenMatrices, settings: ServiceSettings, *, witness: bool) -> bool:
    """Whether a code is done with others, rather than searched alone; the kernel tells numbers."""
    return given.n <= settings.direct_length and not witness


def fills_a_batch(n: int, k: int, count: int) -> bool:
    """Whether so many [n, k] codes, k < n, are worth a call of the kernel for many."""
    return kernel_for(n, k, count) == "batches"


@dataclass(frozen=True)
class Planner:
    """Plans how one code is searched within the time that is left when it is asked.

    Attributes:
        n: length.
        k: dimension, k < n.
        m: only this height; None for all.
        stop: ends the search.
        patience: seconds for a code that is expected to take longer than there is time.
        unstoppable: seconds that a step may take that can't be stopped.
    """

    n: int
    k: int
    m: int | None
    stop: Stop
    patience: float | None
    unstoppable: float

    def plan(self, *, witness: bool) -> Plan:
        """The plan.

        Args:
            witness: whether codewords are wanted, or numbers were left in doubt.
        """
        return plan_within(
            self.n, self.k, self.m, max(self.stop.left, _LEAST), witness=witness,
            patience=self.patience, unstoppable=self.unstoppable,
        )  # fmt: skip
