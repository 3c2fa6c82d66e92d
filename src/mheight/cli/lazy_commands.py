"""Commands that load when they are called, and options that do not exist; no list of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

__all__ = ["Command", "LazyCommand", "MatrixCommand"]


@dataclass(frozen=True)
class Command:
    """A line in the list of commands.

    Attributes:
        name: of the command, of its module in `mheight.cli`, and of the function there; the
            module has `app` instead where the command has commands of its own.
        summary: the first sentence of the function's docstring.
        of_matrices: whether an argument may begin with a minus sign.
    """

    name: str
    summary: str
    of_matrices: bool = False


class LazyCommand(TyperCommand):
    """A command known by name and summary, whose module is loaded when it is called.

    So `mheight --help` and a misspelt name load no command, and a command loads what it
    needs at the top of its module, as any module does.
    """

    def __init__(self, command: Command) -> None:
        super().__init__(name=command.name, short_help=command.summary, rich_markup_mode=None)
        self._command = command

    def load(self) -> Any:
        """The command itself."""
        name, of_matrices = self._command.name, self._command.of_matrices
        module = import_module(f"mheight.cli.{name}")
        if hasattr(module, "app"):
            for one in module.app.registered_commands:
                # The library would cut a long one.
                one.short_help = " ".join((one.callback.__doc__ or "").split("\n\n")[0].split())
            return typer.main.get_command(module.app)
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(
            name,
            cls=MatrixCommand if of_matrices else None,
            context_settings={"ignore_unknown_options": True} if of_matrices else None,
        )(getattr(module, name))
        return typer.main.get_command(app)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Read the arguments, by the command itself."""
        return self.load().make_context(info_name, args, parent=parent, **extra)


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
