"""Shards on the workers of a Dask cluster.

Workers elsewhere compute and send back; only the process that asks writes files, so that a worker
needs no folder, and a full disk there does no harm.  Workers that this process starts on its own
machine write shards themselves, which spares sending them.  A task whose worker died is done
again; one whose worker has not been heard of for long is also given to another, and the first
result counts: both have the same bytes.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any
from uuid import uuid4

import dask
import distributed

import mheight
from mheight.errors import JobError
from mheight.jobs.addresses import ClusterName
from mheight.jobs.environment import environment
from mheight.jobs.folder import JobFolder
from mheight.jobs.on_worker import Reply, kept_there, run_on_worker, sealed
from mheight.jobs.places import Task

__all__ = ["Cluster"]

_dask: Any = distributed  # without types for all of it

_CONNECT = 6.0  # seconds
_LOOK = 2.0  # seconds between two looks at the workers
_MOMENT = 0.5  # seconds that are waited for a result
_PATIENCE = 60.0  # seconds without a word from a worker, at least
_SLOWER = 5.0  # times what the longest task took, or was said to take
_MOST_TRIES = 8
_SILENT = 30.0  # seconds for the scheduler to answer

_SETTINGS = {
    "distributed.comm.timeouts.connect": f"{_CONNECT:g}s",
    "distributed.scheduler.worker-ttl": "2 minutes",
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",  # else each process wakes up 50 times a second
    "distributed.admin.system-monitor.interval": "2s",
    "distributed.admin.large-graph-warning-threshold": "1GB",
}


@dataclass
class _Run:
    """A task on the cluster."""

    task: Task
    tries: int = 0
    keys: set[str] = field(default_factory=set)
    avoided: set[str] = field(default_factory=set)


class Cluster:
    """Does tasks on the workers of a cluster; a context manager.

    Args:
        name: which cluster.
        tell: is told what a user should know, as that workers were lost.
        patience: seconds without a word from a worker after which its tasks are given to
            another one too, at the least.

    Raises:
        JobError: on entering, where nobody answers, or workers have other software.
    """

    def __init__(
        self,
        name: ClusterName,
        tell: Callable[[str], None] = lambda text: None,
        *,
        patience: float = _PATIENCE,
    ) -> None:
        self._name = name
        self._tell = tell
        self._patience = patience
        self._longest = 0.0
        self._client: Any = None
        self._local: Any = None
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._futures: dict[str, tuple[Any, _Run]] = {}
        self._heard: dict[str, float] = {}  # of each worker that has tasks, when
        self._told: set[str] = set()
        self._runs: dict[str, _Run] = {}  # by the name of the shard
        self._threads, self._counted, self._looked, self._silent = 0, 0.0, 0.0, 0.0
        self._begun: dict[str, float] = {}

    def __enter__(self) -> Cluster:
        self._name.require_answer()
        _be_quiet()
        try:
            with dask.config.set(_SETTINGS):
                self._connect()
            self._refuse_foreign()
        except BaseException:
            self._close()
            raise
        return self

    def _connect(self) -> None:
        address = self._name.address
        if self._name.local is not None:
            self._local = _dask.LocalCluster(
                n_workers=self._name.local, threads_per_worker=1, processes=True,
                host="127.0.0.1", dashboard_address=None, worker_dashboard_address=None,
                memory_limit=0, silence_logs=logging.CRITICAL,
            )  # fmt: skip
            address = self._local.scheduler_address
        try:
            self._client = _dask.Client(address, timeout=_CONNECT, set_as_default=False)
        except (OSError, TimeoutError, ValueError):
            raise JobError(f"no scheduler of Dask answers at {address}") from None

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        # What can't be closed in time, or is gone already, must not hide what went before.
        with suppress(Exception):
            if self._client is not None:
                self._client.close(timeout=3)
        with suppress(Exception):
            if self._local is not None:
                self._local.close(timeout=5)

    # --- who works there ------------------------------------------------------------------

    def _refuse_foreign(self) -> None:
        """Refuse workers of another version of mheight, or without it, by name."""
        client = self._client
        found = self._asked(client._run, version, "mheight", on_error="return")
        for worker, said in sorted((found or {}).items()):
            if isinstance(said, Exception):
                raise JobError(f"worker {worker} has no mheight; install {mheight.__version__}")
            if said != mheight.__version__:
                raise JobError(
                    f"worker {worker} has mheight {said}, this is {mheight.__version__}; "
                    "install the same version on both"
                )
        if not found:
            self._tell("the cluster has no workers yet; waiting for them")

    def workers(self) -> dict[str, int]:
        """Threads of each worker, by address."""
        info = self._client.scheduler_info(n_workers=-1)
        return {str(name): int(one["nthreads"]) for name, one in info["workers"].items()}

    def ask_workers(self, question: Callable[[], Any]) -> dict[str, Any]:
        """What a function of a module gives on each worker, by address."""
        return dict(self._client.run(question))

    def _asked(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """What the scheduler answers; None if it takes too long.

        Raises:
            JobError: it is gone.
        """
        try:
            return self._client.sync(call, *arguments, callback_timeout=_SILENT / 3, **options)
        except TimeoutError:
            return None
        except (OSError, RuntimeError, ValueError, AttributeError):
            raise self._lost() from None

    def _lost(self) -> JobError:
        return JobError(
            f"the scheduler of {self._name.text} is gone; what is done is kept, and the same "
            "command goes on"
        )

    # --- tasks ----------------------------------------------------------------------------

    def kept(self, tasks: Iterable[Task], job: JobFolder) -> Iterator[Task]:
        """Each task, once its shard is in the folder.

        Raises:
            JobError: as `results`.
            MheightError: as `results`.
        """
        if self._name.local is None or not job.repeatable:
            for task, content in self.results(map(sealed, tasks)):
                job.keep(task.shard, content)
                yield task
            return
        # Of two processes that do the same shard each writes the same file.
        there = replace(job, path=job.path.absolute())
        for task, name in self.results(kept_there(task, there) for task in tasks):
            job.note(job.folder / name)
            yield task

    def results(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        """Each task with what it came to, as they come.

        Raises:
            JobError: the scheduler is gone, a worker has other software, or a task can't be
                done anywhere.
            MheightError: what the work of a task raised.
        """
        left = iter(tasks)
        try:
            while True:
                room = self.room()
                while len(self._runs) < room and (task := next(left, None)) is not None:
                    self.submit(task)
                if not self._runs:
                    return
                if (finished := self.take()) is not None:
                    yield finished
        finally:
            for name in list(self._runs):
                self.forget(name)

    def room(self) -> int:
        """Tasks under way at once: enough that no worker waits."""
        now = time.monotonic()
        if now - self._counted > _LOOK:
            self._threads, self._counted = sum(self.workers().values()), now
        return 2 * max(1, self._threads) + 2

    def submit(self, task: Task) -> None:
        """Have a task done."""
        self._runs[task.shard.name] = run = _Run(task)
        self._start(run)

    def take(self) -> tuple[Task, Any] | None:
        """A task that is done, with what it came to; None if none is after a moment.

        Raises:
            JobError: as `results`.
            MheightError: as `results`.
        """
        finished = None
        with suppress(Empty):
            finished = self._finished(self._done.get(timeout=_MOMENT))
        if finished is not None:
            self._runs.pop(finished[0].shard.name, None)
            return finished
        now = time.monotonic()
        if now - self._looked > _LOOK:
            if self._look() or not self._silent:
                self._silent = now
            elif now - self._silent > _SILENT:
                raise JobError(f"the scheduler of {self._name.text} does not answer")
            self._looked = time.monotonic()
        return None

    def forget(self, name: str) -> None:
        """The shard of this name is not needed any more."""
        run = self._runs.pop(name, None)
        for key in run.keys if run is not None else ():
            future, _ = self._futures.pop(key, (None, None))
            if future is not None:
                with suppress(Exception):
                    future.cancel()

    def _start(self, run: _Run) -> None:
        run.tries += 1
        key = f"mheight-{uuid4().hex}"
        others = [one for one in self.workers() if one not in run.avoided] if run.avoided else None
        future = self._client.submit(
            run_on_worker, run.task.work, run.task.arguments, environment(),
            key=key, pure=False, workers=others or None,
        )  # fmt: skip
        run.keys.add(key)
        self._futures[key] = future, run
        self._begun[key] = time.monotonic()
        future.add_done_callback(self._done.put)

    def _finished(self, future: Any) -> tuple[Task, Any] | None:
        """A task and its content; None where a future came to nothing."""
        _, run = self._futures.pop(future.key, (None, None))
        if run is None:
            return None  # another worker was first
        task, status = run.task, future.status
        if status == "finished":
            reply: Reply = future.result()
            return self._accepted(run, reply, future.key)
        if status == "error":
            error = future.exception()
            if not isinstance(error, _dask.KilledWorker):
                what = f"{type(error).__name__}: {error}"
                raise JobError(f"{task.label}: a worker can't do it: {what}")
            self._again(run, "their workers died, as when memory runs out")
            return None
        raise self._lost()

    def _accepted(self, run: _Run, reply: Reply, key: str) -> tuple[Task, Any] | None:
        now = time.monotonic()
        self._heard[reply.worker] = now
        if reply.state == "done":
            self._longest = max(self._longest, now - self._begun.pop(key, now))
            for other in run.keys - {key}:
                late, _ = self._futures.pop(other, (None, None))
                if late is not None:
                    late.cancel()
            return run.task, reply.value
        if reply.state == "foreign":
            raise JobError(f"worker {reply.worker} has other software: {reply.value}")
        error = reply.value
        if isinstance(error, OSError | MemoryError):
            text = getattr(error, "strerror", None) or str(error) or "out of memory"
            run.avoided.add(reply.worker)
            self._once(f"worker {reply.worker}: {text}; what it can't do is given to others")
            if len(run.avoided) >= max(1, len(self.workers())):
                raise JobError(f"{run.task.label}: worker {reply.worker}: {text}")
            self._again(run, text)
            return None
        raise error

    def _again(self, run: _Run, reason: str) -> None:
        if run.tries >= _MOST_TRIES:
            raise JobError(f"{run.task.label}: given up after {run.tries} tries ({reason})")
        self._start(run)

    def _look(self) -> bool:
        """Give the tasks of workers that are not heard of to others; whether anybody answers."""
        if self._client.status != "running":
            raise self._lost()
        processing = self._asked(self._client.scheduler.processing, workers=None)
        if processing is None:
            return False
        now = time.monotonic()
        busy = {str(worker): list(keys) for worker, keys in processing.items() if keys}
        if not processing:
            self._once("the cluster has no workers; waiting for them")
        for worker in [one for one in self._heard if one not in busy]:
            del self._heard[worker]
        for worker, keys in busy.items():
            heard = self._heard.setdefault(worker, now)
            mine = [self._futures[str(key)][1] for key in keys if str(key) in self._futures]
            usual = max([self._longest, *(run.task.seconds for run in mine)])
            if now - heard <= max(self._patience, _SLOWER * usual):
                continue
            for run in mine:
                if worker not in run.avoided and len(processing) > len(run.avoided) + 1:
                    run.avoided.add(worker)
                    self._once(f"worker {worker} has not been heard of; its work is done again")
                    self._again(run, "workers were not heard of")
        return True

    def _once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._tell(text)


def _be_quiet() -> None:
    """Dask reports lost connections at length; what matters is told in one line."""
    families = ("distributed", "tornado", "asyncio")
    # Dask sets levels of some members of these families one by one.
    for name in (*families, *logging.root.manager.loggerDict):
        if name.split(".")[0] in families:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"(distributed|dask)(\.|$)")
