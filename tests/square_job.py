"""A job whose shards are squares, shared by the tests of jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mheight.jobs import JobFolder, Task, open_job

PARAMETERS = {"input": "ab", "m": None, "seed": 3}


def squares(number: int) -> bytes:
    return str(number**2).encode()


def tasks_of(job: JobFolder, count: int = 6) -> Iterator[Task]:
    for i in range(count):
        yield Task(job.shard(i, {"first": i}), squares, (i,), f"square {i}")


def job_at(path: Path, **changed: object) -> JobFolder:
    return open_job(path, "squares", {**PARAMETERS, **changed}, ".txt")


def files(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}
