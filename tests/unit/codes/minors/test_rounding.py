"""The limits of doubt, by their formulas and by random minors."""

from __future__ import annotations

from itertools import permutations
from math import factorial, sqrt

import numpy as np
import pytest

from mheight.codes.minors.rounding import (
    CLOSE_ZERO,
    DOUBT,
    NOISE,
    ZERO_TOLERANCE,
    doubt_limits,
)


def test_the_tolerances() -> None:
    """They are promises, also of the documentation."""
    assert (ZERO_TOLERANCE, NOISE, DOUBT, CLOSE_ZERO) == (1e-12, 1e-14, 1e-9, 1e-3)


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("count", [1, 125, 126, 127, 252, 253, 12870])
def test_limits_of_few_and_of_many_minors(rows: int, count: int) -> None:
    typical = 1.0 / (0.8**rows * sqrt(factorial(rows)))
    few = 1.0 if count <= 126 else 126 / count
    digits = (rows + 1) * (rows + 2) * 2.0**-53 / 1e-8 if count <= 252 else 1e-9
    np.testing.assert_allclose(
        doubt_limits(rows, count), [2e-4 * typical * few, 2e-2 * typical, digits], rtol=1e-14
    )


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_random_minors_are_usual(rows: int) -> None:
    """The median over the permanent is near what the limits are fractions of, 1e-4 of it rare."""
    rng = np.random.default_rng(rows)
    square = rng.standard_normal((800, rows, rows))
    permanent = sum(
        np.prod([abs(square[:, i, j]) for i, j in enumerate(order)], axis=0)
        for order in permutations(range(rows))
    )
    ratio = abs(np.linalg.det(square)) / permanent
    suspicious, conditioned, _ = doubt_limits(rows, 100)
    assert 0.3 < np.median(ratio) / (conditioned / 2e-2) < 1.5
    assert (ratio < suspicious).mean() < 0.005
    assert (ratio > conditioned).mean() > 0.95
