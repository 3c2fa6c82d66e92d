"""From a code to what a network reads, by name."""

from typing import Literal

from mheight.features.base import FeatureSet, FittedFeatures, Inputs
from mheight.features.raw_p import RawP

__all__ = ["FEATURES", "FeatureName", "FeatureSet", "FittedFeatures", "Inputs"]

FeatureName = Literal["raw-p"]

FEATURES: dict[FeatureName, FeatureSet] = {"raw-p": RawP()}
"""Every feature set by the name that configurations use."""
