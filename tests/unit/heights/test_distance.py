from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import pytest

import mheight.heights.distance
from mheight.codes import LinearCode, cosine_dual_code, icosahedral, repetition, single_parity
from mheight.errors import InvalidCodeError
from mheight.heights.distance import _orthonormal, minimum_distance


@pytest.fixture(params=["heights", "enumeration"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "enumeration":
        monkeypatch.setattr(mheight.heights.distance, "distance_is_counted", lambda n: False)


HAMMING = [[1, 0, 1, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1, 1]]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (repetition(7), 7),
        (single_parity(6), 2),
        (cosine_dual_code(7), 3),
        (icosahedral(), 4),
        (LinearCode.from_parity_check(HAMMING), 3),
        (np.repeat(np.eye(4), 2, axis=1), 2),
        ([[0, 1, 0, 1]], 2),
        ([[1, 0, 0, 0], [0, 1, 1, 1]], 1),
        ([[1, 0, 1, 1], [0, 1, 1, 2]], 3),
        (np.eye(3), 1),
        ([[2, 1], [1, 1]], 1),
    ],
)
@pytest.mark.usefixtures("way")
def test_known_distances(code: Any, expected: int):
    distance = minimum_distance(code)
    assert distance == expected
    assert type(distance) is int


def test_long_codes_of_small_redundancy():
    """Columns (1, x, x^2, ...) with different x: any r of them are independent."""
    moments = np.vander(np.linspace(-1, 1, 60), 4, increasing=True).T
    assert minimum_distance(LinearCode.from_parity_check(moments)) == 5
    moments[:, 41] = 2 * moments[:, 3] - moments[:, 17] / 3
    assert minimum_distance(LinearCode.from_parity_check(moments)) == 3


def test_long_codes_of_small_dimension():
    """C(40, 38) parity-check columns are too many, but hyperplanes of G are few."""
    G = np.vander(np.linspace(-1, 1, 40), 3, increasing=True).T
    assert minimum_distance(G) == 38
    G[:, 5:12] = np.outer([1.0, 2.0, 3.0], np.arange(1, 8))
    assert minimum_distance(G) == 40 - 8  # seven parallel columns and one more
    assert minimum_distance(np.ones((1, 50))) == 50


def test_long_sparse_codes_need_no_hyperplanes():
    G = np.hstack([np.eye(40), np.ones((40, 40))])
    assert comb(80, 39) > 2_000_000
    assert minimum_distance(G) == 2  # the difference of two rows


def test_near_dependence_of_integers_is_told_from_dependence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mheight.heights.distance, "distance_is_counted", lambda n: False)
    large = 10**6
    # Columns 0 and 1 make an angle of 5e-13, but their determinant is 1.
    G = np.array([[large, large + 1, 0, large], [large - 1, large, large, 0]])
    assert minimum_distance(G) == 3
    # Not in whole numbers, they pass for parallel, and that is said.
    with pytest.warns(mheight.AccuracyWarning, match=r"dependent that are so to 2e-13, but not"):
        assert minimum_distance(G / 3.0) == 2
    # The same two as columns of a parity-check matrix: rows of P.
    P = np.array([[large, large - 1], [large + 1, large], [large, -large], [2 * large, large]])
    G = np.hstack([np.eye(4), P])
    assert minimum_distance(G) == 3
    with pytest.warns(mheight.AccuracyWarning, match="columns count as dependent"):
        assert minimum_distance(G / 3.0) == 2
    # As the parity-check matrix that was given: [6, 4].
    H = np.hstack([P.T, -np.eye(2)]).astype(np.int64)
    assert minimum_distance(LinearCode.from_parity_check(H)) == 3


@pytest.mark.parametrize(
    ("apart", "noise"),
    [(Fraction(1), 3e-14), (Fraction(1, 1000), 4e-11), (Fraction(1, 10**7), 1e-9), (0, 1e-9)],
)
def test_noise_grows_with_the_condition(apart: Fraction, noise: float):
    tiny = apart or Fraction(1, 2**70)  # lost in float64: two equal rows
    code = LinearCode([[1, 1, 1, 1], [1, 1, 1 - tiny, 1 - tiny]])
    generator, check, found = _orthonormal(code)
    assert found == pytest.approx(noise, rel=0.2)
    np.testing.assert_allclose(generator @ generator.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(check @ np.vstack([generator, check]).T, np.eye(4)[2:], atol=1e-12)


def test_too_many_sets():
    G = np.hstack([np.eye(20), np.random.default_rng(0).standard_normal((20, 20))])
    # Levels 1, 2, 3 and 4 look at 1 + 40 + 780 + 9880 sets; the next at 91390 more.
    with pytest.raises(
        InvalidCodeError,
        match=r"of this \[40, 20\] code is at least 5; to find it, up to 131282408400 sets of "
        r"columns must be looked at, more than the limit of 20000",
    ):
        minimum_distance(G, limit=20_000)


def test_the_limit_counts_sets_of_parity_check_columns():
    """1 + 60 + C(60, 2) sets: of no column, of one, of two."""
    moments = np.vander(np.linspace(-1, 1, 60), 4, increasing=True).T
    moments[:, 41] = 2 * moments[:, 3] - moments[:, 17] / 3
    code = LinearCode.from_parity_check(moments)
    assert minimum_distance(code, limit=1831) == 3
    with pytest.raises(InvalidCodeError, match=r"is at least 3; .* the limit of 1830"):
        minimum_distance(code, limit=1830)


@pytest.mark.usefixtures("way")
def test_the_limit_counts_sets():
    G = np.vander(np.linspace(-1, 1, 18), 9, increasing=True)[:, :2].T  # [18, 2]: d = 17
    assert minimum_distance(G, limit=18) == 17


def test_the_limit_is_exact():
    G = np.vander(np.linspace(-1, 1, 30), 2).T  # hyperplanes: one column each
    assert minimum_distance(G, limit=30) == 29
    with pytest.raises(InvalidCodeError, match=r"at least 2; .* up to 30 sets .* limit of 29"):
        minimum_distance(G, limit=29)


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, None])
def test_limits(limit: Any):
    with pytest.raises(InvalidCodeError, match="limit must be a positive integer, got"):
        minimum_distance([[1, 1]], limit=limit)


def test_what_is_no_code():
    with pytest.raises(InvalidCodeError, match="rows of G must be independent: rank 2 wanted"):
        minimum_distance([[1, 2, 1], [2, 4, 2]])
    with pytest.raises(InvalidCodeError, match="G must have 2 dimensions"):
        minimum_distance(np.ones((2, 2, 3)))
