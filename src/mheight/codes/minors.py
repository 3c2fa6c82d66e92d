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
from mheight.codes.lanes import (
    LANES,
    add,
    aligned_rows,
    entry,
    largest,
    load,
    magnitude,
    multiply,
    splat,
    square_root,
    store,
    subtract,
    where_positive,
)
from mheight.codes.minor_tables import minor_table
from mheight.codes.threads import in_ranges

__all__ = [
    "CLOSE_ZERO",
    "DOUBT",
    "NOISE",
    "ZERO_TOLERANCE",
    "absolute_minors",
    "doubt_limits",
    "expansion_rows",
]

ZERO_TOLERANCE = 1e-12
"""A minor of a matrix that is not of exact integers counts as zero below this fraction
of the larger of two bounds: the permanent of the magnitudes of its entries (relative
changes of the entries this small may make it zero), and the product of the Euclidean
norms of its columns, once each row is scaled by a power of two to an absolute sum from 1
to 2 (an entry that is noise beside the rest of its column may be zero)."""

NOISE = 1e-14
"""A true zero comes out below this fraction of the permanent: r rounding errors each in
r products, r sums and the entries.  A larger minor that counts as zero is in doubt."""

DOUBT = 1e-9
"""A nonzero minor above this fraction of the permanent is right to about 1e-6."""

ACCURACY, MOST_ACCURATE_MINORS = 1e-8, 252
"""Heights are right to this where a code has no more minors, as all have up to n = 10."""

CLOSE_ZERO = 1e-3
"""Of the permanent of a minor that counts as zero: a sum s(B + a) below may belong to a height
of less than 1e12."""

_SUSPICIOUS, _CONDITIONED, _FEW_MINORS = 2e-4, 2e-2, 126.0

_IN_LANES = 2.0  # times the worse that vectors are for the interpreter
_EXACT_LIMIT = float(2**53)

_UNIT = 2.0**-53

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Offsets = NDArray[np.int32]


@kernel()
def doubt_limits(rows, count):  # type: ignore[no-untyped-def]
    """Three fractions of the permanent, the first two to tell an unusual code from a random one.

    The first: beside nonzero minors below it, zero ones may be small instead.  The second:
    if no minor is above it, the rows are nearly dependent.  A random minor of r rows is
    about 1 / (0.8^r sqrt(r!)) of its permanent, and the least of many is smaller.

    The third: a minor above it has the digits that heights need.  Laplace expansion rounds
    t products and sums of t terms at each size t up to r, and the r entries may be rounded;
    a height is a quotient of minors.  Where there are many minors, the least of them is
    seldom above such a limit, and only `DOUBT` is asked for.
    """
    typical = 1.0
    for i in range(1, rows + 1):
        typical /= 0.8 * np.sqrt(i)
    digits = DOUBT
    if count <= MOST_ACCURATE_MINORS:
        digits = (rows + 1) * (rows + 2) * _UNIT / ACCURACY
    return _SUSPICIOUS * typical * min(1.0, _FEW_MINORS / count), _CONDITIONED * typical, digits


@kernel()
def fill_block(generators, first, dual, block, tolerance):  # type: ignore[no-untyped-def]
    """Transpose `LANES` codes into a block, and say what counts as a zero minor.

    The minors of an integer matrix are exact if every partial sum of the Laplace
    expansion is below 2^53; the product of the rows' absolute sums bounds them.

    Args:
        generators: shape (N, k, n).
        first: the first code of the block; codes past the last repeat it.
        dual: whether to take [P^T | I], whose minors are those of [-P^T | I] up to sign.
        block: shape (rows * n, LANES), filled.
        tolerance: shape (1, LANES), filled: 0, or `ZERO_TOLERANCE`.
    """
    count, k, n = generators.shape
    rows = n - k if dual else k
    sums = np.empty(rows)
    for lane in range(LANES):
        code = min(first + lane, count - 1)
        integral = True
        bound = 1.0
        for i in range(rows):
            total = 0.0
            for j in range(n):
                if not dual:
                    value = generators[code, i, j]
                elif j < k:
                    value = generators[code, j, k + i]
                else:
                    value = 1.0 if j - k == i else 0.0
                block[i * n + j, lane] = value
                total += abs(value)
                integral = integral and value == np.rint(value)
            bound *= max(total, 1.0)
            sums[i] = total
        exact = integral and bound < _EXACT_LIMIT
        tolerance[0, lane] = 0.0 if exact else ZERO_TOLERANCE
        if exact:
            continue
        for i in range(rows):
            # A power of two rounds nothing, and a row's factor is common to all minors.
            # Two steps, because the factor itself may overflow.
            half = -0.5 * np.floor(np.log2(sums[i])) if sums[i] > 0.0 else 0.0
            up, down = 2.0 ** np.floor(half), 2.0 ** np.ceil(half)
            for j in range(n):
                block[i * n + j, lane] = block[i * n + j, lane] * up * down


