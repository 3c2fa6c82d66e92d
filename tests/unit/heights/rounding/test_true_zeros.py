from __future__ import annotations

import numpy as np
import pytest

import mheight
from mheight.codes.given import given_matrices
from mheight.heights.rounding.true_zeros import zeros_are_true


def systematic(P: np.ndarray) -> np.ndarray:
    return np.hstack([np.eye(len(P)), P])


def with_zero(seed: int) -> np.ndarray:
    """Integers whose minors are beyond float64, and one of them 0."""
    P = np.random.default_rng(seed).integers(1, 101, (8, 8)).astype(float)
    P[3, 5] = 0.0
    return systematic(P)


def test_zeros_of_large_integers_are_told_apart():
    close = systematic(np.array([[1e8, 1e8 + 1], [1e8 - 1, 1e8], [3.0, 5.0]]))  # a minor of 1
    true = systematic(np.array([[1e8, 2e8], [2e8, 4e8], [3.0, 5.0]]))
    given = given_matrices(np.array([close, true]))
    np.testing.assert_array_equal(zeros_are_true(given, np.array([0, 1])), [False, True])
    np.testing.assert_array_equal(zeros_are_true(given, np.array([1])), [True])


def test_a_batch_with_true_zeros_needs_no_rational_arithmetic(monkeypatch):
    batch = np.array([with_zero(seed) for seed in range(4)])
    expected = [float(h) for h in mheight.exact_profile(batch[0])]
    monkeypatch.setattr("mheight.heights.rounding.settling.exact_profile", pytest.fail)
    found = mheight.profile_with_doubts(batch)
    assert not found.doubts
    assert np.isinf(found.heights[:, -1]).all()
    np.testing.assert_allclose(found.heights[0], expected, rtol=1e-6)


def test_codes_that_are_held_in_fractions_and_long_ones_are_left_to_others():
    given = given_matrices([["1/3", "0", 1], [1, 1, 0]])
    assert not zeros_are_true(given, np.array([0])).any()
    wide = given_matrices(np.random.default_rng(0).integers(-9, 10, (10, 20)))
    assert not zeros_are_true(wide, np.array([0])).any()
