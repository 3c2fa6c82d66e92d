"""What a height profile is worth: how many outlying errors a code locates and detects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Number

__all__ = ["Capability", "capability_table", "largest_capability", "threshold_ratio"]

_ROUNDING = 1e-9
"""A float profile may fall by this much, relative, from one height to the next."""


@dataclass(frozen=True)
class Capability:
    """A task for a decoder, and the ratio Delta/delta from which a code allows it.

    Every entry of a codeword has a small error of at most delta, and at most tau + sigma of
    them have an outlying error e_j beside it, of whatever size.  With at most tau of those
    the decoder lists outlying positions only, all of them with |e_j| > Delta.  With up to
    sigma more it says "too many" or lists, perhaps with false alarms, at least all with
    |e_j| > Delta: it need not say "too many".

    Attributes:
        located: tau >= 0.
        detected: sigma >= 0.
        height: h_m for m = 2 tau + sigma.

    Examples:
        >>> locate_one = Capability(located=1, detected=0, height=3.0)
        >>> locate_one.m, locate_one.ratio, locate_one.is_possible
        (2, 8.0, True)
    """

    located: int
    detected: int
    height: Number

    @property
    def m(self) -> int:
        """Index of the height that decides, 2 tau + sigma."""
        return 2 * self.located + self.detected

    @property
    def ratio(self) -> Number:
        """The least Delta/delta, 2 (h_m + 1); infinite where no ratio is enough."""
        return threshold_ratio(self.height)

    @property
    def is_possible(self) -> bool:
        """Whether any ratio is enough, that is, whether h_m is finite."""
        return self.height < math.inf


def threshold_ratio(height: Number) -> Number:
    """The ratio Delta/delta from which a code of this m-height works: Gamma_m = 2 (h_m + 1).

    A codeword c' that explains the output with other outliers differs from the true one by
    more than 2 delta in at most m = 2 tau + sigma positions, hence nowhere by more than
    2 delta h_m.  An outlier e_j that it explains away is therefore at most
    2 delta h_m + 2 delta.

    Args:
        height: h_m >= 1, possibly infinite; a `Fraction` gives a `Fraction`.

    Raises:
        InvalidCodeError: not a number of at least 1.

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020,
        doi 10.1109/TIT.2020.2977918.

    Examples:
        >>> threshold_ratio(3.0)
        8.0
    """
    return 2 * (_as_height(height, "a height") + 1)


def capability_table(
    profile: ArrayLike | Sequence[Any], *, impossible: bool = False
) -> tuple[Capability, ...]:
    """Every (tau, sigma) with 1 <= 2 tau + sigma <= n-k that a code can serve.

    Args:
        profile: h_1 ... h_{n-k} as from `mheight.height_profile`, shape (n-k,), or a
            sequence of fractions (infinity is the float `inf`); at least 1 and not
            decreasing.  Where floats fall by rounding (1e-9 relative), the larger of the
            two neighbours counts.
        impossible: also list the pairs of infinite height, with `is_possible` False.

    Returns:
        Capabilities ordered by m, then by the number of located outliers.

    Raises:
        InvalidCodeError: not a height profile.

    Examples:
        >>> for task in capability_table([2.0, 3.0]):
        ...     print(task.located, task.detected, task.ratio)
        0 1 6.0
        0 2 8.0
        1 0 8.0
    """
    return tuple(
        Capability(located, m - 2 * located, height)
        for m, height in enumerate(_as_profile(profile), start=1)
        if impossible or height < math.inf
        for located in range(m // 2 + 1)
    )


def largest_capability(profile: ArrayLike | Sequence[Any], ratio: Number) -> tuple[Capability, ...]:
    """The pairs (tau, sigma) that a given Delta/delta affords and that cannot be raised.

    Heights do not decrease, so all pairs up to some m are afforded, and those with
    2 tau + sigma = m are the maximal ones: none of them implies another.

    Args:
        profile: as for `capability_table`.
        ratio: Delta/delta > 0; it is compared as it is, without a tolerance.

    Returns:
        The maximal pairs by the number of located outliers; empty where not even one
        outlier can be detected.

    Raises:
        InvalidCodeError: not a height profile, or a ratio that is not positive.

    Examples:
        >>> [(task.located, task.detected) for task in largest_capability([2.0, 3.0], 10.0)]
        [(0, 2), (1, 0)]
    """
    if not _is_number(ratio) or not ratio > 0:
        raise InvalidCodeError(f"the ratio Delta/delta must be a positive number, got {ratio!r}")
    affordable = [task for task in capability_table(profile) if task.ratio <= ratio]
    largest = max((task.m for task in affordable), default=0)
    return tuple(task for task in affordable if task.m == largest)


def _is_number(value: object) -> bool:
    """Whether a value is a real number other than NaN; True and False are none."""
    return not isinstance(value, bool) and isinstance(value, Real) and value == value


def _as_height(value: Any, name: str) -> Number:
    if not _is_number(value) or not value >= 1:
        raise InvalidCodeError(f"{name} must be a number of at least 1, got {value!r}")
    return value if isinstance(value, Fraction) else float(value)


def _as_profile(profile: ArrayLike | Sequence[Any]) -> list[Number]:
    """The heights, each at least the one before."""
    if isinstance(profile, np.ndarray) and profile.ndim != 1:
        raise InvalidCodeError(f"a profile must have shape (n-k,), got {profile.shape}")
    if not isinstance(profile, Sequence | np.ndarray) or isinstance(profile, str | bytes):
        raise InvalidCodeError(
            f"a profile must be a sequence of n-k heights, got {type(profile).__name__}"
        )
    heights: list[Number] = []
    for m, value in enumerate(profile, start=1):
        height = _as_height(value, f"h_{m}")
        before = heights[-1] if heights else height
        if height < before:
            exact = isinstance(height, Fraction) and isinstance(before, Fraction)
            if exact or before == math.inf or height < before * (1 - _ROUNDING):
                raise InvalidCodeError(
                    f"a profile must not decrease, got h_{m - 1} = {before} and h_{m} = {height}"
                )
            height = before
        heights.append(height)
    return heights
