from __future__ import annotations

import numpy as np
import pytest

from mheight.design.searching.charts import around, systematic_chart
from mheight.design.searching.kernel import height_program, heights
from mheight.design.searching.polishing import polish


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
