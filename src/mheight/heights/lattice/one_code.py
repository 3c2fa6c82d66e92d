"""Numba kernel: the height profile of one code, with sets of columns as bit masks.

No tables: a set is the index of its value.  For each target the inner minimum over the
subsets of T, of every T at once, is n-1 passes over an array of 2^(n-1) numbers, eight to
a vector.  For the formula see `mheight.heights.lattice.tables`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.lanes import LANES, largest, least, load, store, subset_minima
from mheight.codes.minors.rounding import NOISE, doubt_limits
from mheight.heights.lattice.bits import count_bits, lowest_position, next_of_same_size, with_gap
from mheight.heights.lattice.one_code_minors import minors_and_circuits
from mheight.kernels.compiling import for_work, kernel, of_one_form, plain
from mheight.kernels.threads import in_parts, thread_count

__all__ = ["LATTICE_LENGTH", "PackedProfile", "packed_profile"]

LATTICE_LENGTH = 26
"""Longest code: at 26, 2^26 minors and their bounds are 1 GiB, and each thread's sets 256 MiB."""

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_BLOCK_BITS = 12  # 2^12 doubles stay in the first-level cache
_SMALL_BITS = 3  # below this there are fewer sets than lanes
_SECONDS = 1e-9  # for a set of columns, a row and a target
_SERIAL_LENGTH = 18  # shorter codes are done before a second thread wakes up


@dataclass(frozen=True)
class PackedProfile:
    """Height profile of one code with the places where each height is reached.

    Attributes:
        heights: shape (n-k,); entry m-1 is h_m.
        targets: shape (n-k,); a, the position of the largest magnitude.
        kept: shape (n-k,); T as a bit mask of n columns: n-m positions, a not among them.
        bases: shape (n-k,); B in T as a bit mask; 0 where the height is infinite.
        least_kept: least ratio of a nonzero minor to the permanent of the magnitudes of
            its entries (1 if minors are exact).
        largest_kept: largest such ratio.
        largest_dropped: largest such ratio of a minor that counts as zero.
        zeros: how many minors do, where they are not exact.
        close: whether one of them may make a finite height.
        rows: rows of the expansion.
        minors: number of maximal minors.
    """

    heights: Float
    targets: Int
    kept: Int
    bases: Int
    least_kept: float
    largest_kept: float
    largest_dropped: float
    zeros: int
    close: bool
    rows: int
    minors: int

    @property
    def is_doubtful(self) -> bool:
        """Whether rounding leaves a verdict or too many digits of a height in doubt."""
        suspicious, conditioned, digits = plain(doubt_limits)(self.rows, self.minors)
        return bool(
            self.least_kept < digits
            or self.largest_kept < conditioned
            or self.largest_dropped > NOISE
            or self.close
            or (self.zeros > 0 and self.least_kept < suspicious)
        )


@kernel(error_model="numpy")
def _fill_bases(minors, n, k, flip, target, values):  # type: ignore[no-untyped-def]
    """F_a(B) = s(B + a) / p(B) of every basis without a; infinite elsewhere.

    Args:
        minors: shape (2^n,), p(B) at B ^ flip and s(A) at A ^ flip.
        n: length.
        k: dimension.
        flip: see `minors_and_circuits`.
        target: a.
        values: shape (2^(n-1),), filled, by masks of the columns other than a, renumbered.
    """
    for i in range(1 << (n - 1)):
        values[i] = np.inf
    last = (1 << (n - 1)) - 1
    basis = (1 << k) - 1
    while basis <= last:
        columns = with_gap(basis, target)
        p = minors[columns ^ flip]
        if p > 0.0:
            values[basis] = minors[(columns | (1 << target)) ^ flip] / p
        basis = next_of_same_size(basis)


@kernel()
def _lower_pass(values, step, start, stop):  # type: ignore[no-untyped-def]
    """values[T] = min(values[T], values[T - b]) for the element b of weight `step`.

    Args:
        values: shape (2^bits,), by masks T; changed.
        step: a power of two, at least `LANES`.
        start: the first mask, a multiple of 2 * step.
        stop: behind the last one, likewise.
    """
    for base in range(start, stop, 2 * step):
        for i in range(base, base + step, LANES):
            store(values, i + step, least(load(values, i), load(values, i + step)))


