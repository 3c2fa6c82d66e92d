"""Options of `mheight bounds`, `mheight distance` and `mheight equivalent`."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "ColumnSets",
    "Dimension",
    "Every",
    "FirstCode",
    "JsonNotSentences",
    "JsonNotTable",
    "Length",
    "SecondCode",
    "SourceOfCodes",
]

# --- bounds ------------------------------------------------------------------------------

Length = Annotated[int, typer.Argument(help="Length.")]
Dimension = Annotated[int, typer.Argument(help="Dimension.")]
Every = Annotated[
    bool, typer.Option("--all", help="The weaker bounds too, not only the best of each m.")
]
JsonNotTable = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]

# --- distance ----------------------------------------------------------------------------

SourceOfCodes = Annotated[
    str | None,
    typer.Argument(help="A matrix, a file of matrices, or - , as for heights.", show_default=""),
]
ColumnSets = Annotated[
    int | None,
    typer.Option(metavar="SETS", help="Sets of columns to look at in a long code. [2000000]"),
]

# --- equivalent --------------------------------------------------------------------------

FirstCode = Annotated[
    str,
    typer.Argument(
        metavar="A", help="A matrix, a file of one matrix, or a family such as cosine:9."
    ),
]
SecondCode = Annotated[str, typer.Argument(metavar="B", help="Likewise.")]
JsonNotSentences = Annotated[bool, typer.Option("--json", help="JSON instead of sentences.")]
