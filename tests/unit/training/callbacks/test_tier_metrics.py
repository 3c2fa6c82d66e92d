"""The tier callback: what the guard says of an epoch reaches training."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mheight.errors import MheightError
from mheight.training.callbacks.tier_metrics import TierMetricsCallback
from mheight.training.config import TierGuardConfig


def callback(said: list[str], **settings) -> TierMetricsCallback:
    made = TierMetricsCallback(TierGuardConfig(**settings), said.append)
    made.set_model(SimpleNamespace(stop_training=False))
    return made


def run(made: TierMetricsCallback, values: list[float], first: int = 0) -> None:
    for epoch, value in enumerate(values, first):
        made.on_epoch_end(epoch, {"val_easy": value, "val_hard": 99.0})


VALUES = [1.0, 0.1, 0.2, 0.2, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
"""Armed at 0.1; above the limit twice, back under it, then five times."""


def test_it_says_and_stops_when_the_guard_does() -> None:
    said: list[str] = []
    made = callback(said)
    run(made, VALUES[:9])
    assert not made.stopped
    assert not made.model.stop_training
    run(made, [VALUES[9]], 9)
    assert made.stopped
    assert made.model.stop_training
    assert said == [
        "tier guard: armed, the easy tier reached 0.100 < 0.15",
        "tier guard: easy 0.200 above 0.150 (best 0.100), 1 of 5",
        "tier guard: easy 0.200 above 0.150 (best 0.100), 2 of 5",
        "tier guard: easy 0.120 is back under 0.150",
        *(f"tier guard: easy 0.{2 + i}00 above 0.150 (best 0.100), {i + 1} of 5" for i in range(4)),
        "tier guard: easy 0.600 above 0.150 (best 0.100), 5 of 5; stopping",
    ]


def test_epochs_are_counted_from_one() -> None:
    said: list[str] = []
    run(callback(said, arm_after=3), [1.0, 1.0])
    assert said == []
    run(callback(said, arm_after=3), [1.0, 1.0, 1.0])
    assert said == [
        "tier guard: armed after 3 epochs at easy 1.000; more than 1.150 counts as degraded"
    ]


def test_where_it_is_off_nothing_is_judged_but_the_metric_must_be_there() -> None:
    said: list[str] = []
    made = callback(said, enabled=False)
    run(made, VALUES)
    assert not made.stopped
    assert not made.model.stop_training
    assert said == []
    with pytest.raises(MheightError, match="'val_easy' is monitored but was not computed"):
        made.on_epoch_end(0, {"val_hard": 1.0})
    with pytest.raises(MheightError, match="'val_easy'"):
        callback(said).on_epoch_end(0, None)


@pytest.mark.parametrize("cut", [1, 3, 10])
def test_an_interruption_changes_nothing(cut: int) -> None:
    said: list[str] = []
    whole = callback(said)
    run(whole, VALUES)
    again: list[str] = []
    first = callback(again)
    run(first, VALUES[:cut])
    second = callback(again)
    second.restore(first.state())
    assert second.state() == first.state()
    run(second, VALUES[cut:], cut)
    assert again == said
    assert second.stopped
    assert second.state() == whole.state()