@kernel()
def _minimise_over_subsets(values, bits, k):  # type: ignore[no-untyped-def]
    """values[T] becomes the least over all subsets of T; T has `bits` possible elements.

    Args:
        values: shape (2^bits,), by masks T; changed.
        bits: n-1.
        k: sets of fewer elements are infinite.
    """
    if bits < _SMALL_BITS:
        for b in range(bits):
            for mask in range(1 << bits):
                if mask >> b & 1:
                    values[mask] = min(values[mask], values[mask ^ (1 << b)])
        return
    inner = min(bits, _BLOCK_BITS)
    size = 1 << inner
    for start in range(0, 1 << bits, size):
        if count_bits(start) + inner < k:
            continue  # no set of this block holds a basis
        for i in range(start, start + size, LANES):
            store(values, i, subset_minima(load(values, i)))
        for b in range(_SMALL_BITS, inner):
            _lower_pass(values, 1 << b, start, start + size)
    b = inner
    while b + 1 < bits:
        # Two elements in one pass over memory.
        step = 1 << b
        for base in range(0, 1 << bits, 4 * step):
            for i in range(base, base + step, LANES):
                neither, first = load(values, i), load(values, i + step)
                second, both = load(values, i + 2 * step), load(values, i + 3 * step)
                first = least(neither, first)
                both = least(second, both)
                store(values, i + step, first)
                store(values, i + 2 * step, least(neither, second))
                store(values, i + 3 * step, least(first, both))
        b += 2
    if b < bits:
        _lower_pass(values, 1 << b, 0, 1 << bits)


@kernel()
def _best_of_sizes(values, bits, best, lanes):  # type: ignore[no-untyped-def]
    """The largest value among the sets of each size.

    Args:
        values: shape (2^bits,), F_a(T) by masks T.
        bits: n-1.
        best: shape (n,), filled, by size.
        lanes: shape (n, LANES), to work in.
    """
    for size in range(len(best)):
        best[size] = 0.0
    if bits < _SMALL_BITS:
        for mask in range(1 << bits):
            size = count_bits(mask)
            best[size] = max(best[size], values[mask])
        return
    for size in range(len(lanes)):
        for lane in range(LANES):
            lanes[size, lane] = 0.0
    for i in range(0, 1 << bits, LANES):
        at = count_bits(i) * LANES
        store(lanes, at, largest(load(values, i), load(lanes, at)))
    for high in range(bits - _SMALL_BITS + 1):
        for lane in range(LANES):
            size = high + count_bits(lane)
            best[size] = max(best[size], lanes[high, lane])


@kernel()
def _sweep_target(minors, n, k, flip, target, values, best, lanes, heights, sets):  # type: ignore[no-untyped-def]
    """Raise `heights` (by size of T) to what this target reaches, and note the sets T.

    Args:
        minors: shape (2^n,), p(B) at B ^ flip and s(A) at A ^ flip.
        n: length.
        k: dimension.
        flip: see `minors_and_circuits`.
        target: a.
        values: shape (2^(n-1),), filled: F_a(T), by masks of the columns other than a, renumbered.
        best: shape (n,), filled: the largest F_a(T) of each size.
        lanes: shape (n, LANES), to work in.
        heights: shape (n,), the largest F_a(T) of each size so far, 1 + h_m at n-m; raised.
        sets: shape (2n,), T of that as a mask of n columns at its size, and a at n plus its size;
            changed where `heights` is.
    """
    bits = n - 1
    _fill_bases(minors, n, k, flip, target, values)
    _minimise_over_subsets(values, bits, k)
    _best_of_sizes(values, bits, best, lanes)
    for size in range(k, n):
        if best[size] > heights[size]:
            heights[size] = best[size]
            kept = (1 << size) - 1
            while values[kept] != best[size]:
                kept = next_of_same_size(kept)
            sets[size] = with_gap(kept, target)
            sets[n + size] = target


@kernel()
def _sweep_targets(minors, n, k, flip, first, step, heights, sets):  # type: ignore[no-untyped-def]
    """Sweep the targets `first`, `first` + `step`, and so on.

    Args:
        minors: shape (2^n,), p(B) at B ^ flip and s(A) at A ^ flip.
        n: length.
        k: dimension.
        flip: see `minors_and_circuits`.
        first: a target.
        step: from one target to the next.
        heights: shape (n,), raised as by `_sweep_target`; zeros at the start.
        sets: shape (2n,), filled likewise.
    """
    values = np.empty(1 << (n - 1))
    best, lanes = np.empty(n), np.empty((n, LANES))
    for target in range(first, n, step):
        _sweep_target(minors, n, k, flip, target, values, best, lanes, heights, sets)


