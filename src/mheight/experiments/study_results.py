"""What a study leaves: its table, best configuration, report and plot."""

from __future__ import annotations

import csv
import json
from collections import Counter
from importlib.metadata import version
from io import StringIO
from typing import Any

import mheight
from mheight.evaluation.study_plot import TrialPoint, plot_study
from mheight.experiments.config import config_toml
from mheight.experiments.study_file import Choices, Study
from mheight.experiments.study_folder import StudyFolder
from mheight.experiments.study_report import BestTrial, StudyReport, StudySeeds, TrialOutcome
from mheight.experiments.study_search import (
    FrozenTrial,
    Trials,
    best_trial,
    importance,
    was_pruned,
)
from mheight.files import write_json, write_text

__all__ = [
    "chosen_values",
    "how_it_ended",
    "value_text",
    "what_came_of_it",
    "write_results",
]

_NOTE = (
    "The best value is the lowest of many on one validation set, so it is "
    "optimistic; score the best configuration on data of another seed."
)


def chosen_values(study: Study, suggested: dict[str, Any]) -> dict[str, Any]:
    """Values of the configuration that Optuna suggested, in the order of the study file."""
    return {
        key: json.loads(suggested[key]) if isinstance(parameter, Choices) else suggested[key]
        for key, parameter in study.search.items()
        if key in suggested
    }


def value_text(value: Any) -> str:
    """A value as a line shows it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def how_it_ended(trial: FrozenTrial) -> str:
    """How a trial ended; one that could say nothing was killed."""
    return str(trial.user_attrs.get("ended", "interrupted"))


def what_came_of_it(study: Study, stored: Trials, number: int) -> str:
    """A line on a trial, beside the best one."""
    trial = stored.get_trials(deepcopy=False)[number]
    text = how_it_ended(trial)
    if trial.value is not None:
        text += f", {study.settings.metric} {trial.value:.4f}"
    if was_pruned(trial) and trial.last_step is not None:
        text += f" after epoch {trial.last_step}"
    best = best_trial(stored)
    return text if best is None else f"{text}; best {best.value:.4f} of trial {best.number}"


def write_results(study: Study, folder: StudyFolder, stored: Trials) -> StudyReport:
    """Write the table, the best configuration, the report and the plot, each whole or not."""
    outcomes = [
        TrialOutcome(
            number=trial.number,
            state=how_it_ended(trial),
            value=trial.value,
            parameters=chosen_values(study, trial.params),
            seconds=trial.user_attrs.get("seconds"),
        )
        for trial in stored.get_trials(deepcopy=False)
    ]
    _write_table(study, outcomes, folder)
    best, settings = _best(study, stored), study.settings
    if best is not None:
        _write_best(study, best, folder)
    if outcomes:
        points = [TrialPoint(one.number, one.state, one.value) for one in outcomes]
        plot_study(points, settings.metric, f"Study {settings.name}", folder.plot)
    report = StudyReport(
        name=settings.name,
        metric=settings.metric,
        seeds=StudySeeds(settings.seed, study.base.seed, study.base.data.seed),
        trials=dict(Counter(one.state for one in outcomes)),
        best=best,
        importance=importance(stored),
        note=_NOTE,
        versions={"mheight": mheight.__version__, "optuna": version("optuna")},
    )
    write_json(folder.report, report.plain())
    return report


def _best(study: Study, stored: Trials) -> BestTrial | None:
    best = best_trial(stored)
    if best is None or best.value is None:
        return None
    values = chosen_values(study, best.params)
    return BestTrial(best.number, best.value, best.user_attrs["best_epoch"], values)


def _write_best(study: Study, best: BestTrial, folder: StudyFolder) -> None:
    settings = study.settings
    config = study.configure(
        best.parameters,
        name=f"{settings.name}-best",
        description=f"trial {best.number} of the study {settings.name}, "
        f"{settings.metric} {best.value:.4f} (optimistic: chosen by it)",
    )
    write_text(folder.best, config_toml(config))


def _write_table(study: Study, outcomes: list[TrialOutcome], folder: StudyFolder) -> None:
    names = ["number", "state", "value", *study.search, "seconds"]
    buffer = StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    for one in outcomes:
        row = {"number": one.number, "state": one.state, "value": one.value}
        writer.writerow({**row, **one.parameters, "seconds": one.seconds})
    write_text(folder.trials, buffer.getvalue())
