"""`mheight compare`: finished runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mheight.cli.console import out

__all__ = ["compare"]


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
) -> None:
    """Show finished runs side by side: scores by group and tier, budgets, criteria."""
    from mheight.evaluation import comparison_text
    from mheight.experiments import RunFolder

    out(comparison_text([RunFolder.open(path).read_report() for path in runs]))
