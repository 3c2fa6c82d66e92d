from __future__ import annotations

import numpy as np
import pytest

from mheight import height_profile
from mheight.design.searching.charts import systematic_chart
from mheight.design.searching.kernel import height_program, heights

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
