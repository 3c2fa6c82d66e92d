"""Keras callbacks, one a file."""

from mheight.training.callbacks.averaged import averaged
from mheight.training.callbacks.best_weights import BestWeights
from mheight.training.callbacks.checkpoint import Checkpoint
from mheight.training.callbacks.early_stopping import EarlyStopping
from mheight.training.callbacks.epoch_log import EpochAnnouncement, EpochLog, EpochRecord
from mheight.training.callbacks.learning_rate import ExponentialDecay, PlateauDecay
from mheight.training.callbacks.nan_guard import NanGuard
from mheight.training.callbacks.progress import BatchProgress, ProgressSink, Unwatched
from mheight.training.callbacks.tier_metrics import TierMetricsCallback
from mheight.training.callbacks.validation import ValidationMetrics, predict_log2

__all__ = [
    "BatchProgress",
    "BestWeights",
    "Checkpoint",
    "EarlyStopping",
    "EpochAnnouncement",
    "EpochLog",
    "EpochRecord",
    "ExponentialDecay",
    "NanGuard",
    "PlateauDecay",
    "ProgressSink",
    "TierMetricsCallback",
    "Unwatched",
    "ValidationMetrics",
    "averaged",
    "predict_log2",
]
