"""Absolute maximal minors of generator matrices, many codes at once.

All minors come from one Laplace expansion along the subset lattice: the minor of
the first r rows on an r-subset S of columns is a signed sum, over j in S, of
`G[r-1, j]` times the minor of the first r-1 rows on S - {j}.  `LANES` codes stand
side by side in the innermost loop so that it vectorises.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["LANES", "ZERO_TOLERANCE", "LaplaceTable", "absolute_minors", "laplace_table"]

LANES = 8
"""Codes that one block of the kernels works on side by side."""

ZERO_TOLERANCE = 1e-11
"""A minor of a matrix that is not of exact integers counts as zero below this
fraction of the largest minor of the same code."""

_EXACT_LIMIT = float(2**53)

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class LaplaceTable:
    """Straight-line program for the maximal minors of a rows x n matrix.

    Attributes:
        rows: number of rows.
        n: number of columns.
        start: `start[r]` is the first entry of the terms of level r+1, length rows + 1.
        column: column j of each term.
        child: index, within the level below, of the subset without j.
        sizes: number of subsets in each level 0..rows.
    """

    rows: int
    n: int
    start: Int
    column: Int
    child: Int
    sizes: Int


@lru_cache(maxsize=64)
def laplace_table(rows: int, n: int) -> LaplaceTable:
    """Laplace program for all `rows` x `rows` minors of a matrix with n columns.

    Subsets of one size are numbered in lexicographic order, as by
    `itertools.combinations`.
    """
    below: dict[tuple[int, ...], int] = {(): 0}
    start, column, child, sizes = [0], [], [], [1]
    for size in range(1, rows + 1):
        level = {subset: i for i, subset in enumerate(combinations(range(n), size))}
        for subset in level:
            for position, j in enumerate(subset):
                column.append(j)
                child.append(below[subset[:position] + subset[position + 1 :]])
        start.append(len(column))
        sizes.append(len(level))
        below = level
    as_int = [np.array(values, dtype=np.int64) for values in (start, column, child, sizes)]
    return LaplaceTable(rows, n, *as_int)


@njit(cache=True, fastmath={"contract"}, boundscheck=False)
def minors_block(block, rows, start, column, child, sizes, current, previous):  # type: ignore[no-untyped-def]
    """Signed maximal minors of one block of codes.

    `block` has shape (rows, n, LANES); the result is left in `current`, shape
    (C(n, rows), LANES); `previous` is scratch of the same shape.
    """
    for lane in range(LANES):
        current[0, lane] = 1.0
    for r in range(rows):
        for s in range(sizes[r]):
            for lane in range(LANES):
                previous[s, lane] = current[s, lane]
        size = r + 1
        base = start[r]
        for s in range(sizes[size]):
            first = base + s * size
            # The last row is expanded: sign (-1)^(r + position).
            sign = 1.0 if r % 2 == 0 else -1.0
            j = column[first]
            c = child[first]
            for lane in range(LANES):
                current[s, lane] = sign * block[r, j, lane] * previous[c, lane]
            for position in range(1, size):
                sign = -sign
                j = column[first + position]
                c = child[first + position]
                for lane in range(LANES):
                    current[s, lane] += sign * block[r, j, lane] * previous[c, lane]


@njit(cache=True, boundscheck=False)
def zero_small_minors(minors, tolerance):  # type: ignore[no-untyped-def]
    """Replace minors by absolute values, those below `tolerance` times the largest by 0.

    `minors` has shape (C(n, rows), LANES), `tolerance` shape (LANES,).
    """
    for lane in range(LANES):
        largest = 0.0
        for s in range(minors.shape[0]):
            value = abs(minors[s, lane])
            minors[s, lane] = value
            largest = max(largest, value)
        threshold = tolerance[lane] * largest
        for s in range(minors.shape[0]):
            if minors[s, lane] <= threshold:
                minors[s, lane] = 0.0


@njit(cache=True, parallel=True, boundscheck=False)
def _absolute_minors(matrices, tolerance, start, column, child, sizes, order, out):  # type: ignore[no-untyped-def]
    count, rows, n = matrices.shape
    total = out.shape[1]
    widest = sizes.max()
    for b in prange((count + LANES - 1) // LANES):
        block = np.empty((rows, n, LANES))
        tol = np.empty(LANES)
        current = np.empty((widest, LANES))
        previous = np.empty((widest, LANES))
        for lane in range(LANES):
            code = min(b * LANES + lane, count - 1)
            tol[lane] = tolerance[code]
            for i in range(rows):
                for j in range(n):
                    block[i, j, lane] = matrices[code, i, j]
        minors_block(block, rows, start, column, child, sizes, current, previous)
        zero_small_minors(current[:total], tol)
        for lane in range(min(LANES, count - b * LANES)):
            for s in range(total):
                out[b * LANES + lane, s] = current[order[s], lane]


def zero_tolerances(matrices: Float) -> Float:
    """Relative zero tolerance of each matrix: 0 where float64 minors are exact.

    They are exact for integer matrices for which every partial sum of the Laplace
    expansion, bounded by the product of the rows' absolute sums, is below 2^53.

    Args:
        matrices: shape (N, rows, n).

    Returns:
        Shape (N,): 0.0 or `ZERO_TOLERANCE`.
    """
    integral = (matrices == np.rint(matrices)).all(axis=(1, 2))
    bound = np.maximum(np.abs(matrices).sum(axis=2), 1.0).prod(axis=1)
    return np.where(integral & (bound < _EXACT_LIMIT), 0.0, ZERO_TOLERANCE)


@lru_cache(maxsize=64)
def complement_order(n: int, k: int) -> Int:
    """Index of each k-subset's complement, both numbered in lexicographic order."""
    # Complements of lexicographically sorted subsets come in reverse lexicographic order.
    return np.arange(comb(n, k) - 1, -1, -1, dtype=np.int64)


def smaller_matrices(generators: Float) -> tuple[Float, bool]:
    """The generator or, if it has fewer rows and G = [I | P], the parity-check matrices.

    Args:
        generators: shape (N, k, n).

    Returns:
        Matrices of shape (N, rows, n) and whether they are parity-check matrices.
    """
    _, k, n = generators.shape
    redundancy = n - k
    systematic = 0 < redundancy < k and bool((generators[:, :, :k] == np.eye(k)).all())
    if not systematic:
        return np.ascontiguousarray(generators), False
    checks = np.zeros((len(generators), redundancy, n))
    checks[:, :, :k] = -generators[:, :, k:].transpose(0, 2, 1)
    checks[:, :, k:] = np.eye(redundancy)
    return checks, True


def absolute_minors(generators: Float) -> Float:
    """Absolute maximal minors |det G_B| of many generator matrices.

    Args:
        generators: shape (N, k, n), finite float64.

    Returns:
        Shape (N, C(n, k)); column i belongs to the i-th k-subset of columns in
        lexicographic order.  Each row is right up to one common positive factor.
        Minors that are zero up to rounding are exactly 0 (see `zero_tolerances`).
    """
    generators = np.asarray(generators, dtype=np.float64)
    count, k, n = generators.shape
    matrices, dual = smaller_matrices(generators)
    table = laplace_table(matrices.shape[1], n)
    order = complement_order(n, k) if dual else np.arange(comb(n, k), dtype=np.int64)
    out = np.empty((count, comb(n, k)))
    if count:
        _absolute_minors(
            matrices,
            zero_tolerances(matrices),
            table.start,
            table.column,
            table.child,
            table.sizes,
            order,
            out,
        )
    return out
