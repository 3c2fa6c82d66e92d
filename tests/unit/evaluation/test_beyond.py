from __future__ import annotations

import json

import numpy as np
import pytest

from mheight.errors import InvalidDataError
from mheight.evaluation.beyond import calibrate_beyond
from mheight.evaluation.bins import Bin, bins_of, ends_at, widened, wider_by
from mheight.evaluation.calibration import Calibration, calibrate
from mheight.tiers import COURSE_9, Groups

GROUPS = Groups.parse("9:4:2-3 10:4:2-3 11:4:2-3")


def errors_of(scales: list[float], rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(len(scales)), rows)
    return rng.standard_normal(len(group)) * np.array(scales)[group], group


def heights(rows: int) -> np.ndarray:
    return np.random.default_rng(5).uniform(1.0, 9.0, rows)


def test_the_bins_would_have_held_each_length_that_is_left_out():
    errors, group = errors_of([0.1, 0.2, 0.1, 0.3, 0.5, 0.2])
    predicted = heights(len(errors))
    bins = calibrate_beyond(predicted + errors, predicted, group, GROUPS, 0.9)
    low, high = ends_at(bins, predicted)
    inside = (low <= errors) & (errors <= high)
    for i in range(6):
        assert inside[group == i].mean() >= 0.9
    # Most of the others are calmer than the wildest, which decides.
    assert inside[group == 0].mean() == 1.0
    assert 0.9 <= inside[group == 4].mean() < 0.99


def test_equal_groups_need_little_more_than_all_together():
    errors, group = errors_of([0.1] * 6, 4000)
    predicted = heights(len(errors))
    bins = calibrate_beyond(predicted + errors, predicted, group, GROUPS, 0.9)
    assert len(bins) == 24
    assert np.mean([one.high for one in bins]) == pytest.approx(0.1645, rel=0.1)


def test_the_bins_follow_the_predicted_height():
    errors, group = errors_of([0.1] * 6, 4000)
    predicted = heights(len(errors))
    errors = errors * predicted + 0.01
    bins = calibrate_beyond(predicted + errors, predicted, group, GROUPS, 0.9)
    assert bins[-1].high - bins[-1].low > 4 * (bins[0].high - bins[0].low)


def test_longer_groups_than_those_known_count():
    """Without the last length, those before it say nothing of how wild the longest are."""
    groups = Groups.parse("9:4:2 10:4:2 11:4:2 12:4:2")
    errors, group = errors_of([0.1, 0.1, 0.2, 0.4], 1000)
    predicted = heights(len(errors))
    bins = calibrate_beyond(predicted + errors, predicted, group, groups, 0.9)
    together = bins_of(errors, predicted, 0.9, 24)
    wide, narrow = (np.mean([one.high - one.low for one in each]) for each in (bins, together))
    # Bins of n = 9 and 10 are .33 wide and must hold 1.32 at n = 12: half of what is missing at
    # each end is 1.5 widths.  Bins of all but n = 12, .45 wide, would need less than one.
    assert 1.3 < (wide / narrow - 1) / 2 < 1.9


def test_one_length_gives_no_bins_and_the_same_file_as_ever():
    errors, group = errors_of([0.1] * 9)
    made = calibrate(errors, np.zeros(len(errors)), group, COURSE_9)
    assert made.beyond == ()
    assert set(made.as_dict()) == {"level", "groups"}
    low, high = made.interval(np.array([3.0]), np.array([-1]))
    assert (low[0], high[0]) == (0.0, np.inf)


def test_the_bins_are_stored():
    errors, group = errors_of([0.1] * 6)
    predicted = heights(len(errors))
    made = calibrate(predicted + errors, predicted, group, GROUPS)
    assert len(made.beyond) == 24
    assert Calibration.from_dict(json.loads(json.dumps(made.as_dict())), GROUPS) == made
    low, high = made.interval(np.array([3.0, 3.0]), np.array([-1, 0]))
    assert high[0] - low[0] > high[1] - low[1] > 0.2
    few = calibrate_beyond(errors[::100], np.zeros(24), group[::100], GROUPS, 0.9)
    assert few == ()  # four rows a group


@pytest.mark.parametrize("stored", [{}, {"low": -0.1, "high": 0.1, "longest": 12}, [1, 2], 3])
def test_something_else_is_refused(stored):
    values = {"level": 0.9, "groups": {}, "beyond": stored}
    with pytest.raises(InvalidDataError, match=r"^beyond"):
        Calibration.from_dict(values, GROUPS)


def test_how_much_wider_is_the_least_that_holds():
    rng = np.random.default_rng(1)
    errors, predicted = rng.standard_normal(999), rng.uniform(0.0, 2.0, 999)
    bins = (Bin(1.0, -0.1, 0.2, 100), Bin(np.inf, -0.5, 0.1, 100))

    def held(share: float) -> float:
        low, high = ends_at(widened(bins, share), predicted)
        return float(np.mean((low <= errors) & (errors <= high)))

    share = wider_by(errors, predicted, bins, 0.9)
    assert held(share + 1e-5) >= 0.9 > held(share - 0.02)
    assert wider_by(errors / 1000, predicted, bins, 0.9) < 0.0
