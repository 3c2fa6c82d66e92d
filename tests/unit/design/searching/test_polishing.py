from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mheight.codes.minors.lanes import LANES
from mheight.design.searching.charts import around, systematic_chart
from mheight.design.searching.kernel import height_program, heights
from mheight.design.searching.polishing import (
    _fill,
    _is_double_possible,
    _lowest,
    _scale,
    bases_of,
    polish,
)


@pytest.mark.parametrize(
    ("n", "k", "m", "best"),
    [(5, 2, 2, (1 + 5**0.5) / 2), (6, 3, 3, 2 + 5**0.5), (6, 4, 2, 6.464101615), (4, 2, 1, 1.0)],
)
def test_polishing_goes_down_to_known_optima(n, k, m, best):
    rng = np.random.default_rng(5)
    program = height_program(n, k, m)
    found = []
    for _ in range(25):
        chart = around(rng.normal(size=(program.rows, n)))
        before = heights(program, chart.at(np.zeros(chart.d))[None])[0]
        height, x, _ = polish(program, chart, np.zeros(chart.d))
        assert height <= before * (1 + 1e-12)
        assert heights(program, chart.at(x)[None])[0] == pytest.approx(height, rel=1e-9)
        found.append(height)
    assert min(found) == pytest.approx(best, rel=1e-9)


def test_polishing_stays_within_limits():
    program = height_program(6, 3, 3)
    chart = systematic_chart(6, 3, program.is_check)
    x = np.random.default_rng(3).uniform(-0.9, 0.9, chart.d)
    limit = np.full(chart.d, 1.0)
    _, free, _ = polish(program, chart, x)
    height, held, _ = polish(program, chart, x, least=-limit, most=limit)
    assert np.abs(free).max() > 1.1
    assert np.abs(held).max() <= 1.0
    assert height < heights(program, chart.at(x)[None])[0]


# --- the parts ---


@pytest.mark.parametrize(("n", "k"), [(1, 1), (4, 1), (5, 3)])
def test_which_columns_a_basis_has(n, k):
    inside = bases_of(n, k)
    wanted = [[j in B for j in range(n)] for B in combinations(range(n), k)]
    assert inside.tolist() == wanted


def test_a_matrix_is_filled_into_its_lane():
    chart = systematic_chart(5, 2, False)
    rng = np.random.default_rng(0)
    x, step = rng.normal(size=chart.d), rng.normal(size=chart.d)
    block = np.full((10, LANES), 99.0)
    _fill(x, step, -0.5, chart.by_direction, block, 3)
    np.testing.assert_allclose(block[:, 3].reshape(2, 5), chart.at(x - 0.5 * step))
    assert (np.delete(block, 3, axis=1) == 99.0).all()


def test_values_fall_from_zero_in_radii():
    values = np.array([-3.0, -1.0, -2.0, 5.0])
    _scale(values, 3, 0.25)
    assert values.tolist() == [-8.0, 0.0, -4.0, 5.0]  # the last one is none of them


@pytest.mark.parametrize(
    ("step", "possible"),
    [
        ([1.0, 0.0], True),  # twice 0.5 from 0 to the limit of 1
        ([1.0 + 1e-9, 0.0], False),
        ([-0.5, 0.0], True),  # down to -0.5
        ([-0.5 - 1e-9, 0.0], False),
        ([0.0, 0.0], True),
        ([0.0, 1e-9], False),  # it stands on its limit
        ([0.0, -2.0], True),
        ([0.0, -2.1], False),
    ],
)
def test_a_step_is_doubled_within_limits_only(step, possible):
    x, least, most = np.array([0.0, 2.0]), np.array([-0.5, 0.0]), np.array([1.0, 2.0])
    assert _is_double_possible(x, np.array(step), 0.5, least, most) == possible


def test_beyond_a_limit_there_is_no_room():
    x, least, most = np.array([3.0]), np.array([4.0]), np.array([2.0])
    for step in (1e-9, -1e-9):
        assert not _is_double_possible(x, np.array([step]), 1.0, least, most)


def test_the_lowest_lane_below_a_value():
    found = np.array([[5.0, 3.0, 9.0, 3.0, np.inf, np.nan, 8.0, 7.0]])
    lane, lowest = _lowest(found, np.log(6.0))
    assert (lane, lowest) == (1, np.log(2.0))  # the first of two
    assert _lowest(found, np.log(2.0)) == (-1, np.log(2.0))  # none is below
    found[0, 7] = 1.5  # no height is below 1
    assert _lowest(found, np.log(6.0)) == (7, 0.0)
