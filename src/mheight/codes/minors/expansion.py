"""Laplace expansion along the subset lattice, for `LANES` codes side by side.

The minor of the first r rows on an r-subset S of columns is a signed sum, over j in S, of
`G[r-1, j]` times the minor of the first r-1 rows on S - {j}.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.lanes import (
    LANES,
    add,
    entry,
    load,
    magnitude,
    multiply,
    splat,
    square_root,
    store,
    subtract,
)
from mheight.codes.minors.rounding import ZERO_TOLERANCE
from mheight.kernels.compiling import kernel

__all__ = [
    "Terms",
    "bound_minors",
    "expand_minors",
    "expansion_rows",
    "fill_block",
    "multiply_norms",
]

_EXACT_LIMIT = float(2**53)


class Terms(NamedTuple):
    """The terms of the expansion one after the other, as kernels read them.

    Subsets of one size are numbered in lexicographic order, as by `itertools.combinations`.
    Offsets are numbers times `LANES`.  There are t = sum of r C(n, r) terms, r = 1..rows.
    """

    n: int  # columns
    column: NDArray[np.int32]  # (t,), offset of column j in its row, level by level
    child: NDArray[np.int32]  # (t,), offset, within the level below, of the subset without j
    sizes: NDArray[np.int32]  # (rows+1,), how many subsets each level has
    order: NDArray[np.int32]  # (C(n, k),), offset in the last level of each k-subset's minor
    widest: int  # the most subsets of a level


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


@kernel()
def expand_minors(block, terms, spare, other):  # type: ignore[no-untyped-def]
    """Signed maximal minors of a block; returns `spare` or `other`, whichever holds them.

    Args:
        block: shape (rows * n, LANES), see `fill_block`.
        terms: `Terms`.
        spare: shape (widest, LANES), filled.
        other: shape (widest, LANES), filled.
    """
    n, column, child, sizes = terms.n, terms.column, terms.child, terms.sizes
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
def bound_minors(block, terms, spare, other):  # type: ignore[no-untyped-def]
    """Permanents of magnitudes, which bound the minors: the expansion without signs.

    Returns `spare` or `other`, whichever holds the bounds.

    Args:
        block: shape (rows * n, LANES), see `fill_block`; overwritten by its magnitudes.
        terms: `Terms`.
        spare: shape (widest, LANES), filled.
        other: shape (widest, LANES), filled.
    """
    n, column, child, sizes = terms.n, terms.column, terms.child, terms.sizes
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
def multiply_norms(block, terms, spare, other):  # type: ignore[no-untyped-def]
    """Products of the Euclidean norms of the columns of each maximal minor.

    Returns `spare` or `other`, whichever holds them.

    Args:
        block: shape (rows * n, LANES), see `fill_block`; its first row of n is overwritten.
        terms: `Terms`.
        spare: shape (widest, LANES), filled.
        other: shape (widest, LANES), filled.
    """
    n, column, child, sizes = terms.n, terms.column, terms.child, terms.sizes
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
