"""Bounds, minimum distance, capability and gradient of every code that hypothesis makes up."""

from __future__ import annotations

from itertools import combinations
from math import isfinite

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import mheight.heights.distance
from mheight import LinearCode, height_profile
from mheight.heights.bounds import best_lower_bound, lower_bounds
from mheight.heights.capability import capability_table, largest_capability
from mheight.heights.certificate import Certificate
from mheight.heights.distance import minimum_distance
from mheight.heights.gradient import height_gradient

seeds = st.integers(0, 2**32 - 1)


@st.composite
def shapes(draw: st.DrawFn, longest: int = 8) -> tuple[int, int]:
    n = draw(st.integers(2, longest))
    return n, draw(st.integers(1, n - 1))


@st.composite
def codes(draw: st.DrawFn) -> np.ndarray:
    """[I | P] of small integers, columns in any order."""
    n, k = draw(shapes())
    P = draw(arrays(np.int64, (k, n - k), elements=st.integers(-3, 3)))
    return np.hstack([np.eye(k), P])[:, draw(st.permutations(range(n)))]


def certificate_of(G: np.ndarray, m: int) -> Certificate:
    """A witness of h_m by trying every target a, every T and every B in T (formula 2)."""
    k, n = G.shape
    best: tuple[float, int, tuple[int, ...], tuple[int, ...]] | None = None
    for kept in combinations(range(n), n - m):
        inverses = [
            (B, np.linalg.inv(G[:, B]))
            for B in combinations(kept, k)
            if np.linalg.matrix_rank(G[:, B]) == k
        ]
        for a in set(range(n)) - set(kept):
            norm, B = min((float(np.abs(X @ G[:, a]).sum()), B) for B, X in inverses)
            if best is None or norm > best[0]:
                best = norm, a, B, tuple(j for j in range(n) if j not in kept)
    assert best is not None
    height, target, B, larger = best
    x = np.linalg.solve(G[:, B], G[:, target])
    message = np.linalg.solve(G[:, B].T, np.sign(x))
    word = tuple(map(float, message @ G))
    return Certificate(m, height, target, larger, B, tuple(map(float, message)), word)


@given(codes())
def test_no_code_breaks_a_bound(G: np.ndarray) -> None:
    k, n = G.shape
    profile = height_profile(G)
    for bound in lower_bounds(n, k):
        height = profile[bound.m - 1] if bound.m <= n - k else np.inf
        assert height >= bound.value * (1 - 1e-12), bound


@given(shapes(40))
def test_bounds_grow_as_heights_do(shape: tuple[int, int]) -> None:
    n, k = shape
    values = [best_lower_bound(n, k, m).value for m in range(1, n)]
    assert values == sorted(values)
    assert values[0] >= 1.0
    assert [isfinite(value) for value in values] == [m <= n - k for m in range(1, n)]
    for m in range(1, n):
        # A punctured code has no larger height of one index less; a shortened code no larger one.
        here = values[m - 1] * (1 + 1e-12)
        if m > 1 and n - 1 >= k:
            assert here >= best_lower_bound(n - 1, k, m - 1).value
        if m < n - 1 and k > 1:
            assert here >= best_lower_bound(n - 1, k - 1, m).value


@given(codes(), seeds)
def test_three_ways_to_the_minimum_distance(G: np.ndarray, seed: int) -> None:
    k, n = G.shape
    by_heights = minimum_distance(G)
    most_zeros = max(
        size
        for size in range(n)
        for columns in combinations(range(n), size)
        if np.linalg.matrix_rank(G[:, columns]) < k
    )
    assert by_heights == n - most_zeros
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((k, k)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mheight.heights.distance, "distance_is_counted", lambda n: False)
        assert minimum_distance(G) == by_heights
        assert minimum_distance(rotation @ G) == by_heights  # not in whole numbers


@given(codes(), st.floats(3.0, 100.0))
def test_what_is_afforded_is_what_the_profile_allows(G: np.ndarray, ratio: float) -> None:
    profile = height_profile(G)
    table = capability_table(profile, impossible=True)
    m = np.arange(1, len(profile) + 1)
    assert len(table) == (m // 2 + 1).sum()
    afforded = {
        (task.located, task.detected) for task in table if 2 * (profile[task.m - 1] + 1) <= ratio
    }
    maximal = {
        (tau, sigma)
        for tau, sigma in afforded
        if (tau + 1, sigma) not in afforded and (tau, sigma + 1) not in afforded
    }
    found = largest_capability(profile, ratio)
    assert {(task.located, task.detected) for task in found} == maximal
    assert len(found) == len(maximal)


@given(shapes(6), seeds, st.data())
def test_the_gradient_is_the_slope_of_the_height(
    shape: tuple[int, int], seed: int, data: st.DataObject
) -> None:
    n, k = shape
    m = data.draw(st.integers(1, n - k))
    rng = np.random.default_rng(seed)
    G, step = rng.standard_normal((k, n)), 1e-6
    assume(all(np.linalg.cond(G[:, B]) < 1e3 for B in combinations(range(n), k)))
    witness = certificate_of(G, m)
    np.testing.assert_allclose(witness.height, height_profile(G)[m - 1], rtol=1e-9)

    gradient = height_gradient(G, witness)

    np.testing.assert_allclose(gradient @ G.T, 0.0, atol=1e-9 * np.abs(gradient).max())
    assert np.linalg.matrix_rank(gradient) == 1
    direction = rng.standard_normal((k, n))
    ahead, behind = G + step * direction, G - step * direction
    # No kink on the way: the same positions are the witness on both sides.
    for moved in (ahead, behind):
        there = certificate_of(moved, m)
        assume((there.target, there.information_set) == (witness.target, witness.information_set))
    slope = (height_profile(ahead)[m - 1] - height_profile(behind)[m - 1]) / (2 * step)
    scale = np.abs(gradient).sum() + witness.height
    assert abs(slope - (gradient * direction).sum()) <= 1e-5 * scale


@given(shapes(6), seeds, st.data())
def test_a_step_down_the_gradient_lowers_the_height(
    shape: tuple[int, int], seed: int, data: st.DataObject
) -> None:
    n, k = shape
    m = data.draw(st.integers(1, n - k))
    G = LinearCode(np.random.default_rng(seed).standard_normal((k, n))).G
    assume(all(np.linalg.cond(G[:, B]) < 1e3 for B in combinations(range(n), k)))
    witness = certificate_of(G, m)
    gradient = height_gradient(G, witness)
    step = 1e-6 * witness.height / (gradient**2).sum()
    moved = G - step * gradient
    there = certificate_of(moved, m)
    assume((there.target, there.information_set) == (witness.target, witness.information_set))
    lowered = height_profile(moved)[m - 1] / height_profile(G)[m - 1]
    np.testing.assert_allclose(1 - lowered, 1e-6, rtol=1e-2)
