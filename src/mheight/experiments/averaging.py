"""Predictions averaged over networks and over symmetric copies of the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Augmentation, Samples, TrainingView, augment
from mheight.tiers import Tier

__all__ = ["averaged", "symmetric_copies"]

Float = NDArray[np.float64]


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
