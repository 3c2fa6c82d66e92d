"""`mheight merge`: shards made in several places become one job, and a job one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mheight.cli import heights_job
from mheight.cli.console import out
from mheight.errors import JobError
from mheight.files import require_apart
from mheight.jobs import merge_jobs, read_job

__all__ = ["merge"]


def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders of one job.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o",
            help="Folder to add the shards to, one of those given or another; or, for heights, "
            "a .parquet or .csv file of all of them.",
        ),
    ],
) -> None:  # fmt: skip
    """Add up shards that were made in several places: mheight merge A B -o ALL.

    Merging twice, or in another order, comes to the same files.  Shards with a changed byte,
    folders of different jobs and two results of one shard are refused.
    """
    if heights_job.is_job_folder(output):
        merged = merge_jobs(folders, output)
        of = "" if merged.job.shards is None else f" of {merged.job.shards:,}"
        out(f"{output}: {merged.added:,} shards added, {merged.there:,}{of} are there")
        return
    if len(folders) > 1:
        raise JobError(f"{output}: a file is made of one folder; merge them into one first")
    require_apart([output], folders)
    job = read_job(folders[0])
    if job.kind != heights_job.KIND:
        raise JobError(f"{job.path} is a job of {job.kind}: the command that began it writes it")
    heights_job.gather_heights(job, output)
