from __future__ import annotations

import numpy as np
import pytest

from mheight import exact_profile
from mheight.design.searching import MEMBERS, Task
from mheight.design.searching.systematic import systematic_generator


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_each_member_works_alone(name):
    whole = name in ("anneal", "tied", "repair", "round")
    entries = "integer" if whole else "real"
    start = np.array([[1.0, 0, 0, 1, 2, 3], [0, 1, 0, 1, -1, 2], [0, 0, 1, 2, 1, -4]])
    task = Task(6, 3, 3, entries, 100, (start,))
    pool = [task.candidate(task.form(start), "given")]
    made = MEMBERS[name](task, np.random.default_rng(7), pool)
    again = MEMBERS[name](task, np.random.default_rng(7), pool)
    assert made.height == again.height <= pool[0].height
    G = systematic_generator(made.matrix, task.program.is_check)
    assert float(exact_profile(G)[2]) == pytest.approx(made.height, rel=1e-8)
    if whole:
        assert (np.rint(G) == G).all()
