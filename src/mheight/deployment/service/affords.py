"""What a ratio Delta/delta affords: with a given profile, and with the codes that have a name."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mheight.deployment.service.example_codes import NamedCode, known_codes
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.replies import task_dict
from mheight.errors import InvalidCodeError
from mheight.heights import height_profile, largest_capability
from mheight.heights.capability import Capability

__all__ = ["Afforded", "affordable", "typed_profile"]

Tasks = tuple[Capability, ...]
"""Pairs of located and detected outliers."""


@dataclass(frozen=True)
class Afforded:
    """What a ratio affords.

    Attributes:
        ratio: Delta/delta.
        tasks: with the profile that was asked for; None for none.
        named: with each code that has a name.
    """

    ratio: float
    tasks: Tasks | None
    named: tuple[tuple[NamedCode, Tasks], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "ratio": self.ratio,
            "pairs": None if self.tasks is None else list(map(task_dict, self.tasks)),
            "named": [
                {"id": code.id, "name": code.name, "pairs": list(map(task_dict, tasks))}
                for code, tasks in self.named
            ],
        }


def typed_profile(text: str) -> list[float]:
    """Heights h_1, h_2, ... written as `2,3,inf`.

    Raises:
        ServiceError: 422; no numbers.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ServiceError(422, "profile must be heights as in 2,3,inf", "profile") from None


def affordable(ratio: float, profile: Sequence[float] | None) -> Afforded:
    """The pairs of located and detected outliers that can't be raised, for each code.

    Args:
        ratio: Delta/delta > 0.
        profile: h_1, h_2, ... of a code; None for none.

    Raises:
        ServiceError: 422; no profile, or no ratio.
    """
    try:
        tasks = None if profile is None else _tasks(profile, ratio)
        named = tuple((code, _tasks(heights, ratio)) for code, heights in _known_profiles())
    except InvalidCodeError as error:
        raise ServiceError(422, str(error), "profile") from None
    return Afforded(ratio, tasks, named)


def _tasks(profile: Sequence[float], ratio: float) -> Tasks:
    found = largest_capability(list(profile), ratio)
    return tuple(task for task in found if math.isfinite(task.height))


@functools.cache
def _known_profiles() -> tuple[tuple[NamedCode, tuple[float, ...]], ...]:
    return tuple((known, tuple(height_profile(known.code.G).tolist())) for known in known_codes())
