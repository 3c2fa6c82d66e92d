"""Numba kernel: the minors inside every set U of columns, in an order of U's own.

Equivalent codes differ by a permutation of the columns, so what a network reads about U
must not depend on how its columns are numbered.  They are sorted by a key made of the
minors that a column takes part in; where keys tie, the order whose minors come out
largest is taken (of at most 1,000).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.kernels.compiling import kernel
from mheight.kernels.threads import in_ranges

__all__ = ["FLOOR", "set_minors", "set_shape"]

Float = NDArray[np.float64]

FLOOR = -24.0
"""Log2 of a minor, beside the largest of its set, that stands for zero and all below."""

_TIE = 1e-9
_SECONDS = 2e-8  # for each number that is read
_MOST_ARRANGEMENTS = 1000


def set_shape(n: int, k: int, size: int) -> tuple[int, int]:
    """Number of sets, and numbers read about each: its minors, and its circuits' sums."""
    return comb(n, size), comb(size, k) + comb(size, k + 1)


@lru_cache(maxsize=32)
def _tables(n: int, k: int, size: int) -> tuple[NDArray[np.int32], ...]:
    number = np.zeros(1 << n, np.int32)
    for i, subset in enumerate(combinations(range(n), k)):
        number[sum(1 << j for j in subset)] = i
    sets = np.array(list(combinations(range(n), size)), np.int32)
    inside = np.array(list(combinations(range(size), k)), np.int32)
    places = np.zeros(1 << size, np.int32)
    for i, subset in enumerate(inside):
        places[sum(1 << int(j) for j in subset)] = i
    circuits = np.array(
        [
            [places[sum(1 << j for j in circuit if j != left_out)] for left_out in circuit]
            for circuit in combinations(range(size), k + 1)
        ],
        np.int32,
    )
    return number, sets, inside, places, circuits


@kernel()
def _rank_columns(values, inside, key, weight, order):  # type: ignore[no-untyped-def]
    """Sort the columns of a set, descending, by what the minors they take part in say.

    The key of a column adds up its minors, their squares, and twice over the minors times
    a product of the keys so far of their columns.  Columns with one key are, as a rule,
    alike for every purpose.

    Args:
        values: shape (C(size, k),), minors of the set over the largest.
        inside: shape (C(size, k), k), the columns of each minor, of 0..size-1.
        key: shape (size,), filled.
        weight: shape (size,), to work in.
        order: shape (size,), filled: the columns, largest key first.
    """
    size, k = len(key), inside.shape[1]
    key[:] = 0.0
    for b in range(len(inside)):
        for i in inside[b]:
            key[i] += values[b] + 0.61803 * values[b] * values[b]
    for _ in range(2):
        weight[:] = key / key.max()
        for b in range(len(inside)):
            product = values[b]
            for i in inside[b]:
                product *= 0.7 + weight[i]
            for i in inside[b]:
                key[i] += 0.37713 * product / k
    tie = _TIE * key.max()
    for i in range(size):
        at = i
        while at > 0 and key[order[at - 1]] < key[i] - tie:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i


@kernel()
def _next_arrangement(order, start, stop):  # type: ignore[no-untyped-def]
    """The next permutation of a slice; False, and the first one again, after the last.

    Args:
        order: shape (size,), changed from `start` on, before `stop`.
        start: where the slice begins.
        stop: behind its end.
    """
    i = stop - 2
    while i >= start and order[i] >= order[i + 1]:
        i -= 1
    if i < start:
        order[start:stop] = order[start:stop][::-1].copy()
        return False
    j = stop - 1
    while order[j] <= order[i]:
        j -= 1
    order[i], order[j] = order[j], order[i]
    order[i + 1 : stop] = order[i + 1 : stop][::-1].copy()
    return True


@kernel()
def _read(values, places, inside, order, out):  # type: ignore[no-untyped-def]
    """Minors of the set in the order that its sorted columns give.

    Args:
        values: shape (C(size, k),), minors of the set over the largest.
        places: shape (2^size,), number of the minor at the mask of its columns.
        inside: shape (C(size, k), k), the columns of each minor, of 0..size-1.
        order: shape (size,), the columns, sorted.
        out: shape (C(size, k),), filled.
    """
    for b in range(len(inside)):
        mask = 0
        for i in inside[b]:
            mask |= 1 << order[i]
        out[b] = values[places[mask]]


