"""The options of `mheight design`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Closure",
    "Entries",
    "EntryKind",
    "Magnitude",
    "Members",
    "Numbers",
    "OutputFile",
    "RestartCount",
    "Seconds",
    "StateFolder",
    "Tasks",
]


class EntryKind(StrEnum):
    """Entries of P in G = [I | P]."""

    REAL = "real"
    INTEGER = "integer"


Numbers = Annotated[
    list[str] | None, typer.Argument(metavar="N K M", help="Length, dimension, height index.")
]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        "--task",
        metavar="N:K:M",
        help="The same, as often as wanted; entries are integers, as the course asks.",
    ),
]
Entries = Annotated[
    EntryKind | None, typer.Option(help="Of P in G = [I | P]. [real; integer with --task]")
]
Magnitude = Annotated[int, typer.Option(help="The largest magnitude of integers in P.")]
Seconds = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="For each search, without compiling. [60; no limit for --restarts with --rounds]",
    ),
]
Members = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES", help="Methods that take turns, as cma,symmetric,hop. [a choice by size]"
    ),
]
Closure = Annotated[
    bool,
    typer.Option(
        "--closure", help="Begin with the catalogue's codes and what the rules make of them."
    ),
]
StateFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Where searches are kept; the same command goes on with them."
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=".json: the codes with their certificates; .pkl: {(n, k, m): P}, as the course "
        "reads it, and the heights in a second file beside it.",
    ),
]
RestartCount = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        min=1,
        max=1_000_000,
        help="So many searches for each task, from seeds that follow --seed, in shards of the "
        "folder --state; with --rounds each always finds the same.",
    ),
]
