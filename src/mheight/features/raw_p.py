"""Raw P: the entries as they stand, padded and standardised, with n, k and m beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from mheight.datasets import AugmentedTraining, Samples, TrainingView, require_training
from mheight.datasets.samples import PADDED_ENTRIES
from mheight.errors import InvalidDataError
from mheight.features.base import rounded_equal
from mheight.features.inputs import RowInputs
from mheight.tiers import CODE_LENGTH

__all__ = ["FittedRawP", "RawP"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedRawP:
    """Raw P standardised with the mean and deviation of each of the 20 entries."""

    mean: Float
    scale: Float

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Inputs: n (float), k and m (integers), P (20 floats)."""
        return {"n": (1,), "k": (1,), "m": (1,), "P": (PADDED_ENTRIES,)}

    def encode(self, samples: Samples) -> RowInputs:
        """The network's inputs: float32 n and P, int32 k and m."""
        return RowInputs(
            n=np.full((len(samples), 1), CODE_LENGTH, dtype=np.float32),
            k=samples.k[:, None].astype(np.int32),
            m=samples.m[:, None].astype(np.int32),
            P=((samples.parity - self.mean) / self.scale).astype(np.float32),
        )

    def provenance_error(self, training: AugmentedTraining) -> str | None:
        """What is wrong if the statistics are not those of the training originals."""
        expected = RawP().fit(training.originals)
        if rounded_equal(self.mean, expected.mean) and rounded_equal(self.scale, expected.scale):
            return None
        return "mean and deviation of P are not those of the training originals"

    def as_dict(self) -> dict[str, Any]:
        """Plain values from which `RawP.restore` builds the same features."""
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist()}


class RawP:
    """P row by row, zero-padded to 20 entries, each entry standardised."""

    def fit(self, view: TrainingView) -> FittedRawP:
        """Mean and deviation of each entry over the training originals."""
        samples = require_training(view, "fitting statistics").samples
        scaler = StandardScaler().fit(samples.parity)
        return FittedRawP(np.asarray(scaler.mean_), np.asarray(scaler.scale_))

    def restore(self, values: dict[str, Any]) -> FittedRawP:
        """Features saved with `FittedRawP.as_dict`."""
        mean, scale = (np.asarray(values[key], dtype=np.float64) for key in ("mean", "scale"))
        if not mean.shape == scale.shape == (PADDED_ENTRIES,):
            raise InvalidDataError(
                f"mean and scale must have shape ({PADDED_ENTRIES},), "
                f"got {mean.shape} and {scale.shape}"
            )
        return FittedRawP(mean, scale)
