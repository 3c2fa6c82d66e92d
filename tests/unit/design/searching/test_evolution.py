from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from mheight.design.searching.charts import systematic_chart
from mheight.design.searching.evolution import _first_generation, _strategy, evolve
from mheight.design.searching.kernel import height_program, heights


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


# --- the parts ---


@pytest.mark.parametrize(("d", "population"), [(1, 8), (6, 16), (40, 24), (3, 200)])
def test_constants(d, population):
    found = _strategy(d, population)
    mu = population // 2
    raw = [log((population + 1) / 2) - log(i) for i in range(1, mu + 1)]
    weights = np.array(raw) / sum(raw)
    np.testing.assert_allclose(found.weights, weights)
    mass = 1 / (weights**2).sum()
    c_one = 2 / ((d + 1.3) ** 2 + mass)
    wanted = (
        mass,
        (mass + 2) / (d + mass + 5),
        c_one,
        min(1 - c_one, 2 * (mass - 2 + 1 / mass) / ((d + 2) ** 2 + mass)),
        1 + (mass + 2) / (d + mass + 5) + 2 * max(0, sqrt((mass - 1) / (d + 1)) - 1),
        sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d**2)),
    )
    np.testing.assert_allclose(found[1:], wanted)


def test_the_first_generation_stands_around_the_mean():
    mean = np.array([1.0, -2.0, 3.0])
    now = _first_generation(mean, 16)
    assert now.mean.tolist() == mean.tolist()
    np.testing.assert_array_equal(now.M, np.eye(3))
    assert now.path.tolist() == [0.0, 0.0, 0.0]
    assert now.z.shape == now.y.shape == now.points.shape == (3, 16)
    assert (now.fitness.shape, now.Mp.shape, now.chosen.shape) == ((16,), (3,), (8, 3))
