"""Predictions averaged over networks and over symmetric copies of the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Augmentation, ExactHeights, Samples, TrainingView, augment
from mheight.evaluation.predictions import flagged
from mheight.features.domain import Domain
from mheight.tiers import Tier

__all__ = ["Averageable", "averaged", "averaged_and_flagged", "symmetric_copies"]

Float = NDArray[np.float64]


class Averageable(Protocol):
    """A run or a bundle."""

    @property
    def domain(self) -> Domain:
        """What the codes were like that it was trained on."""

    def predict_log2(self, samples: Samples) -> Float:
        """Predicted log2 heights, shape (N,)."""

    def measured_log2(self, samples: Samples) -> tuple[Float, Float | None]:
        """The same, and statistics of the codes (`code_statistics`) if they come on the way."""


def averaged_and_flagged(
    models: Sequence[Averageable],
    samples: Samples,
    copies: int,
    seed: int = 0,
    exact: ExactHeights | None = None,
) -> tuple[Float, NDArray[np.str_]]:
    """Mean log2 heights, infinite ones recognised, and flags.

    Args:
        models: at least one.
        samples: N samples.
        copies: random equivalent codes to predict beside each sample, 0 for none.
        seed: of the copies.
        exact: heights of the samples, where they are known; they are computed otherwise.

    Returns:
        Log2 heights and flags, each of shape (N,): a code is flagged as soon as one model
        was trained on no codes like it.
    """
    measured = [model.measured_log2(samples) for model in models]
    predicted = averaged(
        [
            _knowing(model.predict_log2, samples, log2)
            for model, (log2, _) in zip(models, measured, strict=True)
        ],
        samples,
        copies,
        seed,
    )
    statistics = next((values for _, values in measured if values is not None), None)
    domains = [model.domain for model in models]
    infinite, flags = flagged(samples, predicted, domains, statistics, exact)
    return np.where(infinite, np.inf, predicted), flags


def _knowing(
    predict: Callable[[Samples], Float], samples: Samples, log2: Float
) -> Callable[[Samples], Float]:
    """A network that need not predict these samples again."""
    return lambda version: log2 if version is samples else predict(version)


def averaged(
    predict: Sequence[Callable[[Samples], Float]], samples: Samples, copies: int, seed: int = 0
) -> Float:
    """Mean log2 height over networks and over symmetric copies of each code.

    Args:
        predict: networks, each from samples to log2 heights.
        samples: N samples.
        copies: random equivalent codes to predict beside each sample, 0 for none.
        seed: of the copies, so that predictions are deterministic.

    Returns:
        Shape (N,).
    """
    versions = [samples, *symmetric_copies(samples, copies, seed)]
    total = np.zeros(len(samples))
    for one in predict:
        for version in versions:
            total += one(version)
    return total / (len(predict) * len(versions))


def symmetric_copies(samples: Samples, copies: int, seed: int) -> list[Samples]:
    """Random codes equivalent to those of the samples: `copies` times all of them.

    Rows and columns of P are permuted and negated, so that its entries stay what a network
    was trained on.
    """
    rng = np.random.default_rng(seed)
    once = Augmentation("monomial", dict.fromkeys(Tier, 1))
    unlabelled = samples.with_heights(np.ones(len(samples)))  # the height is not looked at
    return [augment(TrainingView(unlabelled), once, rng).copies for _ in range(copies)]
