"""Absolute maximal minors of generator matrices, many codes at once.

All minors come from one Laplace expansion along the subset lattice: the minor of
the first r rows on an r-subset S of columns is a signed sum, over j in S, of
`G[r-1, j]` times the minor of the first r-1 rows on S - {j}.  Absolute minors of a
generator matrix G = [I | P] are those of the parity-check matrix [-P^T | I] on the
complements, so the kernel works on whichever has fewer rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.expansion import (
    bound_minors,
    expand_minors,
    fill_block,
    multiply_norms,
)
from mheight.codes.minors.lanes import (
    LANES,
    aligned_rows,
    entry,
    largest,
    load,
    magnitude,
    multiply,
    splat,
    store,
    subtract,
    where_positive,
)
from mheight.codes.minors.rounding import NOISE, ZERO_TOLERANCE, doubt_limits
from mheight.codes.minors.subsets import minor_table
from mheight.kernels.compiling import for_work, kernel, of_one_form
from mheight.kernels.threads import in_ranges

__all__ = [
    "MinorRoom",
    "absolute_minors",
    "block_minors",
    "by_form",
    "minor_room",
    "systematic_codes",
]

_IN_LANES = 2.0  # times the worse that vectors are for the interpreter

Float = NDArray[np.float64]


class MinorRoom(NamedTuple):
    """Arrays that `block_minors` reads, fills and works in."""

    block: Float  # (rows * n, LANES), the codes, overwritten (see `fill_block`)
    minors: Float  # (C(n, k), LANES), filled: absolute minors in the order of k-subsets
    spare: Float  # (widest, LANES), one level of the expansion
    other: Float  # (widest, LANES), the next
    bounds: Float  # (C(n, k), LANES), filled, where something is rounded: permanents
    tolerance: Float  # (1, LANES), what counts as zero (see `fill_block`)
    doubt: Float  # (1, LANES), filled: whether a code's minors are in doubt


@kernel()
def minor_room(room, entries, terms):  # type: ignore[no-untyped-def]
    """Cut up an array of rows into what `block_minors` works in; returns a `MinorRoom`.

    Args:
        room: shape (R, LANES), R at least `MinorTable.room`.
        entries: of a code, rows * n.
        terms: `Terms`.
    """
    count, widest = len(terms.order), terms.widest
    a = entries
    b = a + count
    c = b + widest
    d = c + widest
    e = d + count
    return MinorRoom(
        room[:a],
        room[a:b],
        room[b:c],
        room[c:d],
        room[d:e],
        room[e : e + 1],
        room[e + 1 : e + 2],
    )


@kernel()
def block_minors(terms, at):  # type: ignore[no-untyped-def]
    """Absolute minors of a block in the order of k-subsets; zero up to rounding is 0.

    `doubt` becomes 1 for codes with a minor that counts as zero but is
    larger than rounding makes it (`NOISE`), or is known to too few digits, with zero
    minors beside small ones, or with nearly dependent rows (`doubt_limits`).

    Args:
        terms: `Terms`.
        at: `MinorRoom`, its block and tolerance filled.
    """
    block, spare, other, order = at.block, at.spare, at.other, terms.order
    minors, bounds, tolerance, doubt = at.minors, at.bounds, at.tolerance, at.doubt
    signed = expand_minors(block, terms, spare, other)
    for s in range(len(order)):
        store(minors, s * LANES, magnitude(load(signed, entry(order, s))))
    store(doubt, 0, splat(0.0))
    rounded = False
    for lane in range(LANES):
        rounded = rounded or tolerance[0, lane] > 0.0
    if not rounded:
        return
    permanents = bound_minors(block, terms, spare, other)
    for s in range(len(order)):
        store(bounds, s * LANES, load(permanents, entry(order, s)))
    norms = multiply_norms(block, terms, spare, other)
    relative = load(tolerance, 0)
    noise = multiply(relative, splat(NOISE / ZERO_TOLERANCE))
    low_limit, well_limit, digits_limit = doubt_limits(len(terms.sizes) - 1, len(order))
    few_digits = multiply(relative, splat(digits_limit / ZERO_TOLERANCE))
    well = multiply(relative, splat(well_limit / ZERO_TOLERANCE))
    suspicious = multiply(relative, splat(low_limit / ZERO_TOLERANCE))
    found, best, small, zero = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    for s in range(len(order)):
        value, permanent = load(minors, s * LANES), load(bounds, s * LANES)
        bound = largest(permanent, load(norms, entry(order, s)))
        excess = subtract(value, multiply(relative, bound))
        store(minors, s * LANES, where_positive(excess, value, splat(0.0)))
        vague = subtract(multiply(few_digits, permanent), value)
        loud = subtract(value, multiply(noise, permanent))
        found = largest(found, where_positive(excess, vague, loud))
        best = largest(best, subtract(value, multiply(well, permanent)))
        low = subtract(multiply(suspicious, permanent), value)
        small = largest(small, where_positive(excess, low, splat(0.0)))
        zero = largest(zero, where_positive(excess, splat(0.0), splat(1.0)))
    found = where_positive(best, found, relative)
    found = largest(found, where_positive(small, zero, splat(0.0)))
    store(doubt, 0, where_positive(relative, found, splat(0.0)))


@kernel()
def _absolute_minors(generators, dual, terms, out, room, first, last):  # type: ignore[no-untyped-def]
    """Absolute minors of the codes of some blocks.

    Args:
        generators: shape (N, k, n).
        dual: whether to expand [P^T | I] (see `fill_block`).
        terms: `Terms`.
        out: shape (N, C(n, k)), filled, in lexicographic order of the k-subsets.
        room: shape (`MinorTable.room`, LANES), to work in.
        first: a block, of `LANES` codes.
        last: behind the last of them.
    """
    count, _, n = generators.shape
    at = minor_room(room, (len(terms.sizes) - 1) * n, terms)
    minors = at.minors
    for b in range(first, last):
        fill_block(generators, b * LANES, dual, at.block, at.tolerance)
        block_minors(terms, at)
        for lane in range(min(LANES, count - b * LANES)):
            for s in range(len(minors)):
                out[b * LANES + lane, s] = minors[s, lane]


def systematic_codes(generators: Float) -> NDArray[np.bool_]:
    """Which matrices of a batch of shape (N, k, n) have the form [I | P], shape (N,)."""
    k = generators.shape[1]
    return np.asarray((generators[:, :, :k] == np.eye(k)).all(axis=(1, 2)))


def by_form(generators: Float, systematic: NDArray[np.bool_]) -> Iterator[tuple[Any, bool]]:
    """Cut a batch into codes that the parity-check matrix serves and codes that it does not.

    Each code is treated in the same way whatever stands beside it in the batch.

    Args:
        generators: shape (N, k, n).
        systematic: shape (N,), which have the form [I | P].

    Yields:
        An index of codes, and whether [P^T | I], of fewer rows, is to be used for them.
    """
    _, k, n = generators.shape
    dual = systematic & (0 < n - k < k)
    for use_dual in (False, True):
        index = np.flatnonzero(dual == use_dual)
        if len(index) == len(dual):
            yield slice(None), use_dual
        elif len(index):
            yield index, use_dual


def absolute_minors(generators: Float) -> Float:
    """Absolute maximal minors |det G_B| of many generator matrices.

    Args:
        generators: shape (N, k, n), finite float64.

    Returns:
        Shape (N, C(n, k)); column i belongs to the i-th k-subset of columns in
        lexicographic order.  Minors that are zero up to rounding are exactly 0 (see
        `ZERO_TOLERANCE`; for integer matrices this is decided exactly).
    """
    generators = of_one_form(generators)
    count, k, n = generators.shape
    out = np.empty((count, comb(n, k)))
    if not count:
        return out
    for index, dual in by_form(generators, systematic_codes(generators)):
        part = out if isinstance(index, slice) else np.empty((len(index), out.shape[1]))
        _fill_minors(generators[index], dual, part)
        out[index] = part
    return out


def _fill_minors(codes: Float, dual: bool, out: Float) -> None:
    count, k, n = codes.shape
    table = minor_table(n, k, dual)
    blocks = -(-count // LANES)
    minors_of = for_work(_absolute_minors, _IN_LANES * blocks * table.seconds)

    def work(first: int, last: int) -> None:
        minors_of(codes, dual, table.terms, out, aligned_rows(table.room), first, last)

    in_ranges(work, blocks, blocks * table.seconds)
