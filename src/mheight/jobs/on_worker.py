"""What a worker of a cluster is asked to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from mheight.errors import JobError, MheightError
from mheight.jobs.environment import differences, environment
from mheight.jobs.folder import JobFolder
from mheight.jobs.places import Task
from mheight.kernels.threads import set_threads

__all__ = ["Reply", "kept_there", "run_on_worker", "sealed"]


class Reply(NamedTuple):
    """What comes back from a worker.

    Attributes:
        state: `done`; `failed`, with what was raised; `foreign`, with what of its software differs.
        worker: its address.
        value: the content, an exception, or a text.
    """

    state: Literal["done", "failed", "foreign"]
    worker: str
    value: Any


def sealed(task: Task) -> Task:
    """A task whose work gives the content itself."""
    return replace(task, work=_content, arguments=(task,), seal=None)


def kept_there(task: Task, job: JobFolder) -> Task:
    """A task whose work writes the shard, and gives the name of its file."""
    return replace(task, work=_kept, arguments=(task, job), seal=None)


def _content(task: Task) -> bytes:
    return task.content(task.work(*task.arguments))


def _kept(task: Task, job: JobFolder) -> str:
    return job.keep(task.shard, _content(task)).name


def run_on_worker(
    work: Callable[..., Any], arguments: tuple[Any, ...], wanted: dict[str, str]
) -> Reply:
    """Do the work of one task, on one thread, if this worker has the same software.

    Args:
        work: a function of a module.
        arguments: of it.
        wanted: the environment of whoever asks.
    """
    from distributed import get_worker

    address = str(get_worker().address)
    if foreign := differences(environment(), wanted):
        return Reply("foreign", address, foreign)
    set_threads(1)  # the worker has one process or thread for each core
    try:
        return Reply("done", address, work(*arguments))
    except (MheightError, MemoryError) as error:
        return Reply("failed", address, error)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return Reply("failed", address, OSError(error.errno, f"{error.strerror or error}{where}"))
    except Exception as error:
        text = f"unexpected {type(error).__name__}: {error} (a bug in mheight)"
        return Reply("failed", address, JobError(text))
