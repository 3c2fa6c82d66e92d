"""One record and one line an epoch."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import inf, nan
from types import SimpleNamespace

import numpy as np
import pytest

from mheight.training.callbacks import epoch_log
from mheight.training.callbacks.epoch_log import EpochAnnouncement, EpochLog, EpochRecord

RECORD = EpochRecord(
    epoch=7, loss=0.5, val_loss=0.75, val_overall=0.875, val_easy=0.125, val_medium=0.5,
    val_hard=2.0, val_balanced=0.625, train_overall=0.375, learning_rate=1e-3, seconds=12.4,
)  # fmt: skip
VALUES = {
    name: value
    for name, value in asdict(RECORD).items()
    if name not in ("epoch", "learning_rate", "seconds")
}


def test_the_line_of_an_epoch() -> None:
    assert RECORD.line(20) == (
        "epoch   7/20  loss  0.5000  val  0.8750  gap 0.5000  "
        "easy 0.125  medium 0.500  hard 2.000  balanced 0.625  rate 1.0e-03  12 s"
    )


@pytest.mark.parametrize("missing", [nan, inf])
def test_what_is_not_known_is_not_shown(missing: float) -> None:
    line = replace(RECORD, val_medium=missing, train_overall=missing).line(1000)
    assert line == (
        "epoch   7/1000  loss  0.5000  val  0.8750  "
        "easy 0.125  hard 2.000  balanced 0.625  rate 1.0e-03  12 s"
    )


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> EpochLog:
    """With a clock that goes on by 2.5 s at each look, and a rate that halves."""
    clock = iter(np.arange(100) * 2.5)
    rates = iter([0.5, 0.25, 0.125])
    monkeypatch.setattr(epoch_log, "time", SimpleNamespace(perf_counter=lambda: float(next(clock))))
    monkeypatch.setattr(epoch_log, "current_rate", lambda model: next(rates))
    made = EpochLog()
    made.set_model(SimpleNamespace())
    return made


def test_records_are_made_of_the_logs(log: EpochLog) -> None:
    for epoch in range(2):
        log.on_epoch_begin(epoch)
        # The rate is that of the beginning; what else Keras logs is left out.
        log.on_epoch_end(epoch, {**VALUES, "lr": 9.0, "loss": np.float32(epoch)})
    wanted = replace(RECORD, epoch=1, loss=0.0, learning_rate=0.5, seconds=2.5)
    assert log.records == [wanted, replace(wanted, epoch=2, loss=1.0, learning_rate=0.25)]
    assert type(log.records[1].loss) is float


def test_a_metric_that_is_missing_is_an_error(log: EpochLog) -> None:
    log.on_epoch_begin(0)
    with pytest.raises(TypeError, match="val_hard"):
        log.on_epoch_end(0, {k: v for k, v in VALUES.items() if k != "val_hard"})
    with pytest.raises(TypeError):
        log.on_epoch_end(0, None)
    assert log.records == []


def test_records_survive_an_interruption() -> None:
    log, other = EpochLog(), EpochLog()
    log.records = [RECORD, replace(RECORD, epoch=8)]
    other.restore(log.state())
    assert other.records == log.records
    assert log.state()["records"][1] == {**asdict(RECORD), "epoch": 8}


def test_all_records_are_announced() -> None:
    log, told = EpochLog(), []
    log.records = [RECORD]
    announcement = EpochAnnouncement(log, lambda records: told.append(list(records)))
    announcement.on_epoch_end(0, {})
    log.records.append(replace(RECORD, epoch=8))
    announcement.on_epoch_end(1, {})
    assert told == [[RECORD], [RECORD, replace(RECORD, epoch=8)]]
