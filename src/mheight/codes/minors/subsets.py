"""Index tables of subsets in lexicographic order: straight-line programs for kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.expansion import Terms
from mheight.codes.minors.lanes import LANES
from mheight.kernels.compiling import for_work, kernel

__all__ = [
    "MinorTable",
    "binomials",
    "list_children",
    "minor_table",
    "next_subset",
    "offsets",
    "subset_number",
]

Int = NDArray[np.int64]
Offsets = NDArray[np.int32]


@dataclass(frozen=True)
class MinorTable:
    """Straight-line program for the absolute maximal minors of [n, k] codes.

    Attributes:
        rows: rows of the matrix that is expanded, k or n-k.
        terms: what kernels read.
        room: rows of `LANES` doubles that `mheight.codes.minors.batches.minor_room` cuts up.
        seconds: about how long a block of `LANES` codes takes.
    """

    rows: int
    terms: Terms
    room: int
    seconds: float


@lru_cache(maxsize=64)
def minor_table(n: int, k: int, dual: bool) -> MinorTable:
    """The program for [n, k] codes, by generator or by parity-check matrices."""
    rows = n - k if dual else k
    sizes = np.array([comb(n, size) for size in range(rows + 1)], np.int32)
    terms = sum(int(count) * size for size, count in enumerate(sizes))
    column, child = np.empty(terms, np.int32), np.empty(terms, np.int32)
    choose = binomials(n)
    children_of = for_work(list_children, 1e-8 * rows * terms)
    start = 0
    for size in range(1, rows + 1):
        stop = start + int(sizes[size]) * size
        children_of(n, size, size, 0, choose, child[start:stop], column[start:stop])
        start = stop
    order = np.arange(comb(n, k))
    if dual:
        # Complements of lexicographically sorted subsets come in reverse order.
        order = order[::-1]
    widest = int(sizes.max())
    return MinorTable(
        rows,
        Terms(n, column * LANES, child * LANES, sizes, offsets(order), widest),
        room=rows * n + 2 * (len(order) + widest + 1),
        seconds=2e-9 * terms,
    )


@kernel()
def next_subset(subset, n):  # type: ignore[no-untyped-def]
    """The next subset in lexicographic order, in place; False, and as it was, after the last.

    Args:
        subset: shape (size,), increasing, of 0..n-1; changed.
        n: how many elements there are.
    """
    size = len(subset)
    i = size - 1
    while i >= 0 and subset[i] == n - size + i:
        i -= 1
    if i < 0:
        return False
    subset[i] += 1
    for j in range(i + 1, size):
        subset[j] = subset[j - 1] + 1
    return True


def binomials(n: int) -> Int:
    """Binomial coefficients, shape (n + 1, n + 1); too large ones, never needed, are 0."""
    rows = [[comb(i, j) for j in range(n + 1)] for i in range(n + 1)]
    return np.array([[c if c < 2**31 else 0 for c in row] for row in rows], np.int64)


@kernel()
def subset_number(n, subset, without, choose):  # type: ignore[no-untyped-def]
    """The number of a sorted subset, less its element at `without`, in lexicographic order.

    Counted from the end: the subsets that come after it, by the first place they differ.

    Args:
        n: how many elements there are.
        subset: shape (size,), increasing, of 0..n-1.
        without: a place in it, or -1 for the whole subset.
        choose: shape (N + 1, N + 1), `binomials` of some N >= n.
    """
    size = len(subset) - 1 if without >= 0 else len(subset)
    number = choose[n, size] - 1
    left = size
    for i in range(len(subset)):
        if i != without:
            number -= choose[n - 1 - subset[i], left]
            left -= 1
    return number


@kernel()
def list_children(n, size, width, first, choose, child, column):  # type: ignore[no-untyped-def]
    """For each subset in lexicographic order: the numbers of it without its i-th element.

    Args:
        n: how many elements there are.
        size: of the subsets.
        width: i runs from 0 to width - 1.
        first: numbers count from here.
        choose: shape (N + 1, N + 1), `binomials` of some N >= n.
        child: shape (C(n, size) * width,), filled with the numbers, subset after subset.
        column: the same shape, filled with the elements left out; or of shape (0,), for none.
    """
    subset = np.arange(size)
    t = 0
    while True:
        for i in range(width):
            child[t] = first + subset_number(n, subset, i, choose)
            if len(column):
                column[t] = subset[i]
            t += 1
        if not next_subset(subset, n):
            return


def offsets(numbers: list[int] | Int) -> Offsets:
    """Row numbers as flat int32 offsets into rows of `LANES` doubles."""
    return np.ascontiguousarray(np.ravel(numbers) * LANES, dtype=np.int32)
