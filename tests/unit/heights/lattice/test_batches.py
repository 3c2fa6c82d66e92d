"""The kernel for batches against the one for single codes, whatever forms stand side by side."""

from __future__ import annotations

import numpy as np
import pytest

from mheight.codes.minors.batches import systematic_codes
from mheight.heights.lattice.batches import profiles
from mheight.heights.lattice.one_code import packed_profile


def codes(k: int, n: int, count: int) -> np.ndarray:
    """Systematic generator matrices and others in turn, one of them in doubt."""
    rng = np.random.default_rng([k, n])
    G = rng.integers(-9, 10, (count, k, n)).astype(np.float64)
    G[::2, :, :k] = np.eye(k)
    G[1::2] += 20 * np.eye(k, n)
    G[3, :, -1] = G[3, :, -2] * (1 + 1e-11 * np.arange(1, k + 1))
    return G


@pytest.mark.parametrize(("k", "n"), [(2, 5), (3, 6), (5, 7), (4, 9)])
@pytest.mark.parametrize("count", [4, 5, 19])
def test_each_code_of_a_mixed_batch_has_its_own_heights_and_doubt(k: int, n: int, count: int):
    G = codes(k, n, count)
    systematic = systematic_codes(G)
    assert systematic.tolist() == [i % 2 == 0 for i in range(count)]
    heights, doubtful = profiles(G, systematic)
    assert heights.shape == (count, n - k)
    assert doubtful.dtype == np.bool_
    alone = [packed_profile(one, witnesses=False) for one in G]
    np.testing.assert_allclose(heights, [one.heights for one in alone], rtol=1e-9)
    assert doubtful.tolist() == [one.is_doubtful for one in alone]
    assert doubtful[3]


@pytest.mark.parametrize(("k", "n"), [(2, 5), (5, 7), (4, 9)])
def test_parity_check_matrices_of_the_same_codes(k: int, n: int):
    P = np.random.default_rng([n, k]).integers(-9, 10, (6, k, n - k)).astype(np.float64)
    G = np.concatenate([np.tile(np.eye(k), (6, 1, 1)), P], axis=2)
    H = np.concatenate([-P.transpose(0, 2, 1), np.tile(np.eye(n - k), (6, 1, 1))], axis=2)
    expected, _ = profiles(G, systematic_codes(G))
    found, doubtful = profiles(H, np.zeros(6, np.bool_), is_check=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert not doubtful.any()


def test_no_codes():
    heights, doubtful = profiles(np.empty((0, 3, 7)), np.empty(0, np.bool_))
    assert (heights.shape, doubtful.shape) == ((0, 4), (0,))
