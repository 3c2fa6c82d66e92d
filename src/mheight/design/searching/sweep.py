"""A sweep: searches for many (n, k, m) in turn, on several processes, resumable."""

from __future__ import annotations

import math
import multiprocessing
import signal
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue.found import Entries, FoundCode, found_codes, read_found, write_found
from mheight.design.searching.known import known_starts, neighbouring
from mheight.design.searching.neighbours import starts_from
from mheight.design.searching.search import SearchResult, search
from mheight.errors import InvalidDataError
from mheight.heights import best_lower_bound
from mheight.kernels.threads import set_threads

__all__ = ["Goal", "all_goals", "sweep"]

Float = NDArray[np.float64]

TIED = 1.0 + 1e-6
_SLICE, _LONGER = 1.0, 1.8  # seconds of a first visit at n = 8, on one core; later ones are longer
_MOST_STARTS = 24
_DUPLICATE = 1e-9


@dataclass(frozen=True)
class Goal:
    """One thing to look for: an [n, k] code with a small h_m, and a height to reach.

    Attributes:
        n: length.
        k: dimension.
        m: index of the height.
        entries: "real" or "integer".
        height: known before; infinite where none is.
    """

    n: int
    k: int
    m: int
    entries: Entries
    height: float = math.inf

    @property
    def name(self) -> str:
        """As in the name of its file."""
        return f"n{self.n:02}_k{self.k:02}_m{self.m:02}_{self.entries}"

    @property
    def seed(self) -> int:
        """Of its search, if the sweep's is 0: the same in every sweep."""
        return ((self.n * 100 + self.k) * 100 + self.m) * 2 + (self.entries == "integer")


def all_goals(
    lengths: Iterable[int], known: Mapping[tuple[int, int, int, str], float] | None = None
) -> list[Goal]:
    """Every (k, m) of some lengths, 2 <= k <= n-2, both kinds of entries; easy ones first.

    Args:
        lengths: n.
        known: heights to tie or beat, by (n, k, m, entries).
    """
    kinds: tuple[Entries, Entries] = ("integer", "real")
    return [
        Goal(n, k, m, kind, (known or {}).get((n, k, m, kind), math.inf))
        for n in lengths
        for k in range(2, n - 1)
        for m in range(1, n - k + 1)
        for kind in kinds
    ]


@dataclass
class _Standing:
    """Where a goal stands in a sweep."""

    goal: Goal
    height: float
    visits: int = 0

    @property
    def is_optimal(self) -> bool:
        goal = self.goal
        bound = max(float(best_lower_bound(goal.n, goal.k, goal.m).value), 1.0)
        return self.height <= bound * (1.0 + _DUPLICATE)

    @property
    def enough(self) -> float | None:
        """A height to end a visit at: that which is to be tied, until it is."""
        wanted = self.goal.height * TIED
        return wanted if self.height > wanted and math.isfinite(wanted) else None

    @property
    def rank(self) -> tuple[float, ...]:
        """What comes next has the least: not tied before tied, few visits before many."""
        goal = self.goal
        missing = self.height > goal.height * TIED or math.isinf(self.height)
        # Goals already reached get a visit for each three of the others.
        turn = self.visits + (0 if missing else 2)
        return (turn, math.isinf(goal.height), goal.n, goal.m - goal.n + goal.k)


