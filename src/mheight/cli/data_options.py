"""The options of `mheight data`; those of all commands on samples are in `sample_options`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "CodesPerGroup",
    "Ensemble",
    "EnsembleChoice",
    "GroupsOption",
    "LabelsArgument",
    "OutputFolder",
    "PlotOfHeights",
    "SeedOfCodes",
]


class Ensemble(StrEnum):
    """Ensembles by name."""

    UNIFORM = "uniform"
    COURSE = "course"
    NORMAL = "normal"
    SEARCHED = "searched"


OutputFolder = Annotated[
    Path, typer.Option("--output", "-o", help="Folder to make; it must not exist.")
]
EnsembleChoice = Annotated[
    Ensemble,
    typer.Option(
        help="uniform: entries in [-100, 100]; course: mixed scales; normal: real entries; "
        "searched: codes from a short search for small heights."
    ),
]
CodesPerGroup = Annotated[int, typer.Option(help="Codes for each group.")]
SeedOfCodes = Annotated[int, typer.Option(help="Same seed, same codes.")]
GroupsOption = Annotated[
    str | None,
    typer.Option(
        "--groups",
        help="course-9, course-21, or n:k:m with ranges, several with blanks between: "
        "'9:4:2-5 10:5:2'.",
    ),
]
LabelsArgument = Annotated[
    Path | None,
    typer.Argument(
        help="Heights, to be checked, in a file of the same kinds; they are computed anyway."
    ),
]
PlotOfHeights = Annotated[Path | None, typer.Option(help="PNG to write: heights by group.")]
