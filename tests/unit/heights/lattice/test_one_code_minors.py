"""Minors and circuit sums by masks, against determinants of fractions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, permutations
from math import prod, sqrt

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from mheight.codes.minors.expansion import expansion_rows
from mheight.codes.minors.rounding import CLOSE_ZERO, ZERO_TOLERANCE
from mheight.heights.lattice.one_code_minors import (
    _expand,
    _has_close_zero,
    _norm_products,
    _settle,
    _settle_upwards,
    _sum_circuits,
    minors_and_circuits,
)

UNIT = 2.0**-53


def mask_of(columns) -> int:
    return sum(1 << j for j in columns)


def subsets(n: int, size: int) -> Iterator[tuple[tuple[int, ...], int]]:
    for columns in combinations(range(n), size):
        yield columns, mask_of(columns)


def determinant(rows: np.ndarray, columns) -> Fraction:
    """Of the first rows, as many as there are columns, in fractions."""
    if not columns:
        return Fraction(1)
    square = rows[: len(columns), list(columns)]
    entries = [[fmpq(*Fraction(float(x)).as_integer_ratio()) for x in row] for row in square]
    found = fmpq_mat(entries).det()
    return Fraction(int(found.p), int(found.q))


def permanent(rows: np.ndarray, columns) -> Fraction:
    return sum(
        (prod(abs(Fraction(float(rows[i, j]))) for i, j in enumerate(order))
         for order in permutations(columns)),
        Fraction(0),
    )  # fmt: skip


SHAPES = [(1, 1), (1, 4), (2, 3), (3, 3), (3, 5), (4, 6)]


@pytest.mark.parametrize(("r", "n"), SHAPES)
def test_minors_of_all_orders(r, n):
    rows = np.random.default_rng([r, n]).integers(-3, 4, (r, n)).astype(float)
    signed, bounds = np.full(1 << n, 99.0), np.full(1 << n, 99.0)
    _expand(rows, True, signed)
    _expand(rows, False, bounds)
    for size in range(n + 1):
        for columns, mask in subsets(n, size):
            if size > r:
                assert signed[mask] == bounds[mask] == 99.0
                continue
            sign = (-1) ** (size * (size - 1) // 2)  # every expansion begins with a plus
            assert signed[mask] == sign * determinant(rows, columns)
            assert bounds[mask] == permanent(rows, columns)


@pytest.mark.parametrize("first", [0, 2, 3, 4, 9])
def test_products_of_norms(first):
    rows = np.array([[3.0, 0.0, -1.0, 5.0], [4.0, 0.0, 1.0, 12.0]])
    norms = [5.0, 0.0, sqrt(2.0), 13.0][first:]
    products = _norm_products(rows, first)
    assert len(products) == 1 << len(norms)
    for mask, product in enumerate(products):
        assert product == pytest.approx(prod(x for j, x in enumerate(norms) if mask >> j & 1))


def test_norms_of_no_more_than_thirteen_columns_are_multiplied():
    rows = np.arange(1.0, 16.0)[None]
    low, high = _norm_products(rows, 0), _norm_products(rows, 13)
    assert len(low) == 1 << 13
    assert low[-1] == prod(range(1, 14))
    assert high.tolist() == [1.0, 14.0, 15.0, 210.0]


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("k", "n"), [(1, 2), (1, 4), (2, 4), (3, 5), (4, 5)])
def test_sums_over_circuits(k, n, flip):
    rng = np.random.default_rng([k, n])
    full = (1 << n) - 1 if flip else 0
    given, bounds = rng.integers(0, 9, (2, 1 << n)).astype(float)
    minors, upwards = given.copy(), given.copy()
    slack = 2.0**-10
    _sum_circuits(minors, bounds, n, k, full, 0.0)
    _sum_circuits(upwards, bounds, n, k, full, slack)
    circuits = {mask ^ full for _, mask in subsets(n, k + 1)}
    for at in range(1 << n):
        if at not in circuits:
            assert minors[at] == upwards[at] == given[at]
            continue
        parts = [(at ^ full ^ (1 << j)) ^ full for j in range(n) if (at ^ full) >> j & 1]
        assert len(parts) == k + 1
        assert minors[at] == sum(given[part] for part in parts)
        wanted = sum(given[part] + slack * bounds[part] for part in parts)
        assert upwards[at] == pytest.approx(wanted * (1 + slack), rel=1e-13)


def test_sums_over_circuits_are_rounded_up():
    """With next to no slack what is added is for the rounding of k sums."""
    for k in (1, 2, 5, 8):
        n = k + 1
        minors = np.ones(1 << n)
        _sum_circuits(minors, np.ones(1 << n), n, k, 0, 1e-300)
        assert minors[(1 << n) - 1] == (k + 1) * (1.0 + (k + 8) * UNIT)


# --- what is dropped ---------------------------------------------------------------------


@pytest.mark.parametrize("flip", [0, 15])
@pytest.mark.parametrize(("k", "basis"), [(2, 0b0011), (2, 0b1100), (1, 0b1000), (3, 0b1110)])
def test_a_small_sum_beside_a_zero_is_close(k, basis, flip):
    n = 4
    limit = CLOSE_ZERO * 8.0
    for a in range(n):
        minors, bounds = np.ones(1 << n), np.full(1 << n, 1e9)
        minors[basis ^ flip], bounds[basis ^ flip] = 0.0, 8.0
        assert not _has_close_zero(minors, bounds, n, k, flip)
        if basis >> a & 1:
            continue
        circuit = (basis | 1 << a) ^ flip
        for value, close in ((limit, False), (np.nextafter(limit, 0.0), True), (5e-324, True),
                             (0.0, False)):  # fmt: skip
            minors[circuit] = value
            assert _has_close_zero(minors, bounds, n, k, flip) == close
        minors[circuit], minors[basis ^ flip] = 5e-324, 1e-300  # a minor that is kept
        assert not _has_close_zero(minors, bounds, n, k, flip)


def settled(minors, bounds, tolerance, *, k=1, flip=0, rows=None):
    """`_settle` for n = 3, minors by masks."""
    minors, bounds = np.array(minors, float), np.array(bounds, float)
    rows = np.zeros((1, 3)) if rows is None else rows
    return minors, _settle(minors, bounds, rows, k, flip, tolerance)


def test_exact_minors_are_taken_as_they_are():
    minors, told = settled([9, -1, 0, 9, 1e-300, 9, 9, 9], [0.0] * 8, 0.0)
    assert minors[[1, 2, 4]].tolist() == [1.0, 0.0, 1e-300]
    assert minors[[3, 5, 6, 7]].tolist() == [1.0, 1.0, 1e-300, 9.0]
    assert told == (1.0, 1.0, 0.0, 0, False)


def test_minors_up_to_the_tolerance_are_dropped():
    bounds = [9, 4, 2, 9, 8, 9, 9, 9]
    minors, told = settled([9, -1, 0.5, 9, -1, 9, 9, 9], bounds, 0.125)
    assert minors[[1, 2, 4]].tolist() == [1.0, 0.5, 0.0]  # 1 is no more than an eighth of 8
    assert minors[[3, 5, 6]].tolist() == [1.5, 1.0, 0.5]
    assert told == (0.25, 0.25, 0.125, 1, False)
    minors, told = settled([9, -3, 0.5, 9, np.nextafter(-1, -2), 9, 9, 9], bounds, 0.125)
    assert minors[4] > 1.0
    assert told == (pytest.approx(0.125, rel=1e-15), 0.75, 0.0, 0, False)
    minors, told = settled([9, -3, 0, 9, 0, 9, 9, 9], bounds, 0.125)
    assert told == (0.75, 0.75, 0.0, 2, False)
    minors, told = settled([9, 0.3, 0.2, 9, 0.7, 9, 9, 9], bounds, 0.125)
    assert told == (1.0, 0.0, 0.1, 3, False)


def test_a_column_of_noise_is_dropped_by_its_norm():
    """The larger of the two bounds counts: the third column has norm 40."""
    minors, told = settled(
        [9, 1, 1, 9, 1, 9, 9, 9], [1] * 8, 0.03125, rows=np.array([[1.0, 31.0, 40.0]])
    )
    assert minors[[1, 2, 4]].tolist() == [1.0, 1.0, 0.0]
    assert told == (1.0, 1.0, 1.0, 1, False)


def test_norms_of_columns_beyond_the_thirteenth():
    n = 15
    rows = np.ones((1, n))
    rows[0, [2, 12]], rows[0, [13, 14]] = 1.0, (7.0, 9.0)
    minors, bounds = np.ones(1 << n), np.ones(1 << n)
    _settle(minors, bounds, rows, 1, 0, 0.125)
    kept = [minors[1 << j] for j in range(n)]
    assert kept == [1.0] * 14 + [0.0]

    rows[0, [0, 14]] = 9.0, 1.0
    minors, bounds = np.ones(1 << n), np.ones(1 << n)
    _settle(minors, bounds, rows, 1, 0, 0.125)
    assert [minors[1 << j] for j in range(n)] == [0.0] + [1.0] * 14


def test_a_column_of_zeros_has_no_ratio():
    minors, told = settled([9, 0, 1, 9, 2, 9, 9, 9], [9, 0, 1, 9, 2, 9, 9, 9], 0.125)
    assert minors[[1, 2, 4]].tolist() == [0.0, 1.0, 2.0]
    assert told == (1.0, 1.0, 0.0, 1, False)


def test_of_as_many_rows_as_columns_there_is_one_minor():
    for G, value in (([[1.0, 2.0], [3.0, 1.0]], 5.0), ([[0.5, 1.0], [1.0, 0.5]], 1 / 3)):
        minors, flip, kept, top, *_ = minors_and_circuits(np.array(G), False, False)
        assert (flip, minors[3]) == (0, 5.0 if value == 5.0 else 0.75)
        assert kept == (1.0 if value == 5.0 else pytest.approx(0.6))
        assert top == kept
        above, *_ = minors_and_circuits(np.array(G), False, True)
        assert above[3] == pytest.approx(minors[3], rel=1e-14)
        assert (above[3] < minors[3]) == (value != 5.0)
    minors, _, kept, top, dropped, zeros, close = minors_and_circuits(
        np.array([[0.5, 0.5], [0.5, 0.5]]), False, False
    )
    assert minors[3] == 0.0
    assert (kept, top, dropped, zeros, close) == (1.0, 0.0, 0.0, 1, False)


def test_a_close_zero_is_told():
    bounds = [9, 4000, 1, 9, 1, 9, 9, 9]
    _, told = settled([9, 0, 1.5, 9, 2, 9, 9, 9], bounds, 1e-12)
    assert told == (1.0, 2.0, 0.0, 1, True)
    _, told = settled([9, 0, 1.5, 9, 2, 9, 9, 9], [9, 1500, 1, 9, 1, 9, 9, 9], 1e-12)
    assert not told[4]
    _, told = settled([9, 0, 1.5, 9, 2, 9, 9, 9], bounds, 0.0)
    assert told == (1.0, 1.0, 0.0, 0, False)


def test_of_a_flipped_code_minors_stand_at_complements():
    minors, told = settled(
        [9, 9, 9, -1, 9, 2, -0.01, 9], [9, 9, 9, 1, 9, 1, 1, 9], 0.125, k=1, flip=7,
        rows=np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]),
    )  # fmt: skip
    assert minors[[6, 5, 3]].tolist() == [0.0, 2.0, 1.0]  # B = 0, 1, 2
    assert minors[[4, 2, 1]].tolist() == [2.0, 1.0, 3.0]  # A = 01, 02, 12
    assert told == (1.0, 2.0, 0.01, 1, False)


@pytest.mark.parametrize("flip", [0, 7])
def test_upwards(flip):
    given = np.array([9, -1, 0.25, 9, 1, 9, 9, 9], float)
    bounds = np.array([9, 2, 2, 9, 4, 9, 9, 9], float)
    if flip:
        given, bounds = given[::-1].copy(), bounds[::-1].copy()
    minors = given.copy()
    _settle_upwards(minors, bounds, 3, 1, flip, 0.25)
    at = np.array([1, 2, 4, 3, 5, 6]) ^ flip
    np.testing.assert_allclose(minors[at[:3]], [0.5, 0.0, 0.0])
    np.testing.assert_allclose(minors[at[3:]], [2.25 * 1.25, 3.5 * 1.25, 2.75 * 1.25])
    minors = given.copy()
    _settle_upwards(minors, bounds, 3, 1, flip, 0.0)
    assert minors[at].tolist() == [1.0, 0.25, 1.0, 1.25, 2.0, 1.25]


# --- all of it ---------------------------------------------------------------------------


def true_minors(G: np.ndarray, is_check: bool) -> dict[int, Fraction]:
    """|det| by masks of information sets; of a check matrix on their complements."""
    r, n = G.shape
    full = (1 << n) - 1
    return {
        (full ^ mask if is_check else mask): abs(determinant(G, columns))
        for columns, mask in subsets(n, r)
    }


@pytest.mark.parametrize("is_check", [False, True])
@pytest.mark.parametrize(("r", "n"), [(1, 3), (2, 4), (3, 5), (2, 6), (4, 5)])
def test_integers(r, n, is_check):
    G = np.random.default_rng([r, n]).integers(-2, 3, (r, n)).astype(float)
    G[:, :r] = np.eye(r)  # with r > n-r, [P^T | I] is expanded
    minors, flip, *told = minors_and_circuits(G, is_check, False)
    assert flip == ((1 << n) - 1 if is_check or 0 < n - r < r else 0)
    assert told == [1.0, 1.0, 0.0, 0, False]
    above, _, *rest = minors_and_circuits(G, is_check, True)
    assert rest == [1.0, 1.0, 0.0, 0, False]
    true = true_minors(G, is_check)
    for mask, value in true.items():
        assert minors[mask ^ flip] == above[mask ^ flip] == value
    k = n - r if is_check else r
    for columns, mask in subsets(n, k + 1):
        whole = sum(true[mask ^ (1 << j)] for j in columns)
        assert minors[mask ^ flip] == above[mask ^ flip] == whole


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("r", "n", "is_check"), [(2, 5, False), (4, 6, False), (3, 5, True), (1, 3, False)]
)
def test_reals_upwards_lie_above(r, n, is_check, seed):
    """Each minor no larger than it is and each sum no smaller, and neither far from it."""
    rng = np.random.default_rng([r, n, seed])
    G = rng.standard_normal((r, n))
    if seed == 1:
        G[:, -1] = G[:, 0] * 3.0 + G[:, 1] / 7.0  # near zero
    minors, flip, *_ = minors_and_circuits(G, is_check, True)
    factor = true_scale(G)
    true = {mask: value * factor for mask, value in true_minors(G, is_check).items()}
    bounds = {
        (mask if not is_check else (1 << n) - 1 ^ mask): permanent(G, columns) * factor
        for columns, mask in subsets(n, r)
    }
    slack = Fraction(1.01 * (2 * r + r * (r - 1) // 2) * UNIT)
    for mask, value in true.items():
        found = Fraction(minors[mask ^ flip])
        assert found <= value
        assert found == 0 or value - found <= 2 * slack * bounds[mask] * (1 + Fraction(1, 10**9))
        assert found > 0 or value <= 2 * slack * bounds[mask]
    k = n - r if is_check else r
    for columns, mask in subsets(n, k + 1):
        whole = sum(true[mask ^ (1 << j)] for j in columns)
        size = sum(bounds[mask ^ (1 << j)] for j in columns)
        found = Fraction(minors[mask ^ flip])
        assert whole <= found <= whole + (3 * slack + (k + 10) * Fraction(UNIT)) * size


@pytest.mark.parametrize("r", [1, 2, 3, 4])
def test_each_minor_is_lowered_by_the_rounding_of_its_expansion(r):
    """Products, sums 0 + 1 + ... + r-1, and r entries: see `_settle_upwards`."""
    n = r + 2
    G = np.random.default_rng(r).standard_normal((r, n))
    rows, _, exact = expansion_rows(G, False)
    assert not exact
    signed, bounds = np.empty(1 << n), np.empty(1 << n)
    _expand(rows, True, signed)
    _expand(rows, False, bounds)
    units = {1: 2, 2: 5, 3: 9, 4: 14}[r]
    minors, *_ = minors_and_circuits(G, False, True)
    for _, mask in subsets(n, r):
        assert minors[mask] == abs(signed[mask]) - 1.01 * units * UNIT * bounds[mask]


def true_scale(G: np.ndarray) -> Fraction:
    """What scaling the rows makes of a minor: a power of two."""
    factor = Fraction(1)
    for row in G:
        size = np.abs(row).sum()
        while size >= 2.0:
            size, factor = size / 2.0, factor / 2
        while size < 1.0:
            size, factor = size * 2.0, factor * 2
    return factor


def test_reals_are_settled():
    """The third column is three times the first but for rounding, so one minor is dropped."""
    G = np.array([[0.1, 0.7, 0.3, 0.2], [0.2, 0.1, 0.6, 1e-6]])
    G[:, 2] *= 1 + 1e-15
    minors, flip, kept, top, dropped, zeros, close = minors_and_circuits(G, False, False)
    true = {mask: value * true_scale(G) for mask, value in true_minors(G, False).items()}
    assert flip == 0
    assert minors[0b0101] == 0.0
    assert zeros == 1
    assert 0.0 <= dropped < ZERO_TOLERANCE
    others = [
        float(abs(determinant(G, columns)) / permanent(G, columns))
        for columns, mask in subsets(4, 2)
        if mask != 0b0101
    ]
    assert kept == pytest.approx(min(others), rel=1e-9)
    assert top == pytest.approx(max(others), rel=1e-9)
    assert not close
    for mask, value in true.items():
        if mask != 0b0101:
            assert minors[mask] == pytest.approx(float(value), rel=1e-12)
    assert minors[0b0111] == pytest.approx(float(true[0b0011] + true[0b0110]), rel=1e-12)
