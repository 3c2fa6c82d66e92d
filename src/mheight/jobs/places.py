"""Where shards are computed: here, or on the workers of a cluster; all of them, or a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from mheight.errors import JobError
from mheight.jobs.naming import Shard

__all__ = ["Part", "Place", "Task", "ThisProcess"]


@dataclass(frozen=True)
class Task:
    """What is to be done for a shard.

    Attributes:
        shard: what it makes.
        work: a function of a module, which gives the content.
        arguments: of it; they travel to a worker.
        label: for messages, as `codes 0 to 999`.
        units: of the progress, as codes.
        seconds: about how long it takes.
    """

    shard: Shard
    work: Callable[..., bytes]
    arguments: tuple[Any, ...]
    label: str
    units: int = 1
    seconds: float = 1.0


class Place(Protocol):
    """Does tasks, in any order."""

    def results(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, bytes]]:
        """Each task with what it came to."""
        ...


class ThisProcess:
    """Does tasks one after the other."""

    def results(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, bytes]]:
        """Each task with what it came to."""
        for task in tasks:
            yield task, task.work(*task.arguments)


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
            JobError: not two integers, or i not in 0 ... N-1.

        Examples:
            >>> Part.parse("3/10").has(13)
            True
        """
        pieces = text.split("/")
        if len(pieces) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in pieces):
            raise JobError(f"a part is i/N, as 0/100, got {text[:40]!r}")
        number, of = map(int, pieces)
        if not number < of:
            raise JobError(f"parts count from 0: 0/{of} to {of - 1}/{of}, got {text!r}")
        return cls(number, of)

    def has(self, number: int) -> bool:
        """Whether a shard belongs to it."""
        return number % self.of == self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"
