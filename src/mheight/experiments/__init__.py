"""Runs: configuration, preparation, the pipeline, the run folder.

`mheight.experiments.pipeline` and `mheight.experiments.trained_run` load Keras.
"""

from mheight.experiments.config import RunConfig, config_toml, load_config
from mheight.experiments.preparation import PreparedData, prepare
from mheight.experiments.run_folder import RunFolder

__all__ = ["PreparedData", "RunConfig", "RunFolder", "config_toml", "load_config", "prepare"]
