"""What the library warns of, caught for each thread by itself.

`warnings.catch_warnings` changes the whole process, and would hand the warnings of one
thread to another; here a hook gives each warning to the thread that it came from.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mheight.errors import AccuracyWarning

__all__ = ["remarks"]

_heard = threading.local()
_before: Callable[..., Any] = warnings.showwarning


def _hear(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
    texts = getattr(_heard, "texts", None)
    if texts is not None and issubclass(category, AccuracyWarning):
        texts.append(str(message))
    else:
        _before(message, category, *rest, **more)


def _install() -> None:
    global _before
    if warnings.showwarning is not _hear:
        _before = warnings.showwarning
        warnings.showwarning = _hear
        warnings.simplefilter("always", AccuracyWarning)


@contextmanager
def remarks() -> Iterator[list[str]]:
    """The texts of the accuracy warnings of this thread in the block."""
    _install()
    texts: list[str] = []
    _heard.texts = texts
    try:
        yield texts
    finally:
        _heard.texts = None
