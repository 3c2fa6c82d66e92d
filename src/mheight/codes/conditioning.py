"""A better generator matrix of the same code, where rows are nearly dependent."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

__all__ = ["condition", "exact_rank", "reduced_generator"]

Float = NDArray[np.float64]


def condition(G: Float, *, scale_columns: bool = True) -> float:
    """Condition number of a generator matrix whose rows, and columns before, get length 1.

    Args:
        G: shape (k, n), finite, no zero row.
        scale_columns: whether columns are scaled, too.
    """
    scaled = G / np.abs(G).max(axis=1, keepdims=True)
    if scale_columns:
        lengths = np.linalg.norm(scaled, axis=0)
        scaled = scaled / np.where(lengths > 0.0, lengths, 1.0)
    scaled = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    values = np.linalg.svd(scaled, compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > 0.0 else float("inf")


def reduced_generator(G: Float) -> Float | None:
    """Inverse(G_B) G for an information set B: the same code, with the identity in columns B.

    Computed in rational arithmetic from the entries as they are, and rounded once at the
    end, so that nothing is lost however ill-conditioned G is.

    Args:
        G: shape (k, n), finite.

    Returns:
        Shape (k, n); None if the rows are dependent, or an entry is too large for a float.
    """
    k, n = G.shape
    order = _pivot_order(G)
    entries = [[_rational(G[i, j]) for j in order] for i in range(k)]
    reduced, rank = fmpq_mat(entries).rref()
    if rank < k:
        return None
    out = np.empty((k, n))
    for i in range(k):
        for position, j in enumerate(order):
            value = reduced[i, position]
            try:
                out[i, j] = int(value.p) / int(value.q)
            except OverflowError:
                return None
    return out


def exact_rank(G: Float) -> int:
    """Rank of a matrix, from its entries as they are, without rounding."""
    if 0 in G.shape:
        return 0
    return int(fmpq_mat([[_rational(x) for x in row] for row in G]).rank())


def _pivot_order(G: Float) -> list[int]:
    """Columns, with a well-conditioned information set first (pivoted Gram-Schmidt)."""
    rest = G / np.abs(G).max(axis=1, keepdims=True)
    lengths = np.linalg.norm(rest, axis=0)
    rest = rest / np.where(lengths > 0.0, lengths, 1.0)
    chosen: list[int] = []
    for _ in range(len(G)):
        sizes = np.linalg.norm(rest, axis=0)
        sizes[chosen] = -1.0
        pivot = int(np.argmax(sizes))
        if sizes[pivot] > 0.0:
            direction = rest[:, pivot] / sizes[pivot]
            rest = rest - np.outer(direction, direction @ rest)
        chosen.append(pivot)
    return chosen + [j for j in range(G.shape[1]) if j not in chosen]


def _rational(value: float) -> fmpq:
    fraction = Fraction(float(value))
    return fmpq(fraction.numerator, fraction.denominator)
