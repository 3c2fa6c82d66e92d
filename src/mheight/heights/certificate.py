"""Certificates: a codeword that shows how large a height is, and how to check it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mheight.codes import LinearCode, as_matrix
from mheight.errors import InvalidCodeError

__all__ = ["Certificate", "Number", "verify"]

Number = float | Fraction
"""A float, or in exact results a `Fraction` (infinity is always the float `inf`)."""


@dataclass(frozen=True)
class Certificate:
    """A codeword c with |c|_(0) / |c|_(m) = `height`, so that h_m is at least `height`.

    Anyone can check it: `c = message @ G`, then sort the magnitudes.

        magnitudes = np.sort(abs(message @ G))[::-1]
        height = magnitudes[0] / magnitudes[m]

    In an exact result all numbers are `Fraction`, and the check holds without rounding.

    Attributes:
        m: index of the height.
        height: |c|_(0) / |c|_(m); `inf` where |c|_(m) = 0.
        target: the position a of the largest magnitude.
        larger: m positions S, sorted, outside which no magnitude is above |c|_(m).
        information_set: k positions B outside S with independent columns and |c_b| = |c|_(m),
            so that `height` is the sum of the magnitudes of inverse(G_B) g_a; None where
            the height is infinite.
        message: u, shape (k,).
        codeword: c = u G, shape (n,), scaled so that |c|_(m) = 1, or |c|_(0) = 1 where
            the height is infinite, and c_a > 0.
    """

    m: int
    height: Number
    target: int
    larger: tuple[int, ...]
    information_set: tuple[int, ...] | None
    message: tuple[Number, ...]
    codeword: tuple[Number, ...]

    @property
    def is_infinite(self) -> bool:
        """Whether the codeword has more than n - m zeros or exactly n - m."""
        return isinstance(self.height, float) and math.isinf(self.height)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: fractions as text `"154/5"`, infinity as null."""
        return {
            "m": self.m,
            "height": _plain(self.height),
            "target": self.target,
            "larger": list(self.larger),
            "information_set": None if self.information_set is None else list(self.information_set),
            "message": [_plain(x) for x in self.message],
            "codeword": [_plain(x) for x in self.codeword],
        }


def _plain(value: Number) -> float | str | None:
    if isinstance(value, Fraction):
        return str(value)
    return float(value) if math.isfinite(value) else None


def verify(
    certificate: Certificate,
    G: LinearCode | ArrayLike | Sequence[Any],
    *,
    tolerance: float = 1e-9,
) -> bool:
    """Whether a certificate proves that h_m of a code is at least what it claims.

    Computed anew from the message alone: c = message G, then |c|_(0) / |c|_(m).  Where
    the certificate and G are of rational numbers (`Fraction`, int), nothing is rounded
    and the tolerance is not used.

    Args:
        certificate: what to check.
        G: a `LinearCode` or its generator matrix, shape (k, n), the one it was made for.
        tolerance: relative; for an infinite height, |c|_(m) may be this small beside |c|_(0).

    Returns:
        True if the codeword reaches the claimed height.

    Raises:
        InvalidCodeError: the certificate does not fit the shape of G.

    Example:
        >>> import mheight
        >>> G = [[1, 0, 1, 1], [0, 1, 1, 2]]
        >>> witness = mheight.certificates(G)[1]
        >>> witness.height, mheight.verify(witness, G)
        (3.0, True)
    """
    rows: Any
    if isinstance(G, LinearCode):
        rows = G.G
    else:
        rows = _exact_rows(G, certificate)
        if rows is None:
            rows = as_matrix(G, "G", (2,))
    k, n = len(rows), len(rows[0])
    if len(certificate.message) != k or not 1 <= certificate.m < n:
        raise InvalidCodeError(
            f"the certificate is of a code of dimension {len(certificate.message)}, "
            f"m = {certificate.m}; G has shape {(k, n)}"
        )
    if isinstance(rows, np.ndarray):
        message = np.array([float(x) for x in certificate.message])
        magnitudes = np.sort(np.abs(message @ rows))[::-1]
        largest, ranked = float(magnitudes[0]), float(magnitudes[certificate.m])
        if largest == 0.0:
            return False
        if certificate.is_infinite:
            return ranked <= tolerance * largest
        return largest >= ranked * float(certificate.height) * (1.0 - tolerance)
    word = [
        abs(sum((Fraction(u) * row[j] for u, row in zip(certificate.message, rows, strict=True)),
                start=Fraction(0)))
        for j in range(n)
    ]  # fmt: skip
    word.sort(reverse=True)
    if word[0] == 0:
        return False
    if certificate.is_infinite:
        return bool(word[certificate.m] == 0)
    return bool(word[0] >= word[certificate.m] * Fraction(certificate.height))


def _exact_rows(G: Any, certificate: Certificate) -> list[list[Fraction]] | None:
    """G as fractions if it and the message are rational without any float."""
    if any(isinstance(x, float) for x in certificate.message):
        return None
    try:
        rows = [list(row) for row in G]
    except TypeError:
        return None
    if not rows or any(len(row) != len(rows[0]) or not row for row in rows):
        return None
    allowed = (int, Fraction, str, np.integer)
    if not all(isinstance(x, allowed) for row in rows for x in row):
        return None
    try:
        return [[Fraction(int(x) if isinstance(x, np.integer) else x) for x in row] for row in rows]
    except (ValueError, ZeroDivisionError):
        return None
