"""One height by every method: lattice, branch and bound, rational arithmetic, HiGHS."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from programs import HeightPrograms

from mheight import LinearCode, certificates, find_height, height_profile, verify
from mheight.heights.exact import exact_profile

METHODS = ("lattice", "branch-and-bound")
seeds = st.integers(0, 2**32 - 1)


@st.composite
def integer_codes(draw: st.DrawFn) -> np.ndarray:
    """Small integers, not always systematic: full of ties, zero minors and zero columns."""
    n = draw(st.integers(2, 8))
    k = draw(st.integers(1, n - 1))
    G = draw(arrays(np.int64, (k, n), elements=st.integers(-2, 2))).astype(float)
    if np.linalg.matrix_rank(G) < k:
        G[:, :k] = np.eye(k)
    return G


def real_code(seed: int, kind: str) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 10))
    k = int(rng.integers(1, n - 1))
    G = rng.standard_normal((k, n))
    if kind == "repeated column":
        G[:, -1] = -G[:, 0]
    elif kind == "nearly repeated column":
        G[:, -1] = G[:, 0] * (1.0 + 1e-5 * rng.standard_normal(k))
    elif kind == "zero column":
        G[:, 0] = 0.0
    elif kind == "scaled columns":
        G *= 10.0 ** rng.uniform(-3, 3, n)
    elif kind == "nearly dependent rows" and k > 1:
        G[1] = G[0] + 1e-6 * G[1]
    return G


def check_solutions(G: np.ndarray, expected: np.ndarray, rtol: float) -> None:
    for m, height in enumerate(expected, start=1):
        for method in METHODS:
            solution = find_height(G, m, method=method)
            assert solution.is_exact, (method, m, str(solution))
            assert solution.lower == pytest.approx(height, rel=rtol), (method, m)
            assert solution.upper == pytest.approx(height, rel=rtol), (method, m)
            assert verify(solution.certificate, G)


@given(integer_codes())
def test_all_methods_agree_on_small_integers(G: np.ndarray) -> None:
    exact = [float(h) for h in exact_profile(G)]
    np.testing.assert_allclose(height_profile(G), exact, rtol=1e-12)
    check_solutions(G, np.array(exact), 1e-11)


@pytest.mark.parametrize(
    "kind",
    [
        "random",
        "repeated column",
        "nearly repeated column",
        "zero column",
        "scaled columns",
        "nearly dependent rows",
    ],
)
@given(seed=seeds)
def test_all_methods_agree_on_real_matrices(kind: str, seed: int) -> None:
    G = real_code(seed, kind)
    exact = np.array([float(h) for h in exact_profile(G)])
    # Others are in doubt for float64, which tests/unit/heights/rounding/test_settling.py is about.
    assume((exact[np.isfinite(exact)] <= 1e8).all())
    np.testing.assert_allclose(height_profile(G), exact, rtol=1e-7)
    check_solutions(G, exact, 1e-7)


@given(seed=seeds)
def test_branch_and_bound_agrees_with_linear_programs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    k = int(rng.integers(1, n))
    G = rng.uniform(-2, 2, (k, n))
    expected = HeightPrograms(G).profile()
    for m, height in enumerate(expected, start=1):
        assert find_height(G, m, method="branch-and-bound").lower == pytest.approx(
            max(height, 1.0), rel=1e-7
        )


@given(G=integer_codes(), seed=seeds)
def test_branch_and_bound_knows_the_symmetries(G: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    k, n = G.shape
    moved = rng.standard_normal((k, k)) @ G[:, rng.permutation(n)] * rng.choice([-1.0, 1.0], n)
    assume(np.linalg.cond(moved) <= 1e6 * np.linalg.cond(G))
    for m in range(1, n - k + 1):
        before = find_height(G, m, method="branch-and-bound").lower
        if np.isfinite(before):  # rounding may turn an infinite height into a huge one
            after = find_height(moved, m, method="branch-and-bound").lower
            assert after == pytest.approx(before, rel=1e-8)


@given(integer_codes())
def test_certificates_prove_the_profile(G: np.ndarray) -> None:
    profile = height_profile(G)
    witnesses = certificates(G)
    assert [c.m for c in witnesses] == list(range(1, len(profile) + 1))
    for witness, height in zip(witnesses, profile, strict=True):
        assert witness.height == pytest.approx(height, rel=1e-12)
        assert verify(witness, G)
        word = np.array(witness.message) @ G
        np.testing.assert_allclose(word, witness.codeword, atol=1e-9)
        magnitudes = np.sort(abs(word))[::-1]
        assert abs(word[witness.target]) == pytest.approx(magnitudes[0], rel=1e-12)
        assert len(witness.larger) == witness.m
        outside = [j for j in range(G.shape[1]) if j not in witness.larger]
        assert abs(word[outside]).max() <= magnitudes[witness.m] + 1e-9
        if witness.information_set is None:
            assert magnitudes[witness.m] <= 1e-12
            continue
        basis = list(witness.information_set)
        assert not set(basis) & set(witness.larger)
        np.testing.assert_allclose(abs(word[basis]), 1.0, atol=1e-9)
        multipliers = np.linalg.solve(G[:, basis], G[:, witness.target])
        assert max(abs(multipliers).sum(), 1.0) == pytest.approx(height, rel=1e-9)


@given(seed=seeds, nodes=st.integers(1, 400))
def test_bounds_bracket_the_height_at_every_stop(seed: int, nodes: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 13))
    k = int(rng.integers(2, n - 3))
    G = rng.integers(-3, 4, (k, n)).astype(float) if seed % 2 else rng.standard_normal((k, n))
    assume(np.linalg.matrix_rank(G) == k)
    m = int(rng.integers(2, n - k + 1))
    height = height_profile(G)[m - 1]
    stopped = find_height(G, m, method="branch-and-bound", node_limit=nodes)
    assert stopped.lower <= height * (1 + 1e-9)
    assert stopped.upper >= height * (1 - 1e-9)
    assert verify(stopped.certificate, G)
    assert stopped.certificate.height == pytest.approx(stopped.lower)
    assert stopped.is_exact or stopped.status == "node limit"


def test_bounds_only_get_better() -> None:
    G = np.random.default_rng(5).standard_normal((6, 20))
    height = height_profile(G)[4]
    limits = [1, 30, 100, 300, 1000, 3000, 100_000]
    stops = [find_height(G, 5, method="branch-and-bound", node_limit=n) for n in limits]
    for earlier, later in pairwise(stops):
        assert earlier.lower <= later.lower * (1 + 1e-12)
        assert earlier.upper >= later.upper * (1 - 1e-12)
    assert not stops[0].is_exact
    assert any(np.isfinite(s.upper) and not s.is_exact for s in stops)
    assert stops[-1].is_exact
    assert stops[-1].height == pytest.approx(height, rel=1e-9)


@given(seed=seeds)
def test_a_longer_code_than_the_lattice_takes(seed: int) -> None:
    """[28, 4] by branch and bound, from a [7, 4] code with every column four times."""
    rng = np.random.default_rng(seed)
    short = rng.standard_normal((4, 7))
    long = np.repeat(short, 4, axis=1)
    # Any three of four equal positions may be dropped without changing a height.
    assert find_height(long, 1).height == pytest.approx(1.0)
    assert find_height(long, 4).height == pytest.approx(height_profile(short)[0], rel=1e-9)


def test_high_rate_beyond_the_lattice_goes_by_the_parity_check() -> None:
    code = LinearCode.from_parity_check(np.random.default_rng(1).standard_normal((2, 40)))
    profile = height_profile(code)
    for m in (1, 2):
        assert find_height(code, m).height == pytest.approx(profile[m - 1], rel=1e-8)


@pytest.mark.parametrize("m", [6, 8])
def test_dives_come_close_where_the_truth_is_known(m: int) -> None:
    """A [22, 9] code, stopped before the search has done much."""
    G = np.random.default_rng(2).standard_normal((9, 22))
    height = height_profile(G)[m - 1]
    stopped = find_height(G, m, method="branch-and-bound", node_limit=4000)
    assert 0.75 * height <= stopped.lower <= height * (1 + 1e-12) <= stopped.upper * (1 + 1e-12)


def test_dives_of_a_long_code() -> None:
    """Better than the 12.0 that a search reached here in 30 s, in a few thousand programs."""
    rng = np.random.default_rng(0)
    rng.standard_normal((12, 24))
    G = rng.standard_normal((32, 64))
    found = find_height(G, 6, node_limit=15_000)
    assert found.lower > 13.5
    assert verify(found.certificate, G, tolerance=1e-12)
