"""`mheight`: the list of commands, and errors in one line; how commands load: `lazy_commands`."""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import mheight
from mheight.cli.console import error_console, plain_where_needed, say
from mheight.cli.interrupting import INTERRUPTED, Interrupted, end_in_order
from mheight.cli.lazy_commands import Command, LazyCommand
from mheight.errors import MheightError, in_one_line, input_remarks, install_advice

__all__ = ["COMMANDS", "app", "main"]

COMMANDS = (
    Command(
        "heights",
        "Compute exact heights h_1 ... h_{n-k} of one code or of all codes in a file.",
        of_matrices=True,
    ),
    Command(
        "bounds",
        "Show lower bounds on the heights of every [n, k] code, and where they are proved.",
    ),
    Command(
        "distance",
        "Show the minimum distance d of codes: h_m is finite for m < d and infinite from m = d on.",
        of_matrices=True,
    ),
    Command(
        "equivalent",
        "Say whether B is A with its positions in another order and some signs changed.",
        of_matrices=True,
    ),
    Command("design", "Search for codes with small heights: mheight design 9 4 5."),
    Command(
        "improve",
        "Make a given code better under limits on its entries: mheight improve FILE -m 3.",
        of_matrices=True,
    ),
    Command(
        "choose",
        "Choose a code that finds outliers in analog products: what it costs and promises.",
    ),
    Command(
        "table",
        "Show the best codes that are known: the catalogue, its check, submissions to it.",
    ),
    Command(
        "protect",
        "Find and correct outliers in received words c + z of a code.",
        of_matrices=True,
    ),
    Command("train", "Train a network as a configuration says, and report."),
    Command("tune", "Search for the hyper-parameters that score best on clean validation."),
    Command("evaluate", "Score a run on a data set, against exact heights."),
    Command(
        "compare",
        "Show finished runs side by side (scores, budgets, criteria), or the heights of codes.",
        of_matrices=True,
    ),
    Command(
        "export",
        "Write a bundle: the network as ONNX, its features, intervals, domain and model card.",
    ),
    Command("predict", "Predict the heights of a test set, in the order of the input."),
    Command("serve", "Serve heights and predictions over HTTP, with a page for browsers."),
    Command("merge", "Add up shards that were made in several places: mheight merge A B -o ALL."),
    Command("data", "Make, import and inspect data sets of labelled codes."),
)

_program = typer.Typer(
    name="mheight",
    help="Heights of analog error-correcting codes: exact, and predicted by networks.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mheight {mheight.__version__}")
        raise typer.Exit


@_program.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _with_commands() -> Any:
    group: Any = typer.main.get_command(_program)
    for command in COMMANDS:
        group.add_command(LazyCommand(command))
    return group


app = _with_commands()
"""The command line, as a group of commands."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done; 1: an error, told in one line; 2: a usage error; 3: `heights --claimed` judged
    a claim to be wrong; 130: interrupted; 141: nobody reads any more (`| head -1`).
    No traceback reaches the user, unless MHEIGHT_DEBUG is set.
    """
    _listen_to_compiling()
    plain_where_needed()
    with input_remarks(lambda text: say(f"warning: {text}")):
        status = _run(argv)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _nobody_reads()
    return status


def _run(argv: Sequence[str] | None) -> int:
    try:
        app(args=None if argv is None else list(argv))
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # Typer makes a status of 1 of it
            return _nobody_reads()
        return stop.code if isinstance(stop.code, int) else 1
    except Interrupted as end:
        if end.remark:
            say(end.remark)
        return INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads()
    except MheightError as error:
        missing = re.fullmatch(
            r"(.+): no such (?:bundle|(?:[a-z]+ )?file(?: or folder)?)", str(error)
        )
        return _fail(f"{error}{_nearest(missing[1]) if missing else ''}")
    except OSError as error:
        where = f" ({_wanted_path(error.filename)})" if error.filename else ""
        near = _nearest(str(error.filename)) if isinstance(error, FileNotFoundError) else ""
        return _fail(f"{error.strerror or error}{where}{near}")
    except ModuleNotFoundError as error:
        return _fail(_missing(error))
    except MemoryError:
        return _fail("out of memory")
    except SystemError as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            return INTERRUPTED  # Ctrl-C inside a compiled function
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


def _nobody_reads() -> int:
    """After `| head -1`: nothing more can be written, and that is no error."""
    # What is still in the buffer would be tried again when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _SIGPIPE


_SIGPIPE = 141  # the status of a program that a closed pipe ends

_EXTRAS = {
    "train": ("h5py", "jax", "keras", "matplotlib", "onnx", "sklearn"),
    "serve": ("fastapi", "prometheus_client", "starlette", "uvicorn"),
    "tune": ("optuna",),
    "mat": ("scipy",),
    "cluster": ("dask", "distributed"),
}


def _missing(error: ModuleNotFoundError) -> str:
    """What to install for a command whose packages are not there."""
    package = (error.name or "").split(".")[0]
    for extra, packages in _EXTRAS.items():
        if package in packages:
            return f"this needs the package {package}; {install_advice(extra)}"
    return f"the package {package} is missing; {install_advice()}"


def _nearest(name: str) -> str:
    """What to say of files of nearly the same name."""
    from mheight.codes.reading.files import nearest

    return nearest(_wanted_path(name))


def _wanted_path(name: object) -> Path:
    """The path that was asked for: a temporary file or folder stands for its parent."""
    path = Path(str(name))
    return path.parent if path.name.startswith(".") else path


def _fail(message: str) -> int:
    if os.environ.get("MHEIGHT_DEBUG"):
        traceback.print_exc()
    error_console.print("error: " + in_one_line(message))
    return 1


def run() -> None:
    """Entry point of the console script."""
    end_in_order()
    sys.exit(main())
