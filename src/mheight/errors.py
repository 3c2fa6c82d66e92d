"""The exception family: everything that mheight raises on purpose is a `MheightError`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = [
    "AccuracyWarning",
    "BundleError",
    "ConfigError",
    "InputWarning",
    "InvalidCodeError",
    "InvalidDataError",
    "JobError",
    "LeakError",
    "MheightError",
    "RunFolderError",
    "TrainingDivergedError",
    "UnsafePickleError",
    "UnsolvedHeightError",
    "in_one_line",
    "input_remarks",
    "install_advice",
    "remark_on_input",
]


def in_one_line(text: str) -> str:
    r"""A text that may quote what came, safe to print: one line, control characters escaped.

    Examples:
        >>> in_one_line("the values of a\nb\x1b[2J are damaged")
        'the values of a b\\x1b[2J are damaged'
    """
    if text.isprintable():
        return text
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)


class MheightError(Exception):
    """Base of every error that mheight raises on purpose; its text is one line, fit for a user."""

    def __str__(self) -> str:
        return in_one_line(super().__str__())


class AccuracyWarning(UserWarning):
    """Rounding leaves a result in doubt; the text says which, and by how much.

    Attributes:
        doubts: the same as values, each a `mheight.Doubt`.
    """

    doubts: tuple[Any, ...] = ()


class InputWarning(UserWarning):
    """Something in an input is not read; the text says what."""


_listener: ContextVar[Callable[[str], None] | None] = ContextVar("input remarks", default=None)


@contextmanager
def input_remarks(listener: Callable[[str], None]) -> Iterator[None]:
    """In the block, in this thread, hand remarks on an input to a function; nothing is warned."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def remark_on_input(text: str, *, stacklevel: int = 2) -> None:
    """Say what of an input is not read: to whoever listens, else by an `InputWarning`."""
    text = in_one_line(text)
    listener = _listener.get()
    if listener is not None:
        listener(text)
    else:
        warnings.warn(text, InputWarning, stacklevel=stacklevel + 1)


class InvalidCodeError(MheightError, ValueError):
    """A matrix, a shape or an `m` does not describe a linear code or one of its heights."""


class UnsolvedHeightError(MheightError):
    """Only bounds of a height are known, because a limit stopped the search."""


class InvalidDataError(MheightError, ValueError):
    """A data file or a set of samples breaks a rule; the text says which, and where."""


class JobError(MheightError):
    """A job, one of its shards, or a cluster that works on it is not what it has to be."""


class UnsafePickleError(InvalidDataError):
    """A pickle asks for something other than arrays, numbers and plain containers."""


class ConfigError(MheightError, ValueError):
    """A run configuration has an unknown key or a value outside its range."""


class LeakError(MheightError):
    """Validation data reached something that only training data may reach."""


class RunFolderError(MheightError):
    """A run folder exists already, is missing something, or belongs to another run."""


class TrainingDivergedError(MheightError):
    """The loss became NaN or infinite; the run folder keeps what was known before."""


class BundleError(MheightError):
    """A bundle is incomplete, damaged or changed, or a model can't become one."""


def install_advice(extra: str | None = None) -> str:
    """How to install what is missing; mheight is not in a package index."""
    what = "." if extra is None else f"'.[{extra}]'"
    return f"in the source of mheight: pip install {what}"
