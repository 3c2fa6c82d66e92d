"""Scores of runs, one or several averaged, on labelled data that they never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Samples
from mheight.errors import InvalidDataError
from mheight.evaluation.calibration import Coverage, coverage
from mheight.evaluation.predictions import IN_DOUBT
from mheight.experiments.averaging import averaged
from mheight.experiments.trained_run import TrainedRun
from mheight.metrics import Scores, score

__all__ = ["DataScores", "score_runs"]


@dataclass(frozen=True, eq=False)
class DataScores:
    """How well runs predict a data set.

    Attributes:
        name: of the runs, and how they were averaged.
        clean: samples scored: finite heights, codes that no run was trained on.
        log2_predicted: for these.
        scores: of these.
        seen: samples left out because some run was trained on an equivalent code.
        intervals: what theirs held; None for averages, which are not calibrated.
        flagged: scored samples flagged as unlike the training codes.
    """

    name: str
    clean: Samples
    log2_predicted: NDArray[np.float64]
    scores: Scores
    seen: int
    intervals: Coverage | None
    flagged: int


def score_runs(runs: Sequence[TrainedRun], finite: Samples, copies: int, source: str) -> DataScores:
    """Score the mean of the runs' predictions, among their groups of the lengths that come.

    Args:
        runs: at least one.
        finite: samples of finite height, with exact heights.
        copies: symmetric copies of each code to average over, 0 for none.
        source: name of the data, for messages.

    Raises:
        InvalidDataError: training saw every code.
    """
    seen = np.zeros(len(finite), dtype=bool)
    for run in runs:
        seen |= run.seen_in_training(finite)
    if seen.all():
        raise InvalidDataError(
            f"{source}: every code is equivalent to one that "
            f"{' or '.join(run.config.name for run in runs)} was trained on; nothing to score"
        )
    clean = finite.take(~seen)
    alone, statistics = len(runs) == 1 and not copies, None
    if alone:
        predicted, statistics = runs[0].measured_log2(clean)
    else:
        predicted = averaged([run.predict_log2 for run in runs], clean, copies)
    scored = clean.within(clean.groups.of_lengths(clean.n))
    intervals, flagged = None, 0
    if alone:
        full = runs[0].predict(clean, predicted, statistics=statistics)
        flagged = int(((full.flags != "") & (full.flags != IN_DOUBT)).sum())
        intervals = coverage(
            clean.log2_heights, full.low, full.high, scored.group, scored.groups, full.level
        )
    name = " + ".join(run.config.name for run in runs)
    if copies:
        name += f", {copies} symmetric copies"
    return DataScores(
        name,
        scored,
        predicted,
        score(scored.log2_heights, predicted, scored.group, scored.groups),
        int(seen.sum()),
        intervals,
        flagged,
    )
