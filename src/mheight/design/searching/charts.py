"""Charts: families of codes with coordinates, in which a search moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mheight.design.searching.kernel import ByDirection, ByEntry

__all__ = ["Chart", "around", "check_matrix", "systematic_chart"]

Float = NDArray[np.float64]

_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Chart:
    """The codes of the matrices base + sum of x_i times direction i.

    Attributes:
        base: shape (rows, n): a generator or a parity-check matrix.
        directions: shape (d, rows, n).
    """

    base: Float
    directions: Float

    @property
    def d(self) -> int:
        """Number of coordinates."""
        return len(self.directions)

    def at(self, x: Float) -> Float:
        """The matrix of some coordinates, or the matrices of a batch of them."""
        return np.asarray(self.base + np.tensordot(x, self.directions, (-1, 0)))

    @cached_property
    def by_direction(self) -> ByDirection:
        """For kernels, one direction after the other."""
        flat = self.directions.reshape(self.d, -1)
        where, entries = np.nonzero(flat)
        start = np.searchsorted(where, np.arange(self.d + 1))
        return ByDirection(
            self.base.ravel(),
            start.astype(np.int64),
            entries.astype(np.int64),
            flat[where, entries],
        )

    @cached_property
    def by_entry(self) -> ByEntry:
        """The same, one entry after the other."""
        flat = self.directions.reshape(self.d, -1).T
        where, directions = np.nonzero(flat)
        start = np.searchsorted(where, np.arange(len(flat) + 1))
        return ByEntry(
            self.base.ravel(),
            start.astype(np.int64),
            directions.astype(np.int64),
            flat[where, directions].copy(),
        )


def check_matrix(matrix: Float) -> Float:
    """An orthonormal basis of all words orthogonal to the rows: H of G, or G of H."""
    rows = len(matrix)
    return np.asarray(np.linalg.svd(matrix)[2][rows:])


def systematic_chart(n: int, k: int, is_check: bool) -> Chart:
    """All codes [I | P] with the entries of P as coordinates, row by row.

    Args:
        n: length.
        k: dimension.
        is_check: whether matrices are [-P^T | I].
    """
    redundancy = n - k
    directions = np.zeros((k * redundancy, redundancy if is_check else k, n))
    rows, columns = np.divmod(np.arange(k * redundancy), redundancy)
    every = np.arange(k * redundancy)
    if is_check:
        base = np.concatenate([np.zeros((redundancy, k)), np.eye(redundancy)], axis=1)
        directions[every, columns, rows] = -1.0
    else:
        base = np.concatenate([np.eye(k), np.zeros((k, redundancy))], axis=1)
        directions[every, rows, k + columns] = 1.0
    return Chart(base, directions)


def around(matrix: Float, group: Sequence[Float] = ()) -> Chart:
    """The codes near one, as graphs over it: Q + X N with orthonormal rows of Q and N.

    Q spans the rows of the matrix, N what is orthogonal to them.  Nearly every code is in
    the chart, at an X of usual size if it is near.

    Args:
        matrix: shape (rows, n), of full rank.
        group: signed permutation matrices that leave its row space as it is; then only
            codes that all of them leave as they are.
    """
    _, _, basis = np.linalg.svd(matrix)
    rows, n = matrix.shape
    Q, N = basis[:rows], basis[rows:]
    size = rows * (n - rows)
    if not len(group):
        units = np.eye(size).reshape(size, rows, n - rows)
        return Chart(Q.copy(), units @ N)
    # X intertwines:  (Q g Q^T) X = X (N g N^T)  for each g of the group.
    equations = [
        np.kron(Q @ g @ Q.T, np.eye(n - rows)) - np.kron(np.eye(rows), (N @ g @ N.T).T)
        for g in group
    ]
    _, singular, vectors = np.linalg.svd(np.concatenate(equations))
    free = vectors[singular < _SAME].reshape(-1, rows, n - rows)
    return Chart(Q.copy(), free @ N)
