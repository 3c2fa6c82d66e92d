"""`mheight evaluate`: a run on any labelled data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mheight.cli.console import out, say
from mheight.cli.measured_scores import MeasuredScores
from mheight.cli.run_options import Copies, FinishedRun, OtherRuns, Plot, ScoresFile
from mheight.cli.sample_options import LabelColumn, LabelsFile, SamplesPath
from mheight.datasets import ImportReport, Samples, check_import, read_samples
from mheight.errors import InvalidDataError
from mheight.evaluation import scores_table
from mheight.files import require_apart, require_writable, write_json

if TYPE_CHECKING:  # it loads Keras
    from mheight.experiments.scoring import DataScores

__all__ = ["evaluate"]


def evaluate(
    run: FinishedRun,
    data: SamplesPath,
    labels: LabelsFile = None,
    label_column: LabelColumn = None,
    beside: OtherRuns = None,
    copies: Copies = 0,
    output: ScoresFile = None,
    plot: Plot = None,
) -> None:
    """Score a run on a data set, against exact heights.

    Rows of infinite height can't be scored and are left out.  Rows whose code is
    equivalent to one that training saw are left out too, and counted.  Averages of runs
    and copies have no intervals.
    """
    require_writable(output, (".json",))
    require_writable(plot, (".png",))
    require_apart([output, plot], [run, data, labels, *(beside or [])])
    given = read_samples(data, labels, label=label_column)
    say("loading Keras and JAX")
    from mheight.experiments.scoring import score_runs
    from mheight.experiments.trained_run import TrainedRun

    runs = [TrainedRun.load(path) for path in (run, *(beside or []))]
    raw = given.only(runs[0].groups)
    if len(raw) < len(given):
        out(f"{len(given) - len(raw):,} rows are of other groups than the run's, and left out")
    if not len(raw):
        raise InvalidDataError(f"{data}: {runs[0].groups.refusal(*_sizes(given))}")
    samples, found = check_import(raw)
    found.require_kept()
    result = score_runs(runs, samples, copies, data.name)
    _tell_rows(found, result)
    for one in runs:
        if one.config.invalid_protocol:
            out(f"{one.config.name}: training protocol INVALID (Run 6); the figures here are clean")
    _tell_scores(data.name, result)
    if output is not None:
        write_json(output, _measured(data.name, found, result).as_dict())
    if plot is not None:
        _plot(data.name, result, plot)


def _tell_scores(data: str, result: DataScores) -> None:
    out(scores_table(f"{result.name} on {data}", {"this data": result.scores}))
    if result.intervals is not None:
        out(
            f"intervals of level {result.intervals.level:g} hold "
            f"{result.intervals.overall:.3f} of the exact heights; "
            f"{result.flagged:,} rows are flagged as unlike the training codes"
        )


def _plot(data: str, result: DataScores, path: Path) -> None:
    from mheight.evaluation.plots import plot_scatter

    clean = result.clean
    title = f"{result.name} on {data}, {len(clean):,} samples"
    values = clean.log2_heights, result.log2_predicted, clean.group
    plot_scatter(*values, result.scores, title, path)


def _tell_rows(found: ImportReport, result: DataScores) -> None:
    """What became of the rows, and of their labels."""
    out(
        f"{found.rows:,} rows: {found.rows - found.kept:,} of infinite height and "
        f"{result.seen:,} of codes seen in training left out, {len(result.clean):,} scored"
    )
    if found.labels_given:
        falsely_finite = sum(found.labels_finite_where_infinite.values())
        out(
            f"labels checked: {falsely_finite:,} finite where the height is infinite, "
            f"{sum(found.wrong_labels.values()):,} others wrong and replaced by exact heights"
        )
    if found.heights_in_doubt:
        doubtful = sum(found.heights_in_doubt.values())
        out(f"{doubtful:,} exact heights are in doubt; {found.first_doubt}")


def _measured(data: str, found: ImportReport, result: DataScores) -> MeasuredScores:
    return MeasuredScores(
        run=result.name,
        data=data,
        rows=found.rows,
        infinite_left_out=found.rows - found.kept,
        seen_in_training_left_out=result.seen,
        scores=result.scores,
        intervals=result.intervals,
        flagged=result.flagged,
    )


def _sizes(samples: Samples) -> tuple[int, int, int]:
    """n, k and m of the first sample."""
    return int(samples.n[0]), int(samples.k[0]), int(samples.m[0])
