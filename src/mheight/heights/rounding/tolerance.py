"""What counts as zero in measured matrices: codeword entries small beside the largest one.

With a tolerance t, an entry of a codeword counts as zero where it is at most t times the
largest one, so h_m is infinite where it is at least 1/t.  In terms of minors: p(B) counts
as zero beside a target a where it is at most t times the sum of the other minors of the
circuit B + a, since s(B + a) / p(B) - 1 is the height.  The rule is the same for every
generator matrix of a code, and for every method.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate, Number
from mheight.heights.doubts import Doubt, DoubtKind
from mheight.heights.solution import Solution

__all__ = [
    "capped",
    "checked_tolerance",
    "counts_as_infinite",
    "is_near",
    "kept_doubts",
    "near_limit",
    "under_tolerance",
    "with_tolerance",
]

_NEAR = 1e-9  # relative

_SETTLED_BY_TOLERANCE = (DoubtKind.LARGE_HEIGHT, DoubtKind.CALLED_INFINITE)


def checked_tolerance(value: Any) -> float | None:
    """A zero tolerance, checked; None stays None.

    Raises:
        InvalidCodeError: not a number of at least 0 and below 1.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise InvalidCodeError(
            f"the zero tolerance must be a number of at least 0 and below 1, got {value!r}"
        )
    return float(value)


def tolerance_text(tolerance: float) -> str:
    """What a tolerance means, in a few words."""
    if not tolerance:
        return "zero tolerance 0: the entries count exactly as they are"
    return f"zero tolerance {tolerance:g}: a height of at least {1 / tolerance:g} is infinite"


def counts_as_infinite(height: Number, tolerance: float | None) -> bool:
    """Whether a height is at least 1/tolerance; decided without rounding."""
    if height == float("inf"):
        return True
    return bool(tolerance) and Fraction(height) * Fraction(tolerance or 0.0) >= 1


def capped(heights: NDArray[np.float64], tolerance: float | None) -> NDArray[np.float64]:
    """Heights with those of at least 1/tolerance made infinite."""
    if not tolerance:
        return heights
    return np.where(heights >= 1.0 / np.float64(tolerance), np.inf, heights)


def near_limit(heights: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """Which codes have a height so close to 1/tolerance that rounding may tip it, shape (N,)."""
    if not tolerance:
        return np.zeros(len(heights), np.bool_)
    return np.asarray((np.abs(heights * tolerance - 1.0) < _NEAR).any(axis=1))


def is_near(solution: Solution, tolerance: float | None) -> bool:
    """Whether rounding may decide if a solution's height is at least 1/tolerance."""
    if not tolerance or not solution.is_exact:
        return False
    return abs(solution.lower * tolerance - 1.0) < _NEAR


def kept_doubts(doubts: tuple[Doubt, ...], tolerance: float | None) -> tuple[Doubt, ...]:
    """The doubts that a tolerance leaves: with 0 the entries are meant as they are."""
    if tolerance is None:
        return doubts
    settled = _SETTLED_BY_TOLERANCE if tolerance else (*_SETTLED_BY_TOLERANCE, DoubtKind.CONDITION)
    return tuple(doubt for doubt in doubts if doubt.kind not in settled)


def under_tolerance(solution: Solution, tolerance: float | None) -> Solution:
    """The same solution with entries that count as zero, and saying so."""
    if tolerance is None:
        return solution
    certificate = solution.certificate
    changes: dict[str, Any] = {}
    # Where rounding leaves open whether a height is infinite, its bound counts.
    reached = solution.lower if certificate.is_infinite else certificate.height
    if counts_as_infinite(reached, tolerance):
        changes = {"lower": float("inf"), "upper": float("inf"), "status": "exact"}
        certificate = _infinite(certificate)
    elif not solution.is_exact and counts_as_infinite(solution.upper, tolerance):
        changes = {"upper": float("inf")}
    return replace(
        solution,
        certificate=replace(certificate, zero_tolerance=tolerance),
        zero_tolerance=tolerance,
        doubts=kept_doubts(solution.doubts, tolerance),
        **changes,
    )


def with_tolerance(certificate: Certificate, tolerance: float | None) -> Certificate:
    """The same codeword, with entries that count as zero, and saying so."""
    if tolerance is None:
        return certificate
    if counts_as_infinite(certificate.height, tolerance):
        certificate = _infinite(certificate)
    return replace(certificate, zero_tolerance=tolerance)


def _infinite(certificate: Certificate) -> Certificate:
    """The same codeword for an infinite height: its largest entry is 1."""
    if certificate.is_infinite:
        return certificate
    largest = certificate.codeword[certificate.target]
    return replace(
        certificate,
        height=float("inf"),
        information_set=None,
        message=tuple(x / largest for x in certificate.message),
        codeword=tuple(x / largest for x in certificate.codeword),
    )
