"""Which code for a task: named codes, what they cost and what they promise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from mheight.catalogue.files import LONGEST_ENTRY
from mheight.catalogue.lookup import best_code
from mheight.codes import LinearCode
from mheight.codes.checks import checked_integer
from mheight.codes.families import FAMILIES, family_code
from mheight.errors import InvalidCodeError
from mheight.heights import height_profile, profile_with_doubts
from mheight.heights.capability import threshold_ratio

__all__ = ["LONGEST_CHOSEN", "Choice", "choose", "repeated_columns"]

LONGEST_CHOSEN = 64
"""Longest codes that are looked at."""

_LONGEST_PROFILE = 20


@dataclass(frozen=True)
class Choice:
    """A code for a task.

    Attributes:
        name: family and length, "cosine:9"; with " x t" where every column stands t times.
        code: the code.
        tau: outliers that are located.
        sigma: further ones.
        height: h_m, m = 2 tau + sigma.
        error: how far the corrected product may be off, in units of delta: 2 h_{2 tau}.
    """

    name: str
    code: LinearCode
    tau: int
    sigma: int
    height: float
    error: float

    @property
    def overhead(self) -> float:
        """Outputs in the array for one of the product, n / k."""
        return self.code.n / self.code.k

    @property
    def ratio(self) -> float:
        """Least Delta / delta, 2 (h_m + 1)."""
        return float(threshold_ratio(self.height))


def repeated_columns(code: LinearCode, times: int) -> LinearCode:
    """Every column t times, side by side: h'_m = h_{floor(m/t)}, where h_0 = 1 (derived).

    The m largest magnitudes of a codeword of the new code are those of the old one, each t
    times.

    Args:
        code: any.
        times: t >= 1.
    """
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise InvalidCodeError(f"columns are repeated 1, 2, ... times, got {times!r}")
    return code if times == 1 else LinearCode(np.repeat(code.G, times, axis=1))


def choose(
    *,
    ratio: float = math.inf,
    tau: int = 1,
    sigma: int = 0,
    n: int | None = None,
    overhead: float = math.inf,
    catalogue: bool = False,
) -> list[Choice]:
    """Named codes that can do a task, the cheapest first.

    Args:
        ratio: Delta / delta: how much larger the outliers to be caught are than ordinary
            errors.
        tau: outliers to locate in a word.
        sigma: further ones to detect.
        n: length; None: any up to 20.
        overhead: at most so many outputs in the array for one of the product.
        catalogue: whether to look at the best codes of the catalogue too, n up to 16.

    Returns:
        Choices by overhead; a dearer one is listed only if a smaller ratio is enough for it.

    Raises:
        InvalidCodeError: a number out of range.

    Examples:
        >>> [(c.name, c.code.k, round(c.ratio, 2)) for c in choose(n=6, ratio=12.0)]
        [('icosahedral', 3, 6.47), ('cosine:6', 2, 4.73), ('repetition:6', 1, 4.0)]
    """
    for name, value in (("tau", tau), ("sigma", sigma)):
        checked_integer(name, value, 0)
    m = 2 * tau + sigma
    if m < 1:
        raise InvalidCodeError("tau or sigma must be positive: nothing is asked for")
    for name, limit in (("the ratio Delta/delta", ratio), ("the overhead n/k", overhead)):
        if not limit > 0:
            raise InvalidCodeError(f"{name} must be positive, got {limit!r}")
    if n is not None:
        checked_integer("n", n, 2, LONGEST_CHOSEN)
    found = []
    for length in range(2, _LONGEST_PROFILE + 1) if n is None else (n,):
        codes = _named_codes(length) + (_catalogued(length, m) if catalogue else ())
        for name, profile, code in codes:
            if m > len(profile) or not math.isfinite(profile[m - 1]):
                continue
            error = 2.0 * (profile[2 * tau - 1] if tau else 1.0)
            choice = Choice(name, code, tau, sigma, profile[m - 1], error)
            if choice.ratio <= ratio and choice.overhead <= overhead:
                found.append(choice)
    best: list[Choice] = []
    for choice in sorted(found, key=lambda c: (c.overhead, c.ratio, c.code.n)):
        if not best or choice.ratio < best[-1].ratio * (1.0 - 1e-9):
            best.append(choice)
    return best


@cache
def _catalogued(n: int, m: int) -> tuple[tuple[str, tuple[float, ...], LinearCode], ...]:
    """The best [n, k] code of the catalogue for h_m, for each k, with its height profile."""
    if not 2 <= n <= LONGEST_ENTRY:
        return ()
    out = []
    for k in range(1, n - m + 1):
        entry = best_code(n, k, m)
        code = entry.record.code.linear()
        # A float of the closed form may lie below the height by its last digit: rounded up.
        # Where rounding leaves one open it is infinite here, which promises nothing.
        heights = profile_with_doubts(code).heights * (1.0 + 1e-12)
        out.append((f"catalogue:{n}:{k}:{m}", tuple(heights.tolist()), code))
    return tuple(out)


@cache
def _named_codes(n: int) -> tuple[tuple[str, tuple[float, ...], LinearCode], ...]:
    """Every named code of a length, with its height profile."""
    return tuple(_found(n))


def _found(n: int) -> Iterator[tuple[str, tuple[float, ...], LinearCode]]:
    for times in range(1, n // 2 + 1):
        if n % times:
            continue
        short = n // times
        for name, family in FAMILIES.items():
            if times > 1 and name == "repetition":
                continue  # the repetition code again
            try:
                code = family_code(name, short)
            except InvalidCodeError:
                continue
            if code.k == code.n or code.n > _LONGEST_PROFILE:
                continue
            called = f"{name}:{short}" if family.has_length else name
            heights = (1.0, *height_profile(code).tolist())
            repeated = tuple(
                heights[m // times] if m // times < len(heights) else math.inf
                for m in range(1, n - code.k + 1)
            )
            yield (
                f"{called} x {times}" if times > 1 else called,
                repeated,
                repeated_columns(code, times),
            )
