"""A moving average of the weights, which is what is validated and kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["averaged"]


@contextmanager
def averaged(model: Any) -> Iterator[None]:
    """Within, the model holds the average of its weights over the last steps.

    After each step the optimiser moves the average a little towards the weights (Polyak and
    Juditsky 1992, with exponential forgetting).  Training goes on from the weights themselves;
    the average has less of the noise that a high learning rate leaves in them.  Without
    `training.weight_average` nothing changes.
    """
    _swap(model)
    try:
        yield
    finally:
        _swap(model)


def _swap(model: Any) -> None:
    """Weights and averages change places; twice is nothing."""
    optimizer = model.optimizer
    if not optimizer.use_ema:
        return
    # Keras has no public name for them; its own callback for this reads the same attribute.
    averages = optimizer._model_variables_moving_average
    for variable, average in zip(model.trainable_variables, averages, strict=True):
        value = average.value
        average.assign(variable.value)
        variable.assign(value)
