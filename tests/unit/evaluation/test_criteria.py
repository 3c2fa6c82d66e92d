from __future__ import annotations

import numpy as np
import pytest

from mheight.evaluation import CriteriaConfig, judge
from mheight.metrics import score


def scores(error):
    group = np.arange(9)
    return score(np.full(9, 5.0), 5.0 + np.full(9, error), group)


def test_all_six_pass():
    criteria = judge(scores(0.3), 0.05, True, "16,200 validation originals", CriteriaConfig())
    assert len(criteria) == 6
    assert all(criterion.passed for criterion in criteria)
    assert criteria[0].value == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("gap", "passed", "remark"),
    [
        (0.005, False, "suspiciously small"),
        (0.015, False, ""),
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
    part = score(np.array([5.0]), np.array([5.0]), np.array([0]))
    criteria = {c.name: c.passed for c in judge(part, 0.05, True, "", CriteriaConfig())}
    assert not criteria["easy"]
    assert not criteria["hard"]
