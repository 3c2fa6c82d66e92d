from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from mheight.errors import InvalidDataError
from mheight.metrics import Scores, score
from mheight.tiers import COURSE_9, Group, Groups, Tier


def test_by_hand() -> None:
    """Group errors 1, 4, 9, ... 81, the first from two samples of errors 0 and 2."""
    group = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    true = np.full(10, 10.0)
    error = np.array([0.0, math.sqrt(2.0), 2.0, -3.0, 4.0, -5.0, 6.0, 7.0, -8.0, 9.0])
    scores = score(true, true + error, group, COURSE_9)

    squares = [1, 4, 9, 16, 25, 36, 49, 64, 81]
    assert list(scores.groups) == list(COURSE_9.names)
    assert list(scores.groups.values()) == pytest.approx(squares)
    assert list(scores.counts.values()) == [2, 1, 1, 1, 1, 1, 1, 1, 1]
    easy, medium, hard = (1 + 4 + 25) / 3, (9 + 36 + 64) / 3, (49 + 81 + 16) / 3
    assert scores.tiers == {
        "easy": pytest.approx(easy),
        "medium": pytest.approx(medium),
        "hard": pytest.approx(hard),
    }
    assert scores.overall == pytest.approx(285 / 9)
    assert scores.balanced == pytest.approx((easy + medium + hard) / 3)


def test_the_overall_score_is_a_mean_of_groups_not_of_samples() -> None:
    group = np.array([0, 0, 0, 1])
    scores = score(np.zeros(4), np.array([1.0, 1.0, 1.0, 3.0]), group, COURSE_9)
    assert scores.overall == 5.0


def test_missing_groups() -> None:
    scores = score(np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([0, 1, 2]), COURSE_9)
    assert scores.groups["(4,4)"] == 9.0
    assert scores.groups["(5,2)"] is None
    # (5,2) is missing from the easy tier, and so on.
    assert scores.tiers == {"easy": None, "medium": None, "hard": None}
    assert scores.balanced is None
    assert scores.overall == pytest.approx(14 / 3)
    assert scores.counts["(5,2)"] == 0

    whole_tier = score(np.zeros(3), np.ones(3), np.array([0, 1, 4]), COURSE_9)
    assert whole_tier.tiers == {"easy": 1.0, "medium": None, "hard": None}
    assert whole_tier.balanced is None


def test_float32_predictions_are_squared_in_float64() -> None:
    predicted = np.array([1.0 + 2.0**-20], dtype=np.float32)
    assert (
        score(np.ones(1, dtype=np.float32), predicted, np.array([0]), COURSE_9).overall == 2.0**-40
    )


def test_a_prediction_that_is_nan_shows() -> None:
    scores = score(np.ones(2), np.array([np.nan, 1.0]), np.array([0, 1]), COURSE_9)
    assert math.isnan(scores.overall)
    assert scores.groups["(4,3)"] == 0.0


def test_scores_survive_json() -> None:
    scores = score(np.zeros(3), np.array([0.1, 0.2, 0.3]), np.array([0, 1, 4]), COURSE_9)
    assert Scores.from_dict(json.loads(json.dumps(scores.as_dict()))) == scores


def test_what_report_json_holds() -> None:
    """The names are read elsewhere, also in reports that were written long ago."""
    groups = Groups.of([(4, 2, 2), (5, 2, 2)])
    scores = score(np.zeros(3), np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1]), groups)
    assert scores.as_dict() == {
        "overall": 2.5,
        "balanced": 2.5,
        "tiers": {"easy": None, "medium": 4.0, "hard": 1.0},
        "groups": {"(4,2,2)": 1.0, "(5,2,2)": 4.0},
        "counts": {"(4,2,2)": 2, "(5,2,2)": 1},
        "tier_of": {"(4,2,2)": "hard", "(5,2,2)": "medium"},
    }
    assert Scores.from_dict(scores.as_dict()) == scores


def test_tiers_other_than_those_of_the_rule_are_kept() -> None:
    groups = Groups((Group(4, 2, 2),), (Tier.EASY,))
    scores = score(np.zeros(1), np.ones(1), np.zeros(1, int), groups)
    assert scores.tiers == {"easy": 1.0, "medium": None, "hard": None}
    assert Scores.from_dict(scores.as_dict()) == scores
    assert Groups.of([(4, 2, 2)]).tiers == (Tier.HARD,)


def test_scores_without_tiers_have_those_of_the_rule() -> None:
    scores = score(np.zeros(3), np.array([0.1, 0.2, 0.3]), np.array([0, 1, 4]), COURSE_9)
    plain = scores.as_dict()
    del plain["tier_of"]
    assert Scores.from_dict(plain) == scores


def test_the_figure_and_the_samples_of_a_group() -> None:
    scores = score(np.zeros(3), np.array([1.0, 1.0, 2.0]), np.array([0, 0, 4]), COURSE_9)
    assert scores.of(Group(9, 4, 2)) == 1.0
    assert scores.count(Group(9, 4, 2)) == 2
    # A group of the nine without samples, and a code that is none of theirs.
    for absent in (Group(9, 4, 3), Group(10, 4, 2)):
        assert scores.of(absent) is None
        assert scores.count(absent) == 0


@pytest.mark.parametrize(
    ("true", "predicted", "group", "message"),
    [
        (np.ones(2), np.ones(3), np.zeros(2, int), r"one shape \(N,\), got \(2,\), \(3,\), \(2,\)"),
        (np.ones(2), np.ones(2), np.zeros(1, int), r"one shape \(N,\), got \(2,\), \(2,\), \(1,\)"),
        (np.ones(3), np.ones(2), np.zeros(2, int), r"one shape \(N,\), got \(3,\), \(2,\), \(2,\)"),
        (np.ones(2), np.ones(2), np.zeros(3, int), r"one shape \(N,\), got \(2,\), \(2,\), \(3,\)"),
        (np.array(1.0), np.array(1.0), np.array(0), r"one shape \(N,\), got \(\), \(\), \(\)"),
        (np.ones(2), np.ones(2), np.array([0, 9]), r"groups must lie in 0\.\.8$"),
        (np.ones(2), np.ones(2), np.array([-1, 0]), r"groups must lie in 0\.\.8$"),
        (
            np.ones((2, 1)),
            np.ones((2, 1)),
            np.zeros((2, 1), int),
            r"one shape \(N,\), got \(2, 1\)",
        ),
        (
            np.ones(0),
            np.ones(0),
            np.zeros(0, int),
            "^at least one sample is needed to score, got none$",
        ),
        (
            np.array([1.0, np.inf]),
            np.ones(2),
            np.zeros(2, int),
            "^only finite heights can be scored; leave infinite ones out$",
        ),
        (np.array([np.nan]), np.ones(1), np.zeros(1, int), "only finite heights can be scored"),
    ],
)
def test_what_cannot_be_scored(
    true: np.ndarray, predicted: np.ndarray, group: np.ndarray, message: str
) -> None:
    with pytest.raises(InvalidDataError, match=message):
        score(true, predicted, group, COURSE_9)


def test_scores_are_values_that_do_not_change() -> None:
    scores = score(np.ones(1), np.ones(1), np.zeros(1, int), COURSE_9)
    with pytest.raises(FrozenInstanceError):
        scores.overall = 0.0  # type: ignore[misc]
