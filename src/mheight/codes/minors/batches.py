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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes.compiling import for_work, kernel, of_one_form
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
from mheight.codes.threads import in_ranges

__all__ = ["absolute_minors", "block_minors", "by_form", "minor_room", "systematic_codes"]

_IN_LANES = 2.0  # times the worse that vectors are for the interpreter

Float = NDArray[np.float64]


@kernel()
def block_minors(  # type: ignore[no-untyped-def]
    block, n, column, child, sizes, order, tolerance, spare, other, bounds, minors, doubt
):
    """Absolute minors of a block in the order of k-subsets; zero up to rounding is 0.

    `doubt`, shape (1, LANES), becomes 1 for codes with a minor that counts as zero but is
    larger than rounding makes it (`NOISE`), or is known to too few digits, with zero
    minors beside small ones, or with nearly dependent rows (`doubt_limits`).
    """
    signed = expand_minors(block, n, column, child, sizes, spare, other)
    for s in range(len(order)):
        store(minors, s * LANES, magnitude(load(signed, entry(order, s))))
    store(doubt, 0, splat(0.0))
    rounded = False
    for lane in range(LANES):
        rounded = rounded or tolerance[0, lane] > 0.0
    if not rounded:
        return
    permanents = bound_minors(block, n, column, child, sizes, spare, other)
    for s in range(len(order)):
        store(bounds, s * LANES, load(permanents, entry(order, s)))
    norms = multiply_norms(block, n, column, child, sizes, spare, other)
    relative = load(tolerance, 0)
    noise = multiply(relative, splat(NOISE / ZERO_TOLERANCE))
    low_limit, well_limit, digits_limit = doubt_limits(len(sizes) - 1, len(order))
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
def minor_room(room, entries, count, widest):  # type: ignore[no-untyped-def]
    """Arrays for `block_minors`: block, minors, spare, other, bounds, tolerance, doubt."""
    a = entries
    b = a + count
    c = b + widest
    d = c + widest
    e = d + count
    return (
        room[:a],
        room[a:b],
        room[b:c],
        room[c:d],
        room[d:e],
        room[e : e + 1],
        room[e + 1 : e + 2],
    )


@kernel()
def _absolute_minors(  # type: ignore[no-untyped-def]
    generators, dual, rows, widest, column, child, sizes, order, out, room, first, last
):  # fmt: skip
    count, _, n = generators.shape
    block, minors, spare, other, bounds, tolerance, doubt = minor_room(
        room, rows * n, len(order), widest
    )
    for b in range(first, last):
        fill_block(generators, b * LANES, dual, block, tolerance)
        block_minors(
            block, n, column, child, sizes, order, tolerance, spare, other, bounds, minors, doubt
        )  # fmt: skip
        for lane in range(min(LANES, count - b * LANES)):
            for s in range(len(order)):
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
        minors_of(
            codes, dual, table.rows, table.widest, table.column, table.child, table.sizes,
            table.order, out, aligned_rows(table.room), first, last,
        )  # fmt: skip

    in_ranges(work, blocks, blocks * table.seconds)
