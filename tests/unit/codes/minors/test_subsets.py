"""Subsets by number, and the straight-line program that expands minors."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from mheight.codes.minors.lanes import LANES
from mheight.codes.minors.subsets import binomials, minor_table, next_subset, subset_number
from mheight.kernels.compiling import plain


@pytest.mark.parametrize(("n", "size"), [(1, 1), (5, 1), (5, 3), (6, 6), (7, 4)])
def test_subsets_come_and_are_numbered_as_by_itertools(n: int, size: int) -> None:
    step, number, choose = plain(next_subset), plain(subset_number), binomials(n)
    wanted = list(combinations(range(n), size))
    smaller = list(combinations(range(n), size - 1))
    subset = np.arange(size)
    for i, expected in enumerate(wanted):
        assert tuple(subset.tolist()) == expected
        assert number(n, subset, -1, choose) == i
        for at in range(size):
            rest = expected[:at] + expected[at + 1 :]
            assert number(n, subset, at, choose) == smaller.index(rest)
        assert step(subset, n) == (i + 1 < len(wanted))


def test_binomials_that_are_too_large_for_offsets_are_left_out() -> None:
    table = binomials(40)
    assert table[10, 3] == 120
    assert table[40, 20] == 0
    assert comb(40, 20) >= 2**31


@pytest.mark.parametrize("dual", [False, True])
@pytest.mark.parametrize(("n", "k"), [(4, 2), (6, 2), (6, 4)])
def test_each_term_of_the_expansion_leaves_out_its_column(n: int, k: int, dual: bool) -> None:
    table = minor_table(n, k, dual)
    rows = n - k if dual else k
    assert table.rows == rows
    terms = iter(zip(table.terms.column // LANES, table.terms.child // LANES, strict=True))
    for size in range(1, rows + 1):
        below = list(combinations(range(n), size - 1))
        for S in combinations(range(n), size):
            for left_out in S:
                column, child = next(terms)
                assert column == left_out
                assert below[child] == tuple(j for j in S if j != left_out)
    assert next(terms, None) is None
    last = list(combinations(range(n), rows))
    for B, offset in zip(combinations(range(n), k), table.terms.order // LANES, strict=True):
        S = last[offset]
        assert (tuple(j for j in range(n) if j not in B) if dual else B) == S
