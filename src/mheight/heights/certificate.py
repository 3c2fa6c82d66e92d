"""Certificates: a codeword that shows how large a height is, and how to check it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from typing import Any

from numpy.typing import ArrayLike

from mheight.codes import LinearCode
from mheight.codes.rationals import Matrix, rational_matrix
from mheight.errors import InvalidCodeError

__all__ = ["Certificate", "Number", "rounded", "verify"]

Number = float | Fraction
"""A float, or in exact results a `Fraction` (infinity is always the float `inf`)."""


@dataclass(frozen=True)
class Certificate:
    """A codeword c with |c|(0) / |c|(m) = `height`, so that h_m is at least `height`.

    Anyone can check it: `c = message @ G`, then sort the magnitudes.

        magnitudes = np.sort(abs(message @ G))[::-1]
        height = magnitudes[0] / magnitudes[m]

    In an exact result all numbers are `Fraction`, and the check holds without rounding.  Else
    message and codeword are rounded to floats, after the height was calculated: it is that
    of the codeword before, rounded down, so that it is never above h_m.

    Attributes:
        m: index of the height.
        height: |c|(0) / |c|(m); `inf` where |c|(m) = 0.
        target: the position a of the largest magnitude.
        larger: m positions S, sorted, outside which no magnitude is above |c|(m).
        information_set: k positions B outside S with independent columns and |c_b| = |c|(m),
            so that `height` is the sum of the magnitudes of inverse(G_B) g_a; None where
            the height is infinite.
        message: u, shape (k,).
        codeword: c = u G, shape (n,), scaled so that |c|(m) = 1, or |c|(0) = 1 where
            the height is infinite, and c_a > 0.
        zero_tolerance: an infinite height means |c|(m) <= zero_tolerance |c|(0) here, see
            `mheight.heights.rounding.tolerance`; None where no such tolerance was asked for.
    """

    m: int
    height: Number
    target: int
    larger: tuple[int, ...]
    information_set: tuple[int, ...] | None
    message: tuple[Number, ...]
    codeword: tuple[Number, ...]
    zero_tolerance: float | None = None

    @property
    def is_infinite(self) -> bool:
        """Whether the codeword has more than n - m zeros or exactly n - m."""
        return isinstance(self.height, float) and math.isinf(self.height)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: fractions as text `"154/5"`, infinity as null."""
        told = {} if self.zero_tolerance is None else {"zero_tolerance": self.zero_tolerance}
        return {
            "m": self.m,
            "height": _plain(self.height),
            "target": self.target,
            "larger": list(self.larger),
            "information_set": None if self.information_set is None else list(self.information_set),
            "message": [_plain(x) for x in self.message],
            "codeword": [_plain(x) for x in self.codeword],
            **told,
        }


def rounded(height: Number) -> float:
    """The nearest float; infinite where none is large enough."""
    try:
        return float(height)
    except OverflowError:
        return math.inf


def _whole_word(message: Sequence[Fraction], rows: Matrix) -> list[int]:
    """A multiple of the codeword in whole numbers: quotients of its entries are all that counts."""
    whole, factors = [], []
    for u, row in zip(message, rows, strict=True):
        common = math.lcm(*(x.denominator for x in row))
        whole.append([x.numerator * (common // x.denominator) for x in row])
        factors.append(u / common)
    common = math.lcm(*(u.denominator for u in factors))
    scaled = [u.numerator * (common // u.denominator) for u in factors]
    return [sum(map(mul, scaled, column)) for column in zip(*whole, strict=True)]


def _plain(value: Number) -> float | str | None:
    if isinstance(value, Fraction):
        return str(value)
    return float(value) + 0.0 if math.isfinite(value) else None  # no -0


def verify(
    certificate: Certificate,
    G: LinearCode | ArrayLike | Sequence[Any],
    *,
    tolerance: float = 1e-9,
) -> bool:
    """Whether a certificate proves that h_m of a code is at least what it claims.

    Computed anew from the message and G as they are, without rounding: c = message G, then
    |c|(0) / |c|(m).  Nothing else of the certificate is used, or checked.

    Args:
        certificate: what to check.
        G: the generator matrix it was made for, shape (k, n): a `LinearCode`, or numbers
            as `exact_profile` takes them.
        tolerance: relative, for a message of floats, which are rounded; for an infinite
            height, |c|(m) may be this small beside |c|(0), or as small as the
            certificate's `zero_tolerance`.  A message of fractions must reach the height
            exactly.

    Returns:
        True if the codeword reaches the claimed height.

    Raises:
        InvalidCodeError: the certificate does not fit the shape of G.

    Examples:
        >>> import mheight
        >>> G = [[1, 0, 1, 1], [0, 1, 1, 2]]
        >>> witness = mheight.certificates(G)[1]
        >>> witness.height, mheight.verify(witness, G)
        (3.0, True)
    """
    rows = rational_matrix(G)
    k, n = len(rows), len(rows[0])
    if len(certificate.message) != k or not 1 <= certificate.m < n:
        raise InvalidCodeError(
            f"the certificate is of a code of dimension {len(certificate.message)}, "
            f"m = {certificate.m}; G has shape {(k, n)}"
        )
    try:
        message = [Fraction(u) for u in certificate.message]
        claim = None if certificate.is_infinite else Fraction(certificate.height)
    except (TypeError, ValueError, OverflowError):
        raise InvalidCodeError("a certificate must be of finite numbers") from None
    word = sorted(map(abs, _whole_word(message, rows)), reverse=True)
    is_rounded = any(isinstance(u, float) for u in certificate.message)
    slack = Fraction(tolerance) if is_rounded else Fraction(0)
    largest, ranked = word[0], word[certificate.m]
    if largest == 0:
        return False
    if claim is None:
        zero = Fraction(certificate.zero_tolerance or 0.0) * (1 + slack)
        return ranked <= max(slack, zero) * largest
    return largest >= ranked * claim * (1 - slack)
