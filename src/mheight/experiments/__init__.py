"""Runs: configuration, preparation, the pipeline, the run folder.

`mheight.experiments.pipeline` and `mheight.experiments.trained_run` load Keras.
"""

from mheight.experiments.config import RunConfig, config_toml, load_config
from mheight.experiments.preparation import (
    Originals,
    PreparedData,
    audited,
    augment_training,
    fit_features,
    load_originals,
    prepare,
    split_originals,
)
from mheight.experiments.run_folder import RunFolder

__all__ = [
    "Originals",
    "PreparedData",
    "RunConfig",
    "RunFolder",
    "audited",
    "augment_training",
    "config_toml",
    "fit_features",
    "load_config",
    "load_originals",
    "prepare",
    "split_originals",
]
