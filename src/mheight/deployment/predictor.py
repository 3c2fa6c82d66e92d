"""Predictions from a bundle: NumPy, Numba and ONNX Runtime, without Keras or JAX."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import ExactHeights, Samples
from mheight.deployment.bundle import Bundle, read_bundle
from mheight.deployment.feeds import Feed, Feeds, feeds_of
from mheight.errors import BundleError
from mheight.evaluation.calibration import Calibration
from mheight.evaluation.predictions import Predictions, predictions
from mheight.features import FEATURES, FittedFeatures
from mheight.features.domain import Domain
from mheight.features.log_minors import STATISTICS
from mheight.tiers import Groups

__all__ = ["PACKAGED", "Predictor", "groups_of_bundle"]

Float = NDArray[np.float64]

PACKAGED = "run9-any"
"""Name of the model that comes with the package."""

_LARGEST_LOG2 = 1000.0
_SILENT = 4  # what goes wrong is told as an error


class Predictor:
    """A trained network, ready to predict heights of codes of its groups.

    May be used from several threads at once.

    Examples:
        >>> from mheight.datasets import Samples
        >>> P = [[1, 2, 3, 4], [2, 1, 1, 3], [3, 1, 2, 1], [1, 1, 1, 1], [4, 1, 3, 2]]
        >>> found = Predictor.load().predict(Samples.from_rows([[9, 5, 2, P]]))
        >>> round(float(found.log2_heights[0]), 1)    # the height is 10, its log2 3.32
        3.3
    """

    def __init__(self, bundle: Bundle) -> None:
        """Build from a checked bundle.

        Raises:
            BundleError: the network or a statistic can't be used.
        """
        import onnxruntime

        self.manifest = bundle.manifest
        self.card = bundle.card
        self._source = bundle.source
        try:
            values = bundle.features["values"]
            if not isinstance(values, dict):
                raise TypeError("values must be an object")
            self._features: FittedFeatures = FEATURES[bundle.features["name"]].restore(values)
            self._domain = Domain.from_dict(bundle.domain, self.trained)
            self._calibration = Calibration.from_dict(bundle.calibration, self.trained)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            text = f"there is no {error}" if isinstance(error, KeyError) else str(error)
            raise BundleError(
                f"{bundle.source}: features, domain or calibration can't be used ({text})"
            ) from None
        try:
            self._feeds: Feeds = feeds_of(bundle.network, self._features, bundle.manifest.reached)
        except ValueError as error:
            raise BundleError(f"{bundle.source}: network.onnx can't be used ({error})") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _SILENT
        self._quiet: Any = onnxruntime.RunOptions()
        self._quiet.log_severity_level = _SILENT
        # One thread a call, and calls side by side: the operators are too small to share.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self._session: Any = onnxruntime.InferenceSession(
                bundle.network, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has a family of its own
            raise BundleError(
                f"{bundle.source}: network.onnx can't be loaded ({_first_line(error)})"
            ) from None

    @classmethod
    def load(cls, path: Path | None = None) -> Predictor:
        """Load a bundle.

        Args:
            path: folder or zip; None for the model that comes with the package.

        Raises:
            BundleError: it is damaged, changed, or not there.
        """
        return cls(_bundle(path))

    @property
    def name(self) -> str:
        """Name of the run that trained the network."""
        return self.manifest.name

    @property
    def trained(self) -> Groups:
        """The groups that it was trained on."""
        return self._features.groups

    @property
    def groups(self) -> Groups:
        """Those that it predicts: those of training, and perhaps others (`Manifest.reached`)."""
        return self._feeds.groups

    @property
    def domain(self) -> Domain:
        """What the training codes were like."""
        return self._domain

    def predict_log2(self, samples: Samples) -> Float:
        """Predicted log2 heights, shape (N,), without looking whether they are infinite."""
        return self._log2(samples)

    def measured_log2(self, samples: Samples) -> tuple[Float, Float | None]:
        """The same, and statistics of the codes (`code_statistics`) if they come on the way."""
        # Minors that the network reads are not made again to see whether the code is foreign.
        statistics = np.empty((len(samples), len(STATISTICS))) if self._feeds.measures else None
        return self._log2(samples, statistics), statistics

    def _log2(self, samples: Samples, statistics: Float | None = None) -> Float:
        samples = samples.within(self.groups)
        out = np.empty(len(samples))
        try:
            for calls in self._feeds.some(samples, statistics):
                call = map if len(calls) == 1 else _threads().map
                for values, (_, rows) in zip(call(self._answer, calls), calls, strict=True):
                    out[rows[rows >= 0]] = values[rows >= 0]
        except ValueError as error:
            raise BundleError(f"{self._source}: network.onnx can't be used ({error})") from None
        return out

    def _answer(self, feed: Feed) -> Float:
        arrays, places = feed
        try:
            (values,) = self._session.run(None, arrays, self._quiet)
        except Exception as error:  # ONNX Runtime has a family of its own
            raise BundleError(
                f"{self._source}: network.onnx can't be run ({_first_line(error)})"
            ) from None
        answer = np.asarray(values, dtype=np.float64).reshape(-1)
        if len(answer) != len(places) or not (np.abs(answer) < _LARGEST_LOG2).all():
            raise BundleError(
                f"{self._source}: network.onnx must answer a log2 height below {_LARGEST_LOG2:g} "
                "for each code, and does not"
            )
        return answer

    def predict(self, samples: Samples, exact: ExactHeights | None = None) -> Predictions:
        """Predictions with intervals and flags; infinite heights are said, not predicted.

        Args:
            samples: N samples, labelled or not.
            exact: of the samples, where they are known; they are computed otherwise.
        """
        log2_predicted, statistics = self.measured_log2(samples)
        return predictions(
            samples, log2_predicted, self._calibration, self._domain, statistics, exact
        )


def groups_of_bundle(path: Path | None = None) -> Groups:
    """The groups that a bundle predicts, without loading its network.

    Args:
        path: folder or zip; None for the model that comes with the package.

    Raises:
        BundleError: it is damaged, changed, or not there.
    """
    return _bundle(path).manifest.reached


def _bundle(path: Path | None) -> Bundle:
    if path is not None:
        return read_bundle(path)
    with as_file(files("mheight.deployment") / "packaged" / PACKAGED) as packaged:
        return read_bundle(packaged)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    """Threads that all predictors share, one a core."""
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)), "mheight-predictor")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
