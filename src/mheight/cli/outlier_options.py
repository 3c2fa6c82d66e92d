"""Options of commands about outliers: `mheight choose` and `mheight protect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "CodeMatrix",
    "Delta",
    "DetectedOutliers",
    "HeightBound",
    "LocatedInOutputs",
    "LocatedInWord",
    "MostOutputs",
    "Overhead",
    "Ratio",
    "ReportFile",
    "WithCatalogue",
    "Words",
]

DetectedOutliers = Annotated[int, typer.Option(help="Further ones to detect.")]

# --- choose ------------------------------------------------------------------------------

Ratio = Annotated[
    float | None,
    typer.Option(
        metavar="DELTA/delta",
        help="How much larger the outliers to be caught are than ordinary errors. [any]",
    ),
]
LocatedInOutputs = Annotated[int, typer.Option(help="Outliers to locate in a word of n outputs.")]
MostOutputs = Annotated[
    int | None, typer.Option("--n", metavar="LENGTH", help="Outputs together. [up to 20]")
]
Overhead = Annotated[
    float | None,
    typer.Option(metavar="N/K", help="At most so many outputs for one of the product. [any]"),
]
WithCatalogue = Annotated[
    bool, typer.Option("--catalogue", help="The best codes of the catalogue too; --json has G.")
]

# --- protect -----------------------------------------------------------------------------

Words = Annotated[
    Path,
    typer.Argument(
        help="Received words: .npy of shape (N, n), .csv with n numbers a line, or .parquet."
    ),
]
CodeMatrix = Annotated[
    str | None, typer.Option("--code", metavar="MATRIX", help="The code: a matrix or a file.")
]
LocatedInWord = Annotated[int, typer.Option(help="Outliers to locate in a word.")]
Delta = Annotated[
    str | None,
    typer.Option(metavar="ERROR", help="Largest ordinary error; or n of them with commas. Needed."),
]
HeightBound = Annotated[
    float | None,
    typer.Option(metavar="BOUND", help="n > 20: an upper bound of the height, if known."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", help=".csv, .jsonl or .parquet with what was found."),
]
