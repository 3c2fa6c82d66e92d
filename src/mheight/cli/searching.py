"""What `mheight design` and `mheight improve` share: a line of progress, and Ctrl-C."""

from __future__ import annotations

import math
import signal
import threading
from types import TracebackType
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn

from mheight.cli.console import error_console

__all__ = ["SearchDisplay"]


class SearchDisplay:
    """The best height against time, a line for each better one; Ctrl-C asks to stop.

    The second Ctrl-C stops at once.
    """

    def __init__(self) -> None:
        """A display that shows nothing until it is entered."""
        self.stopped = False
        self._what, self._best = "", math.inf
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), console=error_console,
            transient=True,
        )  # fmt: skip
        self._line = self._progress.add_task("")
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> SearchDisplay:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._handlers[number] = signal.signal(number, self._asked)
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self._progress.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _asked(self, *_: object) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True

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
