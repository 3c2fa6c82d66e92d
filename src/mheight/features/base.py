"""What a feature set is: fitted on training originals, then applied to any samples."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import AugmentedTraining, Samples, TrainingView
from mheight.features.inputs import Inputs
from mheight.tiers import Groups

__all__ = ["FeatureSet", "FittedFeatures"]


class FittedFeatures(Protocol):
    """Features with the statistics they were fitted with."""

    @property
    def groups(self) -> Groups:
        """Those that codes may be of."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each input, without the first axis."""

    @property
    def measures(self) -> bool:
        """Whether `encode` measures the minors on its way."""

    def encode(self, samples: Samples, statistics: NDArray[np.float64] | None = None) -> Inputs:
        """The network's inputs for these samples.

        Args:
            samples: N samples.
            statistics: shape (N, 3), filled with what `code_statistics` says of each code, if
                these features measure that (`measures`).
        """

    def provenance_error(self, training: AugmentedTraining) -> str | None:
        """What is wrong if the statistics do not follow from the training originals."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values from which `FeatureSet.restore` builds the same features."""


class FeatureSet(Protocol):
    """A way to turn codes into a network's inputs."""

    def fit(self, view: TrainingView) -> FittedFeatures:
        """Fit whatever statistics there are on training originals, and on nothing else."""

    def restore(self, values: dict[str, Any]) -> FittedFeatures:
        """Features saved with `FittedFeatures.as_dict`."""


def rounded_equal(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Whether two arrays of statistics agree up to rounding."""
    return left.shape == right.shape and bool(np.allclose(left, right, rtol=1e-9, atol=1e-12))
