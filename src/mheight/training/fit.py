"""Fitting a network: data order, optimiser, callbacks, and going on after a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mheight.errors import RunFolderError
from mheight.models.backend import keras
from mheight.tiers import Groups, Tier
from mheight.training.callbacks import (
    BatchProgress,
    BestWeights,
    Checkpoint,
    EarlyStopping,
    EpochAnnouncement,
    EpochLog,
    EpochRecord,
    ExponentialDecay,
    NanGuard,
    PlateauDecay,
    ProgressSink,
    TierMetricsCallback,
    Unwatched,
    ValidationMetrics,
    averaged,
)
from mheight.training.config import FitConfig, LossConfig, TierGuardConfig, require_rows
from mheight.training.rows import Encoded, TrainingRows

__all__ = ["FitOutcome", "Listeners", "StopReason", "fit"]

Float = NDArray[np.float64]

StopReason = Literal[
    "all epochs done", "early stopping", "tier guard", "diverged", "not yet: report so far"
]


@dataclass(frozen=True)
class FitOutcome:
    """How training ended."""

    records: tuple[EpochRecord, ...]
    best_epoch: int
    stopped_because: StopReason


def _unheard(what: Any) -> None:
    """For who doesn't listen."""


@dataclass(frozen=True, eq=False)
class Listeners:
    """Who is told of a training while it goes on.

    Attributes:
        say: receives lines for the console.
        progress: receives epochs and steps.
        keep_records: receives the records of all epochs so far, after each.
        keep_best: receives the model after each epoch that is the best so far.
    """

    say: Callable[[str], None] = _unheard
    progress: ProgressSink = field(default_factory=Unwatched)
    keep_records: Callable[[Sequence[EpochRecord]], None] = _unheard
    keep_best: Callable[[Any], None] = _unheard


def batches(
    training: TrainingRows, weights: Float, batch_size: int, seed: int, first_epoch: int
) -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """Shuffled batches without end; the order of an epoch depends on seed and epoch alone.

    Rows that fill a batch up weigh nothing.
    """
    for epoch in count(first_epoch):
        rows = training.epoch(epoch)
        targets = rows.log2_heights.astype(np.float32)
        sample_weights = weights[rows.group].astype(np.float32)
        order = np.random.default_rng([seed, epoch]).permutation(len(rows))
        for batch in rows.inputs.batches(order, batch_size):
            weight = sample_weights[batch.rows] * batch.real
            yield batch.arrays, targets[batch.rows, None], weight


def fit(
    model: Any,
    training: TrainingRows,
    validation: Encoded,
    *,
    originals: Encoded | None = None,
    config: FitConfig,
    loss: LossConfig,
    tier_guard: TierGuardConfig,
    seed: int,
    folder: Path,
    listeners: Listeners,
    train: bool = True,
) -> FitOutcome:
    """Train a model, from the checkpoint in `folder` if there is one.

    Args:
        model: uncompiled Keras model; at the end it holds the best weights.
        training: rows to learn from.
        validation: rows that tier metrics, schedules and stopping go by.
        originals: clean training rows, scored after each epoch beside validation.
        config: optimiser, schedule and stopping.
        loss: group weights.
        tier_guard: when a worse easy tier stops training.
        seed: of the order of the data.
        folder: where `state.npz` and the best weights are kept.
        listeners: who is told of it.
        train: whether to train on; without, the state so far is loaded and returned.

    Raises:
        ConfigError: the batch is larger than the data.
        RunFolderError: there is no whole epoch to report on, with `train` false.
        KeyboardInterrupt: passed on; the last whole epoch is on disk.
    """
    require_rows(config.batch_size, len(training))
    say = listeners.say
    guard = _guard_of(tier_guard, validation.groups, say)
    steps = ceil(len(training) / config.batch_size)
    _compile(model, config, steps, say)
    now = _State.new(folder, config, guard, say)
    checkpoint = Checkpoint(folder / "state.npz", now.kept)
    checkpoint.set_model(model)
    first_epoch, stopped = _load(checkpoint, train, say)

    def epoch_done(records: Sequence[EpochRecord]) -> None:
        now.best.sweep()
        say(records[-1].line(config.epochs))
        listeners.keep_records(records)
        if now.best.best_epoch == records[-1].epoch:
            with averaged(model):
                listeners.keep_best(model)

    unfinished = not stopped and first_epoch < config.epochs
    weights = loss.weights.of(validation.groups)
    if unfinished and train:
        model.fit(
            batches(training, weights, config.batch_size, seed, first_epoch),
            steps_per_epoch=steps,
            shuffle=False,
            epochs=config.epochs,
            initial_epoch=first_epoch,
            verbose=0,
            callbacks=[
                BatchProgress(listeners.progress, steps, config.epochs, say),
                ValidationMetrics(validation, originals),
                *now.callbacks(config),
                checkpoint,
                EpochAnnouncement(now.log, epoch_done),
            ],
        )
    if now.best.best_epoch:
        # Those that were validated: averages, where they are kept.
        model.load_weights(now.best.path)
        now.best.sweep()
    reason = now.reason("all epochs done" if train or not unfinished else "not yet: report so far")
    return FitOutcome(tuple(now.log.records), now.best.best_epoch, reason)


