from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mheight.errors import InvalidDataError
from mheight.evaluation.calibration import Calibration, calibrate, coverage
from mheight.tiers import COURSE_9

FIRST = np.zeros(400, dtype=np.int64)


def share_inside(made: Calibration, true: Any, predicted: Any, group: Any) -> np.ndarray:
    low, high = made.interval(predicted, group)
    return (true >= low) & (true <= high)


@pytest.mark.parametrize(
    ("rows", "level"), [(20, 0.9), (39, 0.9), (57, 0.8), (250, 0.9), (40, 0.5)]
)
def test_exchangeable_rows_are_held_as_often_as_promised(rows: int, level: float) -> None:
    """1,000 calibrations, each tried on 20 further rows, in two groups at once."""
    rng = np.random.default_rng(rows)
    group = np.repeat([0, 8], rows)
    shares = []
    for _ in range(1000):
        predicted = 100 + rng.random(2 * rows)
        true = predicted + rng.standard_gamma(2.0, 2 * rows) * np.where(group == 0, 1.0, -3.0)
        made = calibrate(true, predicted, group, COURSE_9, level)
        fresh = np.repeat([0, 8], 10)
        at = 100 + rng.random(20)
        errors = rng.standard_gamma(2.0, 20) * np.where(fresh == 0, 1.0, -3.0)
        shares.append(share_inside(made, at + errors, at, fresh).mean())
    error = np.std(shares) / np.sqrt(len(shares))
    assert np.mean(shares) > level - 3 * error
    # Not far more either: each end may lie two rows of a bin of n too far out, of n + 1.
    least_bin = rows // max(1, min(4, rows // 100))
    assert np.mean(shares) < level + 4 / (least_bin + 1) + 3 * error


def test_intervals_that_are_too_narrow_are_told() -> None:
    """The check above fails where the level is not kept."""
    rng = np.random.default_rng(0)
    predicted, errors = np.full(400, 10.0), rng.standard_normal(400)
    made = calibrate(predicted + errors, predicted, FIRST, COURSE_9, 0.8)
    fresh = predicted + rng.standard_normal(400)
    assert share_inside(made, fresh, predicted, FIRST).mean() < 0.87


@pytest.mark.parametrize(
    ("rows", "level", "below", "above"),
    [
        (39, 0.9, 2, 38),
        (19, 0.9, 1, 19),
        (99, 0.9, 5, 95),
        (99, 0.5, 25, 75),
        (50, 0.9, 2, 49),  # 2.55 down, 48.45 up
        (7, 0.9, 1, 7),  # too few: the extremes
        (1, 0.9, 1, 1),
    ],
)
def test_the_ends_are_these_errors(rows: int, level: float, below: int, above: int) -> None:
    """Errors 1, 2, 3, ...; the number of an error is its value."""
    errors = np.random.default_rng(0).permutation(np.arange(1.0, rows + 1))
    group = np.full(rows, 2)
    made = calibrate(errors + 10, np.full(rows, 10.0), group, COURSE_9, level)
    low, high = made.interval(np.array([100.0]), np.array([2]))
    assert (low[0] - 100, high[0] - 100) == (below, above)


def test_bins_follow_the_predicted_height() -> None:
    """Errors that grow with the height: 4 bins of 100 rows, each with its own width."""
    rng = np.random.default_rng(1)
    predicted = rng.permutation(np.linspace(1.0, 9.0, 400))
    true = predicted + rng.uniform(-0.1, 0.1, 400) * predicted
    made = calibrate(true, predicted, FIRST, COURSE_9)
    bins = made.bins[COURSE_9.names[0]]
    assert [one.rows for one in bins] == [100] * 4
    assert [one.upto for one in bins] == [*np.sort(predicted)[[100, 200, 300]], np.inf]
    at = np.array([2.0, 4.0, 6.0, 8.0])
    low, high = made.interval(at, np.zeros(4, dtype=np.int64))
    assert (np.diff(high - low) > 0.2).all()
    # Each bin holds nine of ten.
    edges = np.sort(predicted)[[100, 200, 300]]
    inside = share_inside(made, true, predicted, FIRST)
    for number in range(4):
        own = np.searchsorted(edges, predicted, side="right") == number
        assert inside[own].mean() == pytest.approx(0.91, abs=0.03)


@pytest.mark.parametrize(("rows", "count"), [(1, 1), (199, 1), (200, 2), (399, 3), (2000, 4)])
def test_a_bin_has_a_hundred_rows(rows: int, count: int) -> None:
    rng = np.random.default_rng(2)
    made = calibrate(rng.random(rows), rng.random(rows), np.zeros(rows, int), COURSE_9)
    assert len(made.bins[COURSE_9.names[0]]) == count
    assert sum(one.rows for one in made.bins[COURSE_9.names[0]]) == rows


