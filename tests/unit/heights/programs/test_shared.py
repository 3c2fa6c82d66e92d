from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mheight.heights.finding import find_heights, solved
from mheight.heights.programs import search, shared
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
