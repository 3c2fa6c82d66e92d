"""Rank, echelon form and null space of matrices of rational numbers, by FLINT.

A float counts as the binary fraction that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

__all__ = [
    "Matrix",
    "as_fractions",
    "echelon",
    "exact_rank",
    "nearest_floats",
    "null_space",
    "solve",
]

Float = NDArray[np.float64]

Matrix = tuple[tuple[Fraction, ...], ...]
"""Rows of fractions."""


def as_fractions(values: Float) -> Matrix:
    """The binary fractions that floats are.

    Args:
        values: shape (a, b), finite.
    """
    rows = np.asarray(values).tolist()
    if not rows or 2 * len(set(rows[0])) > len(rows[0]):
        return tuple(tuple(Fraction(x) for x in row) for row in rows)
    known = {x: Fraction(x) for x in {x for row in rows for x in row}}  # entries repeat
    return tuple(tuple(map(known.__getitem__, row)) for row in rows)


def nearest_floats(rows: Matrix) -> Float | None:
    """The nearest float64 of every entry; None where one is too large for any.

    Args:
        rows: of one length, at least one.
    """
    try:
        # A quotient of integers is rounded correctly.
        return np.array([[x.numerator / x.denominator for x in row] for row in rows])
    except OverflowError:
        return None


def exact_rank(rows: Matrix | Float) -> int:
    """Rank of a matrix, from its entries as they are, without rounding."""
    if not len(rows) or not len(rows[0]):
        return 0
    return int(_flint(rows).rank())


def echelon(rows: Matrix | Float, order: Sequence[int]) -> tuple[Matrix, list[int]]:
    """Reduced echelon form, with its pivots in the columns that come first in an order.

    Args:
        rows: shape (r, n).
        order: all n columns.

    Returns:
        Rows, as many as the rank, with columns where they were; and the column of each
        row's pivot.
    """
    reduced, rank = _flint([[row[j] for j in order] for row in rows]).rref()
    table = [[_fraction(x) for x in row] for row in reduced.tolist()[:rank]]
    pivots = [order[next(j for j, x in enumerate(row) if x)] for row in table]
    place = np.argsort(order).tolist()
    return tuple(tuple(row[j] for j in place) for row in table), pivots


def null_space(rows: Matrix | Float, order: Sequence[int]) -> Matrix:
    """A basis of all c with `rows c = 0`, with the identity in the columns without pivots.

    Args:
        rows: shape (r, n).
        order: all n columns; pivots are sought in those that come first.

    Returns:
        n - rank vectors of length n.
    """
    reduced, pivots = echelon(rows, order)
    n = len(order)
    basis = []
    for free in sorted(set(range(n)) - set(pivots)):
        word = [Fraction(int(j == free)) for j in range(n)]
        for row, pivot in zip(reduced, pivots, strict=True):
            word[pivot] = -row[free]
        basis.append(tuple(word))
    return tuple(basis)


def solve(basis: Matrix, right: Sequence[Fraction]) -> list[Fraction] | None:
    """The x with `basis x = right`; None if the square matrix is singular."""
    try:
        found = _flint(basis).solve(_flint([[x] for x in right]))
    except ZeroDivisionError:
        return None
    return [_fraction(x) for x in found.entries()]


def _flint(rows: Any) -> fmpq_mat:
    return fmpq_mat([[fmpq(*x.as_integer_ratio()) for x in row] for row in rows])


def _fraction(x: fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))
