from __future__ import annotations

import numpy as np

from mheight.design.searching.annealing import anneal
from mheight.design.searching.charts import systematic_chart
from mheight.design.searching.kernel import height_program, heights


def test_annealing_keeps_to_its_levels():
    program = height_program(7, 3, 4)
    chart = systematic_chart(7, 3, program.is_check)
    rng = np.random.default_rng(4)
    levels = np.array([-3.0, -1.0, 1.0, 2.0, 4.0])
    found, ends = anneal(program, chart, levels, rng.choice(levels, (8, chart.d)), rng, steps=500)
    assert np.isin(ends, levels).all()
    np.testing.assert_allclose(found, heights(program, chart.at(ends), 0.0))
    assert found.min() < 30
