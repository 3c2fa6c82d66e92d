"""Work beside the event loop: batches for the kernel, and a pool for long searches.

One thread alone calls the kernel, which uses all cores, and the model; what arrives while
it is busy becomes the next batch.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mheight.deployment.service.failures import busy

__all__ = ["Batcher", "SearchPool", "Stop"]

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Ticket(Generic[Item, Result]):
    """The items of one caller, and how far they are."""

    items: Sequence[Item]
    deadline: float
    future: asyncio.Future[list[Result | None]]
    results: list[Result | None] = field(default_factory=list)
    taken: int = 0

    @property
    def left(self) -> int:
        return len(self.items) - self.taken

    def answer(self) -> None:
        """Hand over what is done; None for the rest."""
        if not self.future.done():
            missing: list[Result | None] = [None] * (len(self.items) - len(self.results))
            self.future.set_result(self.results + missing)


class Batcher(Generic[Key, Item, Result]):
    """Groups the items of many callers by a key, and runs one group after the other.

    Every waiting caller has a share of a batch, so a caller of one item does not wait for
    the thousand items of another.

    Args:
        run: computes a batch of one key, in the thread of `executor`; results of the first
            items, at least of one, and of all if there is time.
        executor: one thread.
        largest: items in a batch of a key, at most.
        waiting_limit: items that may wait.
        gather_seconds: how long to wait for more items before the first batch.
        observe: is told the size of each batch.
        at_once: whether a batch of a key and size costs less than the way to a thread and
            back; it is then run by the event loop.  The thread is idle meanwhile.
    """

    def __init__(
        self,
        run: Callable[[Key, list[Item]], Sequence[Result]],
        executor: ThreadPoolExecutor,
        *,
        largest: Callable[[Key], int],
        waiting_limit: int,
        gather_seconds: float = 0.0,
        observe: Callable[[int], None] = lambda size: None,
        at_once: Callable[[Key, int], bool] = lambda key, size: False,
    ) -> None:
        self._run = run
        self._executor = executor
        self._largest = largest
        self._limit = waiting_limit
        self._gather = gather_seconds
        self._observe = observe
        self._at_once = at_once
        self._waiting: dict[Key, deque[_Ticket[Item, Result]]] = {}
        self._task: asyncio.Task[None] | None = None
        self.waiting = 0

    async def submit(
        self, key: Key, items: Sequence[Item], deadline: float = float("inf")
    ) -> list[Result | None]:
        """Results in the order of the items; None for those not begun at the deadline.

        Args:
            key: only items of one key go into a batch.
            items: at least one.
            deadline: by `time.perf_counter`.

        Raises:
            ServiceError: 503, too much is waiting.
        """
        if self.waiting + len(items) > self._limit:
            raise busy("too many codes are waiting; try again")
        future: asyncio.Future[list[Result | None]] = asyncio.get_running_loop().create_future()
        ticket = _Ticket[Item, Result](items, deadline, future)
        self._waiting.setdefault(key, deque()).append(ticket)
        self.waiting += len(items)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        # Whatever arrives in this turn of the event loop goes into the first batch.
        await asyncio.sleep(self._gather)
        loop = asyncio.get_running_loop()
        while self._waiting:
            key = next(iter(self._waiting))
            pieces = self._take(key)
            if not pieces:
                continue
            items = [item for _, piece in pieces for item in piece]
            self._observe(len(items))
            try:
                if self._at_once(key, len(items)):
                    results = self._run(key, items)
                    await asyncio.sleep(0)
                else:
                    results = await loop.run_in_executor(self._executor, self._run, key, items)
            except Exception as error:
                for ticket, _ in pieces:
                    self.waiting -= ticket.left
                    ticket.taken = len(ticket.items)
                    if not ticket.future.done():
                        ticket.future.set_exception(error)
                continue
            at = 0
            for ticket, piece in pieces:
                done = results[at : at + len(piece)]
                at += len(piece)
                ticket.results += done
                if len(ticket.results) == len(ticket.items):
                    ticket.answer()
                elif len(done) < len(piece):
                    self._return(key, ticket, len(piece) - len(done))

    def _return(self, key: Key, ticket: _Ticket[Item, Result], count: int) -> None:
        """Put back what a batch had no time for."""
        ticket.taken -= count
        self.waiting += count
        tickets = self._waiting.setdefault(key, deque())
        if ticket not in tickets:
            tickets.append(ticket)

    def _take(self, key: Key) -> list[tuple[_Ticket[Item, Result], Sequence[Item]]]:
        """The next batch of a key, which then goes behind the other keys."""
        tickets = self._waiting.pop(key)
        room = self._largest(key)
        share = room if len(tickets) == 1 else max(1, room // 2)
        now = time.perf_counter()
        pieces, unfinished = [], deque[_Ticket[Item, Result]]()
        while tickets and room:
            ticket = tickets.popleft()
            if ticket.future.done() or now > ticket.deadline or not ticket.left:
                self.waiting -= ticket.left  # the caller is gone, or out of time
                ticket.answer()
                continue
            count = min(room, share, ticket.left)
            piece = ticket.items[ticket.taken : ticket.taken + count]
            ticket.taken += count
            room -= count
            self.waiting -= count
            pieces.append((ticket, piece))
            if ticket.left:
                unfinished.append(ticket)
        tickets.extend(unfinished)
        if tickets:
            self._waiting[key] = tickets
        return pieces


class Stop:
    """Tells a search to stop: when asked, or when its time is up.

    Args:
        deadline: by `time.perf_counter`.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._event = threading.Event()

    def set(self) -> None:
        """Ask to stop."""
        self._event.set()

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._event.is_set() or time.perf_counter() >= self.deadline

    @property
    def left(self) -> float:
        """Seconds to go; 0 after `set`."""
        return 0.0 if self() else self.deadline - time.perf_counter()


class SearchPool:
    """A few threads for searches, with a queue that has an end.

    Args:
        threads: searches at once.
        waiting: searches that may wait.
    """

    def __init__(self, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, "search")
        self._limit = threads + waiting
        self._stops: set[Stop] = set()

    @property
    def load(self) -> int:
        """Searches that run or wait."""
        return len(self._stops)

    async def run(self, job: Callable[[Stop], Result], deadline: float) -> Result | None:
        """The result of `job(stop)`; None where no thread was free before the deadline.

        A caller that is cancelled stops its job.

        Raises:
            ServiceError: 503, too many searches wait.
        """
        if self.load >= self._limit:
            raise busy("too many searches are waiting; try again", 2)
        stop = Stop(deadline)
        self._stops.add(stop)
        future: Future[Result] = self._executor.submit(job, stop)
        # What is discarded is the end of the job, not of the caller, who may be gone.
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _later(loop, self._stops.discard, stop))
        result = asyncio.wrap_future(future)
        try:
            await asyncio.wait([result], timeout=max(0.0, deadline - time.perf_counter()))
            if not result.done() and future.cancel():
                return None
            return await result
        finally:
            stop.set()
            future.cancel()

    def close(self) -> None:
        """Stop what runs, drop what waits."""
        for stop in list(self._stops):
            stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)


def _later(loop: asyncio.AbstractEventLoop, call: Callable[[Stop], None], stop: Stop) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, stop)
