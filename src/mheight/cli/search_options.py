"""Options that `mheight design` and `mheight improve` share."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Rounds", "Seed"]

Rounds = Annotated[
    int | None,
    typer.Option(metavar="COUNT", help="At most so many rounds: the same ones give the same code."),
]
Seed = Annotated[int, typer.Option(help="Of all randomness.")]
