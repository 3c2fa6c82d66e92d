"""Symmetries that leave every height as it is, on systematic matrices P.

A column permutation and signs applied to `G = [I | P]`, followed by row operations
that bring it back to systematic form, give an equivalent code.  Permuting inside the
information set and inside its complement permutes rows and columns of P; exchanging
columns between the two changes the information set, and the new P shares no entry
with the old one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mheight.codes.algebra.solving import systematic_part

__all__ = ["SymmetryKind", "random_equivalent", "systematic_generators"]

Float = NDArray[np.float64]

SymmetryKind = Literal["monomial", "information-set"]

_MAX_TRIES = 1000
_WORST_CONDITION = 1e4
"""Rounding errors of P grow by the condition of the new information set."""


def systematic_generators(parity: Float) -> Float:
    """`[I | P]` for each P.

    Args:
        parity: shape (N, k, n-k).

    Returns:
        Shape (N, k, n).
    """
    count, k, redundancy = parity.shape
    generators = np.zeros((count, k, k + redundancy))
    generators[:, :, :k] = np.eye(k)
    generators[:, :, k:] = parity
    return generators


def random_equivalent(
    parity: Float, rng: np.random.Generator, kind: SymmetryKind = "information-set"
) -> Float:
    """A random equivalent systematic matrix for each P.

    Args:
        parity: shape (N, k, n-k).
        rng: source of randomness.
        kind: `monomial` permutes and negates rows and columns of P, so that integer
            entries stay integers; `information-set` permutes and negates all columns of
            G and takes the first k of them as the new information set (drawn again
            while they are dependent or of condition number above 1e4).

    Returns:
        Shape (N, k, n-k).
    """
    count, k, redundancy = parity.shape
    n = k + redundancy
    if kind == "monomial":
        rows = rng.permuted(np.tile(np.arange(k), (count, 1)), axis=1)
        columns = rng.permuted(np.tile(np.arange(redundancy), (count, 1)), axis=1)
        signs = rng.choice([-1.0, 1.0], size=(count, n))
        moved = np.take_along_axis(parity, rows[:, :, None], axis=1)
        moved = np.take_along_axis(moved, columns[:, None, :], axis=2)
        return np.asarray(moved * signs[:, :k, None] * signs[:, None, k:])

    generators = systematic_generators(parity)
    out = np.empty_like(parity)
    todo = np.arange(count)
    for _ in range(_MAX_TRIES):
        if not len(todo):
            return out
        columns = rng.permuted(np.tile(np.arange(n), (len(todo), 1)), axis=1)
        signs = rng.choice([-1.0, 1.0], size=(len(todo), 1, n))
        moved = np.take_along_axis(generators[todo], columns[:, None, :], axis=2) * signs
        basis, rest = moved[:, :, :k], moved[:, :, k:]
        good = np.linalg.cond(basis) < _WORST_CONDITION
        out[todo[good]] = systematic_part(basis[good], rest[good])
        todo = todo[~good]
    raise RuntimeError(f"no well-conditioned information set found in {_MAX_TRIES} draws")
