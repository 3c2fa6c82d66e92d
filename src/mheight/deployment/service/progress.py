"""Replies that tell how far a search is, one JSON object a line, until the answer comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass
from typing import Any

from mheight.deployment.service.answers import SearchedHeight, SearchState
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.json_replies import json_text
from mheight.deployment.service.replies import CodeAnswer

__all__ = ["KIND", "SearchProgress", "progress_lines"]

KIND = "application/x-ndjson"
"""The media type of such a reply."""

_EVERY = 0.5
"""Seconds between lines; with each of them it shows whether the client is still there."""


@dataclass(frozen=True)
class SearchProgress:
    """How far a search is.

    Attributes:
        seconds: since it was asked for.
        waiting: whether no thread is at it yet.
        known: heights that are known.
        of: heights that are wanted.
        now: the height that is searched for; None before the first.
        answer: all heights so far, where one more has come to them.
    """

    seconds: float
    waiting: bool
    known: int
    of: int
    now: SearchedHeight | None
    answer: CodeAnswer | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "seconds": self.seconds,
            "waiting": self.waiting,
            "known": self.known,
            "of": self.of,
            "now": None if self.now is None else self.now.as_dict(),
            "answer": None if self.answer is None else self.answer.as_dict(),
        }


async def progress_lines(
    work: Coroutine[Any, Any, CodeAnswer], state: SearchState, shape: tuple[int, int], m: int | None
) -> AsyncGenerator[str, None]:
    """Lines of progress, and then one with the answer or with what is wrong.

    Args:
        work: gives the answer; it is cancelled when whoever takes the lines goes away.
        state: what the work has come to.
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
            found, seconds = state.found, time.perf_counter() - start
            answer = None
            if m is None and len(found) != told:
                told = len(found)
                answer = CodeAnswer.of_solutions(n, k, None, found, seconds, None)
            known = sum(solution.is_exact for solution in found)
            wanted = 1 if m is not None else n - k
            progress = SearchProgress(seconds, not state.begun, known, wanted, state.now, answer)
            yield _line({"progress": progress.as_dict()})
        try:
            whole = task.result()
        except ServiceError as error:
            if not begun:
                raise
            yield _line({"error": error.message, "where": error.where})
            return
        yield _line({"answer": whole.as_dict()})
    finally:
        task.cancel()


def _line(value: dict[str, Any]) -> str:
    return json_text(value) + "\n"