def test_a_group_that_was_never_calibrated_has_no_ends() -> None:
    made = calibrate(np.array([4.0]), np.array([5.0]), np.array([0]), COURSE_9)
    assert made.bins[COURSE_9.names[1]] == ()
    low, high = made.interval(np.array([5.0, 5.0]), np.array([0, 1]))
    assert low.tolist() == [4.0, 0.0]
    assert high.tolist() == [4.0, np.inf]


def test_no_height_is_below_one() -> None:
    made = calibrate(np.array([1.0, 9.0]), np.array([5.0, 5.0]), np.array([3, 3]), COURSE_9)
    low, high = made.interval(np.array([2.0]), np.array([3]))
    assert (low[0], high[0]) == (0.0, 6.0)


def test_json_keeps_it() -> None:
    rng = np.random.default_rng(3)
    group = np.repeat([0, 1, 8], [400, 3, 250])
    made = calibrate(rng.random(653), rng.random(653), group, COURSE_9, 0.8)
    again = Calibration.from_dict(json.loads(json.dumps(made.as_dict(), allow_nan=False)), COURSE_9)
    assert again == made
    at, groups = rng.random(50) * 2, rng.integers(0, 9, 50)
    for one, other in zip(made.interval(at, groups), again.interval(at, groups), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_order_of_the_rows_does_not_count() -> None:
    rng = np.random.default_rng(4)
    true, predicted, group = rng.random(500), rng.random(500), rng.integers(0, 2, 500)
    order = rng.permutation(500)
    assert calibrate(true[order], predicted[order], group[order], COURSE_9) == calibrate(
        true, predicted, group, COURSE_9
    )


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 90.0])
def test_a_level_out_of_range(level: float) -> None:
    with pytest.raises(InvalidDataError, match=rf"the level must lie in \(0, 1\), got {level}"):
        calibrate(np.ones(1), np.ones(1), np.zeros(1, dtype=np.int64), COURSE_9, level)


def test_coverage_by_hand() -> None:
    """(4,2) and (4,3) are easy, (4,5) is hard; no medium group is there."""
    found = coverage(
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([1.0, 2.1, 0.0, 5.0]),
        np.array([1.5, 3.1, 3.0, 9.0]),
        np.array([0, 0, 1, 3]),
        COURSE_9,
        0.9,
    )
    assert found.as_dict() == {
        "level": 0.9,
        "overall": 0.5,
        "tiers": {"easy": pytest.approx(2 / 3), "medium": None, "hard": 0.0},
        "median_width": pytest.approx(2.0),
        "rows": 4,
    }


def test_an_end_that_is_the_height_holds_it() -> None:
    end = np.array([3.0])
    found = coverage(end, end + 1e-9, end + 1, np.array([0]), COURSE_9, 0.9)
    assert found.overall == 1.0
    assert coverage(end, end + 1e-3, end + 1, np.array([0]), COURSE_9, 0.9).overall == 0.0


def by_height(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors that go by the predicted height, in three groups; the second has few low heights."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, rows)
    predicted = rng.uniform(1.0, 9.0, rows)
    predicted[group == 1] = 9.0 - 8.0 * rng.beta(1.0, 8.0, (group == 1).sum())
    errors = 0.3 * np.sin(2.0 * predicted) + 0.02 * rng.standard_normal(rows)
    return predicted + errors, predicted, group


def test_groups_share_bins_where_errors_go_by_the_height() -> None:
    true, predicted, group = by_height(6000, 5)
    made = calibrate(true, predicted, group, COURSE_9)
    assert [len(made.bins[name]) for name in COURSE_9.names[:4]] == [24, 24, 24, 0]
    fresh, at, groups = by_height(6000, 6)
    inside = share_inside(made, fresh, at, groups)
    assert min(inside[groups == i].mean() for i in range(3)) > 0.88
    # Codes unlike most of their group too, which bins of that group alone do not hold.
    odd = (groups == 1) & (at < 6.0)
    assert inside[odd].mean() > 0.8
    own = calibrate(true[group == 1], predicted[group == 1], group[group == 1], COURSE_9)
    assert share_inside(own, fresh, at, groups)[odd].mean() < 0.7
    low, high = made.interval(at, groups)
    assert np.median(high - low) < 0.35


def test_groups_keep_their_own_bins_where_those_are_narrower() -> None:
    rng = np.random.default_rng(7)
    group, predicted = np.repeat([0, 1], 1000), rng.uniform(1.0, 9.0, 2000)
    errors = rng.standard_normal(2000) * np.where(group == 0, 0.01, 1.0)
    made = calibrate(predicted + errors, predicted, group, COURSE_9)
    assert [len(made.bins[name]) for name in COURSE_9.names[:2]] == [4, 4]
    low, high = made.interval(predicted, group)
    assert (high - low)[group == 0].max() < 0.1
