"""Condition numbers, ranks and generator matrices that are better conditioned."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mheight.codes.algebra.conditioning import condition, pivot_order, ranks, reduced_generator


def test_condition_by_hand() -> None:
    """Rows (1, 0) and (cos a, sin a) of length 1 have singular values sqrt(1 +- cos a)."""
    cosine, sine = 0.6, 0.8
    rows = np.array([[5.0, 0.0], [7 * cosine, 7 * sine]])
    assert condition(rows, scale_columns=False) == pytest.approx(np.sqrt(1.6 / 0.4))
    assert condition(np.eye(3)) == pytest.approx(1.0)


def test_condition_of_scaled_columns() -> None:
    rows = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    scaled = rows * [1.0, 1e-3, 1.0]  # the largest entries of the rows are those of before
    assert condition(scaled) == pytest.approx(condition(rows))
    assert condition(rows, scale_columns=False) == pytest.approx(np.sqrt(3))
    assert condition(scaled, scale_columns=False) == pytest.approx(1.0, abs=1e-5)
    # A zero column has no length to be scaled by.
    assert condition(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])) == pytest.approx(1.0)


def test_dependent_rows_have_no_condition() -> None:
    assert condition(np.array([[1.0, 0.0], [1.0, 0.0]]), scale_columns=False) > 1e15


def test_ranks_of_rows_and_columns_of_any_size() -> None:
    matrices = np.array([[[1e200, 0, 1], [0, 1e-200, 0]], [[1, 2, 1], [3, 6, 3]]])
    assert ranks(matrices).tolist() == [2, 1]
    assert ranks(np.zeros((2, 2, 3))).tolist() == [0, 0]
    assert ranks(matrices).dtype == np.int64


def test_a_reduced_generator_is_of_the_same_code() -> None:
    G = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0 + 1e-9]])
    found = reduced_generator(G)
    assert found is not None
    order = pivot_order(G)
    np.testing.assert_array_equal(found[:, sorted(order[:2])], np.eye(2)[np.argsort(order[:2])])
    # Its rows are combinations of those of G: exactly (0, 0, 0, 1) and (1, 2, 3, 0) over one.
    assert np.linalg.matrix_rank(np.vstack([found, [[0, 0, 0, 1.0]], [[1.0, 2, 3, 0]]])) == 2


def test_no_reduced_generator() -> None:
    assert reduced_generator(np.array([[1.0, 2.0], [2.0, 4.0]])) is None
    huge = ((Fraction(1), Fraction(10) ** 400),)
    assert reduced_generator(np.array([[1.0, 1e-9]]), huge) is None


def test_entries_that_floats_do_not_hold_are_taken() -> None:
    rows = ((Fraction(3), Fraction(1)),)
    assert reduced_generator(np.array([[3.0, 1.5]]), rows) == pytest.approx(np.array([[1, 1 / 3]]))


def test_pivots_are_an_information_set_whatever_the_scale() -> None:
    # Columns 0 and 1 are parallel and large; 2 and 3 are small and far from each other.
    G = np.array([[1e9, 2e9, 1.0, 0.0], [1e9, 2e9, 0.0, 1.0]])
    order = pivot_order(G)
    assert sorted(order) == [0, 1, 2, 3]
    assert set(order[:2]) not in ({0, 1},)
    # The rest stands in its own order; a zero column comes last of all pivots.
    assert pivot_order(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])) == [1, 2, 0]
    assert order[2:] == sorted(order[2:])


def test_the_first_columns_are_independent_as_long_as_there_are_such() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        G = rng.integers(-1, 2, (5, 8)).astype(float)
        G[:, rng.permutation(8)[:3]] = G[:, :3]  # parallel columns
        order = pivot_order(G)
        rank = np.linalg.matrix_rank(G)
        assert np.linalg.matrix_rank(G[:, order[:rank]]) == rank
        # Whatever the size of the rows.
        assert pivot_order(G * [[1.0], [2.0**-30], [2.0**20], [1.0], [0.5]]) == order


def test_pivots_of_dependent_rows_are_all_columns_once() -> None:
    assert sorted(pivot_order(np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0]]))) == [0, 1, 2]
    assert sorted(pivot_order(np.array([[0.0, 0.0], [1.0, 2.0]]))) == [0, 1]
