"""Exact integers: quotients in their order though floats can't tell them, and what is too much."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from mheight.errors import InvalidCodeError
from mheight.heights.lattice import integers
from mheight.heights.lattice.integers import (
    _masks,
    _minors,
    _sorted_places,
    integer_code,
    lattice_levels,
    quotient,
)

BIG = 10**20


@pytest.mark.parametrize(
    "pairs",
    [
        [(1, 2), (3, 1), (2, 4), (5, 0), (3, 1), (0, 7)],
        # One float for all of these, in no order; two are the same number.
        [(BIG + 3, BIG), (BIG, BIG), (BIG + 1, BIG), (1, 0), (2 * BIG + 2, 2 * BIG), (7, 1)],
        # Ties of a float in the middle and at the end of the list, equal and unequal ones.
        [(1, 1), (4, 2), (2 * BIG + 1, BIG), (2, 1), (9, 1), (9 * BIG + 1, BIG), (18, 2)],
        [(3, 0), (1, 0)],
        [(10**400, 1), (10**401, 1), (1, 3)],  # beyond floats
        [(2, 1)],
    ],
)
def test_places_of_quotients(pairs: list[tuple[int, int]]) -> None:
    ranks, different = _sorted_places(pairs)
    values = sorted({Fraction(s, p) for s, p in pairs if p})
    assert [Fraction(s, p) for s, p in different] == values
    expected = [values.index(Fraction(s, p)) if p else len(values) for s, p in pairs]
    assert ranks.tolist() == expected
    assert ranks.dtype == np.int32


def test_places_of_many_quotients_that_floats_take_for_one() -> None:
    rng = np.random.default_rng(0)
    pairs = [(BIG + int(x), BIG) for x in rng.integers(0, 40, 200)]
    ranks, different = _sorted_places(pairs)
    values = sorted({s for s, _ in pairs})
    assert [s for s, _ in different] == values
    assert ranks.tolist() == [values.index(s) for s, _ in pairs]


def test_a_quotient_beyond_floats() -> None:
    assert quotient(1, 3) == 1 / 3
    assert quotient(10**400, 1) == math.inf


@pytest.mark.parametrize("size", range(6))
def test_masks_come_in_the_order_of_combinations(size: int) -> None:
    bits = [1, 4, 8, 32, 64]
    assert _masks(bits, size) == [sum(chosen) for chosen in combinations(bits, size)]


@pytest.mark.parametrize(("k", "n"), [(1, 4), (2, 5), (3, 5), (4, 5), (3, 6)])
def test_minors_are_determinants(k: int, n: int) -> None:
    """Of the integer rows, also where the first columns are dependent."""
    rng = np.random.default_rng([k, n])
    G = rng.integers(-5, 6, (k, n))
    G[:, 1] = 2 * G[:, 0]
    while np.linalg.matrix_rank(G) < k:
        G[:, 2:] = rng.integers(-5, 6, (k, n - 2))
    code = integer_code(G)
    rows = np.array(code.rows, dtype=float)
    expected = {
        sum(1 << j for j in B): round(abs(float(np.linalg.det(rows[:, B]))))
        for B in combinations(range(n), k)
    }
    assert _minors(code) == expected
    scaled = [[scale * x for x in row] for scale, row in zip(code.scales, G.tolist(), strict=True)]
    assert scaled == code.rows


@pytest.mark.parametrize(("n", "k"), [(4, 1), (5, 2), (5, 4), (6, 3)])
def test_levels_are_minima_over_what_a_set_contains(n: int, k: int) -> None:
    bases = list(combinations(range(n - 1), k))
    ranks = np.random.default_rng([n, k]).permutation(n * len(bases)).astype(np.int32)
    table = ranks.reshape(n, -1)
    levels = lattice_levels(ranks, n, k)
    assert len(levels) == n - k
    for size, level in enumerate(levels, start=k):
        sets = list(combinations(range(n - 1), size))
        assert level.shape == (len(sets), n)
        for row, T in zip(level, sets, strict=True):
            inside = [i for i, B in enumerate(bases) if set(B) <= set(T)]
            assert row.tolist() == table[:, inside].min(axis=1).tolist()


def test_how_many_bits_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of 3 and 4 bits, six minors of seven bits each."""
    G = [[7, 0, 1, 1], [0, 15, 1, 2]]
    monkeypatch.setattr(integers, "MAX_EXACT_BITS", 42)
    assert integer_code(G).determinant == 105
    monkeypatch.setattr(integers, "MAX_EXACT_BITS", 41)
    with pytest.raises(InvalidCodeError) as refused:
        integer_code(G)
    assert str(refused.value) == (
        "an [4, 2] code of integers of 3 bits (after scaling its rows) wants minors of 42 bits in "
        "all, more than the 41 that exact arithmetic takes on"
    )
    # Where minors are few, the echelon form has k k numbers of that length: 9 * 6 bits.
    G = [[3, 0, 0, 1], [0, 3, 0, 1], [0, 0, 3, 1]]
    monkeypatch.setattr(integers, "MAX_EXACT_BITS", 54)
    assert integer_code(G).determinant == 27
    monkeypatch.setattr(integers, "MAX_EXACT_BITS", 53)
    with pytest.raises(InvalidCodeError, match="wants minors of 54 bits in all"):
        integer_code(G)