@kernel()
def _break_ties(values, places, inside, key, order, best, trial):  # type: ignore[no-untyped-def]
    """Of all orders that the keys leave open, the one whose minors come out largest.

    Args:
        values: shape (C(size, k),), minors of the set over the largest.
        places: shape (2^size,), number of the minor at the mask of its columns.
        inside: shape (C(size, k), k), the columns of each minor, of 0..size-1.
        key: shape (size,), of `_rank_columns`.
        order: shape (size,), of `_rank_columns`; changed.
        best: shape (C(size, k),), filled: the minors in that order.
        trial: shape (C(size, k),), to work in.
    """
    size = len(order)
    _read(values, places, inside, order, best)
    tie = _TIE * key.max()
    starts = np.zeros(size + 1, np.int64)
    classes, arrangements = 1, 1
    for i in range(1, size):
        if key[order[i - 1]] - key[order[i]] > tie:
            starts[classes] = i
            classes += 1
        else:
            arrangements *= i - starts[classes - 1] + 1
    starts[classes] = size
    if arrangements == 1 or arrangements > _MOST_ARRANGEMENTS:
        return
    for c in range(classes):
        order[starts[c] : starts[c + 1]] = np.sort(order[starts[c] : starts[c + 1]])
    first = True
    while True:
        _read(values, places, inside, order, trial)
        larger = first
        for b in range(len(inside)):
            if abs(trial[b] - best[b]) > _TIE:
                larger = trial[b] > best[b]
                break
        if larger:
            best[:] = trial
        first = False
        c = classes - 1
        while c >= 0 and not _next_arrangement(order, starts[c], starts[c + 1]):
            c -= 1
        if c < 0:
            return


@kernel()
def _fill(minors, number, sets, inside, places, circuits, out, first, last):  # type: ignore[no-untyped-def]
    """Fill in what `set_minors` returns, for the codes from `first` to `last`.

    Args:
        minors: shape (N, C(n, k)), absolute minors in lexicographic order.
        number: shape (2^n,), number of the minor at the mask of its columns.
        sets: shape (C(n, size), size), the sets U.
        inside: shape (C(size, k), k), the k-subsets of 0..size-1.
        places: shape (2^size,), number of each of them at its mask.
        circuits: shape (C(size, k+1), k+1), numbers of the minors in each circuit of a set.
        out: shape (N, C(n, size), C(size, k) + C(size, k+1)), filled.
        first: a code.
        last: behind the last of them.
    """
    size, width = sets.shape[1], len(inside)
    key, weight = np.empty(size), np.empty(size)
    order = np.empty(size, np.int64)
    values, sorted_, trial = np.empty(width), np.empty(width), np.empty(width)
    for code in range(first, last):
        for s in range(len(sets)):
            top = 0.0
            for b in range(width):
                mask = 0
                for i in inside[b]:
                    mask |= 1 << sets[s, i]
                values[b] = minors[code, number[mask]]
                top = max(top, values[b])
            if top == 0.0:
                out[code, s, :] = FLOOR
                continue
            values /= top
            _rank_columns(values, inside, key, weight, order)
            _break_ties(values, places, inside, key, order, sorted_, trial)
            for b in range(width):
                value = sorted_[b]
                out[code, s, b] = max(np.log2(value), FLOOR) if value > 0.0 else FLOOR
            for c in range(len(circuits)):
                value = 0.0
                for b in circuits[c]:
                    value += sorted_[b]
                out[code, s, width + c] = max(np.log2(value), FLOOR) if value > 0.0 else FLOOR


def set_minors(minors: Float, n: int, k: int, size: int) -> NDArray[np.float32]:
    """Log2 minors inside each set of `size` columns, sorted as the module says.

    Args:
        minors: shape (N, C(n, k)), absolute minors of codes in lexicographic order.
        n: length.
        k: dimension.
        size: columns of a set, k < size <= n.

    Returns:
        Shape (N, C(n, size), C(size, k) + C(size, k+1)): log2 of the minors over the
        largest of the set, and for each circuit (k+1 of the columns) log2 of the sum of
        the minors in it; at least `FLOOR`.
    """
    out = np.empty((len(minors), *set_shape(n, k, size)), np.float32)
    if len(minors):
        number, sets, inside, places, circuits = _tables(n, k, size)
        codes = np.ascontiguousarray(minors)

        def work(first: int, last: int) -> None:
            _fill(codes, number, sets, inside, places, circuits, out, first, last)

        in_ranges(work, len(codes), _SECONDS * len(codes) * out[0].size)
    return out
