"""`mheight`: the command line.  Each command parses, calls the library and prints."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import mheight
from mheight.cli.bounds import bounds
from mheight.cli.compare import compare
from mheight.cli.console import error_console, say
from mheight.cli.data import app as data_app
from mheight.cli.distance import distance
from mheight.cli.equivalent import equivalent
from mheight.cli.evaluate import evaluate
from mheight.cli.export import export
from mheight.cli.heights import heights
from mheight.cli.predict import predict
from mheight.cli.serve import serve
from mheight.cli.train import train
from mheight.cli.tune import tune
from mheight.errors import MheightError

__all__ = ["app", "main"]

app = typer.Typer(
    name="mheight",
    help="Heights of analog error-correcting codes: exact, and predicted by networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data_app, name="data")
# A matrix may begin with a minus sign.
_MATRIX = {"ignore_unknown_options": True}
app.command(context_settings=_MATRIX)(heights)
app.command()(bounds)
app.command(context_settings=_MATRIX)(distance)
app.command(context_settings=_MATRIX)(equivalent)
app.command()(train)
app.command()(tune)
app.command()(evaluate)
app.command(context_settings=_MATRIX)(compare)
app.command()(export)
app.command()(predict)
app.command()(serve)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mheight {mheight.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done; 1: an error, told in one line; 2: a usage error; 3: `heights --claimed` judged
    a claim to be wrong; 130: interrupted.
    No traceback reaches the user, unless MHEIGHT_DEBUG is set.
    """
    _listen_to_compiling()
    try:
        app(args=None if argv is None else list(argv))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except MheightError as error:
        return _fail(str(error))
    except OSError as error:
        where = f" ({_wanted_path(error.filename)})" if error.filename else ""
        return _fail(f"{error.strerror or error}{where}")
    except ModuleNotFoundError as error:
        return _fail(_missing(error))
    except MemoryError:
        return _fail("out of memory")
    except SystemError as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            return 130  # Ctrl-C inside a compiled function
        return _fail(f"unexpected SystemError: {error} (a bug in mheight)")
    except Exception as error:  # the last resort, so that no traceback reaches a user
        return _fail(
            f"unexpected {type(error).__name__}: {error} "
            "(a bug in mheight; set MHEIGHT_DEBUG=1 to see where)"
        )
    return 0


class _Remarks(logging.Handler):
    """Says on standard error what the library logs; what is only news, on a terminal only."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            say("warning: " + record.getMessage())
        elif error_console.is_terminal:
            say(record.getMessage())


def _listen_to_compiling() -> None:
    """Say once when kernels are compiled, or can't be kept."""
    log = logging.getLogger("mheight.compiling")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers = [_Remarks()]


_EXTRAS = {
    "train": ("h5py", "jax", "keras", "matplotlib", "onnx", "sklearn"),
    "serve": ("fastapi", "prometheus_client", "starlette", "uvicorn"),
    "tune": ("optuna",),
}


def _missing(error: ModuleNotFoundError) -> str:
    """What to install for a command whose packages are not there."""
    package = (error.name or "").split(".")[0]
    for extra, packages in _EXTRAS.items():
        if package in packages:
            return f"this needs the package {package}; install mheight[{extra}]"
    return f"the package {package} is missing; install mheight again"


def _wanted_path(name: object) -> Path:
    """The path that was asked for: a temporary file or folder stands for its parent."""
    path = Path(str(name))
    return path.parent if path.name.startswith(".") else path


def _fail(message: str) -> int:
    if os.environ.get("MHEIGHT_DEBUG"):
        traceback.print_exc()
    error_console.print("error: " + " ".join(message.split()))
    return 1


def run() -> None:
    """Entry point of the console script."""
    sys.exit(main())
