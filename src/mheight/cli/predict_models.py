"""What `mheight predict` predicts with: bundles, runs, averages of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mheight.cli.console import say
from mheight.datasets import Samples
from mheight.tiers import Groups

__all__ = ["Columns", "Predict", "groups_of", "model_of"]

Columns = tuple[Any, dict[str, Any]]
"""log2 of the heights, and columns beside them."""

Predict = Callable[[Samples, int], Columns]
"""From a block of samples, and the number of its first row, to columns."""


def model_of(run: Path | None, beside: list[Path], copies: int) -> Predict:
    """What predicts a block of samples, given the number of its first row."""
    models = [_loaded(path) for path in (run, *beside)]
    if len(models) == 1 and not copies:
        only = models[0]

        def alone(samples: Samples, first: int) -> Columns:
            found = only.predict(samples)
            ends = {"low": np.exp2(found.low), "high": np.exp2(found.high)}
            return found.log2_heights, {**ends, "flag": found.flags}

        return alone
    from mheight.experiments.averaging import averaged_and_flagged

    def together(samples: Samples, first: int) -> Columns:
        log2_heights, flags = averaged_and_flagged(models, samples, copies, first)
        return log2_heights, {"flag": flags}

    return together


def groups_of(path: Path | None) -> Groups:
    """The groups that a bundle or a run predicts, without loading its network."""
    from mheight.deployment.predictor import groups_of_bundle

    if path is None or not _is_run(path):
        return groups_of_bundle(path)
    from mheight.experiments.run_folder import RunFolder

    return RunFolder.open(path).groups()


def _is_run(path: Path) -> bool:
    return path.suffix == ".h5" or (path / "config.toml").is_file()


def _loaded(path: Path | None) -> Any:
    """A bundle, which needs no Keras, or a run."""
    from mheight.deployment import Predictor

    if path is not None and _is_run(path):
        say("loading Keras and JAX")
        from mheight.experiments.trained_run import TrainedRun

        run = TrainedRun.load(path)
        run.limits()  # what is missing is said before anything is read
        return run
    return Predictor.load(path)
