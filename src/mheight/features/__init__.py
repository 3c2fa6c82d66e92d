"""From a code to what a network reads, by name."""

from typing import Literal

from mheight.features.base import FeatureSet, FittedFeatures
from mheight.features.code_vectors import gram, raw_p, spectrum
from mheight.features.grouped import circuits, minors, punctured
from mheight.features.inputs import Batch, GroupedInputs, Inputs, RowInputs

__all__ = [
    "FEATURES",
    "Batch",
    "FeatureName",
    "FeatureSet",
    "FittedFeatures",
    "GroupedInputs",
    "Inputs",
    "RowInputs",
]

FeatureName = Literal["raw-p", "gram", "minor-spectrum", "circuits", "punctured", "minors"]

FEATURES: dict[FeatureName, FeatureSet] = {
    "raw-p": raw_p,
    "gram": gram,
    "minor-spectrum": spectrum,
    "circuits": circuits,
    "punctured": punctured,
    "minors": minors,
}
"""Every feature set by the name that configurations use."""
