from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mheight.datasets import TrainingView, generate
from mheight.errors import InvalidDataError
from mheight.evaluation.calibration import calibrate
from mheight.evaluation.predictions import predictions
from mheight.experiments.scoring import score_runs
from mheight.features.domain import Domain

SAMPLES = generate("uniform", 10, 41).samples
TRUE = SAMPLES.log2_heights


class Run:
    """A trained run that errs by a constant, and was trained on these rows."""

    def __init__(self, name, error, seen=()):
        self.config = SimpleNamespace(name=name)
        self.error, self.seen = error, seen
        self.calls = 0

    def predict_log2(self, samples):
        self.calls += 1
        return samples.log2_heights + self.error

    def measured_log2(self, samples):
        return self.predict_log2(samples), None

    def seen_in_training(self, samples):
        return np.isin(samples.sample_id, self.seen)

    def predict(self, samples, log2_predicted, statistics):
        limits = (
            calibrate(TRUE + 0.1, TRUE, SAMPLES.group, SAMPLES.groups),
            Domain.fit(TrainingView(SAMPLES)),
        )
        return predictions(samples, log2_predicted, *limits, statistics)


def test_one_run():
    result = score_runs([Run("one", 0.5)], SAMPLES, 0, "data")
    assert result.name == "one"
    assert result.scores.overall == pytest.approx(0.25)
    assert (result.seen, len(result.clean)) == (0, 90)
    np.testing.assert_allclose(result.log2_predicted, TRUE + 0.5)
    # Calibrated on errors of 0.1, met by ones of -0.5: no height is inside.
    assert result.intervals.level == 0.9
    assert result.intervals.overall == 0.0
    # Flagged: predictions above the highest height of their group.
    top = np.array([TRUE[SAMPLES.group == g].max() for g in range(9)])
    assert result.flagged == (top[SAMPLES.group] < TRUE + 0.5).sum() >= 9


def test_an_average_has_no_intervals():
    runs = [Run("one", 0.5), Run("two", -0.1)]
    result = score_runs(runs, SAMPLES, 0, "data")
    assert result.name == "one + two"
    assert result.scores.overall == pytest.approx(0.04)
    assert result.intervals is None
    assert result.flagged == 0
    assert [run.calls for run in runs] == [1, 1]


def test_copies_are_averaged_over():
    run = Run("one", 0.5)
    # What the copies carry for heights is 1 throughout: log2 is 0.
    result = score_runs([run], SAMPLES, 3, "data")
    assert result.name == "one, 3 symmetric copies"
    assert run.calls == 4
    np.testing.assert_allclose(result.log2_predicted, TRUE / 4 + 0.5)
    assert result.intervals is None


def test_what_any_of_the_runs_saw_is_left_out():
    runs = [Run("one", 0.0, seen=[0, 1]), Run("two", 0.0, seen=[1, 2, 50])]
    result = score_runs(runs, SAMPLES, 0, "data")
    assert result.seen == 4
    assert not np.isin(result.clean.sample_id, [0, 1, 2, 50]).any()
    assert len(result.clean) == len(result.log2_predicted) == 86


def test_nothing_is_left():
    runs = [Run("one", 0.0, seen=range(60)), Run("two", 0.0, seen=range(50, 90))]
    message = "here.pkl: every code is equivalent to one that one or two was trained on; nothing"
    with pytest.raises(InvalidDataError, match=message):
        score_runs(runs, SAMPLES, 0, "here.pkl")
