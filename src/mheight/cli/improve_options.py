"""The options of `mheight improve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "Fixed",
    "Index",
    "Integer",
    "Levels",
    "Magnitude",
    "Nonzero",
    "OutputFile",
    "Seconds",
    "Source",
    "StateFile",
]

Source = Annotated[str, typer.Argument(help="A matrix, or a file with one code.")]
Index = Annotated[int, typer.Option("-m", metavar="INDEX", help="The height to make smaller.")]
Integer = Annotated[bool, typer.Option("--integer", help="Entries stay integers.")]
Magnitude = Annotated[
    float | None, typer.Option(metavar="VALUE", help="The largest magnitude of an entry.")
]
Fixed = Annotated[
    str | None,
    typer.Option(metavar="COLUMNS", help="Columns that stay, counted from 0, as 0,1,5."),
]
Nonzero = Annotated[
    bool, typer.Option("--nonzero", help="No entry becomes 0; real ones stay 0.01 away from it.")
]
Levels = Annotated[
    str | None,
    typer.Option(
        metavar="VALUES",
        help="Values that an entry may have, with either sign, as 0,0.5,1; a single integer "
        "L: L evenly spaced ones from -MAGNITUDE to MAGNITUDE.",
    ),
]
Seconds = Annotated[float, typer.Option(metavar="SECONDS", help="When to end.")]
StateFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Where it is kept (.json); the same command goes on with it."
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write the matrix (.json)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
