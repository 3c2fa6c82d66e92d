"""One vector a code, standardised with the statistics of the training originals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import AugmentedTraining, Samples, TrainingView, require_training
from mheight.errors import InvalidDataError
from mheight.features.base import rounded_equal
from mheight.features.inputs import RowInputs
from mheight.tiers import COURSE_9, Groups

__all__ = ["FittedVectors", "VectorFeatures"]

Float = NDArray[np.float64]

_LARGEST = 1e300


@dataclass(frozen=True)
class VectorFeatures:
    """A vector for each code, as a residual network reads it beside n, k and m.

    Attributes:
        input: name of the vector's input.
        width: its length, by the groups of the samples.
        read: from N samples to an array of shape (N, width).
    """

    input: str
    width: Callable[[Groups], int]
    read: Callable[[Samples], Float]

    def fit(self, view: TrainingView) -> FittedVectors:
        """Mean and deviation of each entry over the training originals."""
        # Only who fits needs it; who predicts does not.
        from sklearn.preprocessing import StandardScaler

        samples = require_training(view, "fitting statistics").samples
        scaler = StandardScaler().fit(self.read(samples))
        mean, scale = np.asarray(scaler.mean_), np.asarray(scaler.scale_)
        return FittedVectors(self, samples.groups, mean, scale)

    def restore(self, values: dict[str, Any]) -> FittedVectors:
        """Features saved with `FittedVectors.as_dict`.

        Raises:
            InvalidDataError: something else.
        """
        mean, scale = (_numbers(values.get(key), key) for key in ("mean", "scale"))
        groups = stored_groups(values)
        width = self.width(groups)
        if not mean.shape == scale.shape == (width,):
            raise InvalidDataError(
                f"mean and scale must have shape ({width},), got {mean.shape} and {scale.shape}"
            )
        if not (scale > 0.0).all():
            raise InvalidDataError("scale must be positive")
        return FittedVectors(self, groups, mean, scale)


@dataclass(frozen=True, eq=False)
class FittedVectors:
    """Vectors with the mean and deviation of each entry."""

    features: VectorFeatures
    groups: Groups
    mean: Float
    scale: Float

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Inputs: n (float), k and m (integers), and the vector."""
        return {"n": (1,), "k": (1,), "m": (1,), self.features.input: self.mean.shape}

    @property
    def measures(self) -> bool:
        """Minors are not measured on the way."""
        return False

    def encode(self, samples: Samples, statistics: Float | None = None) -> RowInputs:
        """The network's inputs: float32 n and vector, int32 k and m; see `FittedFeatures`."""
        samples = samples.within(self.groups)
        # Whatever is too large for the network is infinite there.
        with np.errstate(over="ignore", invalid="ignore"):
            vectors = (self.features.read(samples) - self.mean) / self.scale
            narrow = vectors.astype(np.float32)
        return RowInputs(
            {
                "n": samples.n[:, None].astype(np.float32),
                "k": samples.k[:, None].astype(np.int32),
                "m": samples.m[:, None].astype(np.int32),
                self.features.input: narrow,
            }
        )

    def provenance_error(self, training: AugmentedTraining) -> str | None:
        """What is wrong if the statistics are not those of the training originals."""
        expected = self.features.fit(training.originals)
        if rounded_equal(self.mean, expected.mean) and rounded_equal(self.scale, expected.scale):
            return None
        return (
            f"mean and deviation of {self.features.input} are not those of the training originals"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values from which `VectorFeatures.restore` builds the same features."""
        return {
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "groups": self.groups.as_dict(),
        }


def stored_groups(values: dict[str, Any]) -> Groups:
    """The groups that saved features are for; none were saved when there were no others.

    Raises:
        InvalidDataError: something else.
    """
    return Groups.from_dict(values["groups"]) if "groups" in values else COURSE_9


def _numbers(values: Any, key: str) -> Float:
    if not isinstance(values, list) or any(type(x) not in (int, float) for x in values):
        raise InvalidDataError(f"{key} must be a list of numbers")
    if not all(abs(x) <= _LARGEST for x in values):
        raise InvalidDataError(f"{key} must be finite")
    return np.asarray(values, dtype=np.float64)
