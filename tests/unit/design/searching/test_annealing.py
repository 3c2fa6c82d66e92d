from __future__ import annotations

import numpy as np
import pytest

from mheight.codes.minors.lanes import LANES
from mheight.design.searching.annealing import _add, _energy, _fill, _keep, anneal
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


# --- the parts ---


LEVELS = np.array([-2.0, 0.0, 1.0, 3.0])


def test_matrices_of_all_chains():
    chart = systematic_chart(4, 2, False)
    x = np.random.default_rng(0).integers(0, 4, (LANES, chart.d))
    block = np.empty((8, LANES))
    _fill(block, x, LEVELS, chart.by_direction)
    for lane in range(LANES):
        np.testing.assert_array_equal(block[:, lane].reshape(2, 4), chart.at(LEVELS[x[lane]]))
    before = block.copy()
    _add(block, 5, -1.5, 2, chart.by_direction)
    point = LEVELS[x[5]].copy()
    point[2] -= 1.5
    np.testing.assert_array_equal(block[:, 5].reshape(2, 4), chart.at(point))
    np.testing.assert_array_equal(np.delete(block, 5, 1), np.delete(before, 5, 1))


@pytest.mark.parametrize(
    ("value", "height"), [(5.0, 4.0), (2.0, 1.0), (1.5, 1.0), (1.0, 1.0), (np.inf, np.inf)]
)
def test_what_a_chain_lowers(value, height):
    """Log h; where ties count, an eighth of the log of the sum of eighth powers."""
    found = np.full((2, LANES), 7.0)
    found[0, 3], found[1, 3] = value, 3.0**8
    assert _energy(found, 3, 0.0) == (np.log(height), np.log(height))
    own, energy = _energy(found, 3, 0.2)
    assert own == np.log(height)
    assert energy == pytest.approx(np.log(3.0))


def test_the_best_of_a_chain_is_kept():
    x, best = np.arange(16).reshape(LANES, 2), np.full((LANES, 2), -1)
    _keep(x, 6, best)
    assert best[6].tolist() == [12, 13]
    assert (np.delete(best, 6, 0) == -1).all()
