from __future__ import annotations

import pickle

import numpy as np

from mheight.datasets import load_pickle
from mheight.design import found_codes, search
from mheight.design.course_files import write_course_files
from mheight.design.searching.sweep import all_goals, sweep


def test_a_sweep_writes_codes_and_goes_on(tmp_path):
    known = {(4, 2, 2, "integer"): 3.0, (4, 2, 2, "real"): 2.4142136}
    goals = [goal for goal in all_goals([4], known) if goal.m == 2]
    told = []
    tied, wanted = sweep(
        goals, tmp_path, seconds=200, workers=1, report=lambda *a: told.append(a),
        stop=lambda: len(told) >= 4,
    )  # fmt: skip
    assert (tied, wanted) == (2, 2)
    found = {one.entries: one for one in found_codes(tmp_path)}
    assert found["integer"].certificate.height == 3
    assert found["real"].height < 2.4142136
    # What is known by then is counted, and nothing is searched in no time.
    assert sweep(goals, tmp_path, seconds=0, workers=1) == (2, 2)


def test_the_pickles_of_the_course_are_plain_arrays(tmp_path):
    codes = [search(5, k, 2, entries="integer", rounds=1).found for k in (2, 3)]
    matrices, heights = write_course_files(tmp_path / "best.pkl", codes)
    assert heights.name == "best_heights.pkl"
    content = pickle.loads(matrices.read_bytes())
    assert set(content) == {(5, 2, 2), (5, 3, 2)}
    assert content[5, 2, 2].shape == (2, 3)
    assert content[5, 2, 2].dtype == np.int64
    assert pickle.loads(heights.read_bytes()) == {(c.n, c.k, c.m): c.height for c in codes}
    # The package's own reader, which runs nothing of a pickle, takes it too.
    assert load_pickle(matrices).keys() == content.keys()
