"""Many searches for one code, each from its own seed: shards that need nothing of each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mheight.catalogue.found import Entries, FoundCode, judged
from mheight.design.searching.search import SearchResult, Status, search
from mheight.errors import JobError
from mheight.heights import best_lower_bound
from mheight.jobs import JobFolder, Task

__all__ = ["Restarts", "restart_shard"]

Size = tuple[int, int, int]
Matrix = tuple[tuple[int | float, ...], ...]

_ROUND = 2.0  # seconds, about


@dataclass(frozen=True)
class Restarts:
    """Searches for codes of some sizes, several for each.

    Attributes:
        sizes: n, k, m of each.
        count: searches for each size.
        seed: of the first; each has the next one.
        entries: "real" or "integer".
        bound: for integers, the largest magnitude in P.
        seconds: of each search; None for no limit.
        rounds: of each search; None for no limit.
        members: methods that take turns; None for the usual ones.
        closure: whether to begin with what is known.
    """

    sizes: tuple[Size, ...]
    count: int
    seed: int
    entries: Entries
    bound: int
    seconds: float | None
    rounds: int | None
    members: tuple[str, ...] | None
    closure: bool

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything that matters, as plain values."""
        return {
            "sizes": [list(size) for size in self.sizes],
            "restarts": self.count,
            "seed": self.seed,
            "entries": self.entries,
            "bound": self.bound,
            "seconds": self.seconds,
            "rounds": self.rounds,
            "members": None if self.members is None else list(self.members),
            "closure": self.closure,
        }

    def tasks(self, job: JobFolder) -> Iterator[Task]:
        """A task for each search."""
        number = 0
        expected = min(self.seconds or 1e9, _ROUND * (self.rounds or 1e9))
        for size in self.sizes:
            for i in range(self.count):
                seed = self.seed + i
                shard = job.shard(number, {"size": list(size), "seed": seed})
                n, k, m = size
                yield Task(
                    shard, restart_shard, (self, size, seed),
                    f"the search for h_{m} of [{n}, {k}] with seed {seed}", 1, expected,
                )  # fmt: skip
                number += 1

    def best(self, job: JobFolder) -> list[SearchResult]:
        """What a finished job found, size by size: the least exact height, of the least seed."""
        outcomes = [_Outcome.read(path) for path in job.require_complete()]
        return [
            self._best(size, outcomes[i * self.count : (i + 1) * self.count])
            for i, size in enumerate(self.sizes)
        ]

    def _best(self, size: Size, outcomes: Sequence[_Outcome]) -> SearchResult:
        n, k, m = size
        whole = self.entries == "integer"
        best: FoundCode | None = None
        for one in outcomes:
            if one.matrix is None or one.method is None:
                continue
            found = judged(
                one.matrix, m, entries=self.entries,
                bound=self.bound if whole else None, seed=one.seed, method=one.method,
                seconds=0.0, date=datetime.now(UTC).date().isoformat(),
            )  # fmt: skip
            if found is not None and (
                best is None or found.certificate.height < best.certificate.height
            ):
                best = found
        limit = max(float(best_lower_bound(n, k, m).value), 1.0)
        rounds = sum(one.rounds for one in outcomes)
        seed = self.seed if best is None else best.seed
        status: Status = "rounds" if self.seconds is None else "time limit"
        return SearchResult(best, (), rounds, 0.0, seed, status, limit)


@dataclass(frozen=True)
class _Outcome:
    """What one search came to, as its shard holds it; no matrix where no code was found."""

    size: Size
    seed: int
    rounds: int
    method: str | None
    matrix: Matrix | None

    @classmethod
    def read(cls, path: Path) -> _Outcome:
        """The outcome that a shard holds.

        Raises:
            JobError: it holds something else.
        """
        try:
            held = json.loads(path.read_bytes())
            n, k, m = held["size"]
            rows = held["matrix"]
            matrix = None if rows is None else tuple(map(tuple, rows))
            return cls((n, k, m), held["seed"], held["rounds"], held["method"], matrix)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise JobError(f"{path}: not the result of a search") from None

    def to_bytes(self) -> bytes:
        """As JSON, in one line."""
        return (json.dumps(asdict(self)) + "\n").encode()


def restart_shard(work: Restarts, size: Size, seed: int) -> bytes:
    """A shard: the best code of one search, as JSON."""
    result = search(
        *size, seed=seed, entries=work.entries, bound=work.bound, seconds=work.seconds,
        rounds=work.rounds, members=work.members, closure=work.closure,
    )  # fmt: skip
    found = result.found
    method, matrix = (None, None) if found is None else (found.method, found.matrix)
    return _Outcome(size, seed, result.rounds, method, matrix).to_bytes()
