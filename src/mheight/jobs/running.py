"""Running a job: what is missing is computed, and kept as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mheight.errors import JobError
from mheight.jobs.folder import JobFolder
from mheight.jobs.places import Part, Place, Task

__all__ = ["Outcome", "run_job"]

Watch = Callable[[Task, bool], None]
"""Told of each shard that is there, and whether it was computed just now."""


@dataclass
class Outcome:
    """What a run of a job came to.

    Attributes:
        shards: of the job.
        made: by this run.
        there: in the folder now.
    """

    shards: int = 0
    made: int = 0
    there: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every shard is there."""
        return self.there == self.shards


def run_job(
    job: JobFolder,
    tasks: Iterable[Task],
    place: Place,
    part: Part | None = None,
    watch: Watch | None = None,
    *,
    are_all: bool = True,
) -> Outcome:
    """Compute the shards that are missing.

    Args:
        job: the folder.
        tasks: all tasks of the job, by number; read as they are needed.
        place: where they are done.
        part: do these only; None for all.
        watch: is told of progress.
        are_all: whether there are no other shards than these.

    Raises:
        JobError: the folder holds a shard of another job, or a damaged one.
    """
    found = job.found()
    outcome = Outcome(there=len(found))
    seen: set[int] = set()

    def missing() -> Iterator[Task]:
        for task in tasks:
            outcome.shards += 1
            number = task.shard.number
            seen.add(number)
            if number in found:
                if not task.shard.is_named(found[number].name.split("-")[1]):
                    raise JobError(
                        f"{found[number]}: a shard of another job; remove it, and the same "
                        "command makes its own"
                    )
                if watch is not None:
                    watch(task, False)
            elif part is None or part.has(number):
                yield task

    for task in place.kept(missing(), job):
        outcome.made += 1
        outcome.there += 1
        if watch is not None:
            watch(task, True)
    if not are_all:
        outcome.there = len(seen & job.numbers())
        return outcome
    stray = [number for number in found if number >= outcome.shards]
    if stray:
        raise JobError(f"{found[stray[0]]}: the job has only {outcome.shards} shards")
    job.complete(outcome.shards)
    # Others may have worked in the same folder meanwhile.
    outcome.there = max(outcome.there, len(job.numbers()))
    return outcome
