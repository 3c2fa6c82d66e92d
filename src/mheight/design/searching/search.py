"""`search`: the portfolio, round by round, with what it found kept in a file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.catalogue.found import Entries, FoundCode, judged
from mheight.codes import LinearCode
from mheight.codes.checks import is_integer
from mheight.design.searching.known import known_starts
from mheight.design.searching.members import MEMBERS, Candidate, Task, members_for
from mheight.design.searching.systematic import as_integers, systematic_generator
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.files import write_json
from mheight.heights import best_lower_bound
from mheight.kernels.compiling import work_clock

__all__ = ["Improvement", "SearchResult", "Status", "search"]

Float = NDArray[np.float64]
Status = Literal["time limit", "rounds", "stopped", "bound met", "good enough"]

FORMAT, VERSION = "mheight-search", 1
LONGEST_SEARCHED = 16
_POOL = 4
_SAME = 1e-9


@dataclass(frozen=True)
class Improvement:
    """A point of a search's history: a better code, found so many seconds and rounds in."""

    seconds: float
    round: int
    height: float
    method: str


@dataclass(frozen=True)
class SearchResult:
    """What a search came to.

    Attributes:
        found: the best code with its exact height; None where no code of finite height was met.
        history: each better height, with when it was found and by what.
        rounds: that were made, in all.
        seconds: that they took, without compiling.
        seed: of the search.
        status: why it ended; "bound met" where no code can be better.
        lower_bound: of h_m, for every code.
    """

    found: FoundCode | None
    history: tuple[Improvement, ...]
    rounds: int
    seconds: float
    seed: int
    status: Status
    lower_bound: float

    @property
    def height(self) -> float:
        """The best height; infinite where none was met."""
        return math.inf if self.found is None else self.found.height

    @property
    def code(self) -> LinearCode | None:
        """The best code."""
        return None if self.found is None else self.found.code

    def __str__(self) -> str:
        if self.found is None:
            return f"no code of finite height in {self.rounds} rounds ({self.status})"
        f = self.found
        return (
            f"[{f.n}, {f.k}] code with h_{f.m} = {f.height:.12g}, {f.entries} entries, after "
            f"{self.rounds} rounds, {self.seconds:.1f} s ({self.status})"
        )


@dataclass
class _State:
    """What a search knows between two rounds."""

    pool: list[Candidate]
    rounds: int
    seconds: float
    history: list[Improvement]

    @property
    def best(self) -> float:
        """The least height, infinite where there is none."""
        return self.pool[0].height if self.pool else math.inf

    def offer(self, candidate: Candidate | None, at: float) -> bool:
        """Take a candidate in; whether it is the best."""
        if candidate is None or not math.isfinite(candidate.height):
            return False
        for one in self.pool:
            if abs(one.height - candidate.height) <= _SAME * one.height:
                return False
        is_best = not self.pool or candidate.height < self.pool[0].height
        self.pool = sorted([*self.pool, candidate], key=lambda one: one.height)[:_POOL]
        if is_best:
            self.history.append(Improvement(at, self.rounds, candidate.height, candidate.method))
        return is_best


@dataclass(frozen=True)
class _Until:
    """When a search ends."""

    bound: float
    good_enough: float | None
    stop: Callable[[], bool] | None
    seconds: float | None
    rounds: int | None

    def status(self, state: _State) -> Status | None:
        """Why it ends here; None if it goes on."""
        if state.best <= self.bound * (1.0 + _SAME):
            return "bound met"
        if self.good_enough is not None and state.best <= self.good_enough:
            return "good enough"
        if self.stop is not None and self.stop():
            return "stopped"
        if self.seconds is not None and state.seconds >= self.seconds:
            return "time limit"
        if self.rounds is not None and state.rounds >= self.rounds:
            return "rounds"
        return None


