"""Heights as numbers where the lattice does not reach."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi
from typing import Any

import numpy as np
import pytest

import mheight
from mheight import DoubtKind, find_height, height_profile, m_height
from mheight.codes import cosine_code
from mheight.errors import AccuracyWarning, InvalidCodeError, UnsolvedHeightError
from mheight.heights import profile
from mheight.heights.solution import Solution

LONG = np.random.default_rng(0).standard_normal((16, 32))


def test_one_height_of_a_long_code_and_of_a_batch() -> None:
    height = find_height(LONG, 2).height
    assert m_height(LONG, 2) == m_height(mheight.LinearCode(LONG), 2) == height
    assert m_height(np.array([LONG, 2 * LONG]), 2).tolist() == [height, height]
    assert m_height(np.empty((0, 16, 32)), 2).shape == (0,)
    with pytest.raises(InvalidCodeError, match=r"^code 1: the rows of G must be independent"):
        m_height(np.array([LONG, np.ones((16, 32))]), 2)


def test_the_cheaper_method_gives_the_same() -> None:
    G = np.random.default_rng(3).standard_normal((9, 18))
    profile = height_profile(G)
    for m in (1, 2, 3):
        assert m_height(G, m) == pytest.approx(profile[m - 1], rel=1e-9)


def test_a_height_that_would_take_hours_is_refused() -> None:
    with pytest.raises(InvalidCodeError, match=r"about .* minutes; find_height\(G, 14, time_l"):
        m_height(LONG, 14)
    with pytest.raises(InvalidCodeError, match=r"use m_height \(a number\) or find_height"):
        height_profile(LONG)


def test_full_profiles_of_small_dimension() -> None:
    g = np.random.default_rng(0).standard_normal(27)
    sizes = np.sort(abs(g))[::-1]
    np.testing.assert_allclose(height_profile([g]), sizes[0] / sizes[1:], rtol=1e-12)
    n = 27
    expected = [
        (1.0 if m % 2 else cos(pi / (2 * n))) / cos((m + 1) * pi / (2 * n)) for m in range(1, n - 1)
    ]
    np.testing.assert_allclose(height_profile(cosine_code(n)), expected, rtol=1e-9)
    batch = height_profile(np.array([[g], [2 * g]]))
    np.testing.assert_allclose(batch[0], batch[1])


def test_full_profiles_of_small_redundancy() -> None:
    profile = height_profile(mheight.LinearCode.from_parity_check(cosine_code(40).G))
    assert profile[1] == pytest.approx(1 / (2 * np.sin(pi / 80) ** 2) - 1, rel=1e-9)


def test_bounds_are_never_returned_as_a_height(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsure(code: mheight.LinearCode, m: int, **options: Any) -> Solution:
        return replace(find_height(code, m), upper=np.inf, status="rounding")

    monkeypatch.setattr(profile, "solved", unsure)
    with pytest.raises(UnsolvedHeightError, match=r"h_2 is only known to lie in \[7.01.*rounding"):
        m_height(LONG, 2)
    short = np.random.default_rng(1).integers(-3, 4, (8, 17))  # that exact arithmetic settles
    assert m_height(short, 2) == pytest.approx(height_profile(short)[1], rel=1e-12)


def test_doubts_are_warned_of_once() -> None:
    G = np.random.default_rng(0).standard_normal((2, 30))
    G[1] = G[0] + 1e-10 * G[1]
    with pytest.warns(AccuracyWarning, match=r"^the matrix has condition number"):
        m_height(G, 1)
    with pytest.warns(AccuracyWarning, match=r"^1 of 2 codes; code 1: the matrix has cond"):
        m_height(np.array([np.random.default_rng(1).standard_normal((2, 30)), G]), 1)


def test_profiles_by_searches_obey_the_zero_tolerance_and_keep_their_doubts() -> None:
    """[27, 1]: h_m is the largest entry over the (m+1)-th."""
    g = 2.0 ** -np.arange(27)
    found = mheight.profile_with_doubts(np.array([[g], [g[::-1]]]), zero_tolerance=2.0**-20)
    expected = np.where(np.arange(1, 27) < 20, 2.0 ** np.arange(1, 27), np.inf)
    np.testing.assert_allclose(found.heights, [expected, expected], rtol=1e-12)
    G = np.random.default_rng(0).standard_normal((2, 30))
    near = np.array([G[0], G[0] + 1e-10 * G[1]])
    found = profile._searched_profiles([mheight.LinearCode(G), mheight.LinearCode(near)], None)
    assert {doubt.code for doubt in found.doubts} == {1}
    assert [doubt.kind for doubt in found.doubts].count(DoubtKind.CONDITION) == 1
    assert found.heights.shape == (2, 28)
