from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.work import Batcher, SearchPool


@pytest.fixture
def executor():
    with ThreadPoolExecutor(1) as found:
        yield found


def batcher(executor, run, largest=10, waiting_limit=1000):
    sizes = []
    found = Batcher(
        run, executor, largest=lambda key: largest, waiting_limit=waiting_limit,
        observe=sizes.append,
    )  # fmt: skip
    return found, sizes


def double(key, items):
    return [(key, 2 * x) for x in items]


class Gate:
    """`double`, one batch at a time: it tells that one has begun, and waits to be let on."""

    def __init__(self):
        self.begun, self.let = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, key, items):
        self.begun.release()
        assert self.let.acquire(timeout=60)
        return double(key, items)

    async def until_begun(self):
        assert await asyncio.to_thread(self.begun.acquire, timeout=60)


async def turns(happened):
    """Let the event loop go round until something has happened."""
    async with asyncio.timeout(60):
        while not happened():
            await asyncio.sleep(0)


def test_what_arrives_while_the_kernel_is_busy_is_one_batch(executor):
    async def run():
        gate = Gate()
        work, sizes = batcher(executor, gate)
        first = asyncio.create_task(work.submit("a", [0]))
        await gate.until_begun()
        others = asyncio.gather(*(work.submit("a", [i]) for i in range(1, 9)))
        await turns(lambda: work.waiting == 8)
        gate.let.release(2)
        assert await first == [("a", 0)]
        assert [x for (x,) in await others] == [("a", 2 * i) for i in range(1, 9)]
        assert sizes == [1, 8]
        assert work.waiting == 0

    asyncio.run(run())


def test_what_arrives_in_one_turn_of_the_loop_is_one_batch(executor):
    async def run():
        work, sizes = batcher(executor, double)
        found = await asyncio.gather(*(work.submit("a", [i]) for i in range(9)))
        assert [x for (x,) in found] == [("a", 2 * i) for i in range(9)]
        assert sizes == [9]

    asyncio.run(run())


def test_keys_are_not_mixed_and_large_requests_leave_room(executor):
    async def run():
        gate = Gate()
        work, sizes = batcher(executor, gate)
        large = asyncio.create_task(work.submit("a", list(range(100))))
        await gate.until_begun()
        small = asyncio.create_task(work.submit("a", [1]))
        other = asyncio.create_task(work.submit("b", [1]))
        await turns(lambda: work.waiting == 92)
        # The first batch is under way; one of each key is all that the small ones need.
        gate.let.release(3)
        async with asyncio.timeout(60):
            assert (await small, await other) == ([("a", 2)], [("b", 2)])
        assert not large.done()
        gate.let.release(100)
        assert await large == [("a", 2 * i) for i in range(100)]
        assert max(sizes) <= 10

    asyncio.run(run())


def test_after_the_deadline_there_is_none(executor, monkeypatch):
    now = [0]
    clock = SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr("mheight.deployment.service.work.time", clock)

    def take_a_second(key, items):
        now[0] += 1
        return double(key, items)

    async def run():
        work, _ = batcher(executor, take_a_second, largest=1)
        found = await work.submit("a", list(range(50)), 5)
        # The last one is begun at the deadline.
        assert found == [*(("a", 2 * i) for i in range(6)), *[None] * 44]
        assert work.waiting == 0

    asyncio.run(run())


def test_a_caller_that_is_gone_and_a_full_queue(executor):
    async def run():
        gate = Gate()
        work, _ = batcher(executor, gate, largest=1, waiting_limit=60)
        gone = asyncio.create_task(work.submit("a", list(range(50))))
        await gate.until_begun()
        with pytest.raises(ServiceError, match="too many codes are waiting"):
            await work.submit("a", list(range(50)))
        gone.cancel()
        gate.let.release(100)
        assert await work.submit("a", [1]) == [("a", 2)]
        assert work.waiting == 0

    asyncio.run(run())


def test_what_a_batch_had_no_time_for_comes_later(executor):
    async def run():
        work, sizes = batcher(executor, lambda key, items: items[:3])
        found = await asyncio.gather(work.submit("a", list(range(7))), work.submit("a", [9, 8]))
        assert found == [list(range(7)), [9, 8]]
        assert len(sizes) > 2
        assert work.waiting == 0

    asyncio.run(run())


def test_an_unexpected_failure_reaches_its_callers_and_no_others(executor):
    def fail_on_b(key, items):
        if key == "b":
            raise RuntimeError("broken")
        return items

    async def run():
        work, _ = batcher(executor, fail_on_b)
        good, bad, later = await asyncio.gather(
            work.submit("a", [1]), work.submit("b", [1] * 30), work.submit("a", [2]),
            return_exceptions=True,
        )  # fmt: skip
        assert (good, later) == ([1], [2])
        assert isinstance(bad, RuntimeError)
        assert work.waiting == 0

    asyncio.run(run())


def test_a_cancelled_search_is_told_to_stop():
    begun, ended = threading.Event(), threading.Event()

    def job(stop):
        begun.set()
        while not stop():
            ended.wait(0.005)
        ended.set()

    async def run():
        pool = SearchPool(1, 1)
        end = time.perf_counter() + 600
        first = asyncio.create_task(pool.run(job, end))
        assert await asyncio.to_thread(begun.wait, 60)
        # No thread is free, and there is no time to wait for one.
        assert await pool.run(job, time.perf_counter() - 1) is None
        await turns(lambda: pool.load == 1)
        second = asyncio.create_task(pool.run(job, end))
        await turns(lambda: pool.load == 2)
        with pytest.raises(ServiceError, match="too many searches"):
            await pool.run(job, end)
        for task in (second, first):
            task.cancel()
        assert await asyncio.to_thread(ended.wait, 60)
        await turns(lambda: pool.load == 0)
        pool.close()

    asyncio.run(run())