@kernel()
def _best_basis(minors, n, k, flip, target, kept):  # type: ignore[no-untyped-def]
    """The basis B in T with the least s(B + a) / p(B), 0 if there is none.

    Args:
        minors: shape (2^n,), p(B) at B ^ flip and s(A) at A ^ flip.
        n: length.
        k: dimension.
        flip: see `minors_and_circuits`.
        target: a.
        kept: T, a mask of n columns, as what is returned.
    """
    positions = np.empty(n, np.int64)
    count, rest = 0, kept
    while rest:
        low = rest & -rest
        positions[count] = lowest_position(low)
        count += 1
        rest ^= low
    found, least_value = 0, np.inf
    chosen = (1 << k) - 1
    while chosen < 1 << count:
        basis, rest = 0, chosen
        while rest:
            low = rest & -rest
            basis |= 1 << positions[lowest_position(low)]
            rest ^= low
        p = minors[basis ^ flip]
        if p > 0.0:
            value = minors[(basis | (1 << target)) ^ flip] / p
            if value < least_value:
                found, least_value = basis, value
        chosen = next_of_same_size(chosen)
    return found


@kernel()
def _sweep_serial(G, is_check, upwards, heights, sets):  # type: ignore[no-untyped-def]
    """All of a short code in one call; returns what `minors_and_circuits` does.

    Args:
        G: shape (k, n), or (n-k, n) for a parity-check matrix.
        is_check: whether it is one.
        upwards: as for `minors_and_circuits`.
        heights: shape (n,), raised as by `_sweep_target`; zeros at the start.
        sets: shape (2n,), filled likewise.
    """
    n = G.shape[1]
    k = n - G.shape[0] if is_check else G.shape[0]
    minors, flip, kept, top, dropped, zeros, close = minors_and_circuits(G, is_check, upwards)
    values = np.empty(1 << (n - 1))
    best, lanes = np.empty(n), np.empty((n, LANES))
    for target in range(n):
        _sweep_target(minors, n, k, flip, target, values, best, lanes, heights, sets)
    return minors, flip, kept, top, dropped, zeros, close


def packed_profile(
    G: Float, *, is_check: bool = False, witnesses: bool = True, upwards: bool = False
) -> PackedProfile:
    """Height profile of one code, without validation.

    Args:
        G: a generator matrix, shape (k, n), 1 <= k < n <= `LATTICE_LENGTH`, finite, of rank k,
            C-contiguous; or a parity-check matrix, shape (n-k, n).
        is_check: whether it is a parity-check matrix.
        witnesses: whether to look for the bases B too.
        upwards: whether to round so that no height comes out smaller than it is, with the
            entries taken as they are: only a minor below its rounding error is zero.
    """
    G = of_one_form(G)
    n = G.shape[1]
    k = n - len(G) if is_check else len(G)
    if n < _SERIAL_LENGTH:
        heights, sets = np.zeros(n), np.zeros(2 * n, np.int64)
        sweep_all = for_work(_sweep_serial, _SECONDS * n * n * 2**n)
        minors, flip, *ratios = sweep_all(G, is_check, upwards, heights, sets)
        reached, kept, targets = (
            heights[: k - 1 : -1],
            sets[n - 1 : k - 1 : -1],
            sets[: n + k - 1 : -1],
        )
    else:
        tasks = thread_count()
        all_heights = np.zeros((tasks, n))
        all_sets = np.zeros((tasks, 2 * n), np.int64)
        minors, flip, *ratios = minors_and_circuits(G, is_check, upwards)

        def sweep(task: int) -> None:
            _sweep_targets(minors, n, k, flip, task, tasks, all_heights[task], all_sets[task])

        in_parts(sweep, tasks)
        sizes = np.arange(n - 1, k - 1, -1)
        task = all_heights.argmax(axis=0)[sizes]
        reached = all_heights[task, sizes]
        kept, targets = all_sets[task, sizes], all_sets[task, n + sizes]
    rows = n - k if flip else k
    bases = np.zeros(n - k, np.int64)
    if witnesses:
        basis_of = for_work(_best_basis, _SECONDS * 2**n)
        for i in range(n - k):
            bases[i] = basis_of(minors, n, k, flip, int(targets[i]), int(kept[i]))
    least_kept, largest_kept, largest_dropped, zeros, close = ratios
    return PackedProfile(
        heights=np.maximum(reached - 1.0, 1.0),
        targets=targets,
        kept=kept,
        bases=bases,
        least_kept=least_kept,
        largest_kept=largest_kept,
        largest_dropped=largest_dropped,
        zeros=zeros,
        close=close,
        rows=rows,
        minors=comb(n, k),
    )
