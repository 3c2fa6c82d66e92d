"""Options that commands of different purposes have in common."""

from __future__ import annotations

from typing import Annotated

import typer

from mheight.cli.rendering import Format

__all__ = ["JsonLines", "OnlyHeight", "TableForm"]

OnlyHeight = Annotated[int | None, typer.Option("-m", metavar="INDEX", help="Only this height.")]
TableForm = Annotated[Format, typer.Option("--format", help="How the table is written.")]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
