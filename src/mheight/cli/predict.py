"""`mheight predict`: a run on samples, labelled or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mheight.cli.console import out, say

__all__ = ["predict"]


def predict(
    file: Annotated[
        Path, typer.Argument(help="Pickle of [n, k, m, P], Parquet file, or data set folder.")
    ],
    run: Annotated[Path, typer.Option("--run", "-r", help="Folder of a finished run.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="File to write: .csv, .parquet, or .pkl (a list of floats)."
        ),
    ],
) -> None:
    """Predict heights with a run's network, in the order of the input.

    CSV and Parquet get the ends of an interval and a flag beside each height.  Infinite
    heights are recognised, not predicted.  For n = 9, `mheight heights FILE` gives the
    exact heights, and faster.
    """
    import numpy as np

    from mheight.datasets import read_samples
    from mheight.datasets.height_files import check_output, write_heights

    check_output(output)
    samples = read_samples(file)
    say("loading Keras and JAX")
    from mheight.experiments.trained_run import TrainedRun

    found = TrainedRun.load(run).predict(samples)
    columns = {"low": np.exp2(found.low), "high": np.exp2(found.high), "flag": found.flags}
    write_heights(samples, np.exp2(found.log2_heights), output, columns)
    infinite = int(np.isinf(found.log2_heights).sum())
    foreign = int((found.flags != "").sum()) - infinite
    out(f"{output}: {len(samples):,} predicted heights")
    if infinite:
        out(f"{infinite:,} are infinite: m is at least the minimum distance of the code")
    if foreign:
        out(f"{foreign:,} codes are unlike those of training (column flag): trust them less")
