"""Predictions that say what they don't know: infinite heights, intervals, foreign codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import ExactHeights, Samples, exact_labels
from mheight.errors import InvalidDataError
from mheight.evaluation.calibration import Calibration
from mheight.features.domain import Domain, code_statistics

__all__ = ["INFINITE", "IN_DOUBT", "Predictions", "flagged", "predictions"]

Float = NDArray[np.float64]

INFINITE, IN_DOUBT = "infinite height", "exact height in doubt"
"""Flags: what the exact engine says, and that rounding leaves it open."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted heights of N samples.

    Attributes:
        log2_heights: shape (N,); `inf` where the height is infinite, as the exact engine
            says; that is not predicted.  Where rounding leaves that in doubt, the flag says so.
        low: shape (N,), lower end of the interval of log2 heights.
        high: shape (N,), upper end.
        flags: shape (N,), `infinite height`, or in what way the code is unlike those of
            training, or nothing; and `exact height in doubt`.
        level: share of exact heights that intervals hold on data like the validation set.
    """

    log2_heights: Float
    low: Float
    high: Float
    flags: NDArray[np.str_]
    level: float


def predictions(
    samples: Samples,
    log2_predicted: Float,
    calibration: Calibration,
    domain: Domain,
    statistics: Float | None = None,
    exact: ExactHeights | None = None,
) -> Predictions:
    """Put intervals and flags beside a network's output.

    Args:
        samples: N samples.
        log2_predicted: shape (N,), what the network says.
        calibration: of the network's errors.
        domain: of its training codes.
        statistics: shape (N, 3), of the minors, where they are known (`Domain.outside`).
        exact: of the samples, where they are known; they are computed otherwise.

    Raises:
        InvalidDataError: `exact` has another number of heights.
    """
    infinite, flags = flagged(samples, log2_predicted, [domain], statistics, exact)
    group = calibration.groups.positions(samples.n, samples.k, samples.m)
    low, high = calibration.interval(log2_predicted, group)
    return Predictions(
        np.where(infinite, np.inf, log2_predicted),
        np.where(infinite, np.inf, low),
        np.where(infinite, np.inf, high),
        flags,
        calibration.level,
    )


def flagged(
    samples: Samples,
    log2_predicted: Float,
    domains: Sequence[Domain],
    statistics: Float | None = None,
    exact: ExactHeights | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.str_]]:
    """Which heights are infinite, and flags as in `Predictions`.

    Args:
        samples: N samples.
        log2_predicted: shape (N,).
        domains: of the networks behind the prediction; the first that a code is outside of
            is told.
        statistics: as for `predictions`.
        exact: likewise.

    Raises:
        InvalidDataError: `exact` has another number of heights.
    """
    if exact is None:
        # The engine that knows costs less than the network that guesses.
        exact = exact_labels(samples)
    elif len(exact.heights) != len(samples):
        raise InvalidDataError(
            f"exact must hold a height for each of {len(samples)} samples, got {len(exact.heights)}"
        )
    infinite = np.isinf(exact.heights)
    if statistics is None:
        statistics = code_statistics(samples)
    flags = domains[0].outside(samples, log2_predicted, statistics)
    for domain in domains[1:]:
        also = domain.outside(samples, log2_predicted, statistics)
        flags = np.where(flags == "", also, flags)
    flags = np.where(infinite, INFINITE, flags)
    if exact.doubtful.any():
        flags = flags.astype(object)  # room for more
        for row in np.flatnonzero(exact.doubtful).tolist():
            flags[row] = ", ".join(filter(None, [str(flags[row]), IN_DOUBT]))
    return infinite, flags.astype(np.str_)
