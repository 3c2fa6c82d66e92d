"""The linear program of one target, by looking at every basis."""

from __future__ import annotations

from itertools import combinations

import numpy as np


def by_all_bases(G: np.ndarray, target: int, kept: list[int]) -> float:
    """f(K): the least ||inverse(G_B) g_a||_1 over bases B among the kept positions."""
    k = len(G)
    values = [
        np.abs(np.linalg.solve(G[:, B], G[:, target])).sum()
        for B in map(list, combinations(kept, k))
        if abs(np.linalg.det(G[:, B])) > 1e-9
    ]
    return min(values, default=np.inf)
