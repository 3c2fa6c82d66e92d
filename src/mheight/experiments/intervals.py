"""Intervals of a run: calibrated on one half of its validation rows, measured on the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mheight.errors import InvalidDataError, RunFolderError
from mheight.evaluation import report_text
from mheight.evaluation.calibration import Coverage, calibrate, coverage
from mheight.experiments.run_folder import RunFolder
from mheight.files import write_json, write_text
from mheight.tiers import Groups

__all__ = ["calibrate_run", "recalibrate"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def calibrate_run(
    folder: RunFolder,
    seed: int,
    log2_true: Float,
    log2_predicted: Float,
    group: Int,
    groups: Groups,
) -> Coverage:
    """Write the intervals from a random half of validation; their coverage on the other half.

    Args:
        folder: of the run.
        seed: of the run.
        log2_true: shape (N,), of all validation rows.
        log2_predicted: shape (N,).
        group: shape (N,), positions in the groups.
        groups: of the run.

    Returns:
        What they held, as the report has it.
    """
    half = np.random.default_rng([seed, 90]).random(len(group)) < 0.5
    calibration = calibrate(log2_true[half], log2_predicted[half], group[half], groups)
    rest = ~half
    low, high = calibration.interval(log2_predicted[rest], group[rest])
    held = coverage(log2_true[rest], low, high, group[rest], groups, calibration.level)
    shares = held.as_dict()
    del shares["level"]  # the calibration says it
    write_json(
        folder.calibration,
        {"calibration": calibration.as_dict(), "coverage on the other half": shares},
    )
    return held


def recalibrate(folder: RunFolder, seed: int) -> Coverage:
    """Make the intervals of a finished run anew, from the predictions it kept.

    Nothing is trained or predicted; `calibration.json` and what the report says of it change.

    Args:
        folder: of the run.
        seed: of the run.

    Returns:
        What the new intervals hold.

    Raises:
        RunFolderError: the predictions are missing or damaged, or another process holds the
            folder.
    """
    with folder.locked():
        report, groups = folder.read_report(), folder.groups()
        names = ["n", "k", "m", "height", "predicted_height"]
        try:
            table = pq.read_table(folder.predictions, columns=names)
            n, k, m, height, predicted = (table[name].to_numpy() for name in names)
            group = groups.positions(n, k, m)
            # The network answers in float32, which the power of two and back doesn't change.
            true, said = np.log2(height), np.log2(predicted).astype(np.float32).astype(np.float64)
            if not (len(group) and (group >= 0).all() and np.isfinite([true, said]).all()):
                raise InvalidDataError("heights of the run's groups are needed")
        except (OSError, ValueError, KeyError, TypeError, IndexError, pa.ArrowException) as error:
            text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise RunFolderError(f"{folder.predictions}: can't be read ({text})") from None
        held = calibrate_run(folder, seed, true, said, group, groups)
        report = replace(report, intervals=held)
        write_json(folder.report, report.as_dict())
        write_text(folder.report_text, report_text(report))
    return held
