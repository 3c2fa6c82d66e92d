from __future__ import annotations

import numpy as np
import pytest

from mheight.errors import MheightError, RunFolderError
from mheight.features import RowInputs
from mheight.models.backend import keras
from mheight.tiers import COURSE_9
from mheight.training.callbacks import (
    BestWeights,
    Checkpoint,
    EarlyStopping,
    ExponentialDecay,
    NanGuard,
    PlateauDecay,
    averaged,
    progress,
)
from mheight.training.callbacks.base import monitored
from mheight.training.callbacks.learning_rate import current_rate
from mheight.training.fit import batches
from mheight.training.rows import Encoded


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.AdamW(learning_rate=1.0), loss="mse")
    model.optimizer.build(model.trainable_variables)
    model.stop_training = False
    return model


def attach(model, *callbacks):
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin()
    return callbacks


def run_epochs(callbacks, losses, first=0):
    for epoch, loss in enumerate(losses, first):
        logs = {"loss": loss, "val_loss": loss}
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs)


def test_the_two_schedules_multiply(model):
    """In the original the exponential schedule overwrote what the plateau rule had set."""
    callbacks = attach(model, PlateauDecay(0.5, 2), ExponentialDecay(0.9))
    run_epochs(callbacks, [1.0, 1.0, 1.0, 1.0])
    assert current_rate(model) == pytest.approx(0.5 * 0.9**4, rel=1e-6)


def test_what_is_validated_is_the_average_of_the_weights(model):
    """After each step: average = momentum * average + (1 - momentum) * weights."""
    model.compile(keras.optimizers.AdamW(0.1, use_ema=True, ema_momentum=0.75), loss="mse")
    rng = np.random.default_rng(0)
    expected = None
    for _ in range(4):
        model.train_on_batch(rng.normal(size=(8, 3)), rng.normal(size=(8, 1)))
        weights = [np.asarray(one) for one in model.trainable_variables]
        before = weights if expected is None else expected
        expected = [0.75 * a + 0.25 * w for a, w in zip(before, weights, strict=True)]
    with averaged(model):
        for variable, average in zip(model.trainable_variables, expected, strict=True):
            np.testing.assert_allclose(np.asarray(variable), average, rtol=1e-5)
    for variable, own in zip(model.trainable_variables, weights, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), own)


def test_without_an_average_the_weights_themselves_are_validated(model):
    before = [np.asarray(one) for one in model.trainable_variables]
    with averaged(model):
        for variable, own in zip(model.trainable_variables, before, strict=True):
            np.testing.assert_array_equal(np.asarray(variable), own)


def test_early_stopping_counts_from_the_best(model):
    (stopping,) = attach(model, EarlyStopping(2))
    run_epochs([stopping], [1.0, 0.5, 0.6])
    assert not model.stop_training
    run_epochs([stopping], [0.7], first=3)
    assert model.stop_training


@pytest.mark.parametrize("make", [lambda: EarlyStopping(3), lambda: PlateauDecay(0.5, 3)])
def test_counters_survive_an_interruption(model, make):
    (callback,) = attach(model, make())
    run_epochs([callback], [1.0, 2.0])
    other = make()
    other.restore(callback.state())
    attach(model, other)  # Keras resets its callbacks here.
    assert other.state() == callback.state()
    assert other.state()["wait"] == 1


