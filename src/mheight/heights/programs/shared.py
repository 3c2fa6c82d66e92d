"""A search for one height whose targets, and first branches, are looked at by a crew of workers.

The search goes its usual way, one target after the other.  What it will ask for next is computed
ahead, by several workers, each with the best value that is known; when that value rises, what was
computed with a smaller one is thrown away and asked for again.  So the result is that of one
process, to the last bit, whatever the number of workers and their speed: only what they
compute in vain depends on it, and as dives find the best value at the start, that is little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mheight.codes.rationals import Matrix
from mheight.heights.programs.dives import search_programs
from mheight.heights.programs.search import Search
from mheight.heights.programs.work import Found, Limit, Root, errand
from mheight.heights.solution import Status

__all__ = ["Crew", "SharedSearch"]

Float = NDArray[np.float64]

_PIECE = 1.0  # seconds of work, about
_ERRAND = 0.4  # seconds of work that are given to a worker at a time, about
_MOST_AT_A_TIME = 16
_PROGRAM, _ENTRY = 1e-6, 12e-9  # seconds a program, and for each entry of its tableau

_Key = tuple[str, int, int, int, float]
"""What is done, target, groups (0 for none), part, and the best value that it is done with."""


class Crew(Protocol):
    """Workers, as `mheight.jobs.crew` has them."""

    def room(self) -> int:
        """How many pieces of work may be under way at once."""
        ...

    def submit(self, name: int, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Have a piece of work done."""
        ...

    def take(self) -> tuple[int, Any] | None:
        """The next piece that is done, with its result; None if none is after a moment."""
        ...

    def forget(self, name: int) -> None:
        """A piece is not needed any more."""
        ...


class SharedSearch(Search):
    """A search for h_m of one code with a crew.

    Args:
        G: shape (k, n), rank k.
        m: index of the height.
        exact: the matrix in fractions, where G is it rounded.
        better: a matrix of the same code, up to rounding, if G is ill-conditioned.
        crew: does the work.
    """

    def __init__(
        self, G: Float, m: int, exact: Matrix | None, better: Float | None, crew: Crew
    ) -> None:
        super().__init__(G, m, exact, better)
        self._crew = crew
        self._names: dict[int, list[_Key]] = {}  # of what is under way
        self._pace = 0.0  # seconds of a piece, about; 0 before any is done
        self._results: dict[_Key, Any] = {}
        self._next = 0
        self._coming: tuple[Iterable[tuple[float, int, int, Root]], list[int]] = ((), [])
        self._roots: dict[int, Root] = {}
        programs = search_programs(self.k, self.n, self.drops) / self.n
        self._seconds = programs * (_PROGRAM + _ENTRY * self.k * self.n)  # of a target

    def expect(self, heap: Iterable[tuple[float, int, int, Root]], stages: list[int]) -> None:
        """What will be asked for: targets with their next stage, worst first."""
        self._coming = heap, stages

    def refine(
        self, root: Root, groups: int, limit: Limit, first: int = 0, last: int = 0
    ) -> Status | None:
        """As `Work.refine`, by the crew."""
        if self.drops == 0:
            return None
        self._roots[root.target] = root
        worst = 0.0
        for part in range(self._parts(groups)):
            key = ("refine", root.target, groups, part, self.incumbent)
            if (reason := self._wait(key, limit)) is not None:
                return reason
            bound, nodes = self._results[key]
            worst = max(worst, bound)
            self.nodes += nodes
        root.upper = min(root.upper, worst)
        return None

    def exhaust(self, root: Root, limit: Limit, first: int = 0, last: int = 0) -> Status | None:
        """As `Work.exhaust`, by the crew: part after part, each with the best value before it."""
        self._roots[root.target] = root
        for part in range(self._parts(self.k)):
            key = ("exhaust", root.target, 0, part, self.incumbent)
            if (reason := self._wait(key, limit)) is not None:
                return reason
            found: Found = self._results[key]
            self.nodes += found.nodes
            self.record[1] = max(self.record[1], found.passed)
            if found.best > self.incumbent:
                self.improve(found.best, root.target, found.dropped)
                self._drop_stale()
            if self.infinite:
                return None
        return None

    # --- ahead ----------------------------------------------------------------------------

    def _parts(self, branches: int) -> int:
        """In how many parts the first branches of a target are dealt with."""
        if self.drops < 2:
            return 1
        return int(max(1, min(branches, self._seconds / _PIECE)))

    def _span(self, part: int, branches: int) -> tuple[int, int]:
        """Branches of a part; the first ones lead to most, as later ones keep what those drop."""
        parts = self._parts(branches)
        edges = [round(branches * (i / parts) ** 1.5) for i in range(parts + 1)]
        edges = [max(edge, i) for i, edge in enumerate(edges)]
        edges[-1] = branches
        return edges[part], edges[part + 1]

    def _wait(self, key: _Key, limit: Limit) -> Status | None:
        """Have a result; returns why there is none."""
        while key not in self._results:
            under_way = {one for keys in self._names.values() for one in keys}
            if key not in under_way:
                self._submit([key])
                under_way.add(key)
            self._go_ahead(under_way)
            done = self._crew.take()
            if done is not None:
                name, (seconds, values) = done
                keys = self._names.pop(name)
                self._results |= dict(zip(keys, values, strict=True))
                self._pace = max(seconds / len(keys), 1e-6)
            elif (reason := limit()) is not None:
                return reason
        return None

    def _go_ahead(self, under_way: set[_Key]) -> None:
        """Have done what will be asked for, as far as there is room."""
        crew = self._crew.room()
        room = crew - len(self._names)
        if room <= 0:
            return
        at_a_time = int(min(_ERRAND / self._pace, _MOST_AT_A_TIME)) if self._pace else 1
        keys = list(islice((key for key in self._expected() if key not in under_way), 16 * crew))
        # Towards the end there are few, and all workers want some.
        at_a_time = max(1, min(at_a_time, len(keys) // crew))
        for start in range(0, min(room * at_a_time, len(keys)), at_a_time):
            self._submit(keys[start : start + at_a_time])

    def _expected(self) -> Iterator[_Key]:
        """What is not known yet and will be asked for, unless the best value rises."""
        heap, stages = self._coming
        best = self.incumbent
        for _, target, stage, root in sorted(heap, key=lambda entry: entry[:3]):
            self._roots[target] = root
            upper = root.upper
            unknown: list[_Key] = []
            while upper > self.line and not unknown:
                refines = stage < len(stages)
                name, groups = ("refine", stages[stage]) if refines else ("exhaust", 0)
                parts = range(self._parts(groups or self.k))
                keys: list[_Key] = [(name, target, groups, part, best) for part in parts]
                unknown = [key for key in keys if key not in self._results]
                if not refines:
                    break
                if not unknown:
                    upper = min(upper, max(self._results[key][0] for key in keys))
                    stage += 1
            yield from unknown

    def _submit(self, keys: list[_Key]) -> None:
        """Give pieces to a worker."""
        pieces = []
        for name, target, groups, part, best in keys:
            span = self._span(part, groups or self.k)
            pieces.append((name, self._roots[target], best, groups, *span))
        self._next += 1
        self._names[self._next] = keys
        self._crew.submit(self._next, errand, (self.core, pieces))

    def _drop_stale(self) -> None:
        """Forget what was computed with a smaller value than the best."""
        self._results = {key: one for key, one in self._results.items() if key[4] == self.incumbent}
        for name, keys in list(self._names.items()):
            if keys[0][4] != self.incumbent:
                del self._names[name]
                self._crew.forget(name)
