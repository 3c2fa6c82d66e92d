"""Linear systems to the last digit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mheight.codes.algebra.exact_matrices import as_fractions, solve
from mheight.codes.algebra.solving import solve_refined, systematic_part


def test_a_badly_conditioned_system_is_solved_to_the_last_digits() -> None:
    """Hilbert's matrix of order 6 loses 7 digits of a plain solution."""
    basis = np.array([[1.0 / (i + j + 1) for j in range(6)] for i in range(6)])
    right = np.arange(1.0, 7.0)[:, None]
    exact = solve(as_fractions(basis), [Fraction(int(x)) for x in right[:, 0]])
    assert exact is not None
    expected = np.array([float(x) for x in exact])
    assert np.linalg.cond(basis) > 1e7
    plain = np.linalg.inv(basis) @ right
    assert (np.abs(plain[:, 0] / expected - 1.0) > 1e-12).any()
    found = solve_refined(basis, right)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-13)


def test_batches_are_solved_one_by_one() -> None:
    rng = np.random.default_rng(0)
    basis, right = rng.normal(size=(5, 3, 3)), rng.normal(size=(5, 3, 2))
    found = solve_refined(basis, right)
    assert found.shape == (5, 3, 2)
    np.testing.assert_allclose(basis @ found, right, atol=1e-13)


def test_what_is_left_of_a_zero_is_zero() -> None:
    basis = np.array([np.eye(2), np.eye(2)])
    rest = np.array([[[1.0, 9e-15], [0.5, 1e-3]], [[1e-20, 9e-35], [1.1e-34, -1e-20]]])
    found = systematic_part(basis, rest)
    assert found.tolist() == [[[1.0, 0.0], [0.5, 1e-3]], [[1e-20, 0.0], [1.1e-34, -1e-20]]]
    assert systematic_part(np.eye(2), np.zeros((2, 0))).shape == (2, 0)
