"""What a ratio Delta/delta affords: with a given profile, and with the codes that have a name."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from mheight.deployment.service.example_codes import known_codes
from mheight.deployment.service.failures import ServiceError
from mheight.errors import InvalidCodeError
from mheight.heights import height_profile, largest_capability

__all__ = ["affordable", "typed_profile"]


def typed_profile(text: str) -> list[float]:
    """Heights h_1, h_2, ... written as `2,3,inf`.

    Raises:
        ServiceError: 422; no numbers.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ServiceError(422, "profile must be heights as in 2,3,inf", "profile") from None


def affordable(ratio: float, profile: Sequence[float] | None) -> dict[str, Any]:
    """The pairs of located and detected outliers that can't be raised, for each code.

    Args:
        ratio: Delta/delta > 0.
        profile: h_1, h_2, ... of a code; None for none.

    Raises:
        ServiceError: 422; no profile, or no ratio.
    """
    try:
        pairs = None if profile is None else _pairs(profile, ratio)
        named = [
            {"id": name, "name": title, "pairs": _pairs(heights, ratio)}
            for name, title, heights in _known_profiles()
        ]
    except InvalidCodeError as error:
        raise ServiceError(422, str(error), "profile") from None
    return {"ratio": ratio, "pairs": pairs, "named": named}


def _pairs(profile: Sequence[float], ratio: float) -> list[dict[str, Any]]:
    return [
        {
            "located": task.located, "detected": task.detected, "m": task.m,
            "height": float(task.height), "ratio": float(task.ratio),
        }
        for task in largest_capability(list(profile), ratio)
        if math.isfinite(task.height)
    ]  # fmt: skip


@functools.cache
def _known_profiles() -> tuple[tuple[str, str, tuple[float, ...]], ...]:
    return tuple(
        (code["id"], code["name"], tuple(height_profile(code["G"]).tolist()))
        for code in known_codes()
    )
