"""Jobs: work cut into deterministic shards, each a file written whole, on one machine or many.

A job is a folder with a manifest and shards.  What is there is not computed again: a job that was
killed goes on with the same command, and shards made elsewhere are added by `merge_jobs`.
"""

from mheight.jobs.folder import JobFolder, open_job, read_job
from mheight.jobs.merging import merge_jobs
from mheight.jobs.naming import Shard, hashed, hashed_file, hashed_path
from mheight.jobs.places import Part, Place, Task, ThisProcess
from mheight.jobs.running import Outcome, run_job

__all__ = [
    "JobFolder",
    "Outcome",
    "Part",
    "Place",
    "Shard",
    "Task",
    "ThisProcess",
    "hashed",
    "hashed_file",
    "hashed_path",
    "merge_jobs",
    "open_job",
    "read_job",
    "run_job",
]
