"""The expansion against determinants, permanents and norms of each submatrix alone."""

from __future__ import annotations

from itertools import combinations, permutations
from math import comb, prod, sqrt

import numpy as np
import pytest
from flint import fmpz_mat

from mheight.codes.minors.expansion import (
    Terms,
    bound_minors,
    expand_minors,
    expansion_rows,
    fill_block,
    multiply_norms,
)
from mheight.codes.minors.lanes import LANES
from mheight.codes.minors.rounding import ZERO_TOLERANCE
from mheight.codes.minors.subsets import minor_table

SHAPES = [(1, 1), (1, 4), (2, 2), (2, 5), (3, 5), (4, 6), (5, 6)]  # rows, columns


def integers(rows: int, n: int) -> np.ndarray:
    """Eight matrices, shape (rows, n, LANES), with zeros among small integers."""
    return np.random.default_rng([rows, n]).integers(-3, 4, (rows, n, LANES)).astype(float)


def room(terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    return np.full((terms.widest, LANES), 99.0), np.full((terms.widest, LANES), 99.0)


def in_order(level: np.ndarray, terms: Terms) -> np.ndarray:
    return level.reshape(-1)[terms.order[:, None] + np.arange(LANES)]


@pytest.mark.parametrize(("rows", "n"), SHAPES)
def test_signed_minors_are_determinants_up_to_one_sign(rows, n):
    matrices, terms = integers(rows, n), minor_table(n, rows, False).terms
    spare, other = room(terms)
    level = expand_minors(matrices.reshape(-1, LANES).copy(), terms, spare, other)
    assert np.shares_memory(level, spare if rows % 2 else other)
    true = np.array([
        [int(fmpz_mat(matrices[:, list(B), lane].astype(int).tolist()).det())
         for lane in range(LANES)]
        for B in combinations(range(n), rows)
    ])  # fmt: skip
    sign = (-1) ** (rows * (rows - 1) // 2)  # every level begins with a plus
    np.testing.assert_array_equal(in_order(level, terms), sign * true)
    if rows < n:
        assert (true < 0).any()
        assert (true > 0).any()


@pytest.mark.parametrize(("rows", "n"), [(1, 3), (2, 5), (3, 7)])
def test_of_a_check_matrix_the_complements_come_in_order(rows, n):
    """Minors of [P^T | I] stand at the information sets, the complements of their columns."""
    matrices, terms = integers(rows, n), minor_table(n, n - rows, True).terms
    level = expand_minors(matrices.reshape(-1, LANES).copy(), terms, *room(terms))
    bases = list(combinations(range(n), n - rows))
    for s, B in enumerate(bases):
        outside = [j for j in range(n) if j not in B]
        det = np.linalg.det(np.moveaxis(matrices[:, outside], 2, 0))
        np.testing.assert_allclose(abs(in_order(level, terms)[s]), abs(det), atol=1e-9)


@pytest.mark.parametrize(("rows", "n"), SHAPES)
def test_bounds_are_permanents_of_magnitudes(rows, n):
    matrices, terms = integers(rows, n), minor_table(n, rows, False).terms
    spare, other = room(terms)
    behind = np.full((2 * n, LANES), -1.0)  # no part of the block
    block = np.concatenate([matrices.reshape(-1, LANES), behind])
    level = bound_minors(block, terms, spare, other)
    assert np.shares_memory(level, spare if rows % 2 else other)
    np.testing.assert_array_equal(block[: rows * n], np.abs(matrices).reshape(-1, LANES))
    np.testing.assert_array_equal(block[rows * n :], behind)
    for s, B in enumerate(combinations(range(n), rows)):
        permanent = sum(
            np.prod([abs(matrices[i, j]) for i, j in enumerate(order)], axis=0)
            for order in permutations(B)
        )
        np.testing.assert_array_equal(in_order(level, terms)[s], permanent)


@pytest.mark.parametrize(("rows", "n"), SHAPES)
def test_norms_are_multiplied(rows, n):
    matrices, terms = integers(rows, n), minor_table(n, rows, False).terms
    block, (spare, other) = matrices.reshape(-1, LANES).copy(), room(terms)
    level = multiply_norms(block, terms, spare, other)
    assert np.shares_memory(level, spare if rows % 2 else other)
    for lane in range(LANES):
        norms = [sqrt(sum(x * x for x in matrices[:, j, lane])) for j in range(n)]
        np.testing.assert_allclose(block[:n, lane], norms)
        products = [prod(norms[j] for j in B) for B in combinations(range(n), rows)]
        np.testing.assert_allclose(in_order(level, terms)[:, lane], products)
    np.testing.assert_array_equal(block[n:], matrices.reshape(-1, LANES)[n:])


# --- what is expanded ------------------------------------------------------------------


def filled(generators: np.ndarray, first: int = 0, dual: bool = False):
    _, k, n = generators.shape
    block, tolerance = np.full(((n - k if dual else k) * n, LANES), 99.0), np.empty((1, LANES))
    fill_block(generators, first, dual, block, tolerance)
    return np.moveaxis(block.reshape(-1, n, LANES), 2, 0), tolerance[0]


def check_rows(G: np.ndarray) -> np.ndarray:
    """[P^T | I] of [I | P]."""
    k, n = G.shape
    return np.hstack([G[:, k:].T, np.eye(n - k)])


def scaled(rows: np.ndarray) -> np.ndarray:
    """Each row times a power of two, to an absolute sum from 1 to below 2."""
    out = rows.copy()
    for row in out:
        size = np.abs(row).sum()
        while 0.0 < np.abs(row).sum() < 1.0:
            row *= 2.0
        while np.abs(row).sum() >= 2.0:
            row /= 2.0
        assert size == 0.0 or 1.0 <= np.abs(row).sum() < 2.0
    return out


@pytest.mark.parametrize("dual", [False, True])
def test_a_block_holds_eight_codes_and_the_last_one_again(dual):
    rng = np.random.default_rng(1)
    generators = np.concatenate(
        [np.tile(np.eye(3), (11, 1, 1)), rng.integers(-4, 5, (11, 3, 2))], 2
    )
    for first, codes in ((0, range(8)), (8, [8, 9, 10, 10, 10, 10, 10, 10]), (10, [10] * 8)):
        block, tolerance = filled(generators, first, dual)
        for lane, code in enumerate(codes):
            expected = check_rows(generators[code]) if dual else generators[code]
            np.testing.assert_array_equal(block[lane], expected)
        assert (tolerance == 0.0).all()


REAL = np.array([
    [[0.5, 0.25, 0.0, -0.25], [0.0, 0.0, 0.0, 0.0]],  # a sum of 1; no sum
    [[1.5, -0.5, 0.0, 0.0], [3.0, 0.5, 0.25, 0.0]],  # a sum of 2; below 4
    [[3e-310, 0.0, 0.0, 1e-310], [1e-5, 2e-5, 3e-5, 4e-5]],
    [[1e308, -5e307, 0.0, 0.0], [0.0, 0.0, 7.7, 0.3]],  # a factor that overflows in one step
    [[5e-324, 0.0, 0.0, 0.0], [2.0**1023, 0.0, 0.0, 1.0]],
    [[1.0, 0.0, 3.0, 2.0], [0.0, 1.0, 1.0, 0.5]],
    [[0.1, 0.2, 0.3, 0.4], [1e9, 1e9, 1e9, 1e9]],
    [[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 0.0]],  # integers beside them
])  # fmt: skip


def test_rows_of_real_codes_are_scaled_by_powers_of_two():
    block, tolerance = filled(REAL)
    for lane in range(7):
        np.testing.assert_array_equal(block[lane], scaled(REAL[lane]))
        assert tolerance[lane] == ZERO_TOLERANCE
    np.testing.assert_array_equal(block[7], REAL[7])
    assert tolerance[7] == 0.0


def test_a_real_check_matrix_is_scaled_too():
    G = np.array([[1.0, 0.0, 0.0, 0.75], [0.0, 1.0, 0.0, 7.0], [0.0, 0.0, 1.0, -3.0]])
    block, tolerance = filled(G[None], 0, True)
    for lane in range(LANES):
        np.testing.assert_array_equal(block[lane], [[0.09375, 0.875, -0.375, 0.125]])
    assert (tolerance == ZERO_TOLERANCE).all()


@pytest.mark.parametrize(
    ("rows", "exact"),
    [
        ([[2.0**26, 0.0, 0.0], [0.0, 2.0**26, 2.0**26]], False),  # 2^53
        ([[2.0**26, 0.0, 0.0], [0.0, 2.0**26, 2.0**26 - 1]], True),  # 2^26 below it
        ([[2.0**53, 0.0, 0.0], [0.0, 0.0, 0.0]], False),
        ([[2.0**53 - 2, 1.0, 0.0], [0.0, 0.0, 0.0]], True),  # a sum of 0 counts as 1
        ([[2.0**53 - 2, -2.0, 0.0], [0.0, 0.0, 0.0]], False),
        ([[0.0, 0.0, 0.0], [1.0, 1.0, -1.0]], True),
        ([[1.0, 1.0, 1.0], [0.5, 0.5, 1.0]], False),
        ([[1.0, 1.0, 1.5], [1.0, 0.0, 1.0]], False),
    ],
)
def test_integers_are_exact_below_two_to_the_53(rows, exact):
    G = np.array(rows)
    block, tolerance = filled(G[None])
    given, dual, is_exact = expansion_rows(G, False)
    assert (is_exact, dual) == (exact, False)
    expected = G if exact else scaled(G)
    for lane in range(LANES):
        np.testing.assert_array_equal(block[lane], expected)
    np.testing.assert_array_equal(given, expected)
    assert (tolerance == (0.0 if exact else ZERO_TOLERANCE)).all()


def test_rows_of_one_code_are_those_of_a_block():
    rng = np.random.default_rng(3)
    for k, n in ((1, 3), (2, 4), (3, 5), (4, 5), (3, 3)):
        whole = rng.integers(-5, 6, (k, n)).astype(float)
        whole[0, 0] = 2.0
        for G in (whole, whole / 7.0, np.hstack([np.eye(k), whole[:, k:]]),
                  np.hstack([np.eye(k), whole[:, k:] / 7.0])):  # fmt: skip
            rows, dual, exact = expansion_rows(G, False)
            is_systematic = (G[:, :k] == np.eye(k)).all()
            assert dual == (is_systematic and 0 < n - k < k)
            block, tolerance = filled(G[None], 0, bool(dual))
            np.testing.assert_array_equal(rows, block[0])
            assert exact == (tolerance[0] == 0.0)


@pytest.mark.parametrize("place", [(0, 0), (2, 2), (0, 2), (2, 0)])
def test_a_matrix_that_is_not_systematic_is_expanded_itself(place):
    G = np.hstack([np.eye(3), [[2.0], [3.0], [4.0]]])
    rows, dual, _ = expansion_rows(G, False)
    assert dual
    np.testing.assert_array_equal(rows, [[2.0, 3.0, 4.0, 1.0]])
    G[place] += 1.0
    rows, dual, _ = expansion_rows(G, False)
    assert not dual
    np.testing.assert_array_equal(rows, G)


def test_a_check_matrix_is_expanded_itself():
    H = np.hstack([np.eye(3), [[2.0], [3.0], [4.5]]])
    rows, dual, exact = expansion_rows(H, True)
    assert (dual, exact) == (True, False)
    np.testing.assert_array_equal(rows, scaled(H))


def test_rows_of_one_code_are_scaled():
    for G in REAL[:7]:
        rows, dual, exact = expansion_rows(G, False)
        np.testing.assert_array_equal(rows, scaled(G))
        assert (dual, exact) == (False, False)


def test_there_are_as_many_terms_as_the_levels_say():
    for rows, n in SHAPES:
        terms = minor_table(n, rows, False).terms
        assert terms.sizes.tolist() == [comb(n, r) for r in range(rows + 1)]
        assert len(terms.column) == len(terms.child) == sum(r * comb(n, r) for r in range(rows + 1))
        assert terms.widest == terms.sizes.max()
