"""Running a study: trial after trial, each trained and scored on clean validation."""

from __future__ import annotations

import json
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Protocol

from mheight.errors import ConfigError
from mheight.experiments.config import RunConfig, config_values
from mheight.experiments.preparation import prepare
from mheight.experiments.run_rows import RunRows
from mheight.experiments.study_file import Study
from mheight.experiments.study_folder import StudyFolder
from mheight.experiments.study_report import StudyReport
from mheight.experiments.study_results import (
    chosen_values,
    value_text,
    what_came_of_it,
    write_results,
)
from mheight.experiments.study_search import (
    Trial,
    Trials,
    count_finished,
    draw,
    opened,
    replace_cut_off,
    tell,
)
from mheight.models import build_model
from mheight.training.callbacks import EpochRecord, ProgressSink
from mheight.training.config import require_rows
from mheight.training.fit import Listeners, fit

__all__ = ["StudyProgress", "TrialData", "run_study", "train_trial"]

_KEPT_DATA = 3  # prepared data sets in memory


class StudyProgress(ProgressSink, Protocol):
    """What shows progress of a study."""

    def trial_begins(self, epochs: int) -> None:
        """A trial of at most so many epochs begins."""


def run_study(
    study: Study,
    folder: StudyFolder,
    *,
    trials: int | None = None,
    resume: bool = False,
    say: Callable[[str], None] = print,
    progress: StudyProgress,
) -> StudyReport:
    """Train trials until as many are complete or pruned as wanted.

    What the search suggests depends on its seed and the trials finished before, so a
    study that was stopped goes on as if it never was.

    Args:
        study: what to search.
        folder: where it is kept.
        trials: how many in all, those there already among them; the study's own number
            by default.
        resume: go on with an existing folder; `trials` does so too.
        say: receives lines for the console.
        progress: receives trials, epochs and steps.

    Returns:
        The results.

    Raises:
        MheightError: bad data, a folder in the way, or a trial that can't be trained.
        KeyboardInterrupt: passed on, results so far written; `resume` goes on.
    """
    wanted = study.settings.trials if trials is None else trials
    data = TrialData(study, say)
    if not folder.check(study, resume or trials is not None):
        data.rows(study.base)  # what is wrong with the data is told before a folder is made
        folder.create(study)
    with folder.locked(), opened(study, folder) as stored:
        for number in replace_cut_off(stored):
            say(f"trial {number} was cut off and is replaced")
        report = write_results(study, folder, stored)
        while (done := count_finished(stored)) < wanted:
            place = f"{done + 1} of {wanted}"
            try:
                _run_trial(study, folder, stored, data, done, place, say, progress)
            finally:
                shutil.rmtree(folder.work, ignore_errors=True)
                report = write_results(study, folder, stored)
    return report


class TrialData:
    """Prepared data, made once for all trials that share it; the last few are kept."""

    def __init__(self, study: Study, say: Callable[[str], None]) -> None:
        self._study = study
        self._say = say
        self._kept: OrderedDict[str, RunRows] = OrderedDict()

    def rows(self, config: RunConfig) -> RunRows:
        """The rows of a configuration."""
        values = config_values(config)
        sections = ("seed", "data", "split", "augmentation", "stream", "features")
        key = json.dumps([values.get(section) for section in sections], sort_keys=True)
        if key not in self._kept:
            while len(self._kept) >= _KEPT_DATA:
                self._kept.popitem(last=False)
            self._kept[key] = self._prepare(config)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _prepare(self, config: RunConfig) -> RunRows:
        self._say("preparing data: load, split, augment, fit features, audit")
        data = prepare(config)
        training = data.rows.training(1)
        self._say(
            f"{data.summary}: {len(training):,} training rows, "
            f"{data.audit.validation_rows:,} validation rows"
        )
        require_rows(self._study.largest_batch, len(training))
        return data.rows


class _PrunedError(Exception):
    """The trial is worse than the median."""


def _run_trial(
    study: Study,
    folder: StudyFolder,
    stored: Trials,
    data: TrialData,
    done: int,
    place: str,
    say: Callable[[str], None],
    progress: StudyProgress,
) -> None:
    """Suggest, train, tell."""
    trial = draw(study, stored, done)
    started = time.perf_counter()
    value, ended = None, "failed"
    try:
        values = chosen_values(study, trial.params)
        chosen = ", ".join(f"{key} {value_text(value)}" for key, value in values.items())
        say(f"trial {trial.number} ({place}): {chosen}")
        value, ended = train_trial(study, folder, trial, values, data, say, progress)
    except KeyboardInterrupt:
        ended = "interrupted"
        raise
    finally:
        trial.set_user_attr("ended", ended)
        trial.set_user_attr("seconds", time.perf_counter() - started)
        tell(stored, trial, value, ended)
        say(f"trial {trial.number}: {what_came_of_it(study, stored, trial.number)}")


def train_trial(
    study: Study,
    folder: StudyFolder,
    trial: Trial,
    values: dict[str, Any],
    data: TrialData,
    say: Callable[[str], None],
    progress: StudyProgress,
) -> tuple[float | None, str]:
    """Train a trial and score it.

    Args:
        study: whose trial it is.
        folder: checkpoints are kept in its `work`.
        trial: is told of every epoch, and says whether to stop.
        values: of the configuration, by key.
        data: what is trained on.
        say: receives lines for the console.
        progress: receives the trial, epochs and steps.

    Returns:
        The value of the best epoch (None unless complete), and how it ended: "complete",
        "pruned" or "diverged".
    """
    metric = study.settings.metric
    config = study.configure(values, f"trial {trial.number}")
    rows = data.rows(config)

    def watch(records: Sequence[EpochRecord]) -> None:
        record = records[-1]
        reached = float(getattr(record, metric))
        if not isfinite(reached):
            if isfinite(record.val_loss):
                raise ConfigError(f"{metric} is not defined: validation has no codes of its tier")
            return
        trial.report(reached, record.epoch)
        last = record.epoch >= config.training.epochs
        if study.settings.pruning.enabled and not last and trial.should_prune():
            raise _PrunedError

    shutil.rmtree(folder.work, ignore_errors=True)
    folder.work.mkdir()
    progress.trial_begins(config.training.epochs)
    try:
        outcome = fit(
            build_model(config.model, rows.features.shapes, rows.features.groups, config.seed),
            rows.training(config.training.epochs),
            rows.validation,
            config=config.training,
            loss=config.loss,
            tier_guard=config.tier_guard,
            seed=config.seed,
            folder=folder.work,
            listeners=Listeners(say, progress, keep_records=watch),
        )
    except _PrunedError:
        return None, "pruned"
    if outcome.stopped_because == "diverged" or not outcome.best_epoch:
        return None, "diverged"
    # The weights that training keeps are those of the best epoch.
    trial.set_user_attr("best_epoch", outcome.best_epoch)
    return float(getattr(outcome.records[outcome.best_epoch - 1], metric)), "complete"
