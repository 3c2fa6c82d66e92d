"""Verdicts and heights do not depend on how a matrix is scaled or on what stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

from mheight import LinearCode, height_profile

MDS = np.array([[1.0, 0, 1, 1], [0, 1, 1, 2]])


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-20, 0.3, 1e20, 1e200, 1e300])
def test_a_common_factor(scale):
    np.testing.assert_allclose(height_profile(scale * MDS), [2.0, 3.0], rtol=1e-12)


def test_rows_of_very_different_scale():
    rows = MDS * np.array([[1e300], [1e-300]])
    np.testing.assert_allclose(height_profile(rows), [2.0, 3.0], rtol=1e-12)
    assert LinearCode(rows).k == 2


def test_a_zero_minor_stays_zero_at_any_scale():
    singular = np.array([[1.0, 0, 1, 1], [0, 1, 1, 1]])
    for scale in (0.1, 1e-100, 1e100):
        assert height_profile(scale * singular) == pytest.approx([2.0, np.inf], rel=1e-12)


def test_a_fingerprint_of_large_numbers():
    code = LinearCode.from_systematic([[1e155, 1], [1, 1e155]])
    assert code.has_spectrum_of(LinearCode.from_systematic([[1, 1e155], [1e155, 1]]))


def test_a_code_is_the_same_alone_and_in_company():
    """Beside a matrix that is not systematic, minors must not fall under a tolerance."""
    parity = np.random.default_rng(0).integers(-9000, 9000, (6, 3))
    systematic = np.hstack([np.eye(6), parity])
    alone = height_profile(systematic)
    together = height_profile(np.stack([systematic, systematic[:, ::-1]]))
    assert np.isfinite(alone).all()
    np.testing.assert_array_equal(together[0], alone)
    np.testing.assert_allclose(together[1], alone, rtol=1e-9)


def test_infinite_heights_survive_a_change_of_information_set():
    rows = [[69, 69, -92, -76], [69, 69, -92, -76], [96, 96, -19, 53]]
    code = LinearCode.from_systematic([*rows, [-37, -37, -56, -92], [32, 32, 7, -25]])
    infinite = np.isinf(height_profile(code))
    assert infinite.tolist() == [False, True, True, True]
    rng = np.random.default_rng(0)
    for _ in range(500):
        moved = height_profile(code.random_equivalent(rng))
        np.testing.assert_array_equal(np.isinf(moved), infinite)
