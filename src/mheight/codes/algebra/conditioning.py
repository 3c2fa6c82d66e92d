"""A better generator matrix of the same code, where rows are nearly dependent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.codes.algebra.exact_matrices import Matrix, echelon, exact_rank, nearest_floats

__all__ = ["condition", "pivot_order", "ranks", "reduced_generator"]

Float = NDArray[np.float64]

_CLEAR = 1e-10
"""A least singular value this large beside the largest is not zero, whatever was rounded."""


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


def ranks(matrices: Float) -> NDArray[np.int64]:
    """Ranks of matrices, taken as the binary fractions that they are.

    Where singular values leave no doubt they decide, else exact arithmetic.

    Args:
        matrices: shape (N, r, n), finite, r <= n.

    Returns:
        Shape (N,).
    """
    scaled = matrices
    for axis in (2, 1):
        largest = np.abs(scaled).max(axis=axis, keepdims=True)
        scaled = scaled / np.where(largest > 0, largest, 1.0)
    values = np.linalg.svd(scaled, compute_uv=False)
    out = np.full(len(matrices), matrices.shape[1], dtype=np.int64)
    for i in np.flatnonzero(~(values[:, -1] > _CLEAR * values[:, 0])):
        out[i] = exact_rank(matrices[i])
    return out


def reduced_generator(G: Float, rows: Matrix | None = None) -> Float | None:
    """Inverse(G_B) G for an information set B: the same code, with the identity in columns B.

    Computed in rational arithmetic from the entries as they are, and rounded once at the
    end, so that nothing is lost however ill-conditioned G is.

    Args:
        G: shape (k, n), finite.
        rows: the entries, where floats do not hold them.

    Returns:
        Shape (k, n); None if the rows are dependent, or an entry is too large for a float.
    """
    reduced, _ = echelon(G if rows is None else rows, pivot_order(G))
    return nearest_floats(reduced) if len(reduced) == len(G) else None


def pivot_order(G: Float) -> list[int]:
    """Columns, with a well-conditioned information set first (pivoted Gram-Schmidt)."""
    largest = np.abs(G).max(axis=1, keepdims=True)
    rest = G / np.where(largest > 0.0, largest, 1.0)
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
