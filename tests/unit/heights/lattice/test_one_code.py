"""The kernel for one code, and where each height is reached, against the formula itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mheight.codes import absolute_minors
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
