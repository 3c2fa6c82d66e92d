"""Adding up shards that were made in several places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mheight.errors import JobError
from mheight.files import atomic_path
from mheight.jobs.folder import JobFolder, open_job, read_job

__all__ = ["Merged", "merge_jobs"]


@dataclass(frozen=True)
class Merged:
    """What merging came to.

    Attributes:
        job: the folder with all shards.
        added: shards that were not there before.
        there: shards that are there now.
    """

    job: JobFolder
    added: int
    there: int


def merge_jobs(sources: Sequence[Path], output: Path) -> Merged:
    """Copy all shards of some folders of one job into a folder of that job.

    Merging again, in another order, or with folders that have some shards in common comes to
    the same files.

    Args:
        sources: folders of the same job.
        output: a new folder, or one of the same job; it may be one of the sources.

    Raises:
        JobError: they are of several jobs, a shard was changed, or two results of one shard
            differ.
    """
    jobs = [read_job(path) for path in sources]
    first = jobs[0]
    for other in jobs[1:]:
        if other.name != first.name:
            raise JobError(f"{other.path} and {first.path} are of different jobs: merge one job")
    there = [job.found() for job in jobs]  # every checksum is looked at before anything is written
    target = open_job(
        output, first.kind, first.parameters, first.ending,
        repeatable=first.repeatable, version=first.version,
    )  # fmt: skip
    have = target.found()
    added = 0
    for found in there:
        for number, path in sorted(found.items()):
            if number in have:
                if target.repeatable and have[number].name != path.name:
                    raise JobError(f"{path}: another result than {have[number]}")
                continue
            copy = target.folder / path.name
            with atomic_path(copy) as temporary:
                temporary.write_bytes(path.read_bytes())
            have[number] = copy
            added += 1
    counts = {job.shards for job in (*jobs, target) if job.shards is not None}
    if len(counts) > 1:
        raise JobError(f"the folders count {', '.join(map(str, sorted(counts)))} shards of one job")
    if counts:
        target.complete(counts.pop())
    return Merged(target, added, len(have))
