"""Badly scaled and nearly dependent matrices: the right height, or a warning; never silence."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from matrices import near_integers

from mheight import (
    AccuracyWarning,
    DoubtKind,
    certificates,
    exact_profile,
    find_height,
    height_profile,
    profile_with_doubts,
    verify,
)
from mheight.codes.algebra.conditioning import condition, exact_rank, pivot_order, reduced_generator
from mheight.codes.given import given_matrices
from mheight.codes.minors.batches import systematic_codes
from mheight.heights.lattice.batches import profiles
from mheight.heights.lattice.one_code import packed_profile
from mheight.heights.rounding.settling import settled


def entries_of_all_sizes(rng: np.random.Generator, k: int, n: int) -> np.ndarray:
    return 10.0 ** rng.uniform(-8, 8, (k, n)) * rng.choice([-1, 1], (k, n))


def nearly_dependent(rng: np.random.Generator, k: int, n: int) -> np.ndarray:
    U, _, V = np.linalg.svd(rng.standard_normal((k, n)), full_matrices=False)
    return U * np.logspace(0, -12, k) @ V


@pytest.mark.parametrize("ensemble", [entries_of_all_sizes, nearly_dependent])
@pytest.mark.parametrize("seed", range(60))
def test_right_and_where_infinite_in_doubt_so_said(ensemble, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 10))
    G = ensemble(rng, int(rng.integers(2, n - 1)), n)
    exact = np.array([float(h) for h in exact_profile(G)])
    found = profile_with_doubts(G)
    finite = np.isfinite(found.heights)
    # Such short codes are done in fractions where rounding leaves a doubt.
    np.testing.assert_allclose(found.heights[finite], exact[finite], rtol=1e-12)
    # A minor below 1e-14 of its bound is zero by the documented tolerance, which is said.
    assert (exact[~finite] >= 1e13).all()
    capped = ~finite & np.isfinite(exact)
    kinds = {doubt.kind for doubt in found.doubts}
    assert not capped.any() or kinds & {DoubtKind.CALLED_INFINITE, DoubtKind.LARGE_HEIGHT}
    if ensemble is nearly_dependent:
        assert kinds == {DoubtKind.CONDITION}
    else:
        assert kinds <= {DoubtKind.CALLED_INFINITE, DoubtKind.LARGE_HEIGHT}


@pytest.mark.filterwarnings("ignore::mheight.errors.AccuracyWarning")
@pytest.mark.parametrize("ensemble", [entries_of_all_sizes, nearly_dependent])
@pytest.mark.parametrize("seed", range(25))
def test_one_height_is_never_called_exact_when_it_is_not(ensemble, seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    n = int(rng.integers(4, 10))
    G = ensemble(rng, int(rng.integers(2, n - 1)), n)
    for m, exact in enumerate(exact_profile(G), start=1):
        for method in ("lattice", "branch-and-bound"):
            solution = find_height(G, m, method=method)
            assert solution.lower <= exact <= solution.upper
            assert solution.lower <= solution.certificate.height
            assert verify(solution.certificate, G)


def test_what_a_warning_says() -> None:
    G = np.array([[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-13]])
    exact = float(exact_profile(G)[1])
    with pytest.warns(AccuracyWarning, match=r"^h_2 = 6.7e\+12 for exactly these .* is reported;"):
        assert height_profile(G)[1] == exact
    with pytest.warns(AccuracyWarning, match=r"^1 of 2 codes; code 1: h_2 = "):
        height_profile(np.array([[[1.0, 0, 1, 2], [0, 1, 1, 1]], G]))
    larger = np.array([[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-14]])
    with pytest.warns(AccuracyWarning, match=r"h_2 = 6.7e\+13 .* is called infinite"):
        assert height_profile(larger)[1] == np.inf
    rows = np.array([[1.0, 2, 3, 4], [1, 2 + 1e-9, 3, 4 - 1e-9]])
    with pytest.warns(AccuracyWarning, match=r"condition number .*; if its entries are rounded"):
        height_profile(rows)


def test_long_codes_are_warned_of() -> None:
    """Beyond the reach of exact arithmetic in passing."""
    G = np.hstack([np.eye(2), np.random.default_rng(0).uniform(1, 2, (2, 16))])
    G[:, 17] = G[:, 16] * [1, 1 + 2e-13]
    with pytest.warns(AccuracyWarning, match=r"minor of .*e-13 of its permanent counts as zero"):
        assert height_profile(G)[-1] == np.inf
    G[:, 17] = G[:, 16] * [1, 1 + 2e-10]
    with pytest.warns(AccuracyWarning, match=r"smallest minor .* off by a relative"):
        height_profile(G)


def test_few_digits_are_settled_exactly() -> None:
    """A minor of 4e-10 of its permanent: rounding alone would leave six digits."""
    G = np.array([[1.0, 0, 0.1, 0.3], [0, 1, 0.7, 2.1 * (1 + 8e-10)]])
    exact = [float(h) for h in exact_profile(G)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(height_profile(G), exact, rtol=1e-15)


def test_ordinary_matrices_are_not_warned_of() -> None:
    rng = np.random.default_rng(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        height_profile(rng.standard_normal((2000, 4, 9)))
        height_profile(rng.standard_normal((7, 14)))
        height_profile(rng.integers(-100, 101, (500, 5, 9)).astype(float))
        height_profile(np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.5]]))  # rounded, and dependent


def test_upwards_is_an_upper_bound() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        G = rng.standard_normal((4, 9))
        exact = np.array([float(h) for h in exact_profile(G)])
        above = packed_profile(G, witnesses=False, upwards=True).heights
        assert (above * (1 + 4e-16) >= exact).all()
        np.testing.assert_allclose(above, exact, rtol=1e-9)


def test_reduced_generators_are_of_the_same_code() -> None:
    rng = np.random.default_rng(4)
    G = nearly_dependent(rng, 3, 7)
    reduced = reduced_generator(G)
    assert reduced is not None
    pivots = pivot_order(G)[:3]
    assert sorted(pivots) == [1, 3, 4]
    assert sorted(map(tuple, reduced[:, pivots])) == [(0, 0, 1), (0, 1, 0), (1, 0, 0)]
    exact, again = exact_profile(G), exact_profile(reduced)
    np.testing.assert_allclose([float(h) for h in again], [float(h) for h in exact], rtol=1e-12)
    assert condition(G) > 1e10
    assert condition(reduced) < 1e4


def test_dependent_rows_have_no_reduced_generator() -> None:
    assert reduced_generator(np.array([[1.0, 2, 3], [2, 4, 6]])) is None
    assert exact_rank(np.array([[1.0, 2, 3], [2, 4, 6]])) == 1
    assert exact_rank(np.array([[0.1, 0.3], [1.0, 3.0]])) == 2  # not in binary fractions
    assert exact_rank(np.empty((2, 0))) == 0


@pytest.mark.filterwarnings("ignore::mheight.errors.AccuracyWarning")
@pytest.mark.parametrize("seed", range(150))
def test_near_integers(seed: int) -> None:
    G = near_integers(np.random.default_rng(seed))
    exact = [float(h) for h in exact_profile(G)]
    ours = height_profile(G)
    for m, height in enumerate(exact, start=1):
        if height < 1e12:
            assert ours[m - 1] == pytest.approx(height, rel=1e-6)
        for method in ("lattice", "branch-and-bound"):
            solution = find_height(G, m, method=method)
            assert solution.lower <= height * (1 + 1e-9)
            assert solution.upper >= height * (1 - 1e-9)
            assert verify(solution.certificate, G)
    for witness, height in zip(certificates(G), exact, strict=True):
        assert float(witness.height) == pytest.approx(height, rel=1e-8)
        assert verify(witness, G)


def test_columns_of_very_different_scale_are_no_dependence() -> None:
    for scale in (1e15, 1e16, 1e60):
        G = [[scale, 1, 0, 1], [scale, 0, 1, 1]]
        assert find_height(G, 1).height == pytest.approx(float(exact_profile(G)[0]))


@pytest.mark.parametrize(("n", "k"), [(9, 4), (9, 6), (12, 6), (14, 7), (16, 8)])
def test_random_codes_are_seldom_in_doubt(n: int, k: int) -> None:
    """Else batches would go to rational arithmetic, a thousand times as slow."""
    rng = np.random.default_rng(0)
    count = 2000 if n < 14 else 100
    integers = rng.integers(-100, 101, (count, k, n)).astype(float)
    integers[:, :, :k] = np.eye(k)
    for codes in (integers, rng.standard_normal((count, k, n))):
        _, doubtful = profiles(codes, systematic_codes(codes))
        assert doubtful.mean() < 0.02
        one = packed_profile(codes[0], witnesses=False)
        assert one.is_doubtful == doubtful[0]


def test_doubts_name_the_code_of_the_batch() -> None:
    ordinary = np.array([[1.0, 0, 1, 2], [0, 1, 1, 1]])
    large = np.array([[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-13]])
    given = given_matrices(np.array([ordinary, large]), "G")
    found = np.array([[1.0, 1.0], [1.0, 6.7e12]])
    for code, said in ((None, 1), (0, 0), (7, 7)):
        _, doubts = settled(given, 1, found[1], code)
        assert [(doubt.code, doubt.kind) for doubt in doubts] == [(said, DoubtKind.LARGE_HEIGHT)]
