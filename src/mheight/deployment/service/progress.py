"""Replies that tell how far a search is, one JSON object a line, until the answer comes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from mheight.deployment.service.answers import Watch
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.replies import CodeAnswer, finite

__all__ = ["KIND", "progress_lines"]

KIND = "application/x-ndjson"
"""The media type of such a reply."""

_EVERY = 0.5
"""Seconds between lines; with each of them it shows whether the client is still there."""


async def progress_lines(
    work: Coroutine[Any, Any, CodeAnswer], watch: Watch, shape: tuple[int, int], m: int | None
) -> AsyncGenerator[str, None]:
    """Lines of progress, and then one with the answer or with what is wrong.

    Args:
        work: gives the answer; it is cancelled when whoever takes the lines goes away.
        watch: what the work has come to.
        shape: (k, n).
        m: the only height that is searched for; None for all.

    Raises:
        ServiceError: the work failed before the first line.
    """
    k, n = shape
    start = time.perf_counter()
    task = asyncio.ensure_future(work)
    told = -1
    begun = False
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=_EVERY)
            if done:
                break
            begun = True
            found = watch.found
            line: dict[str, Any] = {
                "seconds": time.perf_counter() - start,
                "waiting": not watch.begun,
                "known": sum(solution.is_exact for solution in found),
                "of": 1 if m is not None else n - k,
                "now": _bounds(watch.now),
                "answer": None,
            }
            if m is None and len(found) != told:
                told = len(found)
                so_far = CodeAnswer.of_solutions(n, k, None, found, line["seconds"], None)
                line["answer"] = so_far.as_dict()
            yield _line({"progress": line})
        try:
            answer = task.result()
        except ServiceError as error:
            if not begun:
                raise
            yield _line({"error": error.message, "where": error.where})
            return
        yield _line({"answer": answer.as_dict()})
    finally:
        task.cancel()


def _bounds(now: tuple[int, float, float] | None) -> dict[str, Any] | None:
    if now is None:
        return None
    m, lower, upper = now
    return {"m": m, "lower": finite(lower), "upper": finite(upper)}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":")) + "\n"
