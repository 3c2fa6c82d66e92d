"""Heights and what follows from them as the values of replies, for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.heights import best_lower_bound, capability_table
from mheight.heights.doubts import Doubt, doubt_text
from mheight.heights.solution import Solution

__all__ = [
    "Profile",
    "finite",
    "from_profile",
    "from_solutions",
    "height_reply",
    "known_profile",
    "narrowed",
    "with_capability",
]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profile:
    """What the kernel says of one code: its heights and doubts, or why it is no code."""

    heights: Float
    seconds: float
    doubts: tuple[Doubt, ...] = ()
    error: str | None = None


def finite(value: float) -> float | None:
    """The value; None where it is infinite or no number."""
    return value if math.isfinite(value) else None


def height_reply(
    m: int, lower: float, upper: float, exact: bool, codeword: Sequence[Any] | None
) -> dict[str, Any]:
    """One height, or its bounds."""
    known = exact and math.isfinite(lower)
    return {
        "m": m,
        "height": lower if known else None,
        "infinite": exact and math.isinf(lower),
        "exact": exact,
        "lower": finite(lower),
        "upper": finite(upper),
        "log2_height": math.log2(lower) if known else None,
        "codeword": None if codeword is None else [float(x) for x in codeword],
        "fraction": None,
    }


def _exact(m: int, height: float) -> dict[str, Any]:
    """The same as `height_reply` of an exact height; there are many of these."""
    infinite = height == math.inf
    value = None if infinite else height
    return {
        "m": m,
        "height": value,
        "infinite": infinite,
        "exact": True,
        "lower": value,
        "upper": value,
        "log2_height": None if infinite else math.log2(height),
        "codeword": None,
        "fraction": None,
    }


def from_profile(
    shape: tuple[int, int], found: Profile, m: int | None, capability: bool
) -> dict[str, Any]:
    """The answer for a code done by the kernel."""
    k, n = shape
    heights = found.heights.tolist()
    orders = range(1, n - k + 1) if m is None else [m]
    doubts = [d for d in found.doubts if m is None or capability or d.concerns(m)]
    answer = {
        "n": n,
        "k": k,
        "seconds": found.seconds,
        # Beyond n-k every height is infinite.
        "heights": [_exact(i, heights[i - 1] if i <= n - k else math.inf) for i in orders],
        "capability": None,
        "remark": doubt_text(doubts),
        "doubts": [doubt.as_dict() for doubt in doubts],
    }
    return with_capability(answer, heights) if capability else answer


def from_solutions(
    n: int, k: int, m: int | None, found: Sequence[Solution], seconds: float, remark: str | None
) -> dict[str, Any]:
    """The answer for a code that was searched; bounds that hold for all codes fill the gaps.

    Args:
        n: length.
        k: dimension.
        m: only this height; None for all.
        found: what the search came to, with its doubts.
        seconds: of the search.
        remark: what is to be said beside the doubts.
    """
    by_order = {solution.m: solution for solution in found}
    heights, known = [], 1.0
    for i in range(1, n - k + 1) if m is None else [m]:
        general = best_lower_bound(n, k, i).value
        if i not in by_order:
            heights.append(height_reply(i, max(known, general), math.inf, False, None))
            continue
        solution = by_order[i]
        known = solution.lower
        lower = solution.height if solution.is_exact else max(solution.lower, general)
        word = solution.certificate.codeword
        heights.append(height_reply(i, lower, max(solution.upper, lower), solution.is_exact, word))
    doubts = list(dict.fromkeys(doubt for solution in found for doubt in solution.doubts))
    return {
        "n": n, "k": k, "seconds": seconds, "heights": heights, "capability": None,
        "remark": "; ".join(filter(None, [remark, doubt_text(doubts)])) or None,
        "doubts": [doubt.as_dict() for doubt in doubts],
    }  # fmt: skip


def with_capability(answer: dict[str, Any], profile: Sequence[float]) -> dict[str, Any]:
    """The answer with the outliers that the code locates and detects.

    Args:
        answer: of one code.
        profile: h_1, h_2, ... as far as known.
    """
    tasks = capability_table(profile) if len(profile) else ()
    answer["capability"] = [
        {
            "located": task.located, "detected": task.detected, "m": task.m,
            "height": float(task.height), "ratio": float(task.ratio),
        }
        for task in tasks
    ]  # fmt: skip
    return answer


def narrowed(answer: dict[str, Any], m: int) -> None:
    """Leave only h_m of h_1 ... h_{n-k} in an answer, and what is to be said of it."""
    value = answer["heights"][m - 1]
    answer["heights"] = [value]
    if value["exact"]:
        answer["remark"] = "; ".join(doubt["text"] for doubt in answer["doubts"]) or None


def known_profile(answer: dict[str, Any]) -> list[float]:
    """The exact heights of an answer from h_1 on, until the first that is not."""
    out: list[float] = []
    for value in answer["heights"]:
        if not value["exact"] or value["m"] != len(out) + 1:
            break
        out.append(math.inf if value["infinite"] else value["height"])
    return out
