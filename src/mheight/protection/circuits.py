"""The circuits of a code: the shortest checks that its words satisfy.

A circuit A is a least set of dependent columns of G, so it has at most k+1 positions, and
there is one dual word lambda_A (with <lambda_A, c> = 0 for every codeword c) supported on
exactly A, up to a factor; here its magnitudes add up to 1.  By duality of linear programs, for
every set S of positions,

    min over codewords c of max over j outside S of |y_j - c_j|
        = max over circuits A without a position in S of |<lambda_A, y>|.

So a set S explains a word within delta exactly if it meets every circuit that is violated,
|<lambda_A, y>| > delta.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError

__all__ = ["CIRCUITS_LENGTH", "Circuits", "circuits"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

CIRCUITS_LENGTH = 20
"""Longest codes whose circuits are gone through: at most C(20, 10) = 184,756 sets."""

_NOTHING = 1e-12
"""A coefficient below this, beside the largest of its circuit, is zero."""


@dataclass(frozen=True)
class Circuits:
    """Dual words with least supports, each once.

    Attributes:
        words: shape (M, n); row i is zero outside its circuit and has 1-norm 1.
        masks: shape (M,); bit j of entry i says whether position j is in circuit i.

    Examples:
        >>> from mheight.codes import single_parity
        >>> circuits(single_parity(3)).words
        array([[0.33333333, 0.33333333, 0.33333333]])
    """

    words: Float
    masks: Int

    def __len__(self) -> int:
        return len(self.masks)


def circuits(code: LinearCode) -> Circuits:
    """All circuits of a code.

    Args:
        code: 1 <= k < n <= 20.

    Returns:
        The circuits, those of fewer positions first.

    Raises:
        InvalidCodeError: k = n, or too long.
    """
    n, k = code.n, code.k
    if k == n:
        raise InvalidCodeError(f"a code with n > k is needed, got [{n}, {k}]: it checks nothing")
    if n > CIRCUITS_LENGTH:
        raise InvalidCodeError(f"circuits need a code of length n <= {CIRCUITS_LENGTH}, got {n}")
    count = comb(n, k + 1)
    sets = np.array(list(combinations(range(n), k + 1)), dtype=np.int64)
    minors = _signed_minors(code.G)
    bits = np.int64(1) << sets
    full = bits.sum(axis=1)
    words = np.zeros((count, n))
    rows = np.arange(count)
    for place in range(k + 1):
        # Cramer's rule: the coefficient of the column at `place` is the minor of the others.
        words[rows, sets[:, place]] = (-1.0) ** place * minors[full - bits[:, place]]
    largest = np.abs(words).max(axis=1, keepdims=True)
    proper = largest[:, 0] > 0.0
    words = words[proper] / largest[proper]
    words[np.abs(words) < _NOTHING] = 0.0
    words /= np.abs(words).sum(axis=1, keepdims=True)
    masks = ((words != 0.0) @ (np.int64(1) << np.arange(n))).astype(np.int64)
    masks, first = np.unique(masks, return_index=True)
    words = words[first]
    # Circuits of one size in no order: one that a set does not meet is then found soon.
    shuffled = np.random.default_rng(0).permutation(len(masks))
    order = np.lexsort((shuffled, (words != 0.0).sum(axis=1)))
    return Circuits(np.ascontiguousarray(words[order]), masks[order])


def _signed_minors(G: Float) -> Float:
    """Signed maximal minors by Laplace expansion, at the bit masks of their columns.

    Args:
        G: shape (k, n); rows and columns are scaled first, and the columns' scales put back,
            so that a minor that is zero is told from one that is small.

    Returns:
        Shape (2^n,); 0 at masks of other sizes, and where rounding alone is left.
    """
    k, n = G.shape
    scaled = G / np.abs(G).max(axis=1, keepdims=True)
    masks = np.arange(2**n, dtype=np.int64)
    sizes = np.zeros(2**n, dtype=np.int8)
    for j in range(n):
        sizes += ((masks >> j) & 1).astype(np.int8)
    minors, bounds = np.zeros(2**n), np.zeros(2**n)
    minors[0] = bounds[0] = 1.0
    for row in range(1, k + 1):
        here = masks[sizes == row]
        total, bound = np.zeros(len(here)), np.zeros(len(here))
        for j in range(n):
            among = np.flatnonzero((here >> j) & 1)
            rest = here[among] ^ (np.int64(1) << j)
            above = sizes[here[among] >> (j + 1)]
            sign = np.where(above % 2 == 0, 1.0, -1.0)
            total[among] += sign * scaled[row - 1, j] * minors[rest]
            bound[among] += abs(scaled[row - 1, j]) * bounds[rest]
        minors[here], bounds[here] = total, bound
    wanted = sizes == k
    out = np.zeros(2**n)
    out[wanted] = np.where(np.abs(minors) > _NOTHING * bounds, minors, 0.0)[wanted]
    return out
