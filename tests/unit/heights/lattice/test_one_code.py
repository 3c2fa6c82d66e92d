"""The kernel for one code, and where each height is reached, against the formula itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mheight.codes import absolute_minors
from mheight.codes.minors.lanes import LANES
from mheight.heights.lattice import one_code
from mheight.heights.lattice.integers import integer_code, sweep
from mheight.heights.lattice.one_code import packed_profile

CASES = [(1, 3), (2, 4), (2, 6), (3, 6), (4, 7), (6, 7)]


def formula(G: np.ndarray, target: int, kept: tuple[int, ...]) -> float:
    """F_a(T): the least s(B + a) / p(B) over B in T, from determinants."""
    k, n = G.shape
    p = dict(zip(combinations(range(n), k), absolute_minors(G[None])[0].tolist(), strict=True))
    values = [
        sum(p[C] for C in combinations(sorted((*B, target)), k)) / p[B]
        for B in combinations(kept, k)
        if p[B] > 0
    ]
    return min(values, default=float("inf"))


def best(G: np.ndarray, m: int) -> float:
    n = G.shape[1]
    return max(
        formula(G, a, T)
        for a in range(n)
        for T in combinations([j for j in range(n) if j != a], n - m)
    )


def members(mask: int) -> tuple[int, ...]:
    return tuple(j for j in range(int(mask).bit_length()) if int(mask) >> j & 1)


def matrices(k: int, n: int) -> list[np.ndarray]:
    rng = np.random.default_rng([k, n])
    systematic = np.hstack([np.eye(k), rng.integers(-3, 4, (k, n - k))])
    return [rng.standard_normal((k, n)), systematic.astype(np.float64)]


@pytest.mark.parametrize(("k", "n"), CASES)
@pytest.mark.parametrize("upwards", [False, True])
def test_heights_and_where_they_are_reached(k: int, n: int, upwards: bool) -> None:
    for G in matrices(k, n):
        found = packed_profile(G, upwards=upwards)
        for m in range(1, n - k + 1):
            height = best(G, m) - 1.0
            assert found.heights[m - 1] == pytest.approx(max(height, 1.0), rel=1e-12)
            target, kept = int(found.targets[m - 1]), members(found.kept[m - 1])
            assert len(kept) == n - m
            assert target not in kept
            assert formula(G, target, kept) - 1.0 == pytest.approx(height, rel=1e-12)
            B = members(found.bases[m - 1])
            if np.isinf(height):
                assert B == ()
            else:
                assert set(B) <= set(kept)
                assert formula(G, target, B) - 1.0 == pytest.approx(height, rel=1e-12)


@pytest.mark.parametrize(("k", "n"), CASES)
def test_the_lattice_of_integers_reaches_the_same(k: int, n: int) -> None:
    G = np.random.default_rng([n, k]).integers(-4, 5, (k, n))
    while np.linalg.matrix_rank(G) < k:
        G = np.roll(G, 1) + np.eye(k, n, dtype=int)
    lattice = sweep(integer_code(G))
    for m in range(1, n - k + 1):
        height, target, kept = lattice.reached(m)
        assert float(height) == pytest.approx(best(G.astype(np.float64), m) - 1.0, rel=1e-12)
        if height < float("inf"):
            B = lattice.basis(m, target, kept)
            assert set(B) <= set(kept)
            assert formula(G.astype(np.float64), target, B) - 1.0 == pytest.approx(float(height))


def test_a_parity_check_matrix_gives_the_same_profile() -> None:
    G = matrices(4, 7)[1]
    H = np.hstack([-G[:, 4:].T, np.eye(3)])
    one, other = packed_profile(G), packed_profile(np.ascontiguousarray(H), is_check=True)
    np.testing.assert_allclose(one.heights, other.heights, rtol=1e-12)


@pytest.mark.parametrize("bits", [0, 1, 2, 3, 4, 5, 8, 12, 13, 14, 15])
@pytest.mark.parametrize("k", [0, 2])
def test_the_least_over_all_subsets(bits: int, k: int) -> None:
    """One element after the other here, blocks and two at a time there."""
    values = np.random.default_rng([bits, k]).uniform(1.0, 9.0, 1 << bits)
    sizes = np.array([mask.bit_count() for mask in range(1 << bits)])
    values[sizes < k] = np.inf
    wanted = values.copy()
    for b in range(bits):
        pairs = wanted.reshape(-1, 2, 1 << b)
        pairs[:, 1] = pairs.min(axis=1)
    one_code._minimise_over_subsets(values, bits, k)
    np.testing.assert_array_equal(values, wanted)


@pytest.mark.parametrize("bits", [0, 1, 2, 3, 4, 7])
def test_the_largest_of_each_size(bits: int) -> None:
    n = bits + 1
    values = np.random.default_rng(bits).uniform(1.0, 9.0, 1 << bits)
    sizes = np.array([mask.bit_count() for mask in range(1 << bits)])
    best, lanes = np.full(n, 99.0), np.full((n, LANES), 99.0)
    one_code._best_of_sizes(values, bits, best, lanes)
    assert best.tolist() == [values[sizes == size].max() for size in range(n)]


@pytest.mark.parametrize(("k", "n"), [(1, 3), (2, 5), (3, 6), (4, 8)])
def test_targets_in_turns_come_to_what_one_does(k: int, n: int) -> None:
    for G in matrices(k, n):
        p = np.zeros(1 << n)
        for B, minor in zip(combinations(range(n), k), absolute_minors(G[None])[0], strict=True):
            p[sum(1 << j for j in B)] = minor
        for A in combinations(range(n), k + 1):
            mask = sum(1 << j for j in A)
            p[mask] = sum(p[mask ^ (1 << j)] for j in A)
        wanted = packed_profile(G)
        for step in (1, 2, 3):
            turns = [(np.zeros(n), np.zeros(2 * n, np.int64)) for _ in range(step)]
            for first, (heights, sets) in enumerate(turns):
                one_code._sweep_targets(p, n, k, 0, first, step, heights, sets)
                for size in range(k, n):
                    if heights[size]:
                        assert sets[n + size] % step == first
            found = np.max([heights for heights, _ in turns], axis=0)
            for m in range(1, n - k + 1):
                assert found[n - m] - 1.0 == pytest.approx(wanted.heights[m - 1], rel=1e-12)
                heights, sets = max(turns, key=lambda turn: turn[0][n - m])
                target, kept = int(sets[2 * n - m]), members(sets[n - m])
                assert len(kept) == n - m
                assert formula(G, target, kept) == pytest.approx(heights[n - m], rel=1e-12)
