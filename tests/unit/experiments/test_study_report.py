"""What a study came to, as it is written down."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest

from mheight.experiments.study_report import (
    BestTrial,
    StudyReport,
    StudySeeds,
    TrialOutcome,
    TrialResult,
)


def report(best: BestTrial | None, importance: dict[str, float] | None) -> StudyReport:
    return StudyReport(
        name="run8", metric="val_hard", seeds=StudySeeds(study=1, run=2, data=3),
        trials={"complete": 4, "pruned": 2}, best=best, importance=importance,
        note="one seed", versions={"keras": "3"},
    )  # fmt: skip


def test_a_report_as_plain_values() -> None:
    plain = report(BestTrial(3, 0.25, 17, {"training.rate": 1e-3}), {"training.rate": 1.0}).plain()
    assert plain == {
        "name": "run8",
        "metric": "val_hard",
        "seeds": {"study": 1, "run": 2, "data": 3},
        "trials": {"complete": 4, "pruned": 2},
        "best": {"number": 3, "value": 0.25, "epoch": 17, "parameters": {"training.rate": 1e-3}},
        "importance": {"training.rate": 1.0},
        "note": "one seed",
        "versions": {"keras": "3"},
    }
    assert json.loads(json.dumps(plain)) == plain


def test_of_a_study_without_a_complete_trial_nothing_is_best() -> None:
    plain = report(None, None).plain()
    assert plain["best"] is None
    assert plain["importance"] is None


def test_a_trial_is_read_back_as_it_was_written() -> None:
    trial = TrialResult(5, "ab12", {"a": 1, "b": "x"}, "complete", 0.5, 2, {"1": 0.75, "2": 0.5})
    written = json.loads(json.dumps(trial.plain()))
    assert TrialResult(**written) == trial
    pruned = TrialResult(6, "ab12", {}, "pruned", None, None, {})
    assert TrialResult(**pruned.plain()) == pruned
    assert trial.plain()["epochs"] is not trial.epochs


def test_outcomes_do_not_change() -> None:
    outcome = TrialOutcome(0, "FAIL", None, {}, None)
    with pytest.raises(FrozenInstanceError):
        outcome.number = 1  # type: ignore[misc]
