"""Tier metrics on clean validation after every epoch."""

from __future__ import annotations

from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mheight.features import GroupedInputs, Inputs
from mheight.metrics import score
from mheight.models.backend import keras
from mheight.tiers import Groups, Tier
from mheight.training.callbacks.averaged import averaged

__all__ = ["ValidationMetrics", "predict_log2"]

Float = NDArray[np.float64]

_PREDICT_BATCH = 4096
_GROUP_BATCH = 256

_Parts = tuple[dict[str, Any], Any]
_parts: WeakKeyDictionary[Any, _Parts] = WeakKeyDictionary()


def predict_log2(model: Any, inputs: Inputs) -> Float:
    """Predicted log2 heights, shape (N,), without dropout."""
    out = np.empty(len(inputs))
    if isinstance(inputs, GroupedInputs):
        return _predict_groups(model, inputs, out)
    for batch in inputs.batches(np.arange(len(inputs)), _PREDICT_BATCH):
        predicted = np.asarray(model.predict_on_batch(batch.arrays)).reshape(-1)
        out[batch.rows[batch.real]] = predicted[batch.real]
    return out


def _predict_groups(model: Any, inputs: GroupedInputs, out: Float) -> Float:
    """Each group through its own part of the network, then all rows through the shared part."""
    towers, shared = _split(model)
    read: list[Any] = []
    for name, batch in inputs.group_batches(_GROUP_BATCH):
        values = towers[name].predict_on_batch(batch.arrays[name])
        values = [np.asarray(one)[batch.real] for one in _listed(values)]
        if shared is None:
            out[batch.rows[batch.real]] = values[0].reshape(-1)
        else:
            read.append((batch.rows[batch.real], values))
    if shared is None:
        return out
    rows = np.concatenate([own for own, _ in read])
    columns = [np.concatenate(parts) for parts in zip(*(v for _, v in read), strict=True)]
    for start in range(0, len(rows), _PREDICT_BATCH):
        own = rows[start : start + _PREDICT_BATCH]
        # Filled up to one shape, so that it is compiled once.
        filler = min(_PREDICT_BATCH, -(-len(rows) // _GROUP_BATCH) * _GROUP_BATCH) - len(own)
        chunk = [column[start : start + _PREDICT_BATCH] for column in columns]
        chunk = [np.concatenate([one, np.repeat(one[:1], filler, axis=0)]) for one in chunk]
        out[own] = np.asarray(shared.predict_on_batch(chunk)).reshape(-1)[: len(own)]
    return out


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else [values]


def _split(model: Any) -> _Parts:
    """A network for grouped inputs as models with the same weights: one a group, one shared.

    Groups meet where their rows are laid one after another, in layers `rows` and, for what
    goes beside them, `n`, `k` and `m`; behind them there may be nothing.  A part's batches have
    one shape whatever the groups of the data, so each is compiled once.
    """
    if model not in _parts:
        names = {layer.name for layer in model.layers}
        joints = [model.get_layer(name) for name in ("rows", "n", "k", "m") if name in names]
        towers = {}
        for i, name in enumerate(model.input):
            read = [_listed(joint.input)[i] for joint in joints]
            towers[name] = keras.Model(model.input[name], read if len(read) > 1 else read[0])
        together = [joint.output for joint in joints]
        last = together[0] is model.output
        _parts[model] = towers, None if last else keras.Model(together, model.output)
    return _parts[model]


class Rows(Protocol):
    """Rows as a network sees them: inputs, log2 heights (N,), groups (N,)."""

    @property
    def inputs(self) -> Inputs:
        """What the network reads."""

    @property
    def log2_heights(self) -> Float:
        """What it should say."""

    @property
    def group(self) -> NDArray[np.int64]:
        """Index of each row's group."""

    @property
    def groups(self) -> Groups:
        """Those that indices are of."""


class ValidationMetrics(keras.callbacks.Callback):  # type: ignore[misc]
    """Predicts the validation rows and puts their scores into the epoch's logs.

    Adds `val_loss` (mean squared log2 error over the rows, without L2), `val_overall`,
    `val_easy`, `val_medium`, `val_hard` and `val_balanced`.  Stands first, so that all
    other callbacks can monitor these.  `train_overall` is the same as `val_overall` on training
    originals: what lies between is the gap.
    """

    def __init__(self, validation: Rows, originals: Rows | None = None) -> None:
        """Scoring both sides.

        Args:
            validation: rows that were not trained on.
            originals: clean rows that were; None where none is trained on twice.
        """
        super().__init__()
        self.validation = validation
        self.originals = originals

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score the validation rows."""
        if logs is None:
            return
        with averaged(self.model):
            predicted = predict_log2(self.model, self.validation.inputs)
            logs["train_overall"] = self._on_originals()
        true = self.validation.log2_heights
        logs["val_loss"] = float(np.mean((predicted - true) ** 2))
        scores = score(true, predicted, self.validation.group, self.validation.groups)
        logs["val_overall"] = scores.overall
        for tier in Tier:
            value = scores.tiers[tier.value]
            logs[f"val_{tier.value}"] = float("nan") if value is None else value
        logs["val_balanced"] = float("nan") if scores.balanced is None else scores.balanced

    def _on_originals(self) -> float:
        rows = self.originals
        if rows is None:
            return float("nan")
        predicted = predict_log2(self.model, rows.inputs)
        return score(rows.log2_heights, predicted, rows.group, rows.groups).overall
