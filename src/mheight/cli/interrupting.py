"""Ctrl-C and polite kills: how they are waited for, and with which status a command ends.

Jobs that go on where they were stopped are in `job_running`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

__all__ = ["INTERRUPTED", "Interrupted", "Interrupts", "end_in_order"]

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it; the command-line library ends with it too."""

_POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """The end of a command after Ctrl-C: `mheight.cli.main` tells the remark, and the status.

    Attributes:
        remark: what is kept, and how to go on; empty where that was said already.
    """

    def __init__(self, remark: str = "") -> None:
        super().__init__(remark)
        self.remark = remark


def end_in_order() -> None:
    """Let polite kills end this process as an exception does: what is half written is removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks
            signal.signal(number, _stopped)


def _stopped(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


class Interrupts:
    """Remembers the first signal, and raises `KeyboardInterrupt` at the next; a context manager.

    Only the main thread may handle signals; elsewhere they stay as they are.
    """

    def __init__(
        self,
        numbers: Sequence[signal.Signals] = _POLITE,
        *,
        waits: Callable[[], bool] = lambda: True,
        ignored_too: bool = False,
    ) -> None:
        """Signals to wait for.

        Args:
            numbers: which.
            waits: whether there is something to end in order; if not, the first one is raised
                at once, too.
            ignored_too: whether to handle those that this process was told to ignore, as
                nohup does.
        """
        self._asked = False
        self._numbers, self._waits, self._ignored_too = numbers, waits, ignored_too
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in self._numbers:
                if self._ignored_too or signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        if self._asked or not self._waits():
            raise KeyboardInterrupt
        self._asked = True

    def was_asked(self) -> bool:
        """Whether a signal came."""
        return self._asked

    def raise_if_asked(self) -> None:
        """Raise what was remembered.

        Raises:
            KeyboardInterrupt: a signal came.
        """
        if self._asked:
            raise KeyboardInterrupt
