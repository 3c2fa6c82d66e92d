"""The search of a study, by Optuna: what is tried next, and which trials are stopped early."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import TypeAlias

import numpy as np

from mheight.errors import MheightError, RunFolderError, install_advice
from mheight.experiments.study_file import Choices, Parameter, Study
from mheight.experiments.study_folder import StudyFolder
from mheight.experiments.study_report import TrialResult

try:
    import optuna
except ModuleNotFoundError as error:
    raise MheightError(f"tuning needs the package {error.name}; {install_advice('tune')}") from None

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

__all__ = [
    "ENDS",
    "FrozenTrial",
    "Trial",
    "Trials",
    "best_trial",
    "count_finished",
    "distribution",
    "draw",
    "importance",
    "opened",
    "remembered",
    "replace_cut_off",
    "tell",
    "was_pruned",
]

Trials: TypeAlias = optuna.Study
"""The trials so far, as Optuna keeps them."""

ENDS = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "diverged": TrialState.PRUNED,
}
"""What the search learns of a trial by how it ended; of others it learns nothing.

A trial that diverged counts as finished, so that it is not suggested again.
"""

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@contextmanager
def opened(study: Study, folder: StudyFolder) -> Iterator[Trials]:
    """The trials of a folder, kept in its data base.

    Raises:
        RunFolderError: the data base can't be read.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{folder.database.resolve()}")
        trials = optuna.create_study(
            study_name=study.settings.name,
            storage=storage,
            load_if_exists=True,
            pruner=_pruner(study),
        )
    except Exception as error:  # of the data base, whichever it is
        text = str(error).splitlines()[0]
        raise RunFolderError(f"{folder.database}: not readable as a study ({text})") from None
    try:
        yield trials
    finally:
        storage.remove_session()
        storage.engine.dispose()


def remembered(study: Study, results: Sequence[TrialResult]) -> Trials:
    """Trials of these results, kept in memory."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trials = optuna.create_study(pruner=_pruner(study))
    kinds = {key: distribution(parameter) for key, parameter in study.search.items()}
    for one in results:
        best = {} if one.best_epoch is None else {"best_epoch": one.best_epoch}
        trials.add_trial(
            create_trial(
                state=ENDS[one.state], value=one.value, params=one.parameters,
                distributions={key: kinds[key] for key in one.parameters},
                intermediate_values={int(epoch): x for epoch, x in one.epochs.items()},
                user_attrs={"ended": one.state, **best},
            )
        )  # fmt: skip
    return trials


def _pruner(study: Study) -> optuna.pruners.MedianPruner:
    pruning = study.settings.pruning
    return optuna.pruners.MedianPruner(
        n_startup_trials=pruning.startup_trials,
        # Epochs count from 1, and the last epoch of the warm-up is free as well.
        n_warmup_steps=pruning.warmup_epochs + 1,
    )


def draw(study: Study, trials: Trials, place: int) -> Trial:
    """The next trial, by those before it.

    The sampler is a new one for each place in the study, so that a study that was stopped goes
    on as one that was never stopped.
    """
    seed = int(np.random.SeedSequence([study.settings.seed, place]).generate_state(1)[0])
    trials.sampler = optuna.samplers.TPESampler(seed=seed)
    return trials.ask({key: distribution(p) for key, p in study.search.items()})


def distribution(parameter: Parameter) -> BaseDistribution:
    """What Optuna draws a value from; it knows choices by their text."""
    if isinstance(parameter, Choices):
        return CategoricalDistribution([json.dumps(value) for value in parameter.values])
    if parameter.integer:
        low, high, step = int(parameter.low), int(parameter.high), int(parameter.step or 1)
        return IntDistribution(low, high, log=parameter.log, step=step)
    return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)


def tell(trials: Trials, trial: Trial, value: float | None, ended: str) -> None:
    """Note how a trial ended, and its value unless it was stopped early."""
    trials.tell(trial, value, ENDS.get(ended, TrialState.FAIL))


def replace_cut_off(trials: Trials) -> list[int]:
    """Give up the trials that a process left unfinished; returns their numbers."""
    left = [trial.number for trial in trials.get_trials(False, (TrialState.RUNNING,))]
    for number in left:
        trials.tell(number, state=TrialState.FAIL)
    return left


def count_finished(trials: Trials) -> int:
    """How many are complete or were stopped early."""
    return len(trials.get_trials(deepcopy=False, states=_FINISHED))


def was_pruned(trial: FrozenTrial) -> bool:
    """Whether a trial was stopped early."""
    return trial.state == TrialState.PRUNED


def _complete(trials: Trials) -> list[FrozenTrial]:
    return trials.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def best_trial(trials: Trials) -> FrozenTrial | None:
    """The finished trial of the least value, if there is one."""
    return min(_complete(trials), key=lambda trial: trial.value or 0.0, default=None)


def importance(trials: Trials) -> dict[str, float] | None:
    """Share of each key in the spread of the values, or None where it can't be told."""
    if len({trial.value for trial in _complete(trials)}) < 2:
        return None
    try:
        shares = optuna.importance.get_param_importances(trials)
    except (ImportError, RuntimeError, ValueError):  # scikit-learn missing, too few trials
        return None
    if not all(isfinite(share) for share in shares.values()):
        return None
    return {key: float(share) for key, share in shares.items()}