@kernel()
def expand_minors(block, n, column, child, sizes, spare, other):  # type: ignore[no-untyped-def]
    """Signed maximal minors of a block; returns `spare` or `other`, whichever holds them."""
    current, previous = spare, other
    for j in range(n):
        store(current, j * LANES, load(block, j * LANES))
    t = n
    for r in range(1, len(sizes) - 1):
        current, previous = previous, current
        row = r * n * LANES
        for s in range(sizes[r + 1]):
            # Signs alternate along the row; the overall sign does not matter.
            plus = multiply(load(block, row + entry(column, t)), load(previous, entry(child, t)))
            t += 1
            minus = multiply(load(block, row + entry(column, t)), load(previous, entry(child, t)))
            t += 1
            for position in range(2, r + 1):
                x, y = load(block, row + entry(column, t)), load(previous, entry(child, t))
                t += 1
                if position & 1:
                    minus = add(minus, multiply(x, y))
                else:
                    plus = add(plus, multiply(x, y))
            store(current, s * LANES, subtract(plus, minus))
    return current


@kernel()
def bound_minors(block, n, column, child, sizes, spare, other):  # type: ignore[no-untyped-def]
    """Permanents of magnitudes, which bound the minors: the expansion without signs.

    The block is overwritten; returns `spare` or `other`, whichever holds the bounds.
    """
    current, previous = spare, other
    for i in range((len(sizes) - 1) * n):
        store(block, i * LANES, magnitude(load(block, i * LANES)))
    for j in range(n):
        store(current, j * LANES, load(block, j * LANES))
    t = n
    for r in range(1, len(sizes) - 1):
        current, previous = previous, current
        row = r * n * LANES
        for s in range(sizes[r + 1]):
            x, y = load(block, row + entry(column, t)), load(previous, entry(child, t))
            total = multiply(x, y)
            t += 1
            for _ in range(r):
                x, y = load(block, row + entry(column, t)), load(previous, entry(child, t))
                t += 1
                total = add(total, multiply(x, y))
            store(current, s * LANES, total)
    return current


@kernel()
def multiply_norms(block, n, column, child, sizes, spare, other):  # type: ignore[no-untyped-def]
    """Products of the Euclidean norms of the columns of each maximal minor.

    Returns `spare` or `other`, whichever holds them; the first row of the block is
    overwritten.
    """
    rows = len(sizes) - 1
    current, previous = spare, other
    for j in range(n):
        total = splat(0.0)
        for i in range(rows):
            x = load(block, (i * n + j) * LANES)
            total = add(total, multiply(x, x))
        total = square_root(total)
        store(block, j * LANES, total)
        store(current, j * LANES, total)
    t = n
    for r in range(1, rows):
        current, previous = previous, current
        for s in range(sizes[r + 1]):
            t += r  # the last term of S: its last column, and S without it
            x, y = load(block, entry(column, t)), load(previous, entry(child, t))
            t += 1
            store(current, s * LANES, multiply(x, y))
    return current


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


@kernel()
def expansion_rows(G, is_check):  # type: ignore[no-untyped-def]
    """The rows to expand for one code: of G, or of [P^T | I] where those are fewer.

    What `fill_block` does for a block: rows of integers whose minors stay in the exact
    range of float64 are left as they are; of others, each is scaled by a power of two to
    an absolute sum from 1 to 2.

    Args:
        G: shape (k, n), finite.
        is_check: whether it is a parity-check matrix, which is expanded as it is.

    Returns:
        The rows; whether their minors are those of G on complements; whether all minors
        come out exact.
    """
    k, n = G.shape
    dual = 0 < n - k < k and not is_check
    if dual:
        for i in range(k):
            for j in range(k):
                dual = dual and G[i, j] == (1.0 if i == j else 0.0)
    count = n - k if dual else k
    rows = np.empty((count, n))
    bound = 1.0
    exact = True
    for i in range(count):
        total = 0.0
        for j in range(n):
            if not dual:
                value = G[i, j]
            elif j < k:
                value = G[j, k + i]
            else:
                value = 1.0 if j - k == i else 0.0
            rows[i, j] = value
            total += abs(value)
            exact = exact and value == np.rint(value)
        bound *= max(total, 1.0)
    exact = exact and bound < _EXACT_LIMIT
    if not exact:
        for i in range(count):
            total = 0.0
            for j in range(n):
                total += abs(rows[i, j])
            half = -0.5 * np.floor(np.log2(total)) if total > 0.0 else 0.0
            up, down = 2.0 ** np.floor(half), 2.0 ** np.ceil(half)
            for j in range(n):
                rows[i, j] = rows[i, j] * up * down
    return rows, dual or is_check, exact


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
