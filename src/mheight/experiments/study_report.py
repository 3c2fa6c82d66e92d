"""What a study and its trials came to, as values; dicts only at the disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["BestTrial", "StudyReport", "StudySeeds", "TrialOutcome", "TrialResult"]


@dataclass(frozen=True)
class TrialOutcome:
    """A line of the table of trials.

    Attributes:
        number: of the trial, from 0.
        state: how it ended.
        value: of the study's metric; None where none was reached.
        parameters: what was tried, by key; none where the trial was killed before.
        seconds: how long it took, if that is known.
    """

    number: int
    state: str
    value: float | None
    parameters: dict[str, Any]
    seconds: float | None


@dataclass(frozen=True)
class TrialResult:
    """A trial of a study in rounds; a shard is this, written down.

    Attributes:
        number: of the trial, from 0.
        after: a hash of the results it was drawn by.
        parameters: what was tried, by key, as Optuna knows it.
        state: how it ended: complete, pruned or diverged.
        value: at the best epoch; None unless complete.
        best_epoch: which; None unless complete.
        epochs: values by epoch, the epochs as text.
    """

    number: int
    after: str
    parameters: dict[str, Any]
    state: str
    value: float | None
    best_epoch: int | None
    epochs: dict[str, float]

    def plain(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)


@dataclass(frozen=True)
class StudySeeds:
    """Of what is suggested, of training, and of the codes drawn."""

    study: int
    run: int
    data: int


@dataclass(frozen=True)
class BestTrial:
    """The trial of the least value: its number, value, best epoch, and what it tried."""

    number: int
    value: float
    epoch: int
    parameters: dict[str, Any]


@dataclass(frozen=True)
class StudyReport:
    """What there is to say of a study; `study.json` is this, written down.

    Attributes:
        name: of the study.
        metric: what trials are compared by.
        seeds: of everything random.
        trials: how many ended in each way.
        best: the best one; None where no trial is complete.
        importance: share of each key in the spread of the values, if it can be told.
        note: what the best value is worth.
        versions: by package.
    """

    name: str
    metric: str
    seeds: StudySeeds
    trials: dict[str, int]
    best: BestTrial | None
    importance: dict[str, float] | None
    note: str
    versions: dict[str, str]

    def plain(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)
