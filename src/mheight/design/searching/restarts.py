"""Many searches for one code, each from its own seed: shards that need nothing of each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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

    @property
    def options(self) -> dict[str, Any]:
        """Of each search, beside its seed."""
        return {
            "entries": self.entries, "bound": self.bound, "seconds": self.seconds,
            "rounds": self.rounds, "members": self.members, "closure": self.closure,
        }  # fmt: skip

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
                    shard, restart_shard, (size, seed, self.options),
                    f"the search for h_{m} of [{n}, {k}] with seed {seed}", 1, expected,
                )  # fmt: skip
                number += 1

    def best(self, job: JobFolder) -> list[SearchResult]:
        """What a finished job found, size by size: the least exact height, of the least seed."""
        contents = [_content(path) for path in job.require_complete()]
        return [
            self._best(size, contents[i * self.count : (i + 1) * self.count])
            for i, size in enumerate(self.sizes)
        ]

    def _best(self, size: Size, contents: Sequence[dict[str, Any]]) -> SearchResult:
        n, k, m = size
        whole = self.entries == "integer"
        best: FoundCode | None = None
        for one in contents:
            if one["matrix"] is None:
                continue
            found = judged(
                tuple(map(tuple, one["matrix"])), m, entries=self.entries,
                bound=self.bound if whole else None, seed=one["seed"], method=one["method"],
                seconds=0.0, date=datetime.now(UTC).date().isoformat(),
            )  # fmt: skip
            if found is not None and (
                best is None or found.certificate.height < best.certificate.height
            ):
                best = found
        limit = max(float(best_lower_bound(n, k, m).value), 1.0)
        rounds = sum(one["rounds"] for one in contents)
        seed = self.seed if best is None else best.seed
        status: Status = "rounds" if self.seconds is None else "time limit"
        return SearchResult(best, (), rounds, 0.0, seed, status, limit)


def restart_shard(size: Size, seed: int, options: dict[str, Any]) -> bytes:
    """A shard: the best code of one search, as JSON."""
    n, k, m = size
    result = search(n, k, m, seed=seed, **options)
    found = result.found
    value = {
        "size": list(size),
        "seed": seed,
        "rounds": result.rounds,
        "method": None if found is None else found.method,
        "matrix": None if found is None else [list(row) for row in found.matrix],
    }
    return (json.dumps(value) + "\n").encode()


def _content(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_bytes())
    if not isinstance(value, dict) or not {"seed", "rounds", "matrix", "method"} <= value.keys():
        raise JobError(f"{path}: not the result of a search")
    return value
