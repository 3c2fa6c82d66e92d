from __future__ import annotations

from dataclasses import replace
from math import cos, pi
from typing import Any

import numpy as np
import pytest

import mheight
from mheight import DoubtKind, find_height
from mheight.codes import LinearCode, cosine_code
from mheight.errors import AccuracyWarning, InvalidCodeError, UnsolvedHeightError
from mheight.heights import choosing, height_profile, m_height, profile
from mheight.heights.finding import find_heights
from mheight.heights.solution import Solution

G = [[1, 0, 1, 1], [0, 1, 1, 2]]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([1, 2], r"G must have 2 or 3 dimensions, got shape \(2,\)"),
        (np.ones((1, 1, 1, 2)), r"G must have 2 or 3 dimensions, got shape \(1, 1, 1, 2\)"),
        ([[1], [2]], r"with 1 <= k <= n, got \(2, 1\)"),
        (np.ones((3, 0, 2)), r"with 1 <= k <= n, got \(3, 0, 2\)"),
        ([[1, 2], [3]], "G must have rows of one length: row 0 has 2 entries, row 1 1"),
        ("ab", "a matrix is written .*, got 'ab'"),
        ([[1, np.nan]], r"G must be finite, got nan at index \(0, 1\)"),
        ([[[1, 2]], [[1, np.inf]]], r"G must be finite, got inf at index \(1, 0, 1\)"),
        ([[1, 2, 1], [2, 4, 2]], "the rows of G must be independent: rank 2 wanted, got 1$"),
        ([[[1, 2]], [[0, 0]]], "the rows of G must be independent: rank 1 wanted, got 0 in code 1"),
    ],
)
@pytest.mark.parametrize("compute", [height_profile, lambda matrix: m_height(matrix, 1)])
def test_what_has_no_heights(matrix: Any, message: str, compute: Any) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        compute(matrix)


@pytest.mark.parametrize("m", [0, 4, -1, 1.0, "1", True, None])
def test_m_is_an_integer_below_the_length(m: Any) -> None:
    with pytest.raises(InvalidCodeError, match=r"m must be an integer in 1\.\.n-1 = 1\.\.3, got"):
        m_height(G, m)


@pytest.mark.parametrize("matrix", [np.eye(3), LinearCode([[2, 1], [1, 1]])])
def test_the_whole_space_has_an_empty_profile(matrix: Any) -> None:
    assert height_profile(matrix).shape == (0,)
    assert m_height(matrix, 1) == np.inf
    n = height_profile(matrix).size + len(getattr(matrix, "G", matrix))
    with pytest.raises(InvalidCodeError, match=rf"1\.\.n-1 = 1\.\.{n - 1}, got {n}"):
        m_height(matrix, n)


def test_shapes() -> None:
    batch = np.array([G] * 11)
    assert height_profile(batch).shape == (11, 2)
    assert height_profile(batch[:0]).shape == (0, 2)
    assert height_profile(np.array([np.eye(2)] * 3)).shape == (3, 0)
    np.testing.assert_array_equal(m_height(batch, 2), np.full(11, 3.0))
    single = m_height(G, np.int64(2))
    assert type(single) is float
    assert single == 3.0


def test_a_code_and_its_matrix_have_one_profile() -> None:
    np.testing.assert_array_equal(height_profile(LinearCode(G)), height_profile(G))


def test_the_input_stays_as_it_was() -> None:
    matrix = np.array(G, dtype=np.float64)
    height_profile(matrix)
    assert (matrix == G).all()


def test_codes_too_long_for_the_lattice_are_refused() -> None:
    with pytest.raises(InvalidCodeError, match=r"an \[40, 20\] code has [\d,]+; .* find_height"):
        height_profile(np.hstack([np.eye(20), np.ones((20, 20))]))


def test_the_limits_of_both_kernels_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """At [4, 2] the sets T, without the target, are three pairs and one triple."""
    monkeypatch.setattr(choosing, "LATTICE_LENGTH", 3)
    monkeypatch.setattr(choosing, "MAX_LATTICE_SETS", 4)
    assert height_profile(G).tolist() == [2.0, 3.0]
    monkeypatch.setattr(choosing, "MAX_LATTICE_SETS", 3)
    assert height_profile(G).tolist() == [2.0, 3.0]  # by a search
    monkeypatch.setattr(choosing, "PROFILE_SECONDS", 0.0)
    with pytest.raises(InvalidCodeError, match=r"at most 3 sets; an \[4, 2\] code has 4;"):
        height_profile(G)
    monkeypatch.setattr(choosing, "LATTICE_LENGTH", 4)
    assert height_profile(G).tolist() == [2.0, 3.0]


def test_a_longer_code() -> None:
    """[14, 7]: doubling every column of a [7, 7] basis makes every pair of a word equal."""
    doubled = np.repeat(np.eye(7), 2, axis=1)
    assert height_profile(doubled).tolist() == [1.0] + [np.inf] * 6


@pytest.mark.parametrize(("k", "n"), [(2, 40), (38, 40)])
def test_long_codes_of_few_sets_go_by_their_short_side(k: int, n: int) -> None:
    P = np.random.default_rng(3).integers(-9, 10, (k, n - k)).astype(float)
    G = np.hstack([np.eye(k), P])
    H = np.hstack([-P.T, np.eye(n - k)])
    expected = height_profile(G)
    by_search = [solution.lower for solution in find_heights(G, method="branch-and-bound")]
    np.testing.assert_allclose(expected[: len(by_search)], by_search, rtol=1e-9)
    np.testing.assert_allclose(height_profile(LinearCode.from_parity_check(H)), expected, rtol=1e-9)


def test_which_code_of_a_batch_has_dependent_rows() -> None:
    batch = np.array([[[1.0, 0, 1], [0, 1, 1]], [[1, 2, 1], [2, 4, 2]]])
    with pytest.raises(InvalidCodeError, match=r"rank 2 wanted, got 1 in code 1$"):
        m_height(batch, 2)  # beyond n-k: nothing else is computed
    with pytest.raises(InvalidCodeError, match=r"rank 2 wanted, got 1$"):
        m_height(batch[1], 2)


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
