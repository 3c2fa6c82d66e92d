from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mheight.codes.rationals import rational_matrix
from mheight.heights.certificate import verify
from mheight.heights.finding import find_heights, solved
from mheight.heights.programs import search, shared
from mheight.heights.programs.branch_and_bound import branch_and_bound
from mheight.heights.solution import Solution


class FakeCrew:
    """Does work when asked, in an order of its own."""

    def __init__(self, room: int, seed: int) -> None:
        self.size, self.rng = room, np.random.default_rng(seed)
        self.waiting: dict[int, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
        self.done = self.forgotten = 0

    def room(self) -> int:
        return self.size

    def submit(self, name: int, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.waiting[name] = work, arguments

    def take(self) -> tuple[int, Any] | None:
        if not self.waiting or self.rng.random() < 0.1:
            return None
        name = int(self.rng.choice(list(self.waiting)))
        work, arguments = self.waiting.pop(name)
        self.done += 1
        return name, work(*arguments)

    def forget(self, name: int) -> None:
        self.waiting.pop(name, None)
        self.forgotten += 1


def timeless(solution: Solution) -> Solution:
    return replace(solution, seconds=0.0)


CODES = [
    (n, k, m, whole)
    for n, k, m in ((16, 8, 1), (16, 8, 2), (16, 8, 3), (18, 9, 5), (20, 6, 7), (22, 11, 4))
    for whole in (False, True)
]


@pytest.mark.parametrize("room", [1, 6])
@pytest.mark.parametrize(("n", "k", "m", "whole"), CODES)
def test_a_crew_changes_nothing(
    n: int, k: int, m: int, whole: bool, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Targets are split by their first branches, though they are small.
    monkeypatch.setattr(shared, "_PIECE", 1e-3)
    rng = np.random.default_rng(n * m)
    G = rng.integers(-3, 4, (k, n)).astype(float) if whole else rng.standard_normal((k, n))
    options: dict[str, Any] = {"method": "branch-and-bound", "progress": lambda *_: None}
    crew = FakeCrew(room, seed=m)
    alone, together = solved(G, m, **options), solved(G, m, crew=crew, **options)
    assert timeless(alone) == timeless(together)
    assert alone.is_exact
    assert crew.done or m == 1


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("n", "k", "m"), [(14, 5, 1), (14, 5, 2), (16, 8, 4)])
def test_vertices_that_are_not_kept_are_made_anew(
    n: int, k: int, m: int, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(n * m)
    G = rng.integers(-3, 4, (k, n)).astype(float) if whole else rng.standard_normal((k, n))
    kept = timeless(solved(G, m, method="branch-and-bound"))
    monkeypatch.setattr(search, "_MOST_KEPT", 0)
    assert timeless(solved(G, m, method="branch-and-bound")) == kept
    assert timeless(solved(G, m, method="branch-and-bound", crew=FakeCrew(3, 0))) == kept


def test_a_better_value_found_late_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without dives the best value rises during the search, and what was done ahead is done again.
    monkeypatch.setattr(
        "mheight.heights.programs.branch_and_bound.are_worthwhile", lambda *_: False
    )
    monkeypatch.setattr(shared, "_PIECE", 1e-4)
    forgotten = 0
    for seed in range(12):
        G = np.random.default_rng(seed).integers(-2, 3, (7, 16)).astype(float)
        options: dict[str, Any] = {"method": "branch-and-bound", "progress": lambda *_: None}
        crew = FakeCrew(9, seed)
        alone, together = solved(G, 4, **options), solved(G, 4, crew=crew, **options)
        assert timeless(alone) == timeless(together)
        forgotten += crew.forgotten
    assert forgotten > 0


def test_all_heights_and_a_stop() -> None:
    G = np.random.default_rng(1).standard_normal((8, 16))
    options: dict[str, Any] = {"method": "branch-and-bound"}
    alone = [timeless(s) for s in find_heights(G, **options)]
    assert [timeless(s) for s in find_heights(G, crew=FakeCrew(4, 0), **options)] == alone
    stopped = solved(G, 4, crew=FakeCrew(4, 0), stop=lambda: True, **options)
    assert stopped.status == "stopped"
    assert stopped.lower <= alone[3].lower <= alone[3].upper <= stopped.upper


class OrderlyCrew(FakeCrew):
    """Does one piece after the other, and keeps what it was given."""

    def __init__(self, room: int) -> None:
        super().__init__(room, 0)
        self.given: list[list[tuple[Any, ...]]] = []

    def submit(self, name: int, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        super().submit(name, work, arguments)
        self.given.append(arguments[1])
        assert len(self.waiting) <= self.size

    def take(self) -> tuple[int, Any] | None:
        if not self.waiting:
            return None
        name = min(self.waiting)
        work, arguments = self.waiting.pop(name)
        return name, work(*arguments)


def test_what_is_done_ahead_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the best value known from the start, hardly anything is done in vain, or twice."""
    monkeypatch.setattr("mheight.heights.programs.branch_and_bound.are_worthwhile", lambda *_: True)
    monkeypatch.setattr(shared, "_PIECE", 1e-4)
    G = np.random.default_rng(5).standard_normal((9, 22))
    options: dict[str, Any] = {"progress": lambda *_: None}
    alone, crew = branch_and_bound(G, 5, **options), OrderlyCrew(4)
    assert timeless(branch_and_bound(G, 5, crew=crew, **options)) == timeless(alone)
    pieces = [(name, root.target, groups, span) for given in crew.given
              for name, root, _, groups, *span in given]  # fmt: skip
    keys = [str(piece) for piece in pieces]
    assert len(set(keys)) == len(keys)
    assert {name for name, *_ in pieces} == {"refine", "exhaust"}
    # Targets are done in parts, which come one after the other and leave nothing out.
    for target in {target for name, target, *_ in pieces if name == "exhaust"}:
        spans = [span for name, at, _, span in pieces if (name, at) == ("exhaust", target)]
        assert len(spans) > 1
        assert spans[0][0] == 0
        assert spans[-1][1] == 9
        assert [first for first, _ in spans[1:]] == [last for _, last in spans[:-1]]
    # All that a worker has at a time is little, as the pieces are long or few.
    assert max(map(len, crew.given)) <= 16


def search_with(crew: OrderlyCrew, k: int, n: int, m: int) -> shared.SharedSearch:
    G = np.random.default_rng(k).standard_normal((k, n))
    return shared.SharedSearch(G, m, None, None, crew)


def test_parts_of_branches() -> None:
    long = search_with(OrderlyCrew(2), 16, 48, 12)
    assert long._parts(16) == 16
    assert long._parts(5) == 5
    spans = [long._span(part, 16) for part in range(16)]
    assert [first for first, _ in spans] == [0, *(last for _, last in spans[:-1])]
    assert spans[-1][1] == 16
    assert all(first < last for first, last in spans)
    # In few parts the first ones are short, as most of the work is there.
    long._seconds = 3.5 * shared._PIECE
    assert long._parts(16) == 3
    assert [long._span(part, 16) for part in range(3)] == [(0, 3), (3, 9), (9, 16)]
    long._seconds = 0.0
    assert long._parts(16) == 1
    assert long._span(0, 16) == (0, 16)
    # What has no branches, or one level of them, is not divided.
    assert search_with(OrderlyCrew(2), 16, 48, 2)._parts(16) == 1


def test_a_worker_has_about_so_many_seconds_at_a_time() -> None:
    """Pieces of a tenth of that go out ten at a time, of ten times that one at a time."""
    crew = OrderlyCrew(2)
    search = search_with(crew, 6, 64, 3)
    roots = [search.root(target) for target in range(64)]
    heap = [(-9.0 - target, target, 0, root) for target, root in enumerate(roots) if root]
    search.expect(heap, [4])
    for pace, sizes in ((0.0, [1, 1]), (0.04, [10, 10]), (4.0, [1, 1]), (1e-9, [16, 16])):
        search._pace = pace
        search._names.clear()
        crew.waiting.clear()
        crew.given.clear()
        search._go_ahead(set())
        assert [len(given) for given in crew.given] == sizes
        # The target of the largest bound first.
        assert crew.given[0][0][:2] == ("refine", roots[63])
    search._names.clear()
    crew.waiting.clear()
    crew.given.clear()
    # The last few go to all workers alike.
    search.expect(heap[:6], [4])
    search._go_ahead(set())
    assert [len(given) for given in crew.given] == [3, 3]
    # There is no room for more.
    search._go_ahead(set())
    assert len(crew.given) == 2


def test_the_pace_is_that_of_the_last_pieces() -> None:
    crew = OrderlyCrew(1)
    search = search_with(crew, 6, 16, 3)
    root = search.root(0)
    assert root is not None
    keys = [("refine", 0, groups, 0, search.incumbent) for groups in (1, 2)]
    search._roots[0] = root
    search._submit(keys)  # type: ignore[arg-type]
    crew.take = lambda: (1, (0.5, [(1.0, 3), (2.0, 4)]))  # type: ignore[method-assign]
    assert search._wait(keys[0], lambda: "stopped") is None  # type: ignore[arg-type]
    assert search._pace == 0.25
    assert search._results == {keys[0]: (1.0, 3), keys[1]: (2.0, 4)}
    assert search._names == {}


def test_in_fractions_with_a_crew() -> None:
    rng = np.random.default_rng(2)
    exact = rational_matrix([[f"{x}/7" for x in row] for row in rng.integers(-20, 21, (4, 12))])
    G = np.array([[float(x) for x in row] for row in exact])
    alone, floats = branch_and_bound(G, 4, exact=exact), branch_and_bound(G, 4)
    together = branch_and_bound(G, 4, exact=exact, crew=OrderlyCrew(2))
    assert timeless(together) == timeless(alone)
    assert verify(together.certificate, [[f"{x}" for x in row] for row in exact])
    assert together.certificate.message != floats.certificate.message
