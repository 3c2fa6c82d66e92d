"""Heights of a code and what follows from them, as values until they become JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.heights import best_lower_bound, capability_table
from mheight.heights.capability import Capability
from mheight.heights.certificate import Number, rounded
from mheight.heights.doubts import Doubt, doubt_text
from mheight.heights.solution import Solution

__all__ = ["CodeAnswer", "HeightAnswer", "Profile", "finite", "task_dict"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profile:
    """What the kernel says of one code: its heights and doubts, or why it is no code."""

    heights: Float
    seconds: float
    doubts: tuple[Doubt, ...] = ()
    error: str | None = None


class HeightAnswer(NamedTuple):
    """One height, or its bounds.  There are many of these, and a named tuple is quickly made.

    Attributes:
        m: index of the height.
        lower: the height is at least this.
        upper: the height is at most this.
        exact: whether it is `lower`.
        infinite: whether it is known to be infinite; a fraction may be too large for a float
            without that.
        codeword: one that reaches `lower`; None if not asked for, or not known.
        fraction: the height without rounding; None if it was not computed so, or is infinite.
    """

    m: int
    lower: float
    upper: float
    exact: bool
    infinite: bool
    codeword: Sequence[Any] | None = None
    fraction: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which has no infinity."""
        known = self.exact and self.lower < math.inf
        return {
            "m": self.m,
            "height": self.lower if known else None,
            "infinite": self.infinite,
            "exact": self.exact,
            "lower": finite(self.lower),
            "upper": finite(self.upper),
            "log2_height": math.log2(self.lower) if known else None,
            "codeword": None if self.codeword is None else [float(x) for x in self.codeword],
            "fraction": self.fraction,
        }


@dataclass(frozen=True)
class CodeAnswer:
    """What a request gets for one code.

    Attributes:
        n: length.
        k: dimension.
        seconds: that the code took.
        heights: by m.
        remark: what is to be said beside the doubts, such as why bounds are shown.
        doubts: what rounding leaves open.
        capability: what the code locates and detects; None if not asked for.
    """

    n: int
    k: int
    seconds: float
    heights: tuple[HeightAnswer, ...]
    remark: str | None = None
    doubts: tuple[Doubt, ...] = ()
    capability: tuple[Capability, ...] | None = None

    @classmethod
    def unseen(cls, n: int, k: int, m: int | None, remark: str) -> CodeAnswer:
        """Bounds that hold for all [n, k] codes, and why there is no more."""
        return cls.of_solutions(n, k, m, (), 0.0, remark)

    @classmethod
    def of_profile(
        cls, shape: tuple[int, int], found: Profile, m: int | None, capability: bool
    ) -> CodeAnswer:
        """The answer for a code done by the kernel.

        Args:
            shape: (k, n).
            found: its heights.
            m: only this height; None for all.
            capability: whether the outliers located and detected are wanted.
        """
        k, n = shape
        heights = found.heights.tolist()
        orders = range(1, n - k + 1) if m is None else [m]
        doubts = [d for d in found.doubts if m is None or capability or d.concerns(m)]
        # Beyond n-k every height is infinite.
        values = [heights[i - 1] if i <= n - k else math.inf for i in orders]
        return cls(
            n, k, found.seconds,
            tuple(
                HeightAnswer(i, value, value, True, value == math.inf)
                for i, value in zip(orders, values, strict=True)
            ),
            doubts=tuple(doubts), capability=_tasks(heights) if capability else None,
        )  # fmt: skip

    @classmethod
    def of_solutions(
        cls, n: int, k: int, m: int | None, found: Sequence[Solution], seconds: float,
        remark: str | None,
    ) -> CodeAnswer:  # fmt: skip
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
                heights.append(HeightAnswer(i, max(known, general), math.inf, False, False))
                continue
            solution = by_order[i]
            known = solution.lower
            lower = solution.height if solution.is_exact else max(solution.lower, general)
            heights.append(
                HeightAnswer(
                    i, lower, max(solution.upper, lower), solution.is_exact,
                    solution.is_exact and lower == math.inf, solution.certificate.codeword,
                )
            )  # fmt: skip
        doubts = tuple(dict.fromkeys(doubt for one in found for doubt in one.doubts))
        return cls(n, k, seconds, tuple(heights), remark, doubts)

    @classmethod
    def of_fractions(
        cls, n: int, k: int, seconds: float, found: Sequence[tuple[int, Number, Any]],
        profile: Sequence[Number] | None,
    ) -> CodeAnswer:  # fmt: skip
        """The answer for a code done without rounding.

        Args:
            n: length.
            k: dimension.
            seconds: that it took.
            found: m, height, and a codeword or None.
            profile: all heights, where the outliers located and detected are wanted.
        """
        heights = []
        for m, height, word in found:
            value, infinite = rounded(height), height == math.inf
            fraction = None if infinite else str(height)
            heights.append(HeightAnswer(m, value, value, True, infinite, word, fraction))
        tasks = None if profile is None else _tasks([rounded(h) for h in profile])
        return cls(n, k, seconds, tuple(heights), capability=tasks)

    @property
    def profile(self) -> list[float]:
        """The exact heights from h_1 on, until the first that is not."""
        out: list[float] = []
        for height in self.heights:
            if not height.exact or height.m != len(out) + 1:
                break
            out.append(height.lower)
        return out

    def with_capability(self) -> CodeAnswer:
        """The answer with the outliers that the code locates and detects, as far as known."""
        return replace(self, capability=_tasks(self.profile))

    def narrowed(self, m: int) -> CodeAnswer:
        """Only h_m of h_1 ... h_{n-k}, and what is to be said of it."""
        value = self.heights[m - 1]
        return replace(self, heights=(value,), remark=None if value.exact else self.remark)

    def without_codewords(self) -> CodeAnswer:
        """The same heights, with nothing that reaches them."""
        return replace(self, heights=tuple(h._replace(codeword=None) for h in self.heights))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "n": self.n,
            "k": self.k,
            "seconds": self.seconds,
            "heights": [height.as_dict() for height in self.heights],
            "capability": (
                None if self.capability is None else list(map(task_dict, self.capability))
            ),
            "remark": "; ".join(filter(None, [self.remark, doubt_text(self.doubts)])) or None,
            "doubts": [doubt.as_dict() for doubt in self.doubts],
        }


def task_dict(task: Capability) -> dict[str, Any]:
    """Outliers located and detected, as plain values for JSON."""
    return {
        "located": task.located, "detected": task.detected, "m": task.m,
        "height": float(task.height), "ratio": float(task.ratio),
    }  # fmt: skip


def finite(value: float) -> float | None:
    """The value; None where it is infinite or no number."""
    return value if math.isfinite(value) else None


def _tasks(profile: Sequence[float]) -> tuple[Capability, ...]:
    """What a code can do with h_1, h_2, ... as far as known."""
    return capability_table(profile) if len(profile) else ()
