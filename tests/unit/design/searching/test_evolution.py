from __future__ import annotations

import numpy as np

from mheight.design.searching.charts import systematic_chart
from mheight.design.searching.evolution import evolve
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
