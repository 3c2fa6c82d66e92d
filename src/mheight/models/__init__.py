"""Networks by name.  Settings load at once; Keras loads when a network is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mheight.models.config import ModelConfig, RelationsConfig, ResidualConfig, SetsConfig
from mheight.tiers import Groups

__all__ = [
    "ModelConfig",
    "RelationsConfig",
    "ResidualConfig",
    "SetsConfig",
    "build_model",
    "load_model",
]


def build_model(
    config: ModelConfig, shapes: dict[str, tuple[int, ...]], groups: Groups, seed: int
) -> Any:
    """Build a network with reproducible initial weights.

    Args:
        config: which network, and its settings.
        shapes: shape of each input, from the fitted features.
        groups: those that it is for, from there too.
        seed: of the initial weights and of dropout.

    Returns:
        An uncompiled Keras model.
    """
    from mheight.models.backend import keras

    keras.utils.set_random_seed(seed)
    return config.build(shapes, groups)


def load_model(path: Path) -> Any:
    """A saved network, `.keras` or `.h5`, with whatever layers of ours it has.

    Raises:
        OSError, ValueError, TypeError: the file can't be read.
    """
    from mheight.models.backend import keras
    from mheight.models.relations import CircuitRelations
    from mheight.models.sets import GroupConstant, LeadingSets, SetPooling

    ours = (CircuitRelations, GroupConstant, LeadingSets, SetPooling)
    known = {layer.__name__: layer for layer in ours}
    return keras.models.load_model(path, custom_objects=known, compile=False)
