from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from mheight.heights import height_profile
from mheight.kernels.threads import in_parts, in_ranges, set_threads, thread_count

_FORKED = """
import multiprocessing, numpy as np
from mheight import height_profile
from mheight.kernels.threads import set_threads
set_threads(2)
codes = np.random.default_rng(0).integers(-9, 10, size=(3000, 3, 6))
known = height_profile(codes)
pool = multiprocessing.get_context("fork").Pool(2)
found = pool.map(height_profile, [codes, codes[:1500], codes[:4]])
pool.close()
pool.join()
assert (found[0] == known).all() and (found[1] == known[:1500]).all()
print(found[2].shape)
"""


def test_forked_children_compute():
    done = subprocess.run(
        [sys.executable, "-c", _FORKED], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, "(4, 3)\n"), done.stderr


@pytest.mark.parametrize("layer", ["workqueue", "omp"])
def test_threads_of_the_caller_compute_at_once(layer: str):
    program = """
import threading, numpy as np
from mheight import height_profile
codes = np.random.default_rng(0).integers(-9, 10, size=(3000, 3, 6))
known = height_profile(codes)
same = []
def work():
    for _ in range(20):
        same.append((height_profile(codes) == known).all())
threads = [threading.Thread(target=work) for _ in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(same), all(same))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False,
        env={"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "60 True\n"), done.stderr


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_part_is_done_once_whatever_the_number_of_threads(threads: int):
    parts: list[int] = []
    items: list[int] = []
    try:
        set_threads(threads)
        assert thread_count() == threads
        in_parts(parts.append, 100)
        in_ranges(lambda first, last: items.extend(range(first, last)), 77)
    finally:
        set_threads(None)
    assert sorted(parts) == list(range(100))
    assert sorted(items) == list(range(77))


def test_work_is_shared_by_as_many_threads_as_asked_for():
    try:
        set_threads(2)
        both = threading.Barrier(2, timeout=30)
        in_parts(lambda part: both.wait(), 2)  # would end with BrokenBarrierError on one thread
    finally:
        set_threads(None)


def test_what_a_part_raises_is_raised():
    def work(part: int) -> None:
        if part == 7:
            raise MemoryError

    with pytest.raises(MemoryError):
        in_parts(work, 10)


@pytest.mark.parametrize("count", [0, -1])
def test_there_is_at_least_one_thread(count: int):
    with pytest.raises(ValueError, match=f"at least 1, got {count}"):
        set_threads(count)


def test_the_number_of_threads_changes_no_bit():
    codes = np.random.default_rng(3).standard_normal((200, 4, 9))
    try:
        set_threads(1)
        one = height_profile(codes)
        set_threads(3)
        assert (height_profile(codes) == one).all()
    finally:
        set_threads(None)
