"""`mheight evaluate`: a run on any labelled data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mheight.cli.console import out, say

__all__ = ["evaluate"]


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    data: Annotated[
        Path, typer.Argument(help="Data set folder, Parquet file, or pickle of samples.")
    ],
    labels: Annotated[
        Path | None, typer.Option(help="Pickle of heights, to be checked against exact ones.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file for the scores.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="PNG to write: predicted against exact heights.")
    ] = None,
) -> None:
    """Score a run on a data set, against exact heights.

    Rows of infinite height can't be scored and are left out.  Rows whose code is
    equivalent to one that training saw are left out too, and counted.
    """
    from mheight.datasets import check_import, read_samples
    from mheight.errors import InvalidDataError
    from mheight.evaluation import scores_table
    from mheight.files import require_file_name, write_json
    from mheight.metrics import score

    require_file_name(output, ".json")
    require_file_name(plot, ".png")
    raw = read_samples(data, labels)
    samples, found = check_import(raw)
    say("loading Keras and JAX")
    from mheight.experiments.trained_run import TrainedRun

    trained = TrainedRun.load(run)
    seen = trained.seen_in_training(samples)
    infinite = found.rows - found.kept
    if seen.all():
        raise InvalidDataError(
            f"{data}: every code is equivalent to one that {run} was trained on; nothing to score"
        )
    clean = samples.take(~seen)
    predicted = trained.predict_log2(clean)
    scores = score(clean.log2_heights, predicted, clean.group)
    out(
        f"{len(raw):,} rows: {infinite:,} of infinite height and {int(seen.sum()):,} of codes "
        f"seen in training left out, {len(clean):,} scored"
    )
    if found.labels_given:
        falsely_finite = sum(found.labels_finite_where_infinite.values())
        out(
            f"labels checked: {falsely_finite:,} finite where the height is infinite, "
            f"{sum(found.wrong_labels.values()):,} others wrong and replaced by exact heights"
        )
    if trained.config.invalid_protocol:
        out("this run's training protocol is INVALID (Run 6); the figures here are clean")
    out(scores_table(f"{trained.config.name} on {data.name}", {"this data": scores}))
    if output is not None:
        write_json(
            output,
            {
                "run": trained.config.name,
                "data": data.name,
                "rows": len(raw),
                "infinite_left_out": infinite,
                "seen_in_training_left_out": int(seen.sum()),
                "scores": scores.as_dict(),
            },
        )
    if plot is not None:
        from mheight.evaluation.plots import plot_scatter

        title = f"{trained.config.name} on {data.name}, {len(clean):,} samples"
        plot_scatter(clean.log2_heights, predicted, clean.group, scores, title, plot)
