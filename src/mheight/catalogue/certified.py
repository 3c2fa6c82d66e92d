"""Heights of exact codes, certified on both sides.

The lower side is a codeword: the one that is +1 or -1, as given, on an information set.  Its
ratio |c|(0) / |c|(m) is evaluated in fractions, or in balls.  The upper side is the formula by
absolute minors (see `mheight.heights.lattice`): any B in T with p(B) > 0 bounds F_a(T), so that
a minor whose ball holds zero may be left out, and every quotient is rounded up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any, Literal

import numpy as np
from flint import arb, arb_mat

from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.numbers import as_ball, precision
from mheight.codes.algebra.conditioning import pivot_order
from mheight.codes.algebra.exact_matrices import solve
from mheight.errors import InvalidCodeError
from mheight.heights import certificates, exact_certificates
from mheight.heights.lattice.integers import lattice_levels

__all__ = ["BITS", "CertifiedHeight", "certified_heights", "word_ratio"]

BITS = 320
"""Precision of ball arithmetic."""

_FIXED = 240  # quotients are compared after rounding up to multiples of 2**-240


@dataclass(frozen=True)
class CertifiedHeight:
    """A height between bounds that are proved, and a codeword that reaches the lower one.

    Attributes:
        m: index of the height.
        lower: no codeword is needed to believe it but this one; equal to `upper` where the
            code is rational.
        upper: no codeword exceeds it.
        information_set: k positions B on which the codeword is +1 or -1.
        signs: the signs there, in the order of B.
        method: how the upper side was proved.
    """

    m: int
    lower: Fraction
    upper: Fraction
    information_set: tuple[int, ...]
    signs: tuple[int, ...]
    method: Literal["fractions", "balls"]

    @property
    def exact(self) -> Fraction | None:
        """The height where it is known as a fraction."""
        return self.lower if self.lower == self.upper else None


def certified_heights(code: ExactCode) -> tuple[CertifiedHeight, ...]:
    """The finite heights of a code, for m = 1, 2, ... below its minimum distance.

    Args:
        code: any that the lattice of minors takes on, n up to about 16.

    Raises:
        InvalidCodeError: dependent rows; too large a code.

    Examples:
        >>> from mheight.catalogue.chains import Chain
        >>> square = ExactCode([[1, "sqrt(2)", 1, 0], [0, 1, "sqrt(2)", 1]], Chain.given("by hand"))
        >>> [round(float(h.upper), 6) for h in certified_heights(square)]
        [1.414214, 2.414214]
        >>> [h.exact for h in certified_heights(ExactCode([[1, 2, 3]], Chain.given("by hand")))]
        [Fraction(3, 2), Fraction(3, 1)]
    """
    if code.k == code.n:
        return ()
    if code.fractions is not None:
        return _in_fractions(code)
    with precision(BITS):
        upper = _upper_bounds([[as_ball(x) for x in row] for row in code.rows], code.floats())
    out = []
    for witness in certificates(code.floats()):
        bound = upper[witness.m - 1]
        if bound is None or witness.information_set is None:
            break
        signs = tuple(1 if witness.codeword[b] > 0 else -1 for b in witness.information_set)
        lower = word_ratio(code, witness.m, witness.information_set, signs)
        out.append(
            CertifiedHeight(witness.m, lower, bound, witness.information_set, signs, "balls")
        )
    return tuple(out)


def _in_fractions(code: ExactCode) -> tuple[CertifiedHeight, ...]:
    out = []
    for witness in exact_certificates(code.linear()):
        if witness.information_set is None:
            break
        height = Fraction(witness.height)
        signs = tuple(1 if witness.codeword[b] > 0 else -1 for b in witness.information_set)
        out.append(
            CertifiedHeight(witness.m, height, height, witness.information_set, signs, "fractions")
        )
    return tuple(out)


def word_ratio(
    code: ExactCode, m: int, information_set: Sequence[int], signs: Sequence[int]
) -> Fraction:
    """|c|(0) / |c|(m), or a lower bound of it in balls, of the codeword with given signs.

    Args:
        code: the code.
        m: 1 <= m < n.
        information_set: k positions with independent columns.
        signs: +1 or -1 for each.

    Raises:
        InvalidCodeError: positions or signs that are none, or dependent columns.
    """
    B = list(information_set)
    if len(set(B)) != code.k or not all(0 <= b < code.n for b in B):
        raise InvalidCodeError(
            f"an information set must have {code.k} different positions in 0..{code.n - 1}, got {B}"
        )
    if len(signs) != code.k or not all(s in (-1, 1) for s in signs):
        raise InvalidCodeError(f"{code.k} signs must be 1 or -1, got {list(signs)}")
    if code.fractions is not None:
        word = _rational_word(code.fractions, B, signs)
        ranked = sorted(map(abs, word), reverse=True)
        if ranked[m] == 0:
            raise InvalidCodeError(f"the codeword has |c|({m}) = 0, so that h_{m} is infinite")
        return ranked[0] / ranked[m]
    with precision(BITS):
        rows = [[as_ball(x) for x in row] for row in code.rows]
        magnitudes = [abs(x) for x in _ball_word(rows, B, signs)]
        largest = max((x.lower() for x in magnitudes), key=float)
        ranked_upper = sorted((x.upper() for x in magnitudes), key=float, reverse=True)[m]
        if not ranked_upper > 0:
            raise InvalidCodeError(f"the codeword has |c|({m}) = 0, so that h_{m} is infinite")
        return _dyadic((largest / ranked_upper).lower(), up=False)


def _rational_word(
    rows: Sequence[Sequence[Fraction]], B: list[int], signs: Sequence[int]
) -> list[Fraction]:
    transposed = tuple(tuple(row[b] for row in rows) for b in B)
    message = solve(transposed, [Fraction(s) for s in signs])
    if message is None:
        raise InvalidCodeError(f"the columns {B} are dependent: no information set")
    zero = Fraction(0)
    return [
        sum((u * row[j] for u, row in zip(message, rows, strict=True)), zero)
        for j in range(len(rows[0]))
    ]


def _ball_word(rows: list[list[arb]], B: list[int], signs: Sequence[int]) -> list[arb]:
    try:
        message = arb_mat([[row[b] for row in rows] for b in B]).solve(
            arb_mat([[s] for s in signs])
        )
    except ZeroDivisionError:
        raise InvalidCodeError(f"the columns {B} are dependent: no information set") from None
    word: list[arb] = (message.transpose() * arb_mat(rows)).entries()
    for b in B:
        word[b] = arb(1)
    return word


def _dyadic(x: arb, *, up: bool) -> Fraction:
    """The end of a ball at a multiple of 2**-240, rounded up or down."""
    scaled = x * arb(2) ** _FIXED
    whole = scaled.upper().ceil() if up else scaled.lower().floor()
    return Fraction(_whole(whole), 2**_FIXED)


def _whole(x: arb) -> int:
    """The integer that an exact ball is."""
    found = x.unique_fmpz()
    if found is None:
        raise InvalidCodeError("the entries are of too different sizes for 320 bits")
    return int(found)


def _upper_bounds(rows: list[list[arb]], nearby: np.ndarray[Any, Any]) -> list[Fraction | None]:
    """Upper bounds of h_1 ... h_{n-k}; None where none is finite."""
    k, n = nearby.shape
    minors = _minors(rows, nearby)
    bits = [1 << j for j in range(n)]
    circuits = {}
    for members in combinations(range(n), k + 1):
        mask = sum(bits[j] for j in members)
        circuits[mask] = sum((minors[mask - bits[j]] for j in members), arb(0))
    keys: list[int | None] = []
    for target in range(n):
        others = [bits[j] for j in range(n) if j != target]
        for B in combinations(others, k):
            mask = sum(B)
            minor = minors[mask]
            if not minor > 0:
                keys.append(None)
                continue
            scaled = (circuits[mask + bits[target]] / minor - 1) * arb(2) ** _FIXED
            keys.append(_whole(scaled.upper().ceil()))
    different = sorted({key for key in keys if key is not None})
    place = {key: i for i, key in enumerate(different)}
    last = len(different)
    ranks = np.array([last if key is None else place[key] for key in keys], dtype=np.int32)
    levels = lattice_levels(ranks, n, k)
    out: list[Fraction | None] = []
    for m in range(1, n - k + 1):
        rank = int(levels[n - m - k].max())
        out.append(None if rank == last else Fraction(different[rank], 2**_FIXED))
    return out


def _minors(rows: list[list[arb]], nearby: np.ndarray[Any, Any]) -> dict[int, arb]:
    """|det G_B| over that of one basis, for every B: Laplace expansion of P in [I | P]."""
    k, n = nearby.shape
    order = pivot_order(nearby)
    pivots, free = order[:k], order[k:]
    try:
        P = (
            arb_mat([[row[j] for j in pivots] for row in rows])
            .solve(arb_mat([[row[j] for j in free] for row in rows]))
            .tolist()
        )
    except ZeroDivisionError:
        raise InvalidCodeError("the rows of G must be independent") from None
    everything = sum(1 << j for j in pivots)
    signed = {everything: arb(1)}
    for size in range(1, min(k, n - k) + 1):
        for dropped in combinations(range(k), size):
            row = P[dropped[-1]]
            kept = everything - sum(1 << pivots[i] for i in dropped)
            restored = kept + (1 << pivots[dropped[-1]])
            for taken in combinations(range(n - k), size):
                marks = [1 << free[j] for j in taken]
                total = sum(marks)
                minor = arb(0)
                for j, mark in zip(taken, marks, strict=True):
                    minor = row[j] * signed[restored + total - mark] - minor
                signed[kept + total] = minor
    return {mask: abs(minor) for mask, minor in signed.items()}
