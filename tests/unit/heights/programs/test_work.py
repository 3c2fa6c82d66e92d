"""Work on one root: in parts, by other processes, and again after other work."""

from __future__ import annotations

import numpy as np
import pytest
from all_bases import by_all_bases

from mheight.heights.programs.search import Search
from mheight.heights.programs.work import Found, Root, Work, errand
from mheight.heights.solution import Status


def searched(k: int, n: int, m: int) -> tuple[np.ndarray, Search]:
    G = np.random.default_rng([k, n, m]).standard_normal((k, n))
    return G, Search(G, m, None, None)


def never() -> Status | None:
    return None


def root_of(search: Search, target: int) -> Root:
    root = search.root(target)
    assert root is not None
    return root


def test_a_better_value_is_noted() -> None:
    _, search = searched(3, 8, 3)
    work = Work(search.core)
    assert (work.incumbent, work.line, work.best, work.nodes) == (0.0, 0.0, None, 0)
    work.improve(2.0, 5, [1])
    work.improve(2.0, 6, [2])
    work.improve(1.0, 7, [])
    assert (work.incumbent, work.best, work.infinite) == (2.0, (5, [1]), False)
    assert work.line == 2.0 * (1 + 1e-10)
    work.improve(np.inf, 4, [0, 3])
    assert (work.incumbent, work.best, work.infinite) == (np.inf, (4, [0, 3]), True)
    work.improve(3.0, 1, [])
    assert (work.best, work.infinite) == ((4, [0, 3]), True)
    assert Work(search.core, 7.0).incumbent == 7.0


def test_vertices() -> None:
    G, search = searched(3, 8, 2)
    for target in range(8):
        vertex, value = search.vertex(target)
        others = [j for j in range(8) if j != target]
        assert value == pytest.approx(by_all_bases(G, target, others), rel=1e-9)
        assert sorted([*vertex.basis, *np.flatnonzero(vertex.open_)]) == others
        np.testing.assert_allclose(vertex.table, np.linalg.solve(G[:, vertex.basis], G), atol=1e-9)
        # The bound of its residuals holds, and is tight.
        assert 0.0 < vertex.errors[-1] < 1e-13
    G = np.array([[1.0, 0, 0, 0], [0, 1, 2, 3]])
    assert Search(G, 1, None, None).vertex(0)[1] is None


@pytest.mark.parametrize(("k", "n", "m"), [(3, 9, 3), (4, 10, 4), (5, 11, 3)])
def test_parts_of_a_target_make_the_whole(k: int, n: int, m: int) -> None:
    _, search = searched(k, n, m)
    for target in (0, 3, n - 1):
        root = root_of(search, target)
        whole = Work(search.core)
        assert whole.exhaust(root, never) is None
        # Each first branch on its own, with the best value before it.
        parts, nodes, best, passed = [], 0, 0.0, 0.0
        for first in range(k):
            part = Work(search.core, best)
            assert part.exhaust(root, never, first, first + 1) is None
            nodes += part.nodes
            best, passed = part.incumbent, max(passed, float(part.record[1]))
            parts.append(part)
        assert (best, nodes) == (whole.incumbent, whole.nodes)
        assert passed == pytest.approx(float(whole.record[1]), rel=1e-12)
        last = [part.best for part in parts if part.best is not None][-1]
        assert last == whole.best
        # Nothing is left over from other work on the same stack.
        search.exhaust(root_of(search, 1), never)
        again = Work(search.core)
        for _ in range(2):
            again.record[:], again.nodes, again.best = 0.0, 0, None
            again.exhaust(root, never)
            assert (again.incumbent, again.nodes, again.best) == (
                whole.incumbent,
                whole.nodes,
                whole.best,
            )


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_parts_of_a_bound_make_the_whole(groups: int) -> None:
    _, search = searched(4, 12, 4)
    for target in (0, 5):
        root = root_of(search, target)
        whole, work = Root(target, root.vertex, root.value), Work(search.core)
        assert work.refine(whole, groups, never) is None
        assert root.value <= whole.upper < np.inf
        nodes, uppers = 0, []
        for first in range(groups):
            part, own = Work(search.core), Root(target, root.vertex, root.value)
            part.refine(own, groups, never, first, first + 1)
            nodes += part.nodes
            uppers.append(own.upper)
        assert nodes == work.nodes > 0
        assert max(uppers) == whole.upper
        # A bound never rises.
        whole.upper = lower = root.value
        work.refine(whole, groups, never)
        assert whole.upper == lower


def test_more_groups_make_better_bounds() -> None:
    _, search = searched(4, 12, 4)
    uppers = []
    for groups in (2, 3, 4):
        root = root_of(search, 0)
        search.refine(root, groups, never)
        uppers.append(root.upper)
    assert uppers == sorted(uppers, reverse=True)
    assert uppers[0] > uppers[-1]


def test_nothing_to_drop_has_nothing_to_refine() -> None:
    _, search = searched(3, 8, 1)
    root = root_of(search, 0)
    upper, nodes = root.upper, search.nodes
    assert search.refine(root, 1, lambda: "stopped") is None
    assert (root.upper, search.nodes) == (upper, nodes)


def test_long_work_can_be_left() -> None:
    _, search = searched(8, 24, 9)
    root = root_of(search, 0)
    asked = []

    def stop() -> Status | None:
        asked.append(search.nodes)
        return "stopped" if len(asked) == 3 else None

    assert search.exhaust(root, stop) == "stopped"
    # Two thousand programs at a time, and the root.
    assert asked == [2001, 4001, 6001]
    asked.clear()
    search.nodes = 0
    assert search.refine(root, 7, stop) == "stopped"
    assert len(asked) == 3
    # A group is dropped whole: up to two more.
    for number, nodes in enumerate(asked, 1):
        assert 2000 * number <= nodes < 2000 * number + 3 * number
    assert root.upper == np.inf


def test_dropping_columns_until_nothing_bounds() -> None:
    G = np.array([[1.0, 1, 2, 3, 0, 0, 0, 0], [0, 1, 1, 1, 1, 2, 3, 4]])
    search = Search(G, 4, None, None)
    root = root_of(search, 0)
    assert search.exhaust(root, never) is None
    assert search.infinite
    assert search.best is not None
    assert sorted(search.best[1]) == [1, 2, 3]
    search.refine(root, 2, never)
    assert root.upper == np.inf


def test_an_errand_comes_to_what_the_work_does() -> None:
    _, search = searched(4, 12, 4)
    root = root_of(search, 2)
    root.upper = 1.0  # errands start from the root's value
    refined, exhausted = Work(search.core, 0.5), Work(search.core, 0.5)
    bounded = Root(2, root.vertex, root.value)
    refined.refine(bounded, 2, never, 0, 1)
    exhausted.exhaust(root, never, 1, 3)
    assert exhausted.best is not None
    pieces = [("refine", root, 0.5, 2, 0, 1), ("exhaust", root, 0.5, 0, 1, 3)]
    seconds, (one, other) = errand(search.core, pieces)
    assert seconds >= 0.0
    assert one == (bounded.upper, refined.nodes)
    assert other == Found(
        exhausted.incumbent, float(exhausted.record[1]), exhausted.best[1], exhausted.nodes
    )
    assert root.upper == 1.0
    # With a value that nothing beats.
    _, (found,) = errand(search.core, [("exhaust", root, 1e6, 0, 0, 4)])
    assert (found.best, found.dropped) == (1e6, [])
    assert found.passed < 1e6
    whole = Work(search.core)
    whole.exhaust(root, never)
    assert 0 < found.nodes < whole.nodes
