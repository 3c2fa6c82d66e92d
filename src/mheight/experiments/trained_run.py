"""A finished run, loaded back: predictions and scores on any samples."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mheight.datasets import ExactHeights, Samples, sample_fingerprints
from mheight.errors import RunFolderError
from mheight.evaluation.calibration import Calibration
from mheight.evaluation.predictions import Predictions, predictions
from mheight.experiments.config import RunConfig, load_config
from mheight.experiments.run_folder import RunFolder
from mheight.features import FEATURES, FittedFeatures, Inputs
from mheight.features.domain import Domain
from mheight.features.log_minors import STATISTICS
from mheight.files import atomic_path
from mheight.metrics import Scores, score
from mheight.models import load_model
from mheight.tiers import Groups
from mheight.training.callbacks import predict_log2
from mheight.training.rows import Encoded

__all__ = ["TrainedRun", "write_predictions"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_CHUNK = 65536
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """The best model of a run with its fitted features."""

    folder: RunFolder
    config: RunConfig
    features: FittedFeatures
    model: Any

    @classmethod
    def load(cls, path: Path) -> TrainedRun:
        """Load a run.

        Args:
            path: its folder, or the file `best_model_NAME.h5` beside the folder.

        Raises:
            RunFolderError: the folder or one of its files is missing or damaged.
        """
        folder = RunFolder.open(path)
        given = Path(path)
        saved = given if given.suffix == ".h5" else folder.model
        if not saved.is_file():
            raise RunFolderError(
                f"{folder.path}: no trained model ({saved.name}); has the run finished?"
            )
        config = load_config(folder.config)
        try:
            values = json.loads(folder.features.read_text(encoding="utf-8"))
            features = FEATURES[config.features.name].restore(values)
            model = load_model(saved)
        except _DAMAGED as error:
            raise RunFolderError(
                f"{folder.path}: the trained model can't be read ({error})"
            ) from None
        return cls(folder, config, features, model)

    @property
    def groups(self) -> Groups:
        """Those that it was trained on."""
        return self.features.groups

    def predict_log2(self, samples: Samples) -> Float:
        """Predicted log2 heights, shape (N,)."""
        return self._log2(samples, None)

    def measured_log2(self, samples: Samples) -> tuple[Float, Float | None]:
        """The same, and statistics of the codes (`code_statistics`) if they come on the way."""
        statistics = np.empty((len(samples), len(STATISTICS))) if self.features.measures else None
        return self._log2(samples, statistics), statistics

    def _log2(self, samples: Samples, statistics: Float | None) -> Float:
        def encoded(first: int, last: int) -> Inputs:
            part = None if statistics is None else statistics[first:last]
            return self.features.encode(samples.take(np.arange(first, last)), part)

        return self._in_chunks(len(samples), encoded)

    def predict_rows(self, rows: Encoded) -> Float:
        """The same of rows that are encoded already."""
        return self._in_chunks(len(rows), rows.inputs.between)

    def _in_chunks(self, count: int, inputs: Callable[[int, int], Inputs]) -> Float:
        starts = range(0, count, _CHUNK)
        return np.concatenate(
            [predict_log2(self.model, inputs(i, min(i + _CHUNK, count))) for i in starts]
        )

    def predict(
        self,
        samples: Samples,
        log2_predicted: Float | None = None,
        exact: ExactHeights | None = None,
        statistics: Float | None = None,
    ) -> Predictions:
        """Predictions with intervals and flags.

        Args:
            samples: N samples, labelled or not.
            log2_predicted: shape (N,), if they were predicted already.
            exact: of the samples, if they were computed already.
            statistics: of the samples, shape (N, 3), if they came on the way (`measured_log2`).

        Raises:
            RunFolderError: the run has no calibration.
        """
        if log2_predicted is None:
            log2_predicted, statistics = self.measured_log2(samples)
        return predictions(samples, log2_predicted, *self.limits(), statistics, exact)

    def limits(self) -> tuple[Calibration, Domain]:
        """Calibration of the intervals, and domain of the training codes.

        Raises:
            RunFolderError: a file is missing or damaged.
        """
        try:
            stored = json.loads(self.folder.calibration.read_text(encoding="utf-8"))
            calibration = Calibration.from_dict(stored["calibration"], self.groups)
            domain = Domain.from_dict(
                json.loads(self.folder.domain.read_text(encoding="utf-8")), self.groups
            )
        except _DAMAGED as error:
            raise RunFolderError(
                f"{self.folder.path}: calibration.json and domain.json are needed for intervals "
                f"({error})"
            ) from None
        return calibration, domain

    @property
    def domain(self) -> Domain:
        """What the training codes were like.

        Raises:
            RunFolderError: see `limits`.
        """
        return self.limits()[1]

    def score(self, samples: Samples) -> Scores:
        """Scores on labelled samples of finite height."""
        return score(
            samples.log2_heights, self.predict_log2(samples), samples.group, samples.groups
        )

    def score_rows(self, rows: Encoded) -> Scores:
        """The same on rows that are encoded already."""
        return score(rows.log2_heights, self.predict_rows(rows), rows.group, rows.groups)

    def seen_in_training(self, samples: Samples) -> Bool:
        """Which samples have a code equivalent to one that training saw, shape (N,)."""
        try:
            known = np.load(self.folder.training_codes, allow_pickle=False)
        except (*_DAMAGED, EOFError, SyntaxError) as error:
            raise RunFolderError(
                f"{self.folder.training_codes}: fingerprints of the training codes are needed "
                f"to keep evaluation clean ({error})"
            ) from None
        return np.isin(sample_fingerprints(samples).astype(known.dtype), known)


def write_predictions(samples: Samples, log2_predicted: Float, path: Path) -> None:
    """Write predictions to Parquet: sample_id, n, k, m, height if known, predicted_height."""
    columns: dict[str, Any] = {
        "sample_id": samples.sample_id,
        "n": samples.n,
        "k": samples.k,
        "m": samples.m,
    }
    if samples.heights is not None:
        columns["height"] = samples.heights
    columns["predicted_height"] = np.exp2(log2_predicted)
    with atomic_path(path) as temporary:
        pq.write_table(pa.table(columns), temporary)
