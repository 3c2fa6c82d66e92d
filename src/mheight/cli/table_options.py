"""The options of `mheight table`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "CatalogueFolder",
    "Check",
    "Dimension",
    "KindOfCode",
    "Length",
    "Merge",
    "OutputPath",
    "Sample",
    "SampleSeed",
    "Submission",
]

Length = Annotated[int | None, typer.Argument(help="Length. [all]")]
Dimension = Annotated[int | None, typer.Option("-k", metavar="DIMENSION", help="Only this.")]
KindOfCode = Annotated[
    str | None, typer.Option(metavar="real|integer", help="Only codes of this kind. [both]")
]
OutputPath = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Write .json (with matrices), .csv or .tex; with --merge, the folder of the new "
        "catalogue.",
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Compute every entry again from its matrix.")]
Sample = Annotated[
    int | None, typer.Option(metavar="COUNT", help="With --check: only so many, at random.")
]
SampleSeed = Annotated[int, typer.Option(help="With --sample: of the choice.")]
Submission = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Judge a code: a file or a typed matrix; with -m."),
]
Merge = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH",
        help="Take in found codes, files or folders, and other catalogues; with -o.",
    ),
]
CatalogueFolder = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Another catalogue. [the shipped one]")
]
