from __future__ import annotations

import pytest

from mheight.training import TierGuardConfig
from mheight.training.tier_guard import TierGuard


def verdicts(values, **settings):
    guard = TierGuard(TierGuardConfig(**settings))
    return guard, [guard.observe(epoch, easy) for epoch, easy in enumerate(values, 1)]


def test_a_bad_start_never_stops_a_run():
    """What stopped the original: above the threshold from the start, nothing learnt yet."""
    _, seen = verdicts([0.6, 0.5, 0.55, 0.5, 0.5, 0.45, 0.4, 0.41], patience=5)
    assert not any(verdict.stop for verdict in seen)
    assert all(verdict.message is None for verdict in seen)


def test_once_under_the_threshold_it_must_stay_there():
    guard, seen = verdicts([0.3, 0.14, 0.16, 0.16, 0.16], patience=3)
    assert "armed, the easy tier reached 0.140 < 0.15" in seen[1].message
    assert [verdict.stop for verdict in seen] == [False, False, False, False, True]
    assert seen[-1].message.endswith("3 of 3; stopping")
    assert guard.limit == 0.15


def test_a_recovery_starts_the_count_again():
    _, seen = verdicts([0.14, 0.2, 0.2, 0.1, 0.2, 0.2], patience=3)
    assert not any(verdict.stop for verdict in seen)
    assert "is back under" in seen[3].message


def test_armed_by_epochs_it_compares_with_the_best_reached():
    _, seen = verdicts([0.5, 0.4, 0.5, 0.56, 0.57], patience=2, arm_after=2)
    assert "armed after 2 epochs at easy 0.400" in seen[1].message
    assert [verdict.stop for verdict in seen] == [False, False, False, False, True]


def test_state_survives():
    guard, _ = verdicts([0.14, 0.2], patience=3)
    other = TierGuard(guard.config)
    other.restore(guard.state())
    assert other.state() == guard.state()
    assert [guard.observe(3, 0.2), guard.observe(4, 0.2)] == [
        other.observe(3, 0.2),
        other.observe(4, 0.2),
    ]


def test_nan_never_counts_as_good():
    guard, seen = verdicts([0.14, float("nan"), float("nan")], patience=2)
    assert seen[-1].stop
    assert guard.best == pytest.approx(0.14)