def _compile(model: Any, config: FitConfig, steps: int, say: Callable[[str], None]) -> None:
    """Give a model its loss and its optimiser, for so many steps an epoch."""
    momentum = config.momentum(steps)
    if momentum < config.weight_average:
        say(
            f"{config.epochs * steps:,} steps are few: the average of the weights keeps "
            f"{momentum:.4g} of itself a step, not {config.weight_average:g}"
        )
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            clipnorm=config.clipnorm,
            use_ema=momentum > 0.0,
            ema_momentum=momentum,
        ),
        loss=keras.losses.MeanSquaredError(),
    )
    model.optimizer.build(model.trainable_variables)


def _load(checkpoint: Checkpoint, train: bool, say: Callable[[str], None]) -> tuple[int, bool]:
    """After which epoch a training goes on, from its checkpoint; and whether it has stopped."""
    if not checkpoint.path.exists():
        if train:
            return 0, False
        folder = checkpoint.path.parent
        raise RunFolderError(f"{folder}: no whole epoch is done yet, so there is nothing to report")
    epoch, stopped = checkpoint.load()
    say(f"{'going on' if train else 'as it stood'} after epoch {epoch}")
    return epoch, stopped


def _guard_of(
    config: TierGuardConfig, groups: Groups, say: Callable[[str], None]
) -> TierGuardConfig:
    """The guard of the easy tier; off where no group is of that tier."""
    if not config.enabled or Tier.EASY in groups.tiers:
        return config
    say("tier guard: off, as no group is of the easy tier")
    return config.model_copy(update={"enabled": False})


@dataclass(frozen=True, eq=False)
class _State:
    """The callbacks that remember earlier epochs."""

    log: EpochLog
    best: BestWeights
    plateau: PlateauDecay
    stopping: EarlyStopping
    guard: TierMetricsCallback
    nan: NanGuard

    @classmethod
    def new(
        cls, folder: Path, config: FitConfig, guard: TierGuardConfig, say: Callable[[str], None]
    ) -> _State:
        return cls(
            EpochLog(),
            BestWeights(folder),
            PlateauDecay(config.plateau_factor, config.plateau_patience),
            EarlyStopping(config.early_stopping_patience),
            TierMetricsCallback(guard, say),
            NanGuard(say),
        )

    def callbacks(self, config: FitConfig) -> list[Any]:
        """What follows an epoch's metrics, in this order."""
        return [
            *([self.nan] if config.stop_on_nan else []),
            self.log,
            self.best,
            self.plateau,
            ExponentialDecay(config.learning_rate_decay),
            self.stopping,
            self.guard,
        ]

    @property
    def kept(self) -> dict[str, Any]:
        """Those that a checkpoint keeps, by its names."""
        return {
            "log": self.log,
            "best": self.best,
            "plateau": self.plateau,
            "stopping": self.stopping,
            "guard": self.guard,
        }

    def reason(self, otherwise: StopReason) -> StopReason:
        """Why training ended, if one of these ended it."""
        if self.nan.diverged_in is not None:
            return "diverged"
        if self.guard.stopped:
            return "tier guard"
        if self.stopping.stopped_epoch > 0:
            return "early stopping"
        return otherwise
