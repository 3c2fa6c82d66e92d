from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

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
    time.sleep(0.01)
    return [(key, 2 * x) for x in items]


def test_what_arrives_while_the_kernel_is_busy_is_one_batch(executor):
    async def run():
        work, sizes = batcher(executor, double)
        found = await asyncio.gather(*(work.submit("a", [i]) for i in range(9)))
        assert [x for (x,) in found] == [("a", 2 * i) for i in range(9)]
        assert sizes == [9]
        assert work.waiting == 0

    asyncio.run(run())


def test_keys_are_not_mixed_and_large_requests_leave_room(executor):
    async def run():
        work, sizes = batcher(executor, double)
        large = asyncio.create_task(work.submit("a", list(range(100))))
        await asyncio.sleep(0.015)
        small = await work.submit("a", [1])
        other = await work.submit("b", [1])
        assert (small, other) == ([("a", 2)], [("b", 2)])
        assert not large.done()
        assert await large == [("a", 2 * i) for i in range(100)]
        assert max(sizes) <= 10

    asyncio.run(run())


def test_after_the_deadline_there_is_none(executor):
    async def run():
        work, _ = batcher(executor, double, largest=1)
        found = await work.submit("a", list(range(50)), time.perf_counter() + 0.05)
        assert found[0] == ("a", 0)
        assert found[-1] is None
        assert work.waiting == 0

    asyncio.run(run())


def test_a_caller_that_is_gone_and_a_full_queue(executor):
    async def run():
        work, _ = batcher(executor, double, largest=1, waiting_limit=60)
        gone = asyncio.create_task(work.submit("a", list(range(50))))
        await asyncio.sleep(0.02)
        with pytest.raises(ServiceError, match="too many codes are waiting"):
            await work.submit("a", list(range(50)))
        gone.cancel()
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
    ended = threading.Event()

    def job(stop):
        while not stop():
            time.sleep(0.005)
        ended.set()

    async def run():
        pool = SearchPool(1, 1)
        end = time.perf_counter() + 30
        first = asyncio.create_task(pool.run(job, end))
        second = asyncio.create_task(pool.run(job, time.perf_counter() + 0.05))
        await asyncio.sleep(0.02)
        with pytest.raises(ServiceError, match="too many searches"):
            await pool.run(job, end)
        assert await second is None  # no thread was free in time
        first.cancel()
        assert await asyncio.to_thread(ended.wait, 5)
        await asyncio.sleep(0.02)
        assert pool.load == 0
        pool.close()

    asyncio.run(run())
