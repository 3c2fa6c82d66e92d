"""When a signal ends training: after the step, or at once where nothing would look."""

from __future__ import annotations

import signal

import pytest

from mheight.cli.console import TrainingDisplay
from mheight.experiments import RunFolder


def test_a_signal_in_training_ends_it_after_the_step():
    with TrainingDisplay(3) as display:
        display.epoch_begins(1, 10)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            display.step_done(1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_report_is_written_is_not_swallowed(number):
    with TrainingDisplay(3) as display:
        display.epoch_begins(1, 10)
        display.training_ends()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_a_signal_in_the_last_step_is_not_forgotten():
    with TrainingDisplay(3) as display:
        display.epoch_begins(3, 10)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            display.training_ends()


def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with TrainingDisplay(3):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interruption_says_what_is_kept(tmp_path, capsys):
    folder = RunFolder(tmp_path, "run7")

    def interrupted():
        with TrainingDisplay(3, folder) as display:
            display.epoch_begins(1, 10)
            signal.raise_signal(signal.SIGINT)
            display.step_done(1)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    said = "interrupted; no whole epoch was done; the same command goes on"
    assert said in capsys.readouterr().err
