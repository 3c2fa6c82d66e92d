"""What `mheight design` and `mheight improve` show while they search; no options."""

from __future__ import annotations

import math
from types import TracebackType

from rich.progress import Progress, SpinnerColumn, TextColumn

from mheight.cli.console import error_console
from mheight.cli.interrupting import Interrupts

__all__ = ["SearchDisplay"]


class SearchDisplay:
    """The best height against time, a line for each better one; Ctrl-C asks to stop.

    The second Ctrl-C stops at once.
    """

    def __init__(self) -> None:
        """A display that shows nothing until it is entered."""
        self._what, self._best = "", math.inf
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), console=error_console,
            transient=True,
        )  # fmt: skip
        self._line = self._progress.add_task("")
        self._interrupts = Interrupts()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._interrupts.was_asked()

    def __enter__(self) -> SearchDisplay:
        self._interrupts.__enter__()
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self._progress.stop()
        self._interrupts.__exit__()

    def begin(self, what: str, best: float = math.inf) -> None:
        """Another search; `best` is known before it."""
        self._what, self._best = what, best

    def show(self, seconds: float, rounds: int, best: float) -> None:
        """After a round."""
        if best < self._best * (1.0 - 1e-9):
            self._best = best
            self._progress.console.print(f"{seconds:8.1f} s  {self._what} = {best:.9g}")
        self._progress.update(
            self._line,
            description=f"{self._what} = {best:.9g}   {seconds:.0f} s   round {rounds}",
        )
