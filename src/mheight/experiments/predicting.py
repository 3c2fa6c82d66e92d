"""Predictions that say what they don't know: infinite heights, intervals, foreign codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Augmentation, Samples, TrainingView, augment, exact_heights
from mheight.evaluation.calibration import Calibration
from mheight.features.domain import Domain
from mheight.tiers import Tier

__all__ = ["Predictions", "averaged", "predictions", "symmetric_copies"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted heights of N samples.

    Attributes:
        log2_heights: shape (N,); `inf` where the height is infinite, as the exact engine
            says; that is not predicted.
        low: shape (N,), lower end of the interval of log2 heights.
        high: shape (N,), upper end.
        flags: shape (N,), `infinite height`, or in what way the code is unlike those of
            training, or nothing.
        level: share of exact heights that intervals hold on data like the validation set.
    """

    log2_heights: Float
    low: Float
    high: Float
    flags: NDArray[np.str_]
    level: float


def predictions(
    samples: Samples, log2_predicted: Float, calibration: Calibration, domain: Domain
) -> Predictions:
    """Put intervals and flags beside a network's output.

    Args:
        samples: N samples.
        log2_predicted: shape (N,), what the network says.
        calibration: of the network's errors.
        domain: of its training codes.
    """
    # The engine that knows costs less than the network that guesses.
    infinite = np.isinf(exact_heights(samples))
    low, high = calibration.interval(log2_predicted, samples.group)
    flags = np.where(infinite, "infinite height", domain.outside(samples, log2_predicted))
    return Predictions(
        np.where(infinite, np.inf, log2_predicted),
        np.where(infinite, np.inf, low),
        np.where(infinite, np.inf, high),
        flags,
        calibration.level,
    )


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
    """Random codes equivalent to those of the samples: `copies` times all of them."""
    rng = np.random.default_rng(seed)
    once = Augmentation("information-set", dict.fromkeys(Tier, 1))
    unlabelled = samples.with_heights(np.ones(len(samples)))  # the height is not looked at
    return [augment(TrainingView(unlabelled), once, rng).copies for _ in range(copies)]
