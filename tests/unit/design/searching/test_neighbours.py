from __future__ import annotations

import numpy as np

from mheight import exact_profile
from mheight.design.searching.neighbours import starts_from


def test_neighbours_have_the_heights_that_the_rules_promise():
    rng = np.random.default_rng(8)

    def random(n, k):
        return np.concatenate([np.eye(k), rng.integers(-3, 4, (k, n - k))], axis=1)

    n, k, m = 6, 3, 2
    sizes = [(n + 1, k + 1, m), (n, k + 1, m), (n + 1, k, m + 1), (n - 1, k, m)]
    for key in sizes:
        G = random(*key[:2])
        bound = exact_profile(G)[key[2] - 1]
        starts = list(starts_from({key: G}, n, k, m))
        assert starts
        for start in starts:
            assert start.shape == (k, n)
            assert (start[:, :k] == np.eye(k)).all()
            assert exact_profile(start)[m - 1] <= bound
