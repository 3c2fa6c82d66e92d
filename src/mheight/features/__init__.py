"""From a code to what a network reads, by name."""

from typing import Literal

from mheight.features.base import FeatureSet, FittedFeatures
from mheight.features.inputs import Batch, GroupedInputs, Inputs, RowInputs
from mheight.features.raw_p import RawP
from mheight.features.set_features import circuits, punctured

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

FeatureName = Literal["raw-p", "circuits", "punctured"]

FEATURES: dict[FeatureName, FeatureSet] = {
    "raw-p": RawP(),
    "circuits": circuits,
    "punctured": punctured,
}
"""Every feature set by the name that configurations use."""
