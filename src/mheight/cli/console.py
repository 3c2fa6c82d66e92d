"""What the commands share: consoles, progress bars, messages."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mheight.cli.interrupting import Interrupts
from mheight.errors import MheightError, in_one_line

if TYPE_CHECKING:
    from mheight.experiments import RunFolder

__all__ = [
    "TrainingDisplay",
    "error_console",
    "errors_in_one_line",
    "out",
    "plain_where_needed",
    "progress_bar",
    "say",
]

# Text in notebooks too, where Rich would put HTML into the cell.
_plain: Any = {"soft_wrap": True, "highlight": False, "markup": False, "force_jupyter": False}
if "ipykernel" in sys.modules:
    _plain["force_terminal"] = False  # no bars there: a cell keeps every line of them
_stdout = Console(**_plain)
error_console = Console(stderr=True, **_plain)


_IN_ASCII = {
    "\u2500": "-",  # a rule below a header
    "\u2502": "|",
    "\u2026": "...",
    "\u2212": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u00d7": "x",
    "\u221e": "inf",
    "\u0394": "Delta",
    "\u03b4": "delta",
}


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    plain = "".join(
        _IN_ASCII.get(c) or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
        or "?" for c in text
    )  # fmt: skip
    return plain, error.end


def plain_where_needed() -> None:
    """Let standard output and error fall back to ASCII where their encoding lacks a character."""
    codecs.register_error("mheight-ascii", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors != "mheight-ascii":
            stream.reconfigure(errors="mheight-ascii")


def out(text: str) -> None:
    """Print a result, unstyled, to standard output."""
    _stdout.print(text, end="" if text.endswith("\n") else "\n")


def say(text: str) -> None:
    """Print a remark to standard error, so that results can be piped."""
    error_console.print(text)


class Advance(Protocol):
    """Moves a progress bar on by so many units."""

    def __call__(self, units: int) -> None: ...


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=error_console,
        transient=True,
    )


@contextmanager
def progress_bar(description: str, total: int | None) -> Iterator[Advance]:
    """A bar on standard error while the block runs."""
    with _bar() as progress:
        task = progress.add_task(description, total=total)

        def advance(units: int) -> None:
            progress.advance(task, units)

        yield advance


def errors_in_one_line() -> None:
    """For scripts: an exception of the package ends them with one line instead of a traceback."""
    usual = sys.excepthook

    def tell(kind: Any, error: Any, trace: Any) -> None:
        if issubclass(kind, MheightError | OSError):
            say(f"error: {in_one_line(str(error))}")
        elif not issubclass(kind, KeyboardInterrupt):
            usual(kind, error, trace)

    sys.excepthook = tell


class TrainingDisplay:
    """A bar of an epoch's steps, with lines printed above it; Ctrl-C stops between steps.

    While it is open, the first Ctrl-C or polite kill in training is remembered and
    raised after the step, because raised at once it can be lost inside the libraries.
    The second one, or one outside training, is raised at once.
    """

    def __init__(self, epochs: int, folder: RunFolder | None = None) -> None:
        """A display of so many epochs.

        Args:
            epochs: at most.
            folder: of the run; with it, an interruption says what is kept.
        """
        self._folder = folder
        self._progress = _bar()
        self._epochs = epochs
        self._task = self._progress.add_task("", total=None, visible=False)
        self._training = False
        self._interrupts = Interrupts(waits=lambda: self._training)

    def __enter__(self) -> TrainingDisplay:
        self._interrupts.__enter__()
        self._progress.start()
        return self

    def __exit__(self, kind: object = None, *_: object) -> None:
        self._progress.stop()
        if kind is KeyboardInterrupt and self._folder is not None:
            say(self._folder.how_to_go_on("the same command goes on"))
        self._interrupts.__exit__()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(text)

    def epoch_begins(self, epoch: int, steps: int) -> None:
        """An epoch of so many steps begins."""
        self._training = True
        self._interrupts.raise_if_asked()
        self._progress.reset(
            self._task,
            total=steps,
            description=f"epoch {epoch}/{self._epochs}",
            visible=True,
        )

    def step_done(self, step: int) -> None:
        """So many steps of the epoch are done."""
        self._interrupts.raise_if_asked()
        self._progress.update(self._task, completed=step)

    def training_ends(self) -> None:
        """Evaluation and reports come now; a signal is raised at once again."""
        self._training = False
        self._progress.update(self._task, visible=False)
        self._interrupts.raise_if_asked()
