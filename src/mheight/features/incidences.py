"""Which minors, circuits and sets of columns belong together, for any length.

A circuit is here a set A of k+1 columns.  `mheight.models.relations` takes minima over the
circuits in a set U of columns that share an element, and the maximum over the sets; here is
who is in which.  Nothing of it is learnt.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

__all__ = ["incidences"]

Int = NDArray[np.int32]

_SMALL = 2**17
"""Entries of a table that is kept; 12,108,096 is the largest for n = 16."""


def incidences(n: int, k: int, m: int) -> tuple[Int, Int]:
    """Which minors, circuits, elements and sets belong together.

    Small tables are kept for the next call, of large ones only the last two.

    Args:
        n: length.
        k: dimension.
        m: index of the height, 1 <= m <= n-k.

    Returns:
        `members`, shape (k+1, C(n, k+1)): for each place in each circuit, the number of
        the minor without that element.  Circuit c and place i make slot i C + c.
        `inside`, shape (pairs, C(n-m, k)): for each set U of n-m+1 columns and each
        element j of it, the slots of j in the circuits inside U.

    Examples:
        >>> members, inside = incidences(4, 2, 1)
        >>> members.shape, inside.shape       # 4 circuits; U is all 4 columns, j one of them
        ((3, 4), (4, 3))
    """
    reads = comb(n, m - 1) * (n - m + 1) * comb(n - m, k)
    return _kept(n, k, m) if reads <= _SMALL else _last(n, k, m)


def _made(n: int, k: int, m: int) -> tuple[Int, Int]:
    minors, circuits = _numbers(n, k), _numbers(n, k + 1)
    columns = np.array(list(combinations(range(n), k + 1)), np.int64)
    whole = (1 << columns).sum(axis=1)
    members = np.array([minors[whole - (1 << columns[:, i])] for i in range(k + 1)], np.int32)
    size, count = n - m + 1, len(columns)
    sets = 1 << np.array(list(combinations(range(n), size)), np.int64)  # (sets, size)
    inside = np.empty((len(sets), size, comb(n - m, k)), np.int32)
    for j in range(size):
        others = [i for i in range(size) if i != j]
        for at, basis in enumerate(combinations(others, k)):
            place = sum(i < j for i in basis)
            inside[:, j, at] = place * count + circuits[sets[:, [*basis, j]].sum(axis=1)]
    return members, inside.reshape(-1, inside.shape[2])


_kept = lru_cache(maxsize=256)(_made)
_last = lru_cache(maxsize=2)(_made)


@lru_cache(maxsize=32)
def _numbers(n: int, size: int) -> Int:
    """Number of each subset of `size` columns, by the bits of its columns."""
    numbers = np.full(1 << n, -1, np.int32)
    for number, subset in enumerate(combinations(range(n), size)):
        numbers[sum(1 << i for i in subset)] = number
    return numbers
