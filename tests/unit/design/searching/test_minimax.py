from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from mheight.design.searching.minimax import _pivot, minimax_step


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


# --- the parts ---


def step_of(values, slopes, low, high):
    slopes = np.array(slopes, float)
    step = np.empty(slopes.shape[1])
    promised = minimax_step(
        np.array(values, float), slopes, np.array(low, float), np.array(high, float), step
    )
    return promised, step.tolist()


@pytest.mark.parametrize(
    ("values", "slopes", "low", "high", "promised", "step"),
    [
        ([1.0], [[2.0]], [3.0], [4.0], -5.0, [-3.0]),
        ([1.0], [[-2.0]], [3.0], [4.0], -7.0, [4.0]),
        ([0.0, 0.0], [[1.0], [-1.0]], [1.0], [1.0], 0.0, [0.0]),  # a tie that stays
        ([1.0, 0.0], [[1.0], [-1.0]], [9.0], [9.0], 0.5, [-0.5]),
        ([0.0, 1.0], [[1.0], [-1.0]], [9.0], [9.0], 0.5, [0.5]),
        ([1.0, 0.0], [[1.0], [-1.0]], [0.25], [9.0], 0.75, [-0.25]),
        ([1.0], [[2.0]], [0.0], [4.0], 1.0, [0.0]),  # no way down
        ([1.0, 5.0], [[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0], [1.0, 2.0], 3.0, None),
        ([0.0, 0.0], [[1.0, 1.0], [-1.0, 1.0]], [1.0, 1.0], [1.0, 1.0], -1.0, [0.0, -1.0]),
    ],
)
def test_steps_by_hand(values, slopes, low, high, promised, step):
    found, own = step_of(values, slopes, low, high)
    assert found == pytest.approx(promised, abs=1e-12)
    if step is not None:
        assert own == pytest.approx(step, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_no_point_of_a_grid_is_lower(seed):
    """Integers, so that many functions tie."""
    rng = np.random.default_rng(seed)
    values, slopes = rng.integers(-2, 3, 7).astype(float), rng.integers(-2, 3, (7, 2)).astype(float)
    promised, step = step_of(values, slopes, [1.0, 0.5], [0.5, 1.0])
    assert (values + slopes @ step).max() == pytest.approx(promised, abs=1e-12)
    grid = product(np.linspace(-1.0, 0.5, 31), np.linspace(-0.5, 1.0, 31))
    assert min((values + slopes @ np.array(point)).max() for point in grid) >= promised - 1e-12


def test_a_pivot_makes_a_column_a_unit():
    tableau = np.array([[2.0, 4.0, 6.0], [3.0, 1.0, 5.0], [0.0, 7.0, 1.0]])
    wanted = [[1.0, 2.0, 3.0], [0.0, -5.0, -4.0], [0.0, 7.0, 1.0]]
    _pivot(tableau, 0, 0)
    assert tableau.tolist() == wanted
