"""The codeword nearest to a word in the largest distance: one linear program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.heights.programs.simplex import Vertex, crash, expel, reduced_table

__all__ = ["nearest_codeword"]

Float = NDArray[np.float64]

_NO_BOUNDS = 1e-9


def nearest_codeword(G: Float, word: Float, kept: NDArray[np.bool_]) -> tuple[Float, float]:
    """Least rho with a codeword c such that |y_j - c_j| <= rho at all kept j, and that c.

    It is the program of a height: with y as one more row and a column that reads its
    coefficient t, the largest t with |t y_j - <u, g_j>| <= 1 is 1/rho (derived).

    Args:
        G: shape (k, n), rank k on the kept columns.
        word: shape (n,), y.
        kept: shape (n,).

    Returns:
        c, shape (n,), and rho.
    """
    k, n = G.shape
    scale = float(np.abs(word[kept]).max()) if kept.any() else 0.0
    if scale == 0.0:
        return np.zeros(n), 0.0
    # By least squares first: a word that is a codeword has no program.
    message = np.linalg.lstsq(G[:, kept].T, word[kept], rcond=None)[0]
    codeword = message @ G
    rest = word - codeword
    if np.abs(rest[kept]).max() <= 1e-13 * scale:
        return codeword, float(np.abs(rest[kept]).max())
    unit = float(np.abs(rest[kept]).max())
    wide = np.zeros((k + 1, n + 1))
    wide[:k, :n] = G
    wide[k, :n] = rest / unit
    wide[k, n] = 1.0
    # Rounding is not followed: what comes out is measured.
    basis, errors = np.empty(k + 1, np.int64), np.zeros(n + 2)
    table = reduced_table(wide, basis, errors)
    allowed = np.append(kept, False)
    if not expel(table, basis, errors, allowed):
        return codeword, unit
    rng = np.random.default_rng(0)
    bounds = 1.0 + _NO_BOUNDS * rng.uniform(1.0, 2.0, n + 1)
    v = Vertex(table, basis, errors, np.empty(k + 1), np.empty(n + 1), allowed, bounds)
    v.open_[basis] = False
    crash(v, n)
    better = codeword + rest - unit * v.word[:n] / v.word[n]
    residual = float(np.abs(word - better)[kept].max())
    return (better, residual) if residual < unit else (codeword, unit)
