"""Codes of equiangular tight frames: n lines in R^k, each two at the same angle."""

from __future__ import annotations

from itertools import product

import numpy as np

from mheight.catalogue.chains import Chain
from mheight.catalogue.constructions.waves import abelian
from mheight.catalogue.exact_code import ExactCode
from mheight.errors import InvalidCodeError

__all__ = ["CONFERENCE_HEIGHTS", "conference", "difference_set"]

CONFERENCE_HEIGHTS: dict[int, tuple[str, ...]] = {
    5: ("sqrt(5)", "sqrt(5)", "2+sqrt(5)"),
    9: ("3", "3", "3"),
    13: ("sqrt(13)", "sqrt(13)", "sqrt(13)", "2*sqrt(13)-3", "4+sqrt(13)", "3+2*sqrt(13)",
         "18+5*sqrt(13)"),
}  # fmt: skip
"""The finite heights of `conference(q)`, as the engine finds them in ball arithmetic; for q = 5 it
is the icosahedral code again."""


def conference(q: int) -> ExactCode:
    """The [q+1, (q+1)/2] code of the equiangular tight frame of a Paley conference matrix.

    C is symmetric with zeros on the diagonal, +-1 elsewhere, and C^2 = q I: its entry between
    points x and y of the field of q elements is whether x - y is a square, and 1 between any
    of them and one further point.  The projection (I + C/sqrt(q))/2 has rank (q+1)/2, and its
    columns are the frame.  The projection (I - C/sqrt(q))/2, the dual code, is equivalent for
    Paley's matrices, where a factor that is no square takes C to -C.

    Args:
        q: 5, 9 or 13: a prime power with q = 1 mod 4.

    Raises:
        InvalidCodeError: another q.

    Reference:
        Lemmens and Seidel, "Equiangular lines", J. Algebra 24, 1973.

    Examples:
        >>> conference(9)
        ExactCode([10, 5])
    """
    if q not in (5, 9, 13, 17, 25, 29):
        raise InvalidCodeError(f"q must be a prime power of at most 29, 1 mod 4, got {q!r}")
    C = _paley(q)
    root = {9: "3", 25: "5"}.get(q, f"sqrt({q})")
    # The rows at infinity and at q//2 points span the row space where they are independent.
    chosen = _independent(C, q)
    rows = [[(root if i == j else C[i][j]) for j in range(q + 1)] for i in chosen]
    return ExactCode(rows, Chain.made("conference", q=q))


def _paley(q: int) -> list[list[int]]:
    if q in (9, 25):
        p = 3 if q == 9 else 5
        nonsquare = -1 if p == 3 else 2  # i^2 = -1 in F_9, i^2 = 2 in F_25
        points = list(product(range(p), repeat=2))

        def times(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, int]:
            return ((x[0] * y[0] + nonsquare * x[1] * y[1]) % p, (x[0] * y[1] + x[1] * y[0]) % p)

        squares = {times(x, x) for x in points} - {(0, 0)}
        character = [
            [0 if x == y else 1 if tuple((a - b) % p for a, b in zip(x, y, strict=True)) in squares
             else -1 for y in points] for x in points
        ]  # fmt: skip
    else:
        residues = {x * x % q for x in range(1, q)}
        character = [
            [0 if x == y else 1 if (x - y) % q in residues else -1 for y in range(q)]
            for x in range(q)
        ]
    return [[0] + [1] * q, *([1, *row] for row in character)]


def _independent(C: list[list[int]], q: int) -> list[int]:
    """(q+1)/2 rows of sqrt(q) I + C that are independent, the first that are."""
    M = np.sqrt(q) * np.eye(q + 1) + np.array(C)
    chosen: list[int] = []
    for i in range(q + 1):
        if np.linalg.matrix_rank(M[[*chosen, i]], tol=1e-6) > len(chosen):
            chosen.append(i)
    return chosen


def difference_set(complement: bool = False) -> ExactCode:
    """The [16, 6] code with entries +-1 of 16 equiangular lines in R^6; h_m = 3 for m <= 5.

    Its rows are six characters of Z_2^4: the difference set of the bent function
    x1 x2 + x3 x4.  The ten others are the dual code.

    Args:
        complement: the [16, 10] code of the other characters.

    Reference:
        Fickus and Mixon, "Tables of the existence of equiangular tight frames",
        arXiv 1504.00253.

    Examples:
        >>> difference_set()
        ExactCode([16, 6])
    """
    inside = [f for f in product(range(2), repeat=4) if (f[0] * f[1] + f[2] * f[3]) % 2]
    outside = [f for f in product(range(2), repeat=4) if f not in inside]
    code = abelian([2] * 4, outside if complement else inside)
    return ExactCode(code.rows, Chain.made("difference_set", complement=complement))
