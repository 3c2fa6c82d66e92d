"""A claimed height beside the exact one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from mheight.codes import LinearCode
from mheight.codes.rationals import rational_matrix, rational_number
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Number
from mheight.heights.exact import exact_profile, singleton_certificate
from mheight.heights.lattice.integers import quotient
from mheight.heights.orders import height_index
from mheight.heights.rounding.tolerance import checked_tolerance, counts_as_infinite

__all__ = ["Relation", "Verdict", "judge"]

Relation = Literal["equal", "below", "above"]


@dataclass(frozen=True)
class Verdict:
    """A claimed height beside the exact one.

    Attributes:
        m: index of the height.
        claimed: the claim; a float is kept as it came, everything else is a `Fraction`.
        exact: h_m, a `Fraction` or the float `inf`.
        relation: where the claim lies: "equal" (or within the tolerance), "below", "above".
        relative_error: |claimed - exact| / exact, rounded; `inf` if one of them is infinite.
        zero_tolerance: codeword entries up to this part of the largest count as zero; None
            where no tolerance was asked for.
    """

    m: int
    claimed: Number
    exact: Number
    relation: Relation
    relative_error: float
    zero_tolerance: float | None = None

    @property
    def text(self) -> str:
        """The verdict as a sentence."""
        relation = "equal to it" if self.relation == "equal" else f"{self.relation} it"
        error = f" (relative error {self.relative_error:.3g})" if self.relative_error else ""
        claimed = _shown(self.claimed)
        zero = "" if self.zero_tolerance is None else f" (zero tolerance {self.zero_tolerance:g})"
        return (
            f"h_{self.m} = {_exactly(self.exact)}{zero}; the claimed {claimed} is {relation}{error}"
        )


def judge(
    G: LinearCode | ArrayLike | Sequence[Sequence[Any]],
    m: int,
    claimed: float | Fraction | str,
    tolerance: float | Fraction = 0,
    *,
    zero_tolerance: float | None = None,
) -> Verdict:
    """Compare a claimed height of a rational code with the exact one.

    Too small a claim is the dangerous one: a decoder built for it misses errors.

    Args:
        G: as for `exact_profile`.
        m: 1 <= m < n; beyond n-k every height is infinite.
        claimed: int, float, `Fraction` or text; infinity as the float or as "inf".  A float
            counts as the binary fraction that it is, so a rounded decimal such as 30.8 wants
            a tolerance, or quotes.
        tolerance: relative; the claim is "equal" if |claimed - exact| <= tolerance * exact.
        zero_tolerance: as for `height_profile`: an exact height of at least its inverse counts
            as infinite.

    Raises:
        InvalidCodeError: as for `exact_profile`; m out of range; a claim that is not a
            number; or a negative tolerance.

    Examples:
        >>> G = [[-1, -7, 5, -2, 4, 6, -8], [-2, -9, -2, -4, -4, 7, -11],
        ...      [-8, 0, 5, -9, -3, -8, -8]]
        >>> judge(G, 2, 16.6).text
        'h_2 = 154/5 = 30.8 exactly; the claimed 16.6 is below it (relative error 0.461)'
        >>> judge(G, 2, "30.8").relation
        'equal'
    """
    rows = rational_matrix(G)
    m, redundancy = height_index(m, len(rows[0])), len(rows[0]) - len(rows)
    allowed = rational_number(tolerance, "the tolerance", "")
    if allowed < 0:
        raise InvalidCodeError(f"the tolerance must not be negative, got {tolerance!r}")
    zero = checked_tolerance(zero_tolerance)
    claim = _claim(claimed)
    exact: Number = math.inf
    if m <= redundancy:
        exact = exact_profile(rows)[m - 1]
    else:
        singleton_certificate(rows, m)  # that it is a code
    if counts_as_infinite(exact, zero):
        exact = math.inf
    relation, error = _compare(claim, exact, allowed)
    kept = float(claimed) if isinstance(claimed, float) else claim
    return Verdict(m, kept, exact, relation, error, zero)


def _claim(claimed: Any) -> Number:
    text = claimed.strip().lower() if isinstance(claimed, str) else claimed
    if isinstance(text, float | np.floating) and text == math.inf:
        return math.inf
    if isinstance(text, str) and text in ("inf", "+inf", "infinity", "+infinity"):
        return math.inf
    return rational_number(claimed, "the claimed height", "")


def _compare(claim: Number, exact: Number, allowed: Fraction) -> tuple[Relation, float]:
    if isinstance(claim, Fraction) and isinstance(exact, Fraction):
        error = abs(claim - exact) / exact
        if error <= allowed:
            return "equal", quotient(error.numerator, error.denominator)
        relation: Relation = "below" if claim < exact else "above"
        return relation, quotient(error.numerator, error.denominator)
    if claim == exact:
        return "equal", 0.0
    return ("above" if claim == math.inf else "below"), math.inf


def _exactly(value: Number) -> str:
    if isinstance(value, float) or _is_short_integer(value):
        return f"{value} exactly"
    decimal, is_exact = _decimal(value)
    if not _is_short(value):
        return f"about {decimal}"
    return f"{value} = {decimal} exactly" if is_exact else f"{value} exactly, about {decimal}"


def _shown(value: Number) -> str:
    if isinstance(value, float) or _is_short_integer(value):
        return str(value)
    decimal, is_exact = _decimal(value)
    if is_exact:
        return decimal
    return str(value) if _is_short(value) else f"about {decimal}"


def _is_short(value: Fraction) -> bool:
    return value.numerator.bit_length() + value.denominator.bit_length() <= 128


def _is_short_integer(value: Fraction) -> bool:
    return value.denominator == 1 and _is_short(value)


def _decimal(value: Fraction) -> tuple[str, bool]:
    """A decimal number, and whether it is the value itself or six digits of it."""
    rounded = quotient(value.numerator, value.denominator)
    if math.isfinite(rounded) and Fraction(repr(rounded)) == value:
        return repr(rounded), True
    if math.isfinite(rounded) and rounded != 0.0:
        return f"{rounded:.6g}", False
    beyond_floats = Context(prec=6).divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{beyond_floats.normalize():g}", False
