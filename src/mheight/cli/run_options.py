"""Options of commands on training runs: train, tune, evaluate, export; some of predict's too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "BundlePath",
    "CompareWith",
    "ConfigFile",
    "Copies",
    "FinishedRun",
    "OtherRuns",
    "OutputRoot",
    "Overrides",
    "Plot",
    "ReportOnly",
    "Resume",
    "ResumeStudy",
    "ScoresFile",
    "ScoresOfData",
    "StudyFile",
    "StudyOutput",
    "Trials",
]

# --- train -------------------------------------------------------------------------------

ConfigFile = Annotated[Path, typer.Argument(help="Run configuration, as in runs/*.toml.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key; may be repeated."),
]
OutputRoot = Annotated[
    Path,
    typer.Option("--output-root", "-o", help="Folder for the run folder and best_model_NAME.h5."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with an interrupted run, if there is one.")
]
ReportOnly = Annotated[
    bool,
    typer.Option(
        "--report-only",
        help="Train nothing: report on an interrupted run so far, or make the intervals of a "
        "finished one anew.",
    ),
]
CompareWith = Annotated[
    list[Path] | None,
    typer.Option("--compare", metavar="RUN", help="Finished run to compare with; repeatable."),
]

# --- tune --------------------------------------------------------------------------------

StudyFile = Annotated[Path, typer.Argument(help="Study file, as runs/tune-run8.toml.")]
StudyOutput = Annotated[Path, typer.Option("--output", "-o", help="Folder of the study.")]
Trials = Annotated[
    int | None,
    typer.Option(
        "--trials",
        min=1,
        max=100_000,
        help="Trials in all, instead of the file's number; goes on with an existing study.",
    ),
]
ResumeStudy = Annotated[
    bool, typer.Option("--resume", help="Go on with an interrupted study, if there is one.")
]

# --- evaluate, export and predict --------------------------------------------------------

FinishedRun = Annotated[Path, typer.Argument(help="Folder of a finished run.")]
OtherRuns = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="RUN", help="Another run to average with; repeatable."),
]
Copies = Annotated[
    int, typer.Option(min=0, max=1000, help="Symmetric copies of each code to average over.")
]
ScoresFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="JSON file for the scores.")
]
Plot = Annotated[Path | None, typer.Option(help="PNG to write: predicted against exact heights.")]
BundlePath = Annotated[
    Path, typer.Option("--output", "-o", help="Folder to make, or .zip file to write.")
]
ScoresOfData = Annotated[
    list[Path] | None,
    typer.Option(
        "--scores",
        metavar="FILE",
        help="JSON of `mheight evaluate --output`, for the model card; repeatable.",
    ),
]
