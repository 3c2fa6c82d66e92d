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
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors import offsets

__all__ = ["HeightLattice", "height_lattice"]

Offsets = NDArray[np.int32]


@dataclass(frozen=True)
class HeightLattice:
    """The program that turns C(n, k) absolute minors into a height profile.

    The n-1 columns other than the target are renumbered 0..n-2 in order, so that all
    targets share one table of sets T.  Tables are flat; offsets are numbers times
    `mheight.codes.lanes.LANES`.

    Attributes:
        circuits: offsets of the k+1 minors that s(A) sums, for each (k+1)-set A.
        minor_of: offset of p(B), for each target a and each renumbered B.
        circuit_of: offset of s(B + a), likewise.
        level_start: shape (n-k+1,); the sets T of size k + i are numbers
            `level_start[i]` up to `level_start[i + 1]`.
        children: offsets of T - b for k+1 elements b, for each T larger than k.
    """

    circuits: Offsets
    minor_of: Offsets
    circuit_of: Offsets
    level_start: Offsets
    children: Offsets


@lru_cache(maxsize=64)
def height_lattice(n: int, k: int) -> HeightLattice:
    """Build (and keep) the lattice program for [n, k] codes, 1 <= k < n."""
    minor_index = {subset: i for i, subset in enumerate(combinations(range(n), k))}
    circuit_index = {subset: i for i, subset in enumerate(combinations(range(n), k + 1))}
    circuits = np.array(
        [
            [minor_index[circuit[:i] + circuit[i + 1 :]] for i in range(k + 1)]
            for circuit in circuit_index
        ],
        dtype=np.int64,
    )
    bases = comb(n - 1, k)
    minor_of = np.empty((n, bases), dtype=np.int64)
    circuit_of = np.empty((n, bases), dtype=np.int64)
    for a in range(n):
        others = [j for j in range(n) if j != a]
        for i, basis in enumerate(combinations(others, k)):
            minor_of[a, i] = minor_index[basis]
            circuit_of[a, i] = circuit_index[tuple(sorted((*basis, a)))]

    level_start, children = [0, bases], []
    below = {subset: i for i, subset in enumerate(combinations(range(n - 1), k))}
    for size in range(k + 1, n):
        level: dict[tuple[int, ...], int] = {}
        for subset in combinations(range(n - 1), size):
            level[subset] = level_start[-1] + len(level)
            children.append([below[subset[:i] + subset[i + 1 :]] for i in range(k + 1)])
        level_start.append(level_start[-1] + len(level))
        below = level
    return HeightLattice(
        offsets(circuits),
        offsets(minor_of),
        offsets(circuit_of),
        np.array(level_start, dtype=np.int32),
        offsets(np.array(children, dtype=np.int64)),
    )
