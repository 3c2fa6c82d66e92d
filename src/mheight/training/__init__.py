"""Losses and weights, callbacks, fitting.  `mheight.training.fit` loads Keras."""

from mheight.training.config import FitConfig, LossConfig, TierGuardConfig, TierWeights

__all__ = ["FitConfig", "LossConfig", "TierGuardConfig", "TierWeights"]