def test_best_weights_are_those_of_the_best_epoch(model, tmp_path):
    (best,) = attach(model, BestWeights(tmp_path))
    kernel = model.layers[-1].kernel
    for epoch, (value, loss) in enumerate([(1.0, 0.5), (2.0, 0.3), (3.0, 0.4), (4.0, np.nan)]):
        kernel.assign(np.full((3, 1), value))
        best.on_epoch_end(epoch, {"val_loss": loss})
    model.load_weights(best.path)
    assert float(np.asarray(kernel)[0, 0]) == 2.0
    assert (best.best, best.best_epoch) == (0.3, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_no_number_stops(model, bad):
    said = []
    (guard,) = attach(model, NanGuard(said.append))
    run_epochs([guard], [1.0])
    assert not model.stop_training
    run_epochs([guard], [bad], first=1)
    assert model.stop_training
    assert guard.diverged_in == 2
    assert said == [f"loss is {bad} in epoch 2; stopping"]


def test_a_missing_metric_is_an_error():
    with pytest.raises(MheightError, match="'val_easy' is monitored but was not computed"):
        monitored({"loss": 1.0}, "val_easy")


def test_a_checkpoint_holds_weights_optimizer_and_dropout_seeds(model, tmp_path):
    x, y = np.ones((8, 3), dtype="float32"), np.ones((8, 1), dtype="float32")
    model.fit(x, y, epochs=1, verbose=0, shuffle=False)
    stopping = EarlyStopping(3)
    checkpoint = Checkpoint(tmp_path / "state.npz", {"stopping": stopping})
    attach(model, stopping, checkpoint)
    checkpoint.on_epoch_end(0, {"loss": 1.0})
    variables = [*model.variables, *model.optimizer.variables]
    kept = [np.asarray(variable) for variable in variables]
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    changed = [
        not np.array_equal(old, np.asarray(new)) for old, new in zip(kept, variables, strict=True)
    ]
    assert sum(changed) >= 4  # kernel, bias, moments, iterations, dropout seed
    assert checkpoint.load() == (1, False)
    for old, new in zip(kept, variables, strict=True):
        np.testing.assert_array_equal(old, np.asarray(new))


def test_a_damaged_checkpoint_is_refused(model, tmp_path):
    checkpoint = Checkpoint(tmp_path / "state.npz", {})
    checkpoint.set_model(model)
    checkpoint.on_epoch_end(0, {"loss": 1.0})
    content = checkpoint.path.read_bytes()
    checkpoint.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RunFolderError, match="does not fit this run"):
        checkpoint.load()


def test_batches_depend_on_seed_and_epoch_alone():
    rows = Encoded(
        RowInputs(x=np.arange(10)[:, None]), np.arange(10.0), np.arange(10) % 9, COURSE_9
    )
    weights = np.arange(9.0) + 1

    def epoch(stream):
        return [next(stream) for _ in range(3)]

    whole = batches(rows, weights, 4, 5, 0)
    first, second = epoch(whole), epoch(whole)
    again = epoch(batches(rows, weights, 4, 5, 1))
    for (x, y, w), (x2, y2, w2) in zip(second, again, strict=True):
        np.testing.assert_array_equal(x["x"], x2["x"])
        np.testing.assert_array_equal(y, y2)
        np.testing.assert_array_equal(w, w2)
    order = np.concatenate([batch[0]["x"][:, 0] for batch in first])
    assert sorted(order) == list(range(10))
    assert not np.array_equal(order, np.concatenate([b[0]["x"][:, 0] for b in second]))
    np.testing.assert_array_equal(first[0][2], weights[first[0][0]["x"][:, 0] % 9])


def test_killed_between_best_weights_and_checkpoint_the_older_best_is_still_there(model, tmp_path):
    (best,) = attach(model, BestWeights(tmp_path))
    kernel = model.layers[-1].kernel
    kernel.assign(np.full((3, 1), 1.0))
    best.on_epoch_end(0, {"val_loss": 0.5})
    best.sweep()
    kept = best.state()
    kernel.assign(np.full((3, 1), 2.0))
    best.on_epoch_end(1, {"val_loss": 0.4})
    # Killed here: the checkpoint knows of the first epoch alone.
    again = BestWeights(tmp_path)
    again.restore(kept)
    model.load_weights(again.path)
    assert float(np.asarray(kernel)[0, 0]) == 1.0
    again.sweep()
    assert [path.name for path in tmp_path.iterdir()] == [again.path.name]


def test_how_long_training_takes_is_said_after_the_first_steps(monkeypatch):
    clock = iter([100.0, 130.0])  # 30 steps in 30 seconds
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(clock))
    said, steps = [], []

    class Sink:
        def epoch_begins(self, epoch, count):
            steps.append((epoch, count))

        def step_done(self, step):
            steps.append(step)

        def training_ends(self):
            steps.append("end")

    callback = progress.BatchProgress(Sink(), 120, 12, said.append)
    for epoch in (2, 3):  # resumed after two
        callback.on_epoch_begin(epoch)
        for batch in range(120):
            callback.on_train_batch_end(batch)
    callback.on_train_end()
    assert said == [
        "about 20 minutes for 10 epochs of 120 steps, at the pace of the first steps; "
        "less if training stops early"
    ]
    assert steps[0] == (3, 120)
    assert steps[-1] == "end"
