"""Options that every command on samples has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mheight.cli.console import out

if TYPE_CHECKING:
    from mheight.datasets import LabelFault

__all__ = ["SAMPLES", "SHOWN", "LabelColumn", "LabelsFile", "SamplesPath", "tell_faults"]

SAMPLES = (
    "Samples (n, k, m, P): a data set folder, or .pkl, .parquet, .csv, .tsv, .txt, .json, .jsonl, "
    ".npz, .mat, each perhaps .gz; without an ending, told by its content."
)
"""What a file of samples may be."""

SamplesPath = Annotated[Path, typer.Argument(help=SAMPLES)]

LabelsFile = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        help="Heights to check, in a file of the same kinds: in the order of the samples, or by "
        "(n, k, m).",
    ),
]

LabelColumn = Annotated[
    str | None,
    typer.Option(
        "--label-column",
        metavar="NAME",
        help="The column or key that holds heights; none: no column does.",
    ),
]

SHOWN = 5
"""Wrong heights that are named."""


def tell_faults(first: Sequence[LabelFault], wrong: int, count: int, remark: str) -> None:
    """Print how many of `count` heights are wrong, and which ones first."""
    if not wrong:
        return
    verb = "is" if wrong == 1 else "are"
    out(f"{wrong:,} of the {count:,} heights given {verb} wrong: {remark}")
    for fault in first[:SHOWN]:
        out(f"  {fault}")
    if wrong > SHOWN:
        out(f"  and {wrong - SHOWN:,} more")
