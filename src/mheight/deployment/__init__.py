"""Models for people who never train: bundles, predictions, an HTTP service and its page."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mheight.deployment.predictor import Predictor

__all__ = ["Predictor"]

_HOME = {"Predictor": "mheight.deployment.predictor"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mheight.deployment' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
