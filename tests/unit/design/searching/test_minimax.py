from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from mheight.design.searching.minimax import minimax_step


@pytest.mark.parametrize(("count", "d"), [(1, 3), (6, 3), (60, 12)])
def test_a_step_is_the_optimum_of_its_linear_program(count, d):
    rng = np.random.default_rng([count, d])
    for turn in range(8):
        values, slopes = rng.normal(size=count) * 0.1, rng.normal(size=(count, d))
        low, high, step = rng.random(d), rng.random(d), np.empty(d)
        if turn == 0:
            values[:] = values[0]
        if turn == 1:
            low[0] = high[-1] = 0.0
        promised = minimax_step(values, slopes, low, high, step)
        other = linprog(
            np.r_[np.zeros(d), 1.0],
            np.c_[slopes, -np.ones(count)],
            -values,
            bounds=[*zip(-low, high, strict=True), (None, None)],
        )
        assert promised == pytest.approx(other.fun, abs=1e-9)
        assert (step >= -low).all()
        assert (step <= high).all()
        assert (values + slopes @ step).max() == pytest.approx(promised, abs=1e-12)
