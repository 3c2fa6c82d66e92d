"""How a height changes with the generator matrix: what a search for good codes climbs down."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode, as_matrix
from mheight.codes.algebra.exact_matrices import Matrix, as_fractions, nearest_floats, solve
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate

__all__ = ["height_gradient"]

Float = NDArray[np.float64]

_TOLERANCE = 1e-6
"""Relative; the height of a certificate may be off by this much from that of its matrix."""


def height_gradient(G: LinearCode | ArrayLike | Sequence[Any], certificate: Certificate) -> Float:
    """Gradient of h_m with respect to the generator matrix, at a witness of h_m.

    With target a and information set B, h_m = ||x||_1 for x = inverse(G_B) g_a.  Let
    y = inverse(G_B)^T sign(x), the message of the witness.  From G_B dx = dg_a - dG_B x,

        dh/dg_a = y,   dh/dg_b = -x_b y for b in B,   dh/dg_j = 0 elsewhere:

    y times a word of the dual code, so that gradient @ G.T = 0: row operations change no
    height.  Column j times a factor t changes h by (y, g_j) w_j dt, where w is that dual
    word: by h dt for j = a, by -|x_b| dt for b in B.  For G = [I | P] the last n-k
    columns are the gradient with respect to P.

    It is the gradient where the witness is the only one and no x_b is 0; elsewhere h_m
    has a kink, and this is the slope of one of the pieces that meet there.

    Args:
        G: a `LinearCode` or a generator matrix of shape (k, n), rank k.
        certificate: a certificate of h_m of this code, as from `mheight.certificates`.

    Returns:
        Float64 array of shape (k, n), of rank 1.

    Raises:
        InvalidCodeError: the height is infinite, or the certificate is not of this matrix.

    Examples:
        >>> G = np.array([[1, 0, 1, 2], [0, 1, 1, 5]])  # h_2 = 8
        >>> witness = Certificate(2, 8.0, 3, (1, 3), (0, 2), (-1.0, 2.0), (-1.0, 2.0, 1.0, 8.0))
        >>> gradient = height_gradient(G, witness)
        >>> gradient
        array([[ -3.,   0.,   5.,  -1.],
               [  6.,   0., -10.,   2.]])
        >>> gradient @ G.T
        array([[0., 0.],
               [0., 0.]])
    """
    matrix = G.G if isinstance(G, LinearCode) else as_matrix(G, "G", (2,))
    k, n = matrix.shape
    if certificate.information_set is None or certificate.is_infinite:
        raise InvalidCodeError(
            f"h_{certificate.m} is infinite; only a finite height has a gradient"
        )
    target, basis = certificate.target, list(certificate.information_set)
    positions = {target, *basis}
    if len(basis) != k or len(positions) != k + 1 or not positions <= set(range(n)):
        raise InvalidCodeError(
            f"the certificate must have a target and {k} other positions in 0..{n - 1}, "
            f"as G has shape {(k, n)}; got target {target}, information set {tuple(basis)}"
        )
    height = float(certificate.height)
    found = _solved(matrix, target, basis)
    if found is None or not _is_near(found[0], height):
        # Rounding may be to blame, of entries or of the solution.
        rows = G.exact_generator if isinstance(G, LinearCode) else as_fractions(matrix)
        found = _solved_exactly(rows, target, basis)
    if found is None:
        raise InvalidCodeError(
            f"the certificate is not of this matrix: its columns {tuple(basis)} are dependent"
        )
    x, y = found
    if not _is_near(x, height):
        raise InvalidCodeError(
            f"the certificate is not of this matrix: it says h_{certificate.m} = {height}, "
            f"but its positions give {float(np.abs(x).sum())}"
        )
    dual_word = np.zeros(n)
    dual_word[target] = 1.0
    dual_word[basis] = -x
    return np.asarray(np.outer(y, dual_word) + 0.0)  # without negative zeros


def _is_near(x: Float, height: float) -> bool:
    return bool(abs(float(np.abs(x).sum()) - height) <= _TOLERANCE * height)


def _solved(matrix: Float, target: int, basis: list[int]) -> tuple[Float, Float] | None:
    """The x = inverse(G_B) g_a, and y = inverse(G_B)^T sign(x)."""
    try:
        x = np.linalg.solve(matrix[:, basis], matrix[:, target])
        y = np.linalg.solve(matrix[:, basis].T, np.sign(x))
    except np.linalg.LinAlgError:
        return None
    return np.asarray(x), np.asarray(y)


def _solved_exactly(rows: Matrix, target: int, basis: list[int]) -> tuple[Float, Float] | None:
    square = tuple(tuple(row[j] for j in basis) for row in rows)
    x = solve(square, [row[target] for row in rows])
    if x is None:
        return None
    y = solve(tuple(zip(*square, strict=True)), [Fraction((v > 0) - (v < 0)) for v in x])
    both = None if y is None else nearest_floats((tuple(x), tuple(y)))
    return None if both is None else (both[0], both[1])
