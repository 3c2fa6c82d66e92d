"""What `mheight predict` predicts with: bundles, runs, averages of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.cli.console import say
from mheight.datasets import ExactHeights, Samples
from mheight.deployment.predictor import Predictor, groups_of_bundle
from mheight.experiments.averaging import averaged_and_flagged
from mheight.experiments.run_folder import RunFolder
from mheight.tiers import Groups

__all__ = ["Predict", "PredictedBlock", "groups_of", "model_of"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PredictedBlock:
    """What is predicted of N samples.

    Attributes:
        log2_heights: shape (N,); `inf` where the height is infinite.
        flag: shape (N,), as in `mheight.evaluation.predictions`.
        low: shape (N,), lower end of the interval of heights; None for averages.
        high: shape (N,), upper end.
    """

    log2_heights: Float
    flag: NDArray[np.str_]
    low: Float | None = None
    high: Float | None = None

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """What is written beside the heights, by the names of the columns."""
        if self.low is None or self.high is None:
            return {"flag": self.flag}
        return {"low": self.low, "high": self.high, "flag": self.flag}


Predict = Callable[[Samples, int, ExactHeights | None], PredictedBlock]
"""From a block of samples, the number of its first row and its exact heights, where known."""


def model_of(run: Path | None, beside: list[Path], copies: int) -> Predict:
    """What predicts blocks of samples: one model, or the mean of several and of copies."""
    models = [_loaded(path) for path in (run, *beside)]
    if len(models) == 1 and not copies:
        only = models[0]

        def alone(samples: Samples, first: int, exact: ExactHeights | None) -> PredictedBlock:
            found = only.predict(samples, exact=exact)
            ends = np.exp2(found.low), np.exp2(found.high)
            return PredictedBlock(found.log2_heights, found.flags, *ends)

        return alone

    def together(samples: Samples, first: int, exact: ExactHeights | None) -> PredictedBlock:
        return PredictedBlock(*averaged_and_flagged(models, samples, copies, first, exact))

    return together


def groups_of(path: Path | None) -> Groups:
    """The groups that a bundle or a run predicts, without loading its network."""
    if path is None or not _is_run(path):
        return groups_of_bundle(path)
    return RunFolder.open(path).groups()


def _is_run(path: Path) -> bool:
    return path.suffix == ".h5" or (path / "config.toml").is_file()


def _loaded(path: Path | None) -> Any:
    """A bundle, which needs no Keras, or a run."""
    if path is not None and _is_run(path):
        say("loading Keras and JAX")
        from mheight.experiments.trained_run import TrainedRun

        run = TrainedRun.load(path)
        run.limits()  # what is missing is said before anything is read
        return run
    return Predictor.load(path)
