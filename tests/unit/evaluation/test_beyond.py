from __future__ import annotations

import numpy as np
import pytest

from mheight.errors import InvalidDataError
from mheight.evaluation.beyond import Beyond, calibrate_beyond
from mheight.evaluation.calibration import Calibration, calibrate
from mheight.tiers import COURSE_9, Groups

GROUPS = Groups.parse("9:4:2-3 10:4:2-3 11:4:2-3")


def errors_of(scales: list[float], rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(len(scales)), rows)
    return rng.standard_normal(len(group)) * np.array(scales)[group], group


def test_the_rule_would_have_held_each_length_that_is_left_out():
    errors, group = errors_of([0.1, 0.2, 0.1, 0.3, 0.5, 0.2])
    found = calibrate_beyond(errors, np.zeros(len(errors)), group, GROUPS, 0.9)
    assert found is not None
    assert found.longest == 11
    # Without n = 11 the widest ends are those of scale .3; rows of scale .5 need 5/3 of them.
    factor = found.high / np.quantile(errors[group == 4], 0.95)
    assert 1.4 < factor < 2.0
    for i in range(6):
        own = errors[group == i]
        assert np.mean((own >= found.low) & (own <= found.high)) >= 0.9


def test_equal_groups_need_no_more_than_the_widest():
    errors, group = errors_of([0.1] * 6, 4000)
    found = calibrate_beyond(errors, np.zeros(len(errors)), group, GROUPS, 0.9)
    assert found is not None
    assert found.high == pytest.approx(0.1645, rel=0.1)


def test_longer_codes_get_wider_intervals():
    rule = Beyond(-0.1, 0.2, 11)
    low, high = rule.interval(np.full(3, 4.0), np.array([8, 11, 13]))
    np.testing.assert_allclose(4.0 - low, [0.1, 0.1, 0.3])
    np.testing.assert_allclose(high - 4.0, [0.2, 0.2, 0.6])


def test_one_length_gives_no_rule_and_the_same_file_as_ever():
    errors, group = errors_of([0.1] * 9)
    made = calibrate(errors, np.zeros(len(errors)), group, COURSE_9)
    assert made.beyond is None
    assert set(made.as_dict()) == {"level", "groups"}
    low, high = made.interval(np.array([3.0]), np.array([-1]), np.array([12]))
    assert (low[0], high[0]) == (0.0, np.inf)


def test_the_rule_is_stored():
    errors, group = errors_of([0.1] * 6)
    made = calibrate(errors, np.zeros(len(errors)), group, GROUPS)
    assert Calibration.from_dict(made.as_dict(), GROUPS) == made
    few = calibrate_beyond(errors[::100], np.zeros(24), group[::100], GROUPS, 0.9)
    assert few is None  # four rows a group


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"low": -0.1, "high": 0.1},
        {"low": -0.1, "high": 0.1, "longest": 12, "more": 1},
        {"low": 0.1, "high": 0.2, "longest": 12},
        {"low": -0.1, "high": 1e9, "longest": 12},
        {"low": float("nan"), "high": 0.1, "longest": 12},
        {"low": -0.1, "high": 0.1, "longest": 12.0},
        {"low": -0.1, "high": 0.1, "longest": 99},
        [1, 2, 3],
    ],
)
def test_something_else_is_refused(values):
    with pytest.raises(InvalidDataError, match=r"^beyond: "):
        Beyond.from_dict(values)
