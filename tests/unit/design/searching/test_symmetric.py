from __future__ import annotations

import numpy as np
import pytest

from mheight.design.searching.charts import around, check_matrix
from mheight.design.searching.symmetric import (
    invariant_chart,
    invariant_code,
    random_group,
    tied_chart,
)


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
