"""Where shards are computed: here, or on the workers of a cluster; all of them, or a part."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mheight.errors import JobError
from mheight.jobs.folder import JobFolder
from mheight.jobs.naming import Shard

__all__ = ["Part", "Place", "Task", "ThisProcess"]

_QUICK = 0.02  # of the time that computing takes: so quick writing is waited for


@dataclass(frozen=True)
class Task:
    """What is to be done for a shard.

    Attributes:
        shard: what it makes.
        work: a function of a module, which gives the content, or what `seal` makes it of.
        arguments: of it; they travel to a worker.
        label: for messages, as `codes 0 to 999`.
        units: of the progress, as codes.
        seconds: about how long it takes.
        seal: makes the content of what `work` gives; it may run beside the work of another task.
    """

    shard: Shard
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    label: str
    units: int = 1
    seconds: float = 1.0
    seal: Callable[[Any], bytes] | None = None

    def content(self, value: Any) -> bytes:
        """The content, of what `work` gave."""
        content: bytes = value if self.seal is None else self.seal(value)
        return content


class Place(Protocol):
    """Does tasks, in any order."""

    def kept(self, tasks: Iterable[Task], job: JobFolder) -> Iterator[Task]:
        """Each task, once its shard is in the folder."""
        ...


class ThisProcess:
    """Does tasks one after the other; a shard is written while the next one is computed."""

    def kept(self, tasks: Iterable[Task], job: JobFolder) -> Iterator[Task]:
        """Each task, once its shard is in the folder."""
        # Whatever ends this, what is being written is written to its end.
        with ThreadPoolExecutor(1, "mheight-shards") as writer:
            late: tuple[Task, Future[Path]] | None = None
            for task in tasks:
                begun = time.monotonic()
                value = task.work(*task.arguments)
                spent = time.monotonic() - begun
                if late is not None:
                    yield _written(*late)
                late = task, writer.submit(_keep, job, task, value)
                del value
                if wait([late[1]], timeout=_QUICK * spent).done:
                    yield _written(*late)
                    late = None
            if late is not None:
                yield _written(*late)


def _keep(job: JobFolder, task: Task, value: Any) -> Path:
    return job.keep(task.shard, task.content(value))


def _written(task: Task, writing: Future[Path]) -> Task:
    writing.result()
    return task


@dataclass(frozen=True)
class Part:
    """One part of all shards, for job arrays whose processes know nothing of each other.

    Attributes:
        number: from 0.
        of: how many parts there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """Read `i/N`.

        Raises:
            JobError: not two integers, N = 0, or i not in 0 ... N-1.

        Examples:
            >>> Part.parse("3/10").has(13)
            True
        """
        pieces = text.split("/")
        if len(pieces) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in pieces):
            raise JobError(f"a part is i/N, as 0/100, got {text[:40]!r}")
        number, of = map(int, pieces)
        if not of:
            raise JobError(f"a part is i/N with N at least 1, got {text!r}")
        if not number < of:
            raise JobError(f"parts count from 0: 0/{of} to {of - 1}/{of}, got {text!r}")
        return cls(number, of)

    def has(self, number: int) -> bool:
        """Whether a shard belongs to it."""
        return number % self.of == self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"
