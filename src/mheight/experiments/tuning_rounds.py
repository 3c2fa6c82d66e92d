"""A study in rounds: its trials are shards, which any number of workers may train.

The trials of a round are drawn from the results of the rounds before it, each with a seed of
its own, and are stopped early by those results alone.  So they don't wait for each other, and
what is found does not depend on who trains them, or in which order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mheight.errors import JobError
from mheight.experiments.config import config_values
from mheight.experiments.study_file import Study
from mheight.experiments.study_folder import StudyFolder
from mheight.experiments.study_report import StudyReport, TrialResult
from mheight.experiments.study_results import chosen_values, write_results
from mheight.experiments.study_search import ENDS, draw, remembered
from mheight.experiments.tuning import TrialData, train_trial
from mheight.jobs import JobFolder, Task, hashed, hashed_path
from mheight.training.callbacks import Unwatched

__all__ = ["StudyRounds", "trial_shard"]

_PACKAGES = ("optuna", "keras", "jax")
_SECONDS = 1800.0  # a trial, at most about: until five times as long, nobody else begins it too
_data: dict[str, TrialData] = {}  # of the study at hand


class StudyRounds:
    """The trials of a study as shards.

    Args:
        study: has `round`.
        trials: how many in all; the study's own number by default.
    """

    def __init__(self, study: Study, trials: int | None = None) -> None:
        if study.settings.round is None:
            raise ValueError("study.round is needed")
        self.study, self.size = study, study.settings.round
        self.trials = study.settings.trials if trials is None else trials

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything that matters, as plain values."""
        data = config_values(self.study.base)["data"]
        files = [data[name] for name in ("path", "labels") if data.get(name) is not None]
        return {
            **self.study.decisive(),
            "files of data": [hashed_path(Path(file)) for file in files],
            "versions": _versions(),
        }

    def check_data(self) -> None:
        """Say what is wrong with the data before anything is written.

        Raises:
            MheightError: it can't be read, or a batch would be larger than it.
        """
        _data_of(self.study).rows(self.study.base)

    def tasks(self, job: JobFolder) -> list[Task]:
        """The trials up to the first round that is not finished, or to the last one."""
        done = self._results(job)
        at = self._finished(done)
        history = [done[number] for number in range(at)]
        after = _after(history)
        return [
            Task(
                job.shard(number, {"trial": number}), trial_shard,
                (self.study, history, after, number, _versions()), f"trial {number}",
                seconds=_SECONDS,
            )
            for number in range(min(at + self.size, self.trials))
        ]  # fmt: skip

    def report(self, job: JobFolder, folder: StudyFolder) -> StudyReport:
        """Write the results of a job whose trials are all there; see `write_results`.

        Raises:
            JobError: a trial was drawn after other results than those that are there.
        """
        done = self._results(job)
        results = [done[number] for number in range(self.trials)]
        for number, result in enumerate(results):
            if result.after != _after(results[: number - number % self.size]):
                raise JobError(
                    f"{job.path}: trial {number} was drawn after other results than those here; "
                    "remove its shard, and the same command trains it again"
                )
        job.complete(max(done) + 1)
        return write_results(self.study, folder, remembered(self.study, results))

    def _results(self, job: JobFolder) -> dict[int, TrialResult]:
        return {number: _result(path) for number, path in job.found().items()}

    def _finished(self, done: dict[int, TrialResult]) -> int:
        """Trials of the rounds that are finished, but for the last."""
        at = 0
        while at + self.size < self.trials and all(at + i in done for i in range(self.size)):
            at += self.size
        return at


def trial_shard(
    study: Study, history: Sequence[TrialResult], after: str, number: int, versions: dict[str, str]
) -> bytes:
    """A shard: one trial, drawn and trained, as JSON.

    Args:
        study: whose trial it is.
        history: results of the finished rounds.
        after: a hash of them.
        number: of the trial.
        versions: of the packages that a result depends on.

    Raises:
        JobError: this process has others.
        MheightError: bad data, or a trial that can't be trained.
    """
    if differing := [name for name, one in _versions().items() if versions.get(name) != one]:
        here = ", ".join(f"{name} {_versions()[name]}" for name in differing)
        wanted = ", ".join(f"{name} {versions.get(name)}" for name in differing)
        raise JobError(f"a worker has {here}; {wanted} is wanted")
    stored = remembered(study, history)
    trial = draw(study, stored, number)
    values = chosen_values(study, trial.params)
    with TemporaryDirectory() as folder:
        value, ended = train_trial(
            study, StudyFolder(Path(folder)), trial, values, _data_of(study), _unheard, _Unwatched()
        )
    told = stored.get_trials(deepcopy=False)[trial.number]
    result = TrialResult(
        number=number,
        after=after,
        parameters=dict(trial.params),
        state=ended,
        value=value,
        best_epoch=told.user_attrs.get("best_epoch"),
        epochs={str(epoch): one for epoch, one in told.intermediate_values.items()},
    )
    return json.dumps(result.plain(), sort_keys=True, allow_nan=False).encode()


def _result(path: Path) -> TrialResult:
    try:
        result = TrialResult(**json.loads(path.read_bytes()))
        if result.state not in ENDS:
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise JobError(f"{path}: not the result of a trial") from None
    return result


def _after(history: Sequence[TrialResult]) -> str:
    return hashed({"trials": [one.plain() for one in history]})


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _PACKAGES}


def _data_of(study: Study) -> TrialData:
    """Prepared data, made once in a process for all trials of a study."""
    key = hashed(study.decisive())
    if key not in _data:
        _data.clear()
        _data[key] = TrialData(study, _unheard)
    return _data[key]


def _unheard(text: str) -> None:
    """What a trial says beside others is not shown."""


class _Unwatched(Unwatched):
    """Progress is that of shards."""

    def trial_begins(self, epochs: int) -> None:
        """A trial begins."""
