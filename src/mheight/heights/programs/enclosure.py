"""A generator matrix in coordinates of an information set, enclosed in ball arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from threading import RLock
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq
from numpy.typing import NDArray

from mheight.codes.rationals import Matrix

__all__ = ["PRECISION_LOCK", "Enclosure", "enclose", "rounded_down", "rounded_up"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_BITS = (160, 640, 2560)  # of precision, tried in turn
_ENOUGH = 2.0**-100  # an error this small beside the largest entry needs no more bits
_LEAST = 2.0**-1060  # what a number too small for a float may be off by
PRECISION_LOCK = RLock()
"""Held while the precision of ball arithmetic, which all threads share, is changed."""


@dataclass(frozen=True, eq=False)
class Enclosure:
    """R = inverse(G_B) G for an information set B, to about 32 digits.

    A codeword is c = (c_B) R, so |c_B r| <= ||r||_1 max |c| for any vector r: whatever
    an equation between columns of R is off by tells what it is off by for codewords.

    Attributes:
        basis: shape (k,), B.
        high: shape (k, n), the nearest floats; the identity in the columns B.
        low: shape (k, n), the nearest floats of what is left.
        blur: no column of R is off from `high + low` by more than this, in the sum of
            magnitudes.
    """

    basis: Int
    high: Float
    low: Float
    blur: float


def enclose(G: Float, basis: Int, exact: Matrix | None = None) -> Enclosure | None:
    """Enclose inverse(G_B) G; None if that takes more than 2,560 bits, or B is dependent.

    Args:
        G: shape (k, n), finite.
        basis: shape (k,), a well-conditioned information set.
        exact: the same matrix in fractions, where G is it rounded.
    """
    k, n = G.shape
    rest = np.array([j for j in range(n) if j not in set(basis.tolist())], dtype=np.int64)
    high, low = np.zeros((k, n)), np.zeros((k, n))
    high[np.arange(k), basis] = 1.0
    if not len(rest):
        return Enclosure(basis, high, low, 0.0)
    if exact is None and (G[:, basis] == np.eye(k)).all():
        high[:, rest] = G[:, rest]
        return Enclosure(basis, high, low, 0.0)
    with PRECISION_LOCK:
        before = ctx.prec
        try:
            for bits in _BITS:
                ctx.prec = bits
                try:
                    found = _entries(G, exact, basis).solve(_entries(G, exact, rest)).entries()
                except ZeroDivisionError:
                    continue
                parts = [_parts(x) for x in found]
                if bits == _BITS[-1] or all(e <= _ENOUGH * max(abs(h), 1.0) for h, _, e in parts):
                    break
            else:
                return None
        finally:
            ctx.prec = before
    numbers = np.array(parts).reshape(k, len(rest), 3)
    if not np.isfinite(numbers).all():
        return None
    high[:, rest], low[:, rest] = numbers[..., 0], numbers[..., 1]
    blur = float(numbers[..., 2].sum(axis=0).max()) * (1.0 + 1e-12)
    return Enclosure(basis, high, low, blur)


def _entries(G: Float, exact: Matrix | None, columns: Int) -> Any:
    if exact is None:
        return arb_mat(G[:, columns].tolist())
    chosen = columns.tolist()
    return arb_mat([[arb(fmpq(x.numerator, x.denominator)) for x in (row[j] for j in chosen)]
                    for row in exact])  # fmt: skip


def _parts(x: Any) -> tuple[float, float, float]:
    """A ball as two floats, and how far from their sum its points may lie."""
    high = float(x)
    rest = x - high
    low = float(rest)
    return high, low, float((rest - low).abs_upper()) * (1.0 + 1e-12) + _LEAST


def rounded_down(value: Fraction) -> float:
    """The largest float that is not above a positive fraction."""
    try:
        nearest = float(value)
    except OverflowError:
        return float(np.finfo(np.float64).max)
    return nearest if Fraction(nearest) <= value else float(np.nextafter(nearest, 0.0))


def rounded_up(value: Fraction) -> float:
    """The smallest float that is not below a positive fraction; infinite where none is."""
    try:
        nearest = float(value)
    except OverflowError:
        return float("inf")
    return nearest if Fraction(nearest) >= value else float(np.nextafter(nearest, np.inf))
