"""Rows as a network learns from them; no network library needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Samples
from mheight.features import FittedFeatures, Inputs
from mheight.tiers import Groups

__all__ = ["Encoded", "TrainingRows"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Encoded:
    """Rows as a network sees them: inputs, log2 heights (N,), positions in the groups (N,)."""

    inputs: Inputs
    log2_heights: Float
    group: Int
    groups: Groups

    def __len__(self) -> int:
        return len(self.group)

    @classmethod
    def of(cls, features: FittedFeatures, samples: Samples) -> Encoded:
        """Labelled samples as a network with these features sees them."""
        inputs = features.encode(samples)
        return cls(inputs, samples.log2_heights, samples.group, samples.groups)

    def take(self, index: Int) -> Encoded:
        """The rows at these positions."""
        inputs = self.inputs.take(index)
        return Encoded(inputs, self.log2_heights[index], self.group[index], self.groups)

    def between(self, first: int, last: int) -> Encoded:
        """The rows from `first` up to `last`, without it: a view."""
        rows = slice(first, last)
        inputs = self.inputs.between(first, last)
        return Encoded(inputs, self.log2_heights[rows], self.group[rows], self.groups)

    def epoch(self, number: int) -> Encoded:
        """The rows of an epoch: always these."""
        return self


class TrainingRows(Protocol):
    """Rows to learn from, the same or fresh ones each epoch, always as many of a group."""

    def __len__(self) -> int:
        """Rows an epoch."""

    def epoch(self, number: int) -> Encoded:
        """The rows of an epoch, numbered from 0; they depend on the number alone."""
