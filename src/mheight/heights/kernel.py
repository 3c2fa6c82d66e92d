"""Numba kernel: height profiles of many codes from their absolute minors."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from mheight.codes.minors import (
    LANES,
    complement_order,
    laplace_table,
    minors_block,
    smaller_matrices,
    zero_small_minors,
    zero_tolerances,
)
from mheight.heights.lattice import height_lattice

__all__ = ["profiles"]

Float = NDArray[np.float64]


@njit(cache=True, boundscheck=False)
def _sum_circuits(minors, order, circuits, sums):  # type: ignore[no-untyped-def]
    """s(A) of every (k+1)-set A, LANES codes at once."""
    width = circuits.shape[1]
    for c in range(circuits.shape[0]):
        first = order[circuits[c, 0]]
        for lane in range(LANES):
            sums[c, lane] = minors[first, lane]
        for i in range(1, width):
            row = order[circuits[c, i]]
            for lane in range(LANES):
                sums[c, lane] += minors[row, lane]


@njit(cache=True, boundscheck=False)
def _ratios(minors, order, sums, minor_of, circuit_of, values):  # type: ignore[no-untyped-def]
    """F_a(B) = s(B + a) / p(B), infinite where p(B) = 0."""
    for i in range(minor_of.shape[0]):
        p = order[minor_of[i]]
        s = circuit_of[i]
        for lane in range(LANES):
            bottom = minors[p, lane]
            ratio = sums[s, lane] / (bottom if bottom > 0.0 else 1.0)
            values[i, lane] = ratio if bottom > 0.0 else np.inf


@njit(cache=True, boundscheck=False)
def _sweep(children, first, values):  # type: ignore[no-untyped-def]
    """F_a(T) = min over k+1 children, for the sets T above size k in order of size."""
    width = children.shape[1]
    for t in range(children.shape[0]):
        row = first + t
        child = children[t, 0]
        for lane in range(LANES):
            values[row, lane] = values[child, lane]
        for i in range(1, width):
            child = children[t, i]
            for lane in range(LANES):
                other = values[child, lane]
                mine = values[row, lane]
                values[row, lane] = other if other < mine else mine


@njit(cache=True, boundscheck=False)
def _raise_levels(values, level_start, best):  # type: ignore[no-untyped-def]
    """best[i] = max(best[i], F_a(T) over the sets T of size k + i)."""
    for level in range(level_start.shape[0] - 1):
        for row in range(level_start[level], level_start[level + 1]):
            for lane in range(LANES):
                other = values[row, lane]
                mine = best[level, lane]
                best[level, lane] = other if other > mine else mine


@njit(cache=True, parallel=True, boundscheck=False, error_model="numpy")
def _profiles(  # type: ignore[no-untyped-def]
    matrices, tolerance, start, column, child, sizes, order,
    circuits, minor_of, circuit_of, level_start, children, out,
):  # fmt: skip
    count, rows, n = matrices.shape
    levels = level_start.shape[0] - 1
    widest = sizes.max()
    minor_count = order.shape[0]
    for b in prange((count + LANES - 1) // LANES):
        block = np.empty((rows, n, LANES))
        tol = np.empty(LANES)
        current = np.empty((widest, LANES))
        previous = np.empty((widest, LANES))
        sums = np.empty((circuits.shape[0], LANES))
        values = np.empty((level_start[levels], LANES))
        best = np.zeros((levels, LANES))
        for lane in range(LANES):
            code = min(b * LANES + lane, count - 1)
            tol[lane] = tolerance[code]
            for i in range(rows):
                for j in range(n):
                    block[i, j, lane] = matrices[code, i, j]
        minors_block(block, rows, start, column, child, sizes, current, previous)
        minors = current[:minor_count]
        zero_small_minors(minors, tol)
        _sum_circuits(minors, order, circuits, sums)
        for a in range(n):
            _ratios(minors, order, sums, minor_of[a], circuit_of[a], values)
            _sweep(children, level_start[1], values)
            _raise_levels(values, level_start, best)
        for lane in range(min(LANES, count - b * LANES)):
            for level in range(levels):
                # Sets of size k + level have n - m elements.
                height = best[level, lane] - 1.0
                out[b * LANES + lane, levels - 1 - level] = max(height, 1.0)


def profiles(generators: Float) -> Float:
    """Height profiles of many generator matrices, without validation.

    Args:
        generators: shape (N, k, n) with 1 <= k < n, finite, of rank k.

    Returns:
        Shape (N, n-k); column m-1 holds h_m.
    """
    count, k, n = generators.shape
    out = np.empty((count, n - k))
    if not count:
        return out
    matrices, dual = smaller_matrices(generators)
    laplace = laplace_table(matrices.shape[1], n)
    lattice = height_lattice(n, k)
    order = complement_order(n, k) if dual else np.arange(laplace.sizes[-1], dtype=np.int64)
    _profiles(
        matrices,
        zero_tolerances(matrices),
        laplace.start,
        laplace.column,
        laplace.child,
        laplace.sizes,
        order,
        lattice.circuits,
        lattice.minor_of,
        lattice.circuit_of,
        lattice.level_start,
        lattice.children,
        out,
    )
    return out
