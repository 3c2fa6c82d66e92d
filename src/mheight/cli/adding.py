"""How functions become commands: their line in the list, and options that do not exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand

__all__ = ["MatrixCommand", "add_command", "first_sentence"]


class MatrixCommand(TyperCommand):
    """A command whose argument may begin with a minus sign: `-1 5 1; 2 3 4`.

    Options that begin with a letter and do not exist are refused all the same.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse unknown options, and leave the rest to the library."""
        self._refuse_unknown(ctx, args)
        found: list[str] = super().parse_args(ctx, args)
        return found

    def _refuse_unknown(self, ctx: Any, args: list[str]) -> None:
        known = {name: option for option in self.get_params(ctx) for name in option.opts}
        is_value = False
        for argument in args:
            if argument == "--":
                break
            if is_value or not re.match(r"--?[A-Za-z]", argument):
                is_value = False
                continue
            is_long = argument.startswith("--")
            # -PH stands for -P and -H, and -m2 for -m 2.
            names = [argument.split("=", 1)[0]] if is_long else [f"-{c}" for c in argument[1:]]
            for at, name in enumerate(names, start=1):
                if name not in known:
                    whole = names[0] if is_long else argument
                    close = get_close_matches(whole.lstrip("-"), [n.lstrip("-") for n in known], 1)
                    near = next((n for n in known if close and n.lstrip("-") == close[0]), None)
                    ctx.fail(
                        f"No such option: {whole}" + (f" Did you mean {near}?" if near else "")
                    )
                if not getattr(known[name], "is_flag", False):
                    is_value = "=" not in argument if is_long else at == len(names)
                    break


def add_command(
    app: typer.Typer, function: Callable[..., None], *, of_matrices: bool = False
) -> None:
    """Add a function to a command line; its first sentence stands in the list of commands.

    Args:
        app: the command line.
        function: has the name of the command.
        of_matrices: whether an argument may begin with a minus sign.
    """
    app.command(
        cls=MatrixCommand if of_matrices else None,
        context_settings={"ignore_unknown_options": True} if of_matrices else None,
        short_help=first_sentence(function),
    )(function)


def first_sentence(function: Callable[..., Any] | None) -> str:
    """The first paragraph of a docstring on one line, which the library would cut."""
    return " ".join((getattr(function, "__doc__", None) or "").split("\n\n")[0].split())
