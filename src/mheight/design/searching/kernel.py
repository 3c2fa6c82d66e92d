"""Numba kernel: one height of many codes, eight side by side, for searches.

The same lattice as `mheight.heights.lattice.batches`, with less around it: one m only, and a
minor is zero below a fixed fraction of the largest one of its code, without a word on doubts.
What a search ends with is judged by exact arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.expansion import Terms, expand_minors
from mheight.codes.minors.lanes import (
    LANES,
    add,
    aligned_rows,
    divided,
    entry,
    largest,
    least,
    load,
    magnitude,
    multiply,
    splat,
    store,
    subtract,
    where_positive,
)
from mheight.codes.minors.subsets import minor_table
from mheight.heights.lattice.tables import SweepTables, height_lattice
from mheight.kernels.compiling import kernel

__all__ = [
    "ZERO",
    "ByDirection",
    "ByEntry",
    "HeightProgram",
    "Tables",
    "block_heights",
    "height_program",
    "heights",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

ZERO = 1e-10
"""Of the largest minor of a code of real entries: smaller ones count as zero."""


class Tables(NamedTuple):
    """What the kernels read of a height to be computed, for whatever codes."""

    n: int  # length
    k: int  # dimension
    rows: int  # of the matrices that come
    is_check: bool  # whether these are parity-check matrices
    terms: Terms  # of the expansion of minors
    sweep: SweepTables  # over the sets T, with levels up to the size for m


class ByDirection(NamedTuple):
    """A chart as kernels read it, one direction after the other."""

    base: Float  # (rows * n,), the matrix at 0
    start: Int  # (d + 1,), where each direction begins
    entry_of: Int  # (t,), entries of the matrix that it adds to, row by row
    factor_of: Float  # (t,), how much it adds there


class ByEntry(NamedTuple):
    """The same, one entry of the matrix after the other."""

    base: Float  # (rows * n,), the matrix at 0
    start: Int  # (rows * n + 1,), where each entry begins
    direction_of: Int  # (t,), directions that add to it
    factor_of: Float  # (t,), how much they add


@dataclass(frozen=True)
class HeightProgram:
    """What `block_heights` runs for the m-height of [n, k] codes.

    Attributes:
        n: length.
        k: dimension.
        m: index of the height.
        is_check: whether codes come as parity-check matrices, which is so where those have
            fewer rows.
        tables: for `block_heights`.
        room: rows of `LANES` doubles that it works in.
    """

    n: int
    k: int
    m: int
    is_check: bool
    tables: Tables
    room: int

    @property
    def rows(self) -> int:
        """Of the matrices."""
        return self.tables.rows

    def new_room(self) -> Float:
        """An array to work in; each thread needs its own."""
        return aligned_rows(self.room)


@lru_cache(maxsize=64)
def height_program(n: int, k: int, m: int, is_check: bool | None = None) -> HeightProgram:
    """The program for h_m of [n, k] codes, 1 <= m <= n-k, without validation.

    Args:
        n: length.
        k: dimension.
        m: index of the height.
        is_check: whether codes come as parity-check matrices; None for what is faster.
    """
    if is_check is None:
        is_check = n - k < k
    table, sweep = minor_table(n, k, is_check), height_lattice(n, k).sweep
    terms, levels = table.terms, sweep.level_start[: n - k - m + 2]
    tables = Tables(n, k, table.rows, is_check, terms, sweep._replace(level_start=levels))
    sums = len(sweep.circuits) // (k + 1)
    room = 2 * terms.widest + 2 * len(terms.order) + sums + int(levels[-1])
    return HeightProgram(n, k, m, is_check, tables, room)


@kernel()
def _circuit_heights(minors, circuits, width):  # type: ignore[no-untyped-def]
    """The case m = n-k: 1 + h is the largest s(A) / (least p in A), infinite if a p is 0.

    Args:
        minors: shape (C(n, k), LANES), p(B).
        circuits: shape (C(n, k+1) * (k+1),), of `SweepTables`.
        width: k + 1.

    Returns:
        1 + h in each lane.
    """
    best = splat(1.0)
    e = 0
    for _ in range(len(circuits) // width):
        p = load(minors, entry(circuits, e))
        total, low = p, p
        for i in range(1, width):
            p = load(minors, entry(circuits, e + i))
            total, low = add(total, p), least(p, low)
        e += width
        ratio = divided(total, where_positive(low, low, splat(1.0)))
        best = largest(where_positive(low, ratio, splat(np.inf)), best)
    return best


@kernel()
def _soft_heights(minors, circuits, width, floor):  # type: ignore[no-untyped-def]
    """The same by eighth powers, summed: ties count, and a zero minor is as bad as `floor`.

    Args:
        minors: shape (C(n, k), LANES), p(B).
        circuits: shape (C(n, k+1) * (k+1),), of `SweepTables`.
        width: k + 1.
        floor: what a smaller minor counts as.

    Returns:
        The sum in each lane.
    """
    summed, least_minor = splat(0.0), splat(floor)
    e = 0
    for _ in range(len(circuits) // width):
        p = load(minors, entry(circuits, e))
        total, low = p, p
        for i in range(1, width):
            p = load(minors, entry(circuits, e + i))
            total, low = add(total, p), least(p, low)
        e += width
        ratio = divided(total, largest(low, least_minor))
        ratio = multiply(ratio, ratio)
        ratio = multiply(ratio, ratio)
        summed = add(summed, multiply(ratio, ratio))
    return summed


@kernel()
def _lattice_heights(minors, inverses, sums, values, tables):  # type: ignore[no-untyped-def]
    """1 + h_m by a sweep over the sets T upwards, for each target; m < n-k.

    Args:
        minors: shape (C(n, k), LANES), p(B).
        inverses: shape (C(n, k), LANES), filled: 1 / p(B).
        sums: shape (C(n, k+1), LANES), filled: s(A).
        values: shape (sets T, LANES), filled, but for the largest sets: F_a(T) of the last target.
        tables: `SweepTables`.

    Returns:
        1 + h_m in each lane.
    """
    circuits, children, width = tables.circuits, tables.children, tables.k + 1
    minor_of, circuit_of, level_start = tables.minor_of, tables.circuit_of, tables.level_start
    first = 0
    for c in range(len(circuits) // width):
        total = load(minors, entry(circuits, first))
        for i in range(1, width):
            total = add(total, load(minors, entry(circuits, first + i)))
        first += width
        store(sums, c * LANES, where_positive(total, total, splat(1.0)))
    for s in range(inverses.shape[0]):
        p = load(minors, s * LANES)
        inverse = divided(splat(1.0), where_positive(p, p, splat(1.0)))
        store(inverses, s * LANES, where_positive(p, inverse, splat(np.inf)))
    levels, bases = len(level_start) - 1, level_start[1]
    best = splat(1.0)
    e = 0
    for _ in range(tables.n):
        for i in range(bases):
            inverse = load(inverses, entry(minor_of, e))
            store(values, i * LANES, multiply(load(sums, entry(circuit_of, e)), inverse))
            e += 1
        c = 0
        for level in range(1, levels - 1):
            for t in range(level_start[level], level_start[level + 1]):
                value = load(values, entry(children, c))
                for i in range(1, width):
                    value = least(load(values, entry(children, c + i)), value)
                c += width
                store(values, t * LANES, value)
        for _ in range(level_start[levels - 1], level_start[levels]):
            value = load(values, entry(children, c))
            for i in range(1, width):
                value = least(load(values, entry(children, c + i)), value)
            c += width
            best = largest(value, best)
    return best


@kernel()
def block_heights(block, out, at, zero, floor, room, tables):  # type: ignore[no-untyped-def]
    """1 + h_m of `LANES` codes, into row `at` of `out`.

    Args:
        block: shape (rows * n, LANES), entries of the codes; kept.
        out: shape (R, LANES), filled in one row, or two.
        at: a row of it.
        zero: the fraction of a code's largest minor that counts as zero.
        floor: positive for what else annealing asks for, where m = n-k: the sum of the eighth
            powers of what 1 + h is the largest of, in the next row; a zero minor counts as
            `floor` there.
        room: shape (`HeightProgram.room`, LANES), to work in.
        tables: `Tables`.
    """
    terms, sweep = tables.terms, tables.sweep
    circuits, order, width = sweep.circuits, terms.order, tables.k + 1
    count = len(order)
    a, b = terms.widest, 2 * terms.widest
    c, d = b + count, b + 2 * count
    e = d + len(circuits) // width
    minors = room[b:c]
    signed = expand_minors(block, terms, room[:a], room[a:b])
    top = splat(0.0)
    for s in range(count):
        p = magnitude(load(signed, entry(order, s)))
        store(minors, s * LANES, p)
        top = largest(p, top)
    least_minor = multiply(top, splat(zero))
    if zero > 0.0:
        for s in range(count):
            p = load(minors, s * LANES)
            store(
                minors,
                s * LANES,
                where_positive(subtract(p, least_minor), p, splat(0.0)),
            )
    if len(sweep.level_start) == 2:
        best = _circuit_heights(minors, circuits, width)
        if floor > 0.0:
            store(out, (at + 1) * LANES, _soft_heights(minors, circuits, width, floor))
    else:
        best = _lattice_heights(minors, room[c:d], room[d:e], room[e:], sweep)
    store(out, at * LANES, best)


@kernel()
def _heights(matrices, zero, out, room, tables):  # type: ignore[no-untyped-def]
    """h_m of many codes, `LANES` at a time.

    Args:
        matrices: shape (N, rows, n).
        zero: the fraction of a code's largest minor that counts as zero.
        out: shape (N,), filled.
        room: shape (`HeightProgram.room`, LANES), to work in.
        tables: `Tables`.
    """
    count, rows, n = matrices.shape
    block, found = np.empty((rows * n, LANES)), np.empty((1, LANES))
    for start in range(0, count, LANES):
        for lane in range(LANES):
            code = min(start + lane, count - 1)
            for i in range(rows):
                for j in range(n):
                    block[i * n + j, lane] = matrices[code, i, j]
        block_heights(block, found, 0, zero, 0.0, room, tables)
        for lane in range(min(LANES, count - start)):
            out[start + lane] = max(found[0, lane] - 1.0, 1.0)


def heights(program: HeightProgram, matrices: Float, zero: float = ZERO) -> Float:
    """h_m of many codes, infinite where minors say so.

    Args:
        program: for n, k, m.
        matrices: shape (N, rows, n): parity-check matrices if `program.is_check`, else
            generator matrices.
        zero: as for `block_heights`; 0 for matrices of integers.
    """
    out = np.empty(len(matrices))
    _heights(np.ascontiguousarray(matrices), zero, out, program.new_room(), program.tables)
    return out