def sweep(
    goals: Sequence[Goal],
    folder: Path,
    *,
    seconds: float,
    workers: int = 2,
    seed: int = 0,
    bound: int = 100,
    report: Callable[[str, float, float, int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[int, int]:
    """Search for each goal in turn, longer each time, until time is up.

    Best codes are files of `folder`, one each, and what a search needs to go on is in
    `folder`/searches: the same call goes on.  Each visit begins with what neighbouring
    codes give; a better code is written at once.

    Args:
        goals: what to look for.
        folder: of results, made if it is not there.
        seconds: wall time; visits under way are ended.
        workers: processes.
        seed: added to that of each goal.
        bound: for integers, the largest magnitude in P.
        report: called after each visit with the goal's name, the height before and after,
            and how many goals are tied of how many.
        stop: asked twice a second whether to end.

    Returns:
        How many goals are tied or better, and how many there are.
    """
    folder = Path(folder)
    (folder / "searches").mkdir(parents=True, exist_ok=True)
    known = {(f.n, f.k, f.m, f.entries): f.height for f in found_codes(folder)}
    standings = [_Standing(g, known.get((g.n, g.k, g.m, g.entries), math.inf)) for g in goals]
    end = time.monotonic() + seconds
    context = multiprocessing.get_context("spawn")
    flag = folder / "searches" / ".stop"
    flag.unlink(missing_ok=True)
    running: dict[Future[float], _Standing] = {}
    # Workers ignore Ctrl-C; they are told by a file to come to an end.
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        try:
            while True:
                over = time.monotonic() >= end or (stop is not None and stop())
                if over and not flag.exists():
                    flag.touch()
                idle = [] if over else _next(standings, running.values(), workers)
                for one in idle:
                    budget = _SLICE * _LONGER ** min(one.visits + one.goal.n - 8, 8)
                    arguments = (one.goal, str(folder), budget, end, seed, bound, one.enough)
                    running[pool.submit(_visit, *arguments)] = one
                if not running:
                    break
                done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    one = running.pop(future)
                    before, one.height = one.height, min(one.height, future.result())
                    one.visits += 1
                    if report is not None:
                        report(one.goal.name, before, one.height, *_count(standings))
        finally:
            flag.touch()
    flag.unlink(missing_ok=True)
    return _count(standings)


def _next(
    standings: Sequence[_Standing], under_way: Collection[_Standing], workers: int
) -> list[_Standing]:
    """What to visit now, so that all workers have something."""
    busy = {id(one) for one in under_way}
    waiting = [one for one in standings if id(one) not in busy and not one.is_optimal]
    return sorted(waiting, key=lambda one: one.rank)[: max(workers - len(under_way), 0)]


def _count(standings: Sequence[_Standing]) -> tuple[int, int]:
    wanted = [one for one in standings if math.isfinite(one.goal.height)]
    return sum(one.height <= one.goal.height * TIED for one in wanted), len(wanted)


def _begin() -> None:
    """In a worker: one thread, and Ctrl-C is for the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_threads(1)


def _visit(
    goal: Goal,
    folder: str,
    budget: float,
    end: float,
    seed: int,
    bound: int,
    enough: float | None,
) -> float:
    """Search for one goal for some seconds of a core; the best height known."""
    base = Path(folder)
    state = base / "searches" / f"{goal.name}.json"
    flag = base / "searches" / ".stop"
    begun = time.process_time()
    looked = 0.0

    def stop() -> bool:
        nonlocal looked
        looked = time.monotonic()
        return time.process_time() - begun > budget or looked > end or flag.exists()

    starts = list(_starts(goal, base, bound))

    def searched() -> SearchResult:
        return search(
            goal.n, goal.k, goal.m, entries=goal.entries, bound=bound, seed=seed + goal.seed,
            starts=starts, rounds=10**9, file=state, stop=stop, good_enough=enough,
        )  # fmt: skip

    try:
        result = searched()
    except InvalidDataError:
        # A damaged file of a search is no reason to end a sweep; its code is in the folder.
        state.unlink(missing_ok=True)
        result = searched()
    if result.found is None:
        return math.inf
    write_found(base, result.found)
    return result.found.height


def _starts(goal: Goal, folder: Path, bound: int) -> Iterable[Float]:
    """What the catalogue holds, the best code so far, and what the neighbours of both give."""
    n, k, m = goal.n, goal.k, goal.m
    known: dict[str, dict[tuple[int, int, int], Float]] = {"real": {}, "integer": {}}
    for key in neighbouring(n, k, m):
        for entries in ("real", "integer"):
            found = _known(folder, key, entries)
            if found is not None:
                known[entries][key] = np.array(found.matrix, np.float64)
    kinds = ("integer",) if goal.entries == "integer" else ("integer", "real")
    matrices = known_starts(n, k, m, goal.entries, bound)[:_MOST_STARTS]
    for entries in kinds:
        if (n, k, m) in known[entries]:
            matrices.append(known[entries][n, k, m])
        matrices += list(starts_from(known[entries], n, k, m))
    if goal.entries == "integer":
        matrices = [G for G in matrices if np.abs(G[:, k:]).max() <= bound]
    return matrices[: 2 * _MOST_STARTS]


def _known(folder: Path, key: tuple[int, int, int], entries: str) -> FoundCode | None:
    n, k, m = key
    path = folder / f"n{n:02}_k{k:02}_m{m:02}_{entries}.json"
    with suppress(OSError, InvalidDataError):
        return read_found(path)
    return None
