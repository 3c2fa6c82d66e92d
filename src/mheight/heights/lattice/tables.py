"""Index tables of the absolute-minor lattice: one straight-line program per (n, k).

For a target column a and a set T of other columns, let

    F_a(T) = min over k-subsets B of T with p(B) > 0 of  s(B + a) / p(B),

where p(B) = |det G_B| and s(A) is the sum of p over the k-subsets of a (k+1)-set A.
Then  h_m + 1 = max over a and over T of size n - m not containing a of F_a(T),
and F_a(T) is the least of F_a(T - b) over any k+1 elements b of T, because every B
in T leaves out at least one of them.  So one sweep over the lattice of sets T gives
every m at once.  (The inner minimum is Theorem 8 of arXiv 2602.20366, written by
Cramer's rule in absolute minors.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.lanes import LANES
from mheight.codes.minors.subsets import binomials, list_children, next_subset, subset_number
from mheight.kernels.compiling import for_work, kernel

__all__ = ["HeightLattice", "SweepTables", "height_lattice"]

Offsets = NDArray[np.int32]

_ENTRY = 1e-8  # seconds for an entry of a table, for each element of its subset


class SweepTables(NamedTuple):
    """What a sweep over the sets T reads, for whatever codes of one n and k.

    The n-1 columns other than the target are renumbered 0..n-2 in order, so that all
    targets share one table of sets T.  Tables are flat; offsets are numbers times
    `mheight.codes.minors.lanes.LANES`.  For one m, `level_start` is cut off after the sets
    of size n - m.
    """

    n: int  # length
    k: int  # dimension
    circuits: Offsets  # (C(n, k+1) * (k+1),), the k+1 minors that s(A) sums, for each A
    minor_of: Offsets  # (n * C(n-1, k),), p(B), for each target a and each renumbered B
    circuit_of: Offsets  # (n * C(n-1, k),), s(B + a), likewise
    level_start: Offsets  # (n-k+1,), where the sets T of size k + i begin, and the last end
    children: Offsets  # (t * (k+1),), T - b for k+1 elements b, for each of t sets T larger than k


@dataclass(frozen=True)
class HeightLattice:
    """The program that turns C(n, k) absolute minors into a height profile.

    Attributes:
        sweep: what kernels read.
        room: rows of `LANES` doubles for the sets T, the sums s(A), and the levels.
        seconds: about how long a block of `LANES` codes takes.
    """

    sweep: SweepTables
    room: int
    seconds: float


@lru_cache(maxsize=64)
def height_lattice(n: int, k: int) -> HeightLattice:
    """Build (and keep) the lattice program for [n, k] codes, 1 <= k < n."""
    none, choose = np.empty(0, np.int32), binomials(n)
    circuits = np.empty(comb(n, k + 1) * (k + 1), np.int32)
    children_of = for_work(list_children, _ENTRY * k * k * 2.0**n)
    children_of(n, k + 1, k + 1, 0, choose, circuits, none)
    bases = comb(n - 1, k)
    minor_of = np.empty(n * bases, np.int32)
    circuit_of = np.empty(n * bases, np.int32)
    for_work(_list_bases, _ENTRY * n * bases * k)(n, k, choose, minor_of, circuit_of)

    sizes = np.array([comb(n - 1, size) for size in range(k, n)])
    level_start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    children = np.empty(int(sizes[1:].sum()) * (k + 1), np.int32)
    start = 0
    for level, size in enumerate(range(k + 1, n), start=1):
        stop = start + int(sizes[level]) * (k + 1)
        below = int(level_start[level - 1])
        children_of(n - 1, size, k + 1, below, choose, children[start:stop], none)
        start = stop
    return HeightLattice(
        SweepTables(
            n,
            k,
            circuits * LANES,
            minor_of * LANES,
            circuit_of * LANES,
            level_start,
            children * LANES,
        ),
        room=int(level_start[-1]) + comb(n, k + 1) + len(sizes),
        seconds=1e-9 * n * (3 * bases + len(children)),
    )


@kernel()
def _list_bases(n, k, choose, minor_of, circuit_of):  # type: ignore[no-untyped-def]
    """The numbers of B and of B + a for every target a and every k-set B of the other columns.

    Args:
        n: length.
        k: dimension.
        choose: shape (n+1, n+1), see `binomials`.
        minor_of: shape (n * C(n-1, k),), filled: the number of B among k-sets, target after target.
        circuit_of: shape (n * C(n-1, k),), filled: the number of B + a among (k+1)-sets.
    """
    columns, circuit = np.empty(k, np.int64), np.empty(k + 1, np.int64)
    e = 0
    for target in range(n):
        subset = np.arange(k)
        while True:
            place = 0
            for i in range(k):
                j = subset[i]
                columns[i] = j if j < target else j + 1
                if j < target:
                    place = i + 1
            circuit[:place], circuit[place + 1 :] = columns[:place], columns[place:]
            circuit[place] = target
            minor_of[e] = subset_number(n, columns, -1, choose)
            circuit_of[e] = subset_number(n, circuit, -1, choose)
            e += 1
            if not next_subset(subset, n - 1):
                break
