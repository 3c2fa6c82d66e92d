"""Matrices that rounding makes hard, for tests and for the hunt in benchmarks."""

from __future__ import annotations

import numpy as np

BADLY_SCALED = [
    [0.02, 0.1, -0.01, 0.0, 0.0, 0.1, 0.01, 20.0],
    [0.0, -200.0, -0.1, 2.0, -0.01, 0.0, 0.0, 0.002],
    [1000.0, -0.001, -2.0, 0.0, 0.0, -0.002, -0.01, -1.0],
    [0.0, -0.2, 100.0, -0.002, 0.0, 1.0, 2000.0, 0.002],
    [10.0, 0.1, 100.0, 0.0, -2000.0, 20.0, 0.001, 0.0],
    [0.0, 100.0, 0.0, -1.0, 0.001, 2000.0, -0.2, -0.01],
]
"""Entries from 1e-3 to 2e3; exact h_2 is 42086030801.678."""


def near_integers(rng: np.random.Generator) -> np.ndarray:
    """Integers with noise, mixed by an ill-conditioned matrix and rounded to decimals."""
    k = int(rng.integers(2, 5))
    n = k + int(rng.integers(1, 4))
    noise = 10.0 ** rng.uniform(-9, -3) * rng.integers(-1, 2, (k, n)) * (rng.random((k, n)) < 0.3)
    left, _ = np.linalg.qr(rng.standard_normal((k, k)))
    right, _ = np.linalg.qr(rng.standard_normal((k, k)))
    mix = left * np.logspace(0, -rng.uniform(0, 7), k) @ right
    return np.round(mix @ (rng.integers(-3, 4, (k, n)) + noise), int(rng.integers(6, 14)))


def nearly_parallel(rng: np.random.Generator) -> np.ndarray:
    """A code with two columns that are parallel but for the rounding of their decimals."""
    n = int(rng.integers(4, 8))
    k = int(rng.integers(2, n - 1))
    while True:
        G = rng.uniform(-1.0, 1.0, (k, n))
        first, second = rng.choice(n, 2, replace=False)
        G[:, second] = G[:, first] * rng.uniform(-2.0, 2.0)
        G = np.round(G, int(rng.integers(3, 11)))
        if np.linalg.matrix_rank(G) == k:
            return G
