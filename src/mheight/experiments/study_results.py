"""What a study leaves: its table, best configuration, report and plot."""

from __future__ import annotations

import csv
import json
from collections import Counter
from io import StringIO
from math import isfinite
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

import mheight
from mheight.evaluation.study_plot import plot_study
from mheight.experiments.config import config_toml
from mheight.experiments.study_file import Choices, Study
from mheight.experiments.study_folder import StudyFolder
from mheight.files import write_json, write_text

__all__ = [
    "best_trial",
    "chosen_values",
    "how_it_ended",
    "value_text",
    "what_came_of_it",
    "write_results",
]


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


def best_trial(stored: optuna.Study) -> FrozenTrial | None:
    """The finished trial of the least value, if there is one."""
    complete = stored.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return min(complete, key=lambda trial: trial.value or 0.0, default=None)


def what_came_of_it(study: Study, stored: optuna.Study, number: int) -> str:
    """A line on a trial, beside the best one."""
    trial = stored.get_trials(deepcopy=False)[number]
    text = how_it_ended(trial)
    if trial.value is not None:
        text += f", {study.settings.metric} {trial.value:.4f}"
    if trial.state == TrialState.PRUNED and trial.last_step is not None:
        text += f" after epoch {trial.last_step}"
    best = best_trial(stored)
    return text if best is None else f"{text}; best {best.value:.4f} of trial {best.number}"


def write_results(study: Study, folder: StudyFolder, stored: optuna.Study) -> dict[str, Any]:
    """Write the table, the best configuration, the report and the plot, each whole or not."""
    trials = stored.get_trials(deepcopy=False)
    rows = [
        {
            "number": trial.number,
            "state": how_it_ended(trial),
            "value": trial.value,
            **chosen_values(study, trial.params),
            "seconds": trial.user_attrs.get("seconds"),
        }
        for trial in trials
    ]
    _write_table(["number", "state", "value", *study.search, "seconds"], rows, folder)
    best = best_trial(stored)
    settings = study.settings
    report: dict[str, Any] = {
        "name": settings.name,
        "metric": settings.metric,
        "seeds": {"study": settings.seed, "run": study.base.seed, "data": study.base.data.seed},
        "trials": dict(Counter(how_it_ended(trial) for trial in trials)),
        "best": None,
        "importance": _importance(stored),
        "note": "The best value is the lowest of many on one validation set, so it is "
        "optimistic; score the best configuration on data of another seed.",
        "versions": {"mheight": mheight.__version__, "optuna": optuna.__version__},
    }
    if best is not None:
        values = chosen_values(study, best.params)
        report["best"] = {
            "number": best.number,
            "value": best.value,
            "epoch": best.user_attrs["best_epoch"],
            "parameters": values,
        }
        config = study.configure(
            values,
            name=f"{settings.name}-best",
            description=f"trial {best.number} of the study {settings.name}, "
            f"{settings.metric} {best.value:.4f} (optimistic: chosen by it)",
        )
        write_text(folder.best, config_toml(config))
    if rows:
        plot_study(rows, settings.metric, f"Study {settings.name}", folder.plot)
    write_json(folder.report, report)
    return report


def _write_table(names: list[str], rows: list[dict[str, Any]], folder: StudyFolder) -> None:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder.trials, buffer.getvalue())


def _importance(stored: optuna.Study) -> dict[str, float] | None:
    """Share of each key in the spread of the values, or None where it can't be told."""
    complete = stored.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len({trial.value for trial in complete}) < 2:
        return None
    try:
        shares = optuna.importance.get_param_importances(stored)
    except (ImportError, RuntimeError, ValueError):  # scikit-learn missing, too few trials
        return None
    if not all(isfinite(share) for share in shares.values()):
        return None
    return {key: float(share) for key, share in shares.items()}
