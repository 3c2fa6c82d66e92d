"""Matrices that rounding makes hard, for tests and for the hunt in benchmarks."""

from __future__ import annotations

import numpy as np


def near_integers(rng: np.random.Generator) -> np.ndarray:
    """Integers with noise, mixed by an ill-conditioned matrix and rounded to decimals."""
    k = int(rng.integers(2, 5))
    n = k + int(rng.integers(1, 4))
    noise = 10.0 ** rng.uniform(-9, -3) * rng.integers(-1, 2, (k, n)) * (rng.random((k, n)) < 0.3)
    left, _ = np.linalg.qr(rng.standard_normal((k, k)))
    right, _ = np.linalg.qr(rng.standard_normal((k, k)))
    mix = left * np.logspace(0, -rng.uniform(0, 7), k) @ right
    return np.round(mix @ (rng.integers(-3, 4, (k, n)) + noise), int(rng.integers(6, 14)))
