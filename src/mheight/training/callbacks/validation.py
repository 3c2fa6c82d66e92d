"""Tier metrics on clean validation after every epoch."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from mheight.features import GroupedInputs, Inputs
from mheight.metrics import score
from mheight.models.backend import keras
from mheight.tiers import Tier

__all__ = ["ValidationMetrics", "predict_log2"]

_PREDICT_BATCH = 4096
_GROUP_BATCH = 256

_towers: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def predict_log2(model: Any, inputs: Inputs) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Predicted log2 heights, shape (N,), without dropout."""
    out = np.empty(len(inputs))
    if isinstance(inputs, GroupedInputs):
        for name, batch in inputs.group_batches(_GROUP_BATCH):
            values = _tower(model, name).predict_on_batch(batch.arrays[name])
            out[batch.rows[batch.real]] = np.asarray(values).reshape(-1)[batch.real]
        return out
    for batch in inputs.batches(np.arange(len(inputs)), _PREDICT_BATCH):
        predicted = np.asarray(model.predict_on_batch(batch.arrays)).reshape(-1)
        out[batch.rows[batch.real]] = predicted[batch.real]
    return out


def _tower(model: Any, name: str) -> Any:
    """The part of a network that reads one group's input, as a model with the same weights.

    Its batches have one shape whatever the groups of the data, so each is compiled once.
    """
    towers = _towers.setdefault(model, {})
    if name not in towers:
        towers[name] = keras.Model(model.input[name], model.get_layer(f"{name}_log2").output)
    return towers[name]


class ValidationMetrics(keras.callbacks.Callback):  # type: ignore[misc]
    """Predicts the validation rows and puts their scores into the epoch's logs.

    Adds `val_loss` (mean squared log2 error over the rows, without L2), `val_overall`,
    `val_easy`, `val_medium`, `val_hard` and `val_balanced`.  Stands first, so that all
    other callbacks can monitor these.
    """

    def __init__(self, inputs: Inputs, log2_heights: Any, group: Any) -> None:
        super().__init__()
        self.inputs = inputs
        self.log2_heights = log2_heights
        self.group = group

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score the validation rows."""
        if logs is None:
            return
        predicted = predict_log2(self.model, self.inputs)
        logs["val_loss"] = float(np.mean((predicted - self.log2_heights) ** 2))
        scores = score(self.log2_heights, predicted, self.group)
        logs["val_overall"] = scores.overall
        for tier in Tier:
            value = scores.tiers[tier.value]
            logs[f"val_{tier.value}"] = float("nan") if value is None else value
        logs["val_balanced"] = float("nan") if scores.balanced is None else scores.balanced
