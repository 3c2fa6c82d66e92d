"""Scores on validation after an epoch, against the formulas and a network by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mheight.features import GroupedInputs, RowInputs
from mheight.models.backend import keras
from mheight.tiers import COURSE_9
from mheight.training.callbacks import validation
from mheight.training.callbacks.validation import ValidationMetrics, predict_log2
from mheight.training.rows import Encoded


class Doubling:
    """A network that says twice the first entry of a row, and notes the sizes of batches."""

    def __init__(self, use_ema: bool = False) -> None:
        self.sizes: list[int] = []
        self.optimizer = type("Optimizer", (), {"use_ema": use_ema})()

    def predict_on_batch(self, arrays):
        self.sizes.append(len(arrays["x"]))
        return 2.0 * arrays["x"][:, :1]


def rows(x: np.ndarray, true: np.ndarray, group: np.ndarray) -> Encoded:
    return Encoded(RowInputs({"x": np.column_stack([x, x + 7.0])}), true, group, COURSE_9)


TIERS = [group.tier.value for group in COURSE_9]


def test_the_scores_of_an_epoch() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(9), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    x, error = rng.uniform(1, 4, len(group)), rng.standard_normal(len(group))
    originals = rows(np.array([1.0, 2.0]), np.array([2.5, 4.0]), np.array([0, 0]))
    metrics = ValidationMetrics(rows(x, 2.0 * x - error, group), originals)
    metrics.set_model(Doubling())
    logs: dict[str, float] = {"loss": 1.0}
    metrics.on_epoch_end(3, logs)
    of_group = np.array([np.mean(error[group == g] ** 2) for g in range(9)])
    of_tier = {
        tier: np.mean(of_group[np.array(TIERS) == tier]) for tier in ("easy", "medium", "hard")
    }
    assert logs.pop("loss") == 1.0
    assert logs.pop("val_loss") == pytest.approx(np.mean(error**2))
    assert logs.pop("val_overall") == pytest.approx(np.mean(of_group))
    for tier, value in of_tier.items():
        assert logs.pop(f"val_{tier}") == pytest.approx(value)
    assert logs.pop("val_balanced") == pytest.approx(np.mean(list(of_tier.values())))
    assert logs.pop("train_overall") == pytest.approx(0.125)
    assert logs == {}


def test_what_is_not_there_is_no_number() -> None:
    group = np.flatnonzero(np.array(TIERS) == "easy")
    true = np.ones(len(group))
    metrics = ValidationMetrics(rows(true, true, group))
    metrics.set_model(Doubling())
    logs: dict[str, float] = {}
    metrics.on_epoch_end(0, logs)
    assert (logs["val_loss"], logs["val_easy"]) == (1.0, 1.0)
    for name in ("val_medium", "val_hard", "train_overall"):
        assert np.isnan(logs[name])
    metrics.on_epoch_end(0, None)  # nothing to fill in


@pytest.mark.parametrize("count", [1, 4, 5, 9])
def test_rows_are_predicted_in_batches(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "_PREDICT_BATCH", 4)
    model, x = Doubling(), np.arange(float(count))
    predicted = predict_log2(model, rows(x, x, np.zeros(count, int)).inputs)
    np.testing.assert_array_equal(predicted, 2.0 * x)
    assert sum(model.sizes) == count
    assert max(model.sizes) <= 4


def network(shared: bool):
    """One number a row by the sum of its block; doubled behind the place where groups meet."""
    keras.utils.set_random_seed(0)
    inputs = {name: keras.Input((width,), name=name) for name, width in (("a", 2), ("b", 3))}
    towers = [
        keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(one)
        for one in inputs.values()
    ]
    met = keras.layers.Concatenate(axis=0, name="rows")(towers)
    if shared:
        met = keras.layers.Dense(1, use_bias=True, kernel_initializer="ones",
                                 bias_initializer="ones")(met)  # fmt: skip
    return keras.Model(inputs, met)


@pytest.mark.parametrize("shared", [False, True])
def test_groups_are_predicted_each_by_its_own_part(
    shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "_GROUP_BATCH", 4)
    monkeypatch.setattr(validation, "_PREDICT_BATCH", 8)
    group = np.array([1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1])
    rng = np.random.default_rng(1)
    blocks = {"a": rng.random((3, 2)), "b": rng.random((8, 3))}
    predicted = predict_log2(network(shared), GroupedInputs(blocks, group))
    wanted = np.empty(len(group))
    for index, name in enumerate(blocks):
        wanted[group == index] = blocks[name].sum(axis=1) + (1.0 if shared else 0.0)
    np.testing.assert_allclose(predicted, wanted, rtol=1e-6)
