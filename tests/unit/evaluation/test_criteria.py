from __future__ import annotations

import numpy as np
import pytest

from mheight.evaluation import CriteriaConfig, judge
from mheight.metrics import score
from mheight.tiers import COURSE_9


def one(error):
    group = np.arange(9)
    return score(np.full(9, 5.0), 5.0 + np.full(9, error), group, COURSE_9)


def scores(error):
    return {"validation": one(error)}


def test_all_six_pass():
    criteria = judge(scores(0.3), 0.05, True, "16,200 validation originals", CriteriaConfig())
    assert len(criteria) == 6
    assert all(criterion.passed for criterion in criteria)
    assert criteria[0].value == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("gap", "passed", "remark"),
    [
        (0.005, False, "suspiciously small"),
        (0.015, False, "small"),
        (0.02, True, ""),
        (0.08, True, ""),
        (0.1, False, ""),
        (0.2, False, "overfitted"),
    ],
)
def test_the_gap(gap, passed, remark):
    criterion = judge(scores(0.3), gap, True, "", CriteriaConfig())[4]
    assert (criterion.passed, criterion.remark) == (passed, remark)


def test_each_bound_is_strict_and_a_leak_fails():
    # 0.5^2 = 0.25: fails easy alone.
    criteria = {c.name: c.passed for c in judge(scores(0.5), 0.05, False, "", CriteriaConfig())}
    assert criteria == {
        "overall": True,
        "easy": False,
        "medium": True,
        "hard": True,
        "train-validation gap": True,
        "no leakage": False,
    }


def test_a_missing_tier_does_not_pass():
    part = score(np.array([5.0]), np.array([5.0]), np.array([0]), COURSE_9)
    criteria = {
        c.name: c.passed for c in judge({"validation": part}, 0.05, True, "", CriteriaConfig())
    }
    assert not criteria["easy"]
    assert not criteria["hard"]


def test_every_validation_set_must_meet_the_bounds():
    # 0.5^2 = 0.25: too much for easy; 0.3^2 = 0.09 is not.
    criteria = judge({"course": one(0.3), "normal": one(0.5)}, None, True, "", CriteriaConfig())
    assert [c.name for c in criteria] == [
        "overall, course",
        "easy, course",
        "medium, course",
        "hard, course",
        "overall, normal",
        "easy, normal",
        "medium, normal",
        "hard, normal",
        "no leakage",
    ]
    assert [c.name for c in criteria if not c.passed] == ["easy, normal"]
    assert criteria[1].value == pytest.approx(0.09)
    assert criteria[5].value == pytest.approx(0.25)


def test_one_set_needs_no_name():
    names = [c.name for c in judge({"course": one(0.3)}, 0.05, True, "", CriteriaConfig())]
    assert names == ["overall", "easy", "medium", "hard", "train-validation gap", "no leakage"]


def test_where_no_code_is_trained_on_twice_the_gap_is_no_criterion():
    names = [c.name for c in judge(scores(0.3), None, True, "", CriteriaConfig())]
    assert names == ["overall", "easy", "medium", "hard", "no leakage"]
    # A gap of zero is not the same as none.
    gap = judge(scores(0.3), 0.0, True, "", CriteriaConfig())[4]
    assert (gap.name, gap.passed) == ("train-validation gap", False)


@pytest.mark.parametrize(
    ("error", "remark"),
    [(0.019, "below 0"), (0.03, "0.0100"), (0.1, "")],
)
def test_a_small_gap_beside_a_small_error_says_what_it_would_take(error, remark):
    criterion = judge(scores(error**0.5), 0.005, True, "", CriteriaConfig())[4]
    assert not criterion.passed
    wanted = "suspiciously small"
    if remark:
        wanted = f"small, as the error is: 0.02 would need a training error of {remark}"
    assert criterion.remark == wanted
