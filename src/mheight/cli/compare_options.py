"""The options of `mheight compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from mheight.cli.rendering import Format

__all__ = ["ExactCodes", "FormOfCodes", "RunsOrCodes", "TimeLimitOfCodes"]

RunsOrCodes = Annotated[
    list[str],
    typer.Argument(
        metavar="RUNS|CODES",
        help="Folders of finished runs; or codes: matrices, files, families such as cosine:9.",
    ),
]
ExactCodes = Annotated[
    bool, typer.Option("--exact", help="Codes: rational arithmetic; nothing is rounded.")
]
TimeLimitOfCodes = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Codes: for each; bounds are compared where it ends. "
        "[60 for a code too long for all heights at once]",
    ),
]
FormOfCodes = Annotated[Format, typer.Option("--format", help="Codes: how the table is written.")]
