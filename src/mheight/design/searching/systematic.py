"""From what a search works on to generator matrices [I | P]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.design.searching.charts import check_matrix

__all__ = ["as_integers", "systematic_generator"]

Float = NDArray[np.float64]


def systematic_generator(matrix: Float, is_check: bool) -> Float:
    """An equivalent code's [I | P]; the information set is the first k columns where they do.

    Args:
        matrix: of full rank: G, or H.
        is_check: whether it is H.
    """
    rows, n = matrix.shape
    k = n - rows if is_check else rows
    if is_check and (matrix[:, k:] == np.eye(rows)).all():
        return np.concatenate([np.eye(k), -matrix[:, :k].T + 0.0], axis=1)
    if not is_check and (matrix[:, :k] == np.eye(k)).all():
        return matrix + 0.0
    G = check_matrix(matrix) if is_check else matrix
    order = _well_conditioned(G)
    P = np.linalg.solve(G[:, order[:k]], G[:, order[k:]])
    return np.concatenate([np.eye(k), P + 0.0], axis=1)


def _well_conditioned(G: Float) -> list[int]:
    """Columns, an information set first: each the longest in what those before leave over."""
    k, n = G.shape
    rest = np.linalg.qr(G.T)[0].T.copy()
    chosen: list[int] = []
    for _ in range(k):
        norms = (rest**2).sum(axis=0)
        norms[chosen] = -1.0
        best = int(norms.argmax())
        chosen.append(best)
        direction = rest[:, best] / np.linalg.norm(rest[:, best])
        rest -= np.outer(direction, direction @ rest)
    return chosen + [j for j in range(n) if j not in chosen]


def as_integers(G: Float) -> tuple[tuple[int, ...], ...]:
    """A matrix of integers that floats hold, as integers."""
    return tuple(tuple(round(x) for x in row) for row in G.tolist())
