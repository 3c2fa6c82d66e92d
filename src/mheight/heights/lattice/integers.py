"""The lattice of minors in exact integers.

The numbers that decide a profile are the quotients s(B + a) / p(B) of absolute minors
(see `mheight.heights.lattice.tables` for the formula).  They are computed as exact fractions,
then each is replaced by its place in the sorted list of the different ones.  From there on
the minima and maxima over sets of columns compare small integers and lose nothing.

The minors come from the reduced echelon form [I | N/D] with D = det G_B: det N_IJ / D^(j-1)
is a k x k minor of G for every j x j block IJ of N, so Laplace expansion from j-1 to j
with one exact division by D keeps every number an integer no longer than a minor of G.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, compress, islice, pairwise
from typing import Any

import numpy as np
from flint import fmpq, fmpz_mat
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.rationals import rational_matrix
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Number

__all__ = [
    "MAX_EXACT_BITS",
    "MAX_EXACT_LENGTH",
    "MAX_EXACT_SETS",
    "ExactLattice",
    "IntegerCode",
    "integer_code",
    "lattice_levels",
    "quotient",
    "sweep",
]

MAX_EXACT_SETS = 6_000_000
"""Most pairs of a target and a set T of other columns that one profile looks at."""

MAX_EXACT_BITS = 2_000_000_000
"""Most bits of all minors together, by the bound that `_check_bits` takes."""

MAX_EXACT_LENGTH = 256
"""Longest code, whatever its redundancy."""

Int = NDArray[np.int32]


@dataclass(frozen=True)
class IntegerCode:
    """A code with integer rows: `rows[i]` is `scales[i]` times row i of G.

    `reduced` and `determinant` are N and D of the module's text: the echelon form of G
    is [I | N/D] once the columns `pivots` are moved to the front.
    """

    rows: list[list[int]]
    scales: list[Fraction]
    pivots: list[int]
    free: list[int]
    reduced: list[list[int]]
    determinant: int

    @property
    def k(self) -> int:
        """Dimension."""
        return len(self.rows)

    @property
    def n(self) -> int:
        """Length."""
        return len(self.rows[0])

    def columns(self, positions: Sequence[int]) -> fmpz_mat:
        """Some columns of the integer rows."""
        return fmpz_mat([[row[j] for j in positions] for row in self.rows])


def integer_code(G: LinearCode | ArrayLike | Sequence[Sequence[Any]]) -> IntegerCode:
    """A code in integers.

    Raises:
        InvalidCodeError: as for `rational_matrix`; dependent rows; or too large a code.
    """
    matrix = rational_matrix(G)
    k, n = len(matrix), len(matrix[0])
    _check_size(n, k)
    rows, scales = [], []
    for row in matrix:
        common = math.lcm(*(x.denominator for x in row))
        integers = [x.numerator * (common // x.denominator) for x in row]
        content = math.gcd(*integers) or 1
        rows.append([x // content for x in integers])
        scales.append(Fraction(common, content))
    _check_bits(rows)
    echelon, divisor, rank = fmpz_mat(rows).rref()
    if rank < k:
        raise InvalidCodeError(f"the rows of G must be independent: rank {k} wanted, got {rank}")
    table = [[int(x) for x in row] for row in echelon.tolist()]
    pivots = [next(j for j, x in enumerate(row) if x) for row in table]
    free = sorted(set(range(n)) - set(pivots))
    # FLINT's common denominator need not be the determinant; the minors below want it.
    determinant = int(fmpz_mat([[row[j] for j in pivots] for row in rows]).det())
    reduced = [[row[j] * determinant // int(divisor) for j in free] for row in table]
    return IntegerCode(rows, scales, pivots, free, reduced, determinant)


def _check_size(n: int, k: int) -> None:
    if n > MAX_EXACT_LENGTH:
        raise InvalidCodeError(
            f"exact arithmetic takes on codes of length at most {MAX_EXACT_LENGTH}, got n = {n}"
        )
    sets = n * sum(math.comb(n - 1, size) for size in range(k, n))
    if sets > MAX_EXACT_SETS:
        raise InvalidCodeError(
            f"an [{n}, {k}] code has {sets} sets of columns for all targets, "
            f"more than the {MAX_EXACT_SETS} that exact arithmetic takes on"
        )


def _check_bits(rows: list[list[int]]) -> None:
    """Bound the memory for the minors, and the time for the echelon form."""
    k, n = len(rows), len(rows[0])
    longest = sum(max(map(abs, row)).bit_length() for row in rows)
    bits = longest * max(math.comb(n, k), k * k)
    if bits > MAX_EXACT_BITS:
        raise InvalidCodeError(
            f"an [{n}, {k}] code of integers of {longest // k} bits (after scaling its rows) wants "
            f"minors of {bits} bits in all, more than the {MAX_EXACT_BITS} "
            "that exact arithmetic takes on"
        )


def _minors(code: IntegerCode) -> dict[int, int]:
    """|det G_B| for every k-set B of columns, keyed by the bit mask of B."""
    k, n, D = code.k, code.n, code.determinant
    everything = sum(1 << j for j in code.pivots)
    signed = {everything: D}
    for order in range(1, min(k, n - k) + 1):
        for dropped in combinations(range(k), order):
            row = code.reduced[dropped[-1]]
            kept = everything - sum(1 << code.pivots[i] for i in dropped)
            restored = kept + (1 << code.pivots[dropped[-1]])
            for taken in combinations(range(n - k), order):
                bits = [1 << code.free[j] for j in taken]
                total = sum(bits)
                minor = 0
                for j, bit in zip(taken, bits, strict=True):
                    minor = row[j] * signed[restored + total - bit] - minor
                signed[kept + total] = minor if D == 1 else minor // D
    return {mask: abs(minor) for mask, minor in signed.items()}


@dataclass(frozen=True)
class ExactLattice:
    """F_a(T) for every target a and every set T of other columns.

    Attributes:
        n: length.
        k: dimension.
        quotients: the different s/p, in ascending order, as (s, p).
        levels: for |T| = k, ..., n-1, shape (C(n-1, |T|), n): the place of F_a(T) in
            `quotients`, or their number if it is infinite.  T is numbered among the
            columns other than a.
    """

    n: int
    k: int
    quotients: list[tuple[int, int]]
    levels: list[Int]

    def reached(self, m: int) -> tuple[Number, int, tuple[int, ...]]:
        """h_m, and a target a and a set T of n-m columns that reach it."""
        level = self.levels[self.n - m - self.k]
        number, target = divmod(int(level.argmax()), self.n)
        kept = next(islice(combinations(self._others(target), self.n - m), number, None))
        rank = int(level[number, target])
        if rank == len(self.quotients):
            return math.inf, target, kept
        return Fraction(*self.quotients[rank]) - 1, target, kept

    def basis(self, m: int, target: int, kept: tuple[int, ...]) -> tuple[int, ...]:
        """A B in T with s(B + a) / p(B) = F_a(T), for what `reached` gave."""
        rank = self.levels[self.n - m - self.k][:, target].max()
        bases = combinations(self._others(target), self.k)
        candidates = compress(bases, (self.levels[0][:, target] == rank).tolist())
        return next(B for B in candidates if set(B) <= set(kept))

    def _others(self, target: int) -> Iterator[int]:
        return (j for j in range(self.n) if j != target)


def sweep(code: IntegerCode) -> ExactLattice:
    """Minors, circuits and the minima over all sets T, for 1 <= k < n."""
    k, n = code.k, code.n
    minors = _minors(code)
    bits = [1 << j for j in range(n)]
    circuits = {
        sum(members): sum(minors[sum(members) - bit] for bit in members)
        for members in combinations(bits, k + 1)
    }
    pairs = [
        (circuits[basis + target], minors[basis])
        for target in bits
        for basis in _masks([bit for bit in bits if bit != target], k)
    ]
    ranks, quotients = _sorted_places(pairs)
    return ExactLattice(n, k, quotients, lattice_levels(ranks, n, k))


def lattice_levels(ranks: Int, n: int, k: int) -> list[Int]:
    """The minima over all sets T of what is given for sets B of k columns.

    Args:
        ranks: shape (n C(n-1, k),): for each target, for each B of other columns in the order
            of `combinations`, a whole number that orders the quotients.
        n: length.
        k: dimension.

    Returns:
        As `ExactLattice.levels`.
    """
    levels = [np.ascontiguousarray(ranks.reshape(n, -1).T)]
    for subsets in _one_smaller(n, k):
        below = levels[-1]
        level = below[subsets[:, 0]]
        for i in range(1, k + 1):
            np.minimum(level, below[subsets[:, i]], out=level)
        levels.append(level)
    return levels


def _masks(bits: list[int], size: int) -> list[int]:
    """Sums of `size` bits, in the order of `combinations`."""
    if 2 * size <= len(bits):
        return list(map(sum, combinations(bits, size)))
    # Complements come in the reverse order.
    total = sum(bits)
    return [total - sum(rest) for rest in combinations(bits, len(bits) - size)][::-1]


def _sorted_places(pairs: list[tuple[int, int]]) -> tuple[Int, list[tuple[int, int]]]:
    """The place of each s/p among the different ones, and those; s/0 comes last.

    Division of integers rounds correctly, hence never reverses an order: floats sort the
    quotients, and only those with the same float have to be compared exactly.
    """
    finite = np.array([p > 0 for _, p in pairs])
    fractions = list(compress(pairs, finite.tolist()))
    keys = np.array([quotient(s, p) for s, p in fractions])
    order = np.argsort(keys)
    ascending = keys[order]
    is_new = np.ones(len(order), dtype=np.bool_)
    edges = np.flatnonzero(ascending[1:] != ascending[:-1]) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(order))
    several = ends - starts > 1
    for start, end in zip(starts[several].tolist(), ends[several].tolist(), strict=True):
        group = order[start:end].tolist()
        s, p = fractions[group[0]]
        if any(fractions[i][0] * p != s * fractions[i][1] for i in group):
            group.sort(key=lambda i: fmpq(*fractions[i]))
            order[start:end] = group
        for at, (i, j) in enumerate(pairwise(group), start + 1):
            (s, p), (t, q) = fractions[i], fractions[j]
            is_new[at] = s * q != t * p
    different = [fractions[i] for i in order[is_new].tolist()]
    places = np.empty(len(order), dtype=np.int32)
    places[order] = np.cumsum(is_new) - 1
    ranks = np.full(len(pairs), len(different), dtype=np.int32)
    ranks[finite] = places
    return ranks, different


def quotient(s: int, p: int) -> float:
    """The fraction s/p, p > 0, as the nearest float; infinite where none is large enough."""
    try:
        return s / p
    except OverflowError:
        return math.inf


@lru_cache(maxsize=8)
def _one_smaller(n: int, k: int) -> tuple[Int, ...]:
    """Numbers of T - b for k+1 elements b of T, shape (C(n-1, |T|), k+1), |T| = k+1, ..., n-1.

    Every k-set B in T leaves out one of k+1 elements of T, so these subsets hold them all.
    """
    bits = [1 << j for j in range(n - 1)]
    below = {mask: i for i, mask in enumerate(_masks(bits, k))}
    levels = []
    for size in range(k + 1, n):
        level: dict[int, int] = {}
        subsets = []
        for members in combinations(bits, size):
            mask = sum(members)
            level[mask] = len(level)
            subsets.append([below[mask - bit] for bit in members[: k + 1]])
        levels.append(np.array(subsets, dtype=np.int32))
        below = level
    return tuple(levels)
