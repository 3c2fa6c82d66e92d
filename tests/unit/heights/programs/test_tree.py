"""The search over dropped constraints, against all sets of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from all_bases import by_all_bases

from mheight.heights.programs.search import Search
from mheight.heights.programs.tree import DONE, RUNNING, advance


def searched(G: np.ndarray, m: int) -> Search:
    return Search(G, m, None, None)


def largest(G: np.ndarray, target: int, m: int) -> float:
    """The largest f(K) over sets K that leave out m - 1 positions besides the target."""
    others = [j for j in range(G.shape[1]) if j != target]
    return max(by_all_bases(G, target, list(K)) for K in combinations(others, len(others) - m + 1))


CASES = [(2, 6, 2), (2, 6, 3), (3, 7, 3), (4, 8, 2)]


@pytest.mark.parametrize(("k", "n", "m"), CASES)
def test_a_target_that_is_searched_to_its_end(k: int, n: int, m: int) -> None:
    G = np.random.default_rng([k, n, m]).standard_normal((k, n))
    for target in range(n):
        search = searched(G, m)
        root = search.root(target)
        assert root is not None
        assert search.exhaust(root, lambda: None) is None
        assert search.incumbent == pytest.approx(largest(G, target, m), rel=1e-8)
        assert search.best is not None
        assert search.best[0] == target
        assert len(search.best[1]) <= m - 1
        # What was solved or passed over is bounded by the record.
        assert search.record[1] >= search.incumbent


@pytest.mark.parametrize(("k", "n", "m"), CASES)
def test_children_are_listed_best_first(k: int, n: int, m: int) -> None:
    G = np.random.default_rng([k, n, m]).standard_normal((k, n))
    search = searched(G, m)
    root = search.root(0)
    assert root is not None
    search.load(root)
    stack = search.stack
    count = int(stack.counts[0])
    assert count == k
    assert sorted(stack.order[0, :count].tolist()) == list(range(k))
    limits = stack.quick[0, :count, 0]
    assert (np.diff(limits) <= 0).all()
    assert (stack.quick[0, :count, 1] <= limits).all()


def test_it_can_be_left_and_taken_up_again() -> None:
    G = np.random.default_rng(3).standard_normal((4, 9))
    whole, parts = searched(G, 4), searched(G, 4)
    for search, budget in ((whole, 10**6), (parts, 3)):
        root = search.root(0)
        assert root is not None
        search.load(root)
        states = []
        while not states or states[-1] == RUNNING:
            state, nodes = advance(
                search.drops, 0, budget, search.k, search.stack, search.R, search.record,
                search.found,
            )  # fmt: skip
            assert nodes <= budget
            states.append(state)
        assert states[-1] == DONE
        assert (len(states) == 1) == (search is whole)
    np.testing.assert_array_equal(whole.record, parts.record)
    np.testing.assert_array_equal(whole.found, parts.found)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_bounds_by_groups_are_no_less_than_what_is_reached(groups: int) -> None:
    G = np.random.default_rng(8).standard_normal((4, 11))
    m = 3
    for target in range(0, 11, 3):
        search = searched(G, m)
        root = search.root(target)
        assert root is not None
        assert search.refine(root, groups, lambda: None) is None
        assert root.upper >= largest(G, target, m) * (1 - 1e-12)
