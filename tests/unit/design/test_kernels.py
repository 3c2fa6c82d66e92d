from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from mheight import height_profile
from mheight.design.searching.annealing import anneal
from mheight.design.searching.charts import around, check_matrix, systematic_chart
from mheight.design.searching.evolution import evolve
from mheight.design.searching.kernel import height_program, heights
from mheight.design.searching.minimax import minimax_step
from mheight.design.searching.polishing import polish
from mheight.design.searching.symmetric import (
    invariant_chart,
    invariant_code,
    random_group,
    tied_chart,
)

SIZES = [(5, 2), (6, 4), (7, 3), (8, 5)]


@pytest.mark.parametrize(("n", "k"), SIZES)
def test_heights_are_those_of_the_profile(n, k):
    rng = np.random.default_rng([n, k])
    for whole in (False, True):
        shape = (20, k * (n - k))
        P = rng.integers(-2, 3, shape).astype(float) if whole else rng.normal(size=shape)
        G = systematic_chart(n, k, False).at(P)
        H = systematic_chart(n, k, True).at(P)
        profile = height_profile(G)
        for m in range(1, n - k + 1):
            program = height_program(n, k, m)
            found = heights(program, H if program.is_check else G, 0.0 if whole else 1e-10)
            np.testing.assert_allclose(found, profile[:, m - 1], rtol=1e-8)
            other = height_program(n, k, m, not program.is_check)
            found = heights(other, H if other.is_check else G, 0.0 if whole else 1e-10)
            np.testing.assert_allclose(found, profile[:, m - 1], rtol=1e-8)


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


def test_evolution_is_a_function_of_its_seed():
    program = height_program(6, 3, 3)
    chart = systematic_chart(6, 3, program.is_check)
    x = np.ones(chart.d)
    ends = [
        evolve(program, chart, x, np.random.default_rng(seed), generations=60) for seed in (1, 1, 2)
    ]
    assert ends[0][0] == ends[1][0] != ends[2][0]
    assert ends[0][0] == heights(program, chart.at(ends[0][1])[None])[0]
    assert ends[0][0] < 9.0


def test_annealing_keeps_to_its_levels():
    program = height_program(7, 3, 4)
    chart = systematic_chart(7, 3, program.is_check)
    rng = np.random.default_rng(4)
    levels = np.array([-3.0, -1.0, 1.0, 2.0, 4.0])
    found, ends = anneal(program, chart, levels, rng.choice(levels, (8, chart.d)), rng, steps=500)
    assert np.isin(ends, levels).all()
    np.testing.assert_allclose(found, heights(program, chart.at(ends), 0.0))
    assert found.min() < 30


@pytest.mark.parametrize(("n", "rows"), [(6, 3), (8, 3), (9, 4)])
def test_symmetric_codes_are_invariant(n, rows):
    rng = np.random.default_rng(n)
    met = 0
    for _ in range(20):
        group = random_group(n, rng)
        for g in group:
            np.testing.assert_array_equal(g @ g.T, np.eye(n))
        matrix = invariant_code(n, rows, group, rng)
        if matrix is None:
            continue
        chart = around(matrix, group)
        other = chart.at(rng.normal(size=chart.d))
        for g in group:
            # The row space moved is the row space.
            np.testing.assert_allclose(other @ g @ check_matrix(other).T, 0.0, atol=1e-9)
        met += 1
    assert met > 3


def test_charts_of_a_group_have_fewer_coordinates():
    rng = np.random.default_rng(2)
    met = [invariant_chart(9, 4, rng, most=10) for _ in range(20)]
    assert any(one is not None and one[0].d < 10 for one in met)


@pytest.mark.parametrize("is_check", [False, True])
def test_tied_matrices_are_systematic_integers(is_check):
    rng = np.random.default_rng(6)
    k, n = 3, 7
    met = [tied_chart(n, k, is_check, rng, zeros=True) for _ in range(20)]
    sizes = set()
    for chart in met:
        if chart is None:
            continue
        sizes.add(chart.d)
        matrix = chart.at(rng.integers(-3, 4, chart.d).astype(float))
        assert (np.rint(matrix) == matrix).all()
        if is_check:
            assert (matrix[:, k:] == np.eye(n - k)).all()
        else:
            assert (matrix[:, :k] == np.eye(k)).all()
        # Each entry of P belongs to one coordinate at most.
        assert (np.count_nonzero(chart.directions, axis=0) <= 1).all()
    assert min(sizes) < k * (n - k)