def search(
    n: int,
    k: int,
    m: int,
    *,
    entries: Entries = "real",
    bound: int = 100,
    seconds: float | None = None,
    rounds: int | None = None,
    seed: int = 0,
    starts: Sequence[ArrayLike] = (),
    closure: bool = False,
    members: Sequence[str] | None = None,
    good_enough: float | None = None,
    file: Path | None = None,
    progress: Callable[[float, int, float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> SearchResult:
    """Search for an [n, k] code with a small h_m.

    A portfolio takes turns, a round each: CMA-ES, polishing by linear programs, both within
    the codes of random groups, basin hopping, annealing over integers, rounding and repair.
    Each round depends on the seed, its number and the best codes before it, and its work is
    counted in steps: the same seed and the same number of rounds give the same code on
    the same machine.  The clock decides only how many rounds there are.

    Args:
        n: length, at most 16.
        k: dimension, 1 <= k < n.
        m: index of the height, 1 <= m <= n-k: beyond, every height is infinite.
        entries: "real", or "integer" for P of G = [I | P].
        bound: for integers, the largest magnitude in P.
        seconds: when to end, without compiling; looked at between rounds.
        rounds: how many to make at most, with those of the file; one of both limits is needed.
        seed: of all randomness.
        starts: generator matrices to begin with, of shape (k, n).
        closure: begin with what the catalogue holds and what the rules make of it, too.
        members: names out of `MEMBERS` that take turns, instead of the usual ones.
        good_enough: a height to stop at.
        file: where to keep what was found after each better code and at the end (JSON); a
            search whose file is there goes on.
        progress: called after each round with seconds, rounds and the best height.
        stop: asked between rounds whether to end.

    Returns:
        A `SearchResult`.

    Raises:
        InvalidCodeError: numbers out of range.
        InvalidDataError: the file is of another search.

    Examples:
        >>> result = search(5, 2, 2, rounds=3, seed=1)
        >>> round(result.height, 6)
        1.618034
    """
    task = _task(n, k, m, entries, bound, seconds, rounds, seed, starts)
    if closure:
        catalogued = known_starts(n, k, m, entries, bound)
        task = replace(task, starts=(*task.starts, *catalogued))
    turns = tuple(members) if members is not None else members_for(task)
    if unknown := [name for name in turns if name not in MEMBERS]:
        raise InvalidCodeError(f"members must be among {', '.join(MEMBERS)}; got {unknown[0]!r}")
    limit = max(float(best_lower_bound(n, k, m).value), 1.0)
    state = _State([], 0, 0.0, [])
    if file is not None and Path(file).exists():
        state = _read_state(Path(file), task, seed)
    begun = work_clock() - state.seconds
    if task.starts:
        state.offer(MEMBERS["closure"](task, _generator(task, seed, -1), ()), work_clock() - begun)
    until = _Until(limit, good_enough, stop, seconds, rounds)
    while True:
        state.seconds = work_clock() - begun
        if progress is not None:
            progress(state.seconds, state.rounds, state.best)
        status = until.status(state)
        if status is not None:
            break
        member = MEMBERS[turns[state.rounds % len(turns)]]
        candidate = member(task, _generator(task, seed, state.rounds), tuple(state.pool))
        if state.offer(candidate, work_clock() - begun) and file is not None:
            _write_state(Path(file), task, seed, state)
        state.rounds += 1
    if file is not None:
        _write_state(Path(file), task, seed, state)
    found = _finished(task, state, seed)
    return SearchResult(
        found, tuple(state.history), state.rounds, state.seconds, seed, status, limit
    )


def _finished(task: Task, state: _State, seed: int) -> FoundCode | None:
    """The best of the pool as [I | P], with its exact height."""
    for candidate in state.pool:
        G = systematic_generator(candidate.matrix, task.program.is_check)
        whole = task.entries == "integer"
        matrix = as_integers(G) if whole else tuple(tuple(row) for row in G.tolist())
        found = judged(
            matrix, task.m, entries="integer" if whole else "real",
            bound=task.bound if whole else None, seed=seed, method=candidate.method,
            seconds=round(state.seconds, 3), date=datetime.now(UTC).date().isoformat(),
        )  # fmt: skip
        if found is not None:
            return found
    return None


def _generator(task: Task, seed: int, round_: int) -> np.random.Generator:
    """Randomness of one round."""
    whole = int(task.entries == "integer")
    return np.random.default_rng([seed, task.n, task.k, task.m, whole, round_ + 1])


def _task(
    n: int, k: int, m: int, entries: str, bound: int, seconds: float | None, rounds: int | None,
    seed: int, starts: Sequence[ArrayLike],
) -> Task:  # fmt: skip
    for name, value in (("n", n), ("k", k), ("m", m), ("bound", bound), ("seed", seed)):
        if not is_integer(value):
            raise InvalidCodeError(f"{name} must be an integer, got {value!r}")
    if not 2 <= n <= LONGEST_SEARCHED:
        raise InvalidCodeError(f"n must lie in 2..{LONGEST_SEARCHED}, got {n}")
    if not 1 <= k < n:
        raise InvalidCodeError(f"k must lie in 1..n-1 = 1..{n - 1}, got {k}")
    if not 1 <= m <= n - k:
        raise InvalidCodeError(
            f"m must lie in 1..n-k = 1..{n - k}, got {m}: beyond, every height is infinite"
        )
    if entries not in ("real", "integer"):
        raise InvalidCodeError(f"entries must be 'real' or 'integer', got {entries!r}")
    if bound < 1:
        raise InvalidCodeError(f"bound must be at least 1, got {bound}")
    if seed < 0:
        raise InvalidCodeError(f"seed must be at least 0, got {seed}")
    if seconds is None and rounds is None:
        raise InvalidCodeError("a limit is needed: seconds or rounds")
    for limit, most in (("seconds", seconds), ("rounds", rounds)):
        if most is not None and not most >= 0:
            raise InvalidCodeError(f"{limit} must be at least 0, got {most!r}")
    matrices = []
    for number, start in enumerate(starts):
        G = np.array(start, np.float64)
        if G.shape != (k, n) or not np.isfinite(G).all():
            raise InvalidCodeError(
                f"start {number} must be finite, of shape (k, n) = {(k, n)}, got shape {G.shape}"
            )
        if entries == "integer":
            P = G[:, k:]
            whole = bool((np.rint(P) == P).all() and np.abs(P).max() <= bound)
            if not (whole and (G[:, :k] == np.eye(k)).all()):
                raise InvalidCodeError(
                    f"start {number} must be [I | P], P of integers of magnitude at most {bound}"
                )
        matrices.append(G)
    return Task(int(n), int(k), int(m), entries, int(bound), tuple(matrices))


# --- the file ------------------------------------------------------------------------------


def _write_state(path: Path, task: Task, seed: int, state: _State) -> None:
    values: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        **_about(task, seed),
        "rounds": state.rounds,
        "seconds": state.seconds,
        "pool": [
            {"height": one.height, "method": one.method, "matrix": one.matrix.tolist()}
            for one in state.pool
        ],
        "history": [[one.seconds, one.round, one.height, one.method] for one in state.history],
    }
    write_json(path, values)


def _about(task: Task, seed: int) -> dict[str, Any]:
    whole = task.entries == "integer"
    return {
        "n": task.n, "k": task.k, "m": task.m, "entries": task.entries,
        "bound": task.bound if whole else None, "seed": seed,
    }  # fmt: skip


def _read_state(path: Path, task: Task, seed: int) -> _State:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT or values["version"] != VERSION:
            raise ValueError(f"not a {FORMAT} file of version {VERSION}")
        for name, wanted in _about(task, seed).items():
            if values[name] != wanted:
                raise ValueError(
                    f"it is of a search with {name} = {values[name]}, not {wanted}; "
                    "remove it or choose another file"
                )
        pool = []
        for one in values["pool"]:
            matrix = np.array(one["matrix"], np.float64)
            if matrix.shape != (task.program.rows, task.n) or not np.isfinite(matrix).all():
                raise ValueError("a matrix of the pool has another shape")
            candidate = task.candidate(matrix, str(one["method"]))
            # The height by this kernel, whatever the file says.
            if not math.isfinite(candidate.height):
                raise ValueError("a matrix of the pool has an infinite height")
            known = float(one["height"])
            if abs(known - candidate.height) > 1e-6 * candidate.height:
                raise ValueError(f"a matrix of the pool has h = {candidate.height}, not {known}")
            pool.append(replace(candidate, height=known))
        history = [
            Improvement(float(s), int(r), float(h), str(w)) for s, r, h, w in values["history"]
        ]
        return _State(pool, int(values["rounds"]), float(values["seconds"]), history)
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise InvalidDataError(f"{path}: {what}") from None
