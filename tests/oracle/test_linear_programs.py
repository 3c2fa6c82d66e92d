"""Heights against the linear programs that define them, solved by HiGHS.

Formula 1 of arXiv 2602.20366 (eq. 4): h_m is the largest value of <g_a, u> subject to
|<g_j, u>| <= 1 for all j outside S, over the m-sets S and a in S; unbounded is infinite.
Nothing here shares a line, or an idea, with the minors that mheight works with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from programs import HeightPrograms

from mheight.heights import height_profile

SHAPES = [(n, k) for n in range(2, 8) for k in range(1, n)]


def disguised(G: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same code with columns permuted and rows mixed: its G is not [I | P]."""
    mix, _ = np.linalg.qr(rng.standard_normal((len(G), len(G))))
    return mix @ G[:, rng.permutation(G.shape[1])]


def systematic(P: np.ndarray) -> np.ndarray:
    return np.hstack([np.eye(len(P)), P])


def real(n: int, k: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    yield systematic(rng.uniform(-2, 2, (k, n - k)))
    yield rng.standard_normal((k, n))


def small_integer(n: int, k: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    G = systematic(rng.integers(-3, 4, (k, n - k)).astype(float))
    yield G
    yield disguised(G, rng)


def degenerate(n: int, k: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Entries -1, 0, 1: most minors are 0 or tied, so every program has many optimal bases."""
    G = systematic(rng.integers(-1, 2, (k, n - k)).astype(float))
    yield G
    yield disguised(G, rng)


def not_mds(n: int, k: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The last column depends on the first and the one before it."""
    G = systematic(rng.uniform(-2, 2, (k, n - k)))
    G[:, -1] = 2.0 * G[:, 0] - G[:, -2]
    yield G
    yield disguised(G, rng)


def zero_column(n: int, k: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    G = systematic(rng.integers(-5, 6, (k, n - k)).astype(float))
    G[:, -1] = 0.0
    yield G
    yield disguised(G, rng)


def repeated_column(n: int, k: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    G = systematic(rng.integers(-5, 6, (k, n - k)).astype(float))
    G[:, -1] = -G[:, rng.integers(n - 1)]
    yield G
    yield disguised(G, rng)


@pytest.mark.parametrize(
    "family", [real, small_integer, degenerate, not_mds, zero_column, repeated_column]
)
def test_profiles_solve_the_linear_programs(
    family: Callable[[int, int, np.random.Generator], Iterator[np.ndarray]],
) -> None:
    rng = np.random.default_rng(20260101)
    finite = infinite = 0
    for n, k in SHAPES:
        for G in family(n, k, rng):
            expected = HeightPrograms(G).profile()
            np.testing.assert_allclose(
                height_profile(G), expected, rtol=1e-6, err_msg=f"G = {G.tolist()}"
            )
            finite += int(np.isfinite(expected).sum())
            infinite += int(np.isinf(expected).sum())
    # The comparison means little unless the family has both kinds of heights.
    assert finite >= 40
    assert (infinite == 0) if family is real else (infinite >= 20)


@pytest.mark.parametrize(("k", "bound"), [(4, 100), (6, 4)])
def test_profiles_at_length_nine_solve_the_linear_programs(k: int, bound: int) -> None:
    rng = np.random.default_rng(9)
    G = systematic(rng.integers(-bound, bound + 1, (k, 9 - k)).astype(float))
    np.testing.assert_allclose(height_profile(G), HeightPrograms(G).profile(), rtol=1e-6)


def test_programs_that_presolve_calls_infeasible_are_unbounded() -> None:
    """A trap of heights.md: m = 4 at [5, 3], whose minimum distance is 3.

    `height_profile` stops at m = n-k; two zero columns bring m = 4 within its reach and
    change no codeword's other magnitudes.
    """
    G = systematic(np.random.default_rng(714).uniform(-2, 2, (3, 2)))
    assert HeightPrograms(G).height(4) == np.inf
    longer = np.hstack([G, np.zeros((3, 2))])
    np.testing.assert_allclose(
        height_profile(longer), [*HeightPrograms(G).profile(), np.inf, np.inf], rtol=1e-9
    )
