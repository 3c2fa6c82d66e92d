"""Work of kernels on several threads of this process, and of those that it forks.

Kernels run without the GIL, so plain threads do; Numba's own threading layers end a forked
child, or abort when two threads call them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from numba.core import config as numba_config
from numba.core.compiler_lock import global_compiler_lock as compiler_lock

__all__ = ["in_parts", "in_ranges", "set_threads", "thread_count"]

config: Any = numba_config  # its attributes are set at run time

_RANGES = 8  # for each thread, since one may be held up
_WORTH_A_THREAD = 2e-4  # seconds of work; waking a thread takes a quarter of that

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_wanted: int | None = None


def thread_count() -> int:
    """Threads that share the work of a call: one a core, `NUMBA_NUM_THREADS`, or as set."""
    return _wanted or int(config.NUMBA_NUM_THREADS)


def set_threads(count: int | None) -> None:
    """How many threads share the work of a call from now on; None for one a core."""
    global _wanted
    if count is not None and count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    _wanted = count


def in_parts(work: Callable[[int], object], parts: int, seconds: float = float("inf")) -> None:
    """Call `work(0)` ... `work(parts - 1)`, from several threads where that is worth it.

    Args:
        work: a part, without the GIL for the most part.
        parts: how many there are.
        seconds: about how long all of them take.

    Raises:
        Exception: what a part raised; others may be left undone.
    """
    threads = min(thread_count(), parts) if seconds > _WORTH_A_THREAD else 1
    left = iter(range(parts))  # each thread takes the next one

    def go_on() -> None:
        for part in left:
            work(part)

    helpers: list[Future[None]] = []
    with suppress(RuntimeError):  # the interpreter is about to end, and starts no more threads
        helpers = [_threads().submit(go_on) for _ in range(threads - 1)]
    try:
        go_on()
    finally:
        for _ in left:
            pass  # if this thread was interrupted, the others soon end
        for helper in helpers:
            helper.cancel()
    for helper in helpers:
        if not helper.cancelled():
            helper.result()


def in_ranges(
    work: Callable[[int, int], object], count: int, seconds: float = float("inf")
) -> None:
    """Call `work(first, last)` on ranges that make up `range(count)`, as `in_parts` does.

    Args:
        work: a range, without the GIL for the most part.
        count: how many there are to do.
        seconds: about how long all of them take.
    """
    threads = thread_count() if seconds > _WORTH_A_THREAD else 1
    parts = min(count, _RANGES * threads) if threads > 1 else 1

    def do(part: int) -> None:
        work(part * count // parts, (part + 1) * count // parts)

    in_parts(do, parts, seconds)


def _threads() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 1)), "mheight-kernel")
        return _pool


def _forget_threads() -> None:
    """A forked child has none of its parent's threads; it starts its own."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


_compiler: Any = compiler_lock
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    # Nothing is half compiled when a process forks.
    os.register_at_fork(before=_compiler.acquire, after_in_parent=_compiler.release)
    os.register_at_fork(after_in_child=_compiler.release)
    os.register_at_fork(after_in_child=_forget_threads)
