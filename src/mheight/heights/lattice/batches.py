"""Numba kernel: height profiles of many codes, eight side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.batches import block_minors, by_form, minor_room
from mheight.codes.minors.expansion import fill_block
from mheight.codes.minors.lanes import (
    LANES,
    add,
    aligned_rows,
    divided,
    entry,
    fused,
    largest,
    least,
    load,
    multiply,
    splat,
    store,
    subtract,
    where_positive,
)
from mheight.codes.minors.rounding import CLOSE_ZERO
from mheight.codes.minors.subsets import MinorTable, minor_table
from mheight.heights.lattice.tables import height_lattice
from mheight.kernels.compiling import for_work, kernel, of_one_form
from mheight.kernels.threads import in_ranges

__all__ = ["profiles"]

Float = NDArray[np.float64]
Flags = NDArray[np.bool_]

_IN_LANES = 10.0  # times the worse that vectors are for the interpreter


@kernel()
def _sum_circuits(minors, tables, sums):  # type: ignore[no-untyped-def]
    """s(A) of every (k+1)-set A; where all its minors are 0, any positive number does.

    Args:
        minors: shape (C(n, k), LANES).
        tables: `SweepTables`.
        sums: shape (C(n, k+1), LANES), filled.
    """
    circuits, width = tables.circuits, tables.k + 1
    first = 0
    for c in range(sums.shape[0]):
        total = load(minors, entry(circuits, first))
        for i in range(1, width):
            total = add(total, load(minors, entry(circuits, first + i)))
        first += width
        store(sums, c * LANES, where_positive(total, total, splat(1.0)))


@kernel(error_model="numpy")
def _invert(minors, inverses):  # type: ignore[no-untyped-def]
    """1 / p(B), infinite where p(B) = 0.

    Args:
        minors: shape (C(n, k), LANES), p(B).
        inverses: shape (C(n, k), LANES), filled.
    """
    for s in range(minors.shape[0]):
        p = load(minors, s * LANES)
        inverse = divided(splat(1.0), where_positive(p, p, splat(1.0)))
        store(inverses, s * LANES, where_positive(p, inverse, splat(np.inf)))


@kernel()
def _sweep(minors, inverses, sums, tables, values, best):  # type: ignore[no-untyped-def]
    """For each target a: F_a(B) of all bases, then F_a(T) upwards; best of each level.

    Args:
        minors: shape (C(n, k), LANES), p(B).
        inverses: shape (C(n, k), LANES), 1 / p(B).
        sums: shape (C(n, k+1), LANES), s(A).
        tables: `SweepTables`.
        values: shape (sets T, LANES), filled: F_a(T) of the last target.
        best: shape (n-k, LANES): raised to the largest F_a(T) of each size of T.
    """
    minor_of, circuit_of, level_start = tables.minor_of, tables.circuit_of, tables.level_start
    children, width, n = tables.children, tables.k + 1, tables.n
    levels = len(level_start) - 1
    bases = level_start[1]
    e = 0
    for _ in range(n):
        top = load(best, 0)
        for i in range(bases):
            basis = entry(minor_of, e)
            p, inverse = load(minors, basis), load(inverses, basis)
            s = load(sums, entry(circuit_of, e))
            e += 1
            # s / p by the reciprocal and one correction, rounded as the division is.
            ratio = multiply(s, inverse)
            exact = fused(fused(subtract(splat(0.0), ratio), p, s), inverse, ratio)
            ratio = where_positive(p, exact, ratio)
            store(values, i * LANES, ratio)
            top = largest(ratio, top)
        store(best, 0, top)
        c = 0
        for level in range(1, levels):
            top = load(best, level * LANES)
            for t in range(level_start[level], level_start[level + 1]):
                value = load(values, entry(children, c))
                for i in range(1, width):
                    value = least(load(values, entry(children, c + i)), value)
                c += width
                store(values, t * LANES, value)
                top = largest(value, top)
            store(best, level * LANES, top)


@kernel()
def _doubt_zeros(at, sums, tables):  # type: ignore[no-untyped-def]
    """Doubt codes where F_a(B) = s(B + a) / p(B) with p(B) = 0 may be finite, and not large.

    A minor that counts as zero may be as large as rounding makes it.  That is no matter
    beside an s(B + a) of usual size; a small one may make a moderate height of it.

    Args:
        at: `MinorRoom`, after `block_minors`.
        sums: shape (C(n, k+1), LANES), s(A).
        tables: `SweepTables`.
    """
    minors, bounds, tolerance, spare, doubt = at.minors, at.bounds, at.tolerance, at.spare, at.doubt
    minor_of, circuit_of = tables.minor_of, tables.circuit_of
    rounded = False
    for lane in range(LANES):
        rounded = rounded or tolerance[0, lane] > 0.0
    if not rounded:
        return
    relative, found = load(tolerance, 0), splat(0.0)
    for s in range(len(minors)):
        found = largest(
            found, where_positive(load(minors, s * LANES), splat(0.0), load(bounds, s * LANES))
        )
    store(spare, 0, where_positive(relative, found, splat(0.0)))
    some = False
    for lane in range(LANES):
        some = some or spare[0, lane] > 0.0
    if not some:
        return
    found = splat(0.0)
    for e in range(len(minor_of)):
        basis = entry(minor_of, e)
        limit = multiply(splat(CLOSE_ZERO), load(bounds, basis))
        close = subtract(limit, load(sums, entry(circuit_of, e)))
        found = largest(found, where_positive(load(minors, basis), splat(0.0), close))
    store(doubt, 0, largest(load(doubt, 0), where_positive(relative, found, splat(0.0))))


@kernel()
def _profiles(generators, dual, terms, tables, out, doubtful, room, first, last):  # type: ignore[no-untyped-def]
    """Fill in what `profiles` returns, for the blocks of codes from `first` to `last`.

    Args:
        generators: shape (N, rows, n), as for `profiles`.
        dual: whether the block is to hold [P^T | I] (see `fill_block`).
        terms: `Terms`.
        tables: `SweepTables`.
        out: shape (N, n-k), filled: heights.
        doubtful: shape (N,), filled: whether rounding leaves a minor in doubt.
        room: shape (R, LANES), R the rows of `MinorTable`, of `HeightLattice`, and C(n, k).
        first: a block.
        last: behind the last of them.
    """
    count, _, n = generators.shape
    levels, bases = len(tables.level_start) - 1, len(terms.order)
    at = minor_room(room, (len(terms.sizes) - 1) * n, terms)
    minors, doubt = at.minors, at.doubt
    a = len(room) - levels
    b = a - bases
    c = b - len(tables.circuits) // (tables.k + 1)
    best, inverses, sums = room[a:], room[b:a], room[c:b]
    values = room[c - tables.level_start[levels] : c]
    for block_number in range(first, last):
        start = block_number * LANES
        fill_block(generators, start, dual, at.block, at.tolerance)
        block_minors(terms, at)
        _sum_circuits(minors, tables, sums)
        _doubt_zeros(at, sums, tables)
        _invert(minors, inverses)
        for level in range(levels):
            store(best, level * LANES, splat(0.0))
        _sweep(minors, inverses, sums, tables, values, best)
        for lane in range(min(LANES, count - start)):
            doubtful[start + lane] = doubt[0, lane] > 0.0
            for level in range(levels):
                # Sets of size k + level have n - m elements.
                height = best[level, lane] - 1.0
                out[start + lane, levels - 1 - level] = max(height, 1.0)


def profiles(matrices: Float, systematic: Flags, *, is_check: bool = False) -> tuple[Float, Flags]:
    """Height profiles of many codes, without validation.

    Args:
        matrices: shape (N, k, n) with 1 <= k < n, finite, of rank k, C-contiguous: generator
            matrices; or parity-check matrices of shape (N, n-k, n).
        systematic: shape (N,), which generator matrices have the form [I | P].
        is_check: whether they are parity-check matrices.

    Returns:
        Heights of shape (N, n-k), column m-1 holds h_m; and shape (N,), which codes have
        a minor that rounding leaves in doubt (see `mheight.codes.minors.batches.block_minors`).
    """
    matrices = of_one_form(matrices)
    count, rows, n = matrices.shape
    k = n - rows if is_check else rows
    out = np.empty((count, n - k))
    doubtful = np.zeros(count, dtype=np.bool_)
    if not count:
        return out, doubtful
    if is_check:
        # Minors of H on complements are those of G; of [I | P] the kernel makes H itself.
        _fill_profiles(matrices, k, False, minor_table(n, k, True), out, doubtful)
        return out, doubtful
    for index, dual in by_form(matrices, systematic):
        whole = isinstance(index, slice)
        part = out if whole else np.empty((len(index), n - k))
        doubt = doubtful if whole else np.empty(len(index), dtype=np.bool_)
        _fill_profiles(matrices[index], k, dual, minor_table(n, k, dual), part, doubt)
        out[index], doubtful[index] = part, doubt
    return out, doubtful


def _fill_profiles(
    codes: Float, k: int, dual: bool, table: MinorTable, out: Float, doubtful: Flags
) -> None:
    count, _, n = codes.shape
    lattice = height_lattice(n, k)
    rows = table.room + len(table.terms.order) + lattice.room
    blocks = -(-count // LANES)
    seconds = blocks * (table.seconds + lattice.seconds)
    profiles_of = for_work(_profiles, _IN_LANES * seconds)

    def work(first: int, last: int) -> None:
        profiles_of(
            codes, dual, table.terms, lattice.sweep, out, doubtful, aligned_rows(rows), first, last
        )

    in_ranges(work, blocks, seconds)
