"""What a search begins with, target by target, and the groups that it tries."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from all_bases import by_all_bases

from mheight.codes.rationals import rational_matrix
from mheight.errors import InvalidCodeError
from mheight.heights.programs import search as module
from mheight.heights.programs.search import Search


def code(k: int, n: int) -> np.ndarray:
    return np.random.default_rng([k, n]).standard_normal((k, n))


@pytest.mark.parametrize(("k", "n", "m"), [(3, 8, 1), (3, 8, 2), (4, 9, 3)])
def test_roots(k: int, n: int, m: int) -> None:
    G = code(k, n)
    search, best = Search(G, m, None, None), 0.0
    for target in range(n):
        root = search.root(target)
        assert root is not None
        wanted = by_all_bases(G, target, [j for j in range(n) if j != target])
        assert root.target == target
        assert root.value == pytest.approx(wanted, rel=1e-9)
        assert search.nodes == target + 1
        best = max(best, root.value)
        assert search.incumbent == best
        assert search.record[1] == pytest.approx(best, rel=1e-9)
        assert search.record[1] >= best
        # With nothing more to drop that is all; else nothing is known yet of what is below.
        assert (root.upper < np.inf) == (m == 1)
        if m == 1:
            assert root.value <= root.upper <= root.value * (1 + 1e-9)
        assert root.vertex is not None
        assert np.abs(root.vertex.table[:, target]).sum() == pytest.approx(wanted, rel=1e-9)
    assert search.best is not None
    assert search.best[1] == []
    assert not search.infinite


def test_a_root_that_nothing_bounds() -> None:
    G = np.array([[1.0, 0, 0, 0], [0, 1, 2, 3]])
    search = Search(G, 1, None, None)
    root = search.root(0)
    assert root is not None
    assert (root.value, root.upper, search.incumbent) == (np.inf, np.inf, np.inf)
    assert search.infinite
    assert search.best == (0, [])


def test_a_zero_column_has_no_root() -> None:
    search = Search(np.array([[1.0, 0, 2, 0], [0, 0, 1, 3]]), 1, None, None)
    assert search.root(1) is None
    assert search.nodes == 0
    assert search.root(2) is not None


def test_vertices_are_kept_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    G = code(3, 8)
    # 8 tableaux of 3 x 8 numbers of 8 bytes each.
    for room, kept in ((8 * 3 * 8 * 8, True), (8 * 3 * 8 * 8 - 1, False)):
        monkeypatch.setattr(module, "_MOST_KEPT", room)
        root = Search(G, 2, None, None).root(0)
        assert root is not None
        assert (root.vertex is not None) == kept


@pytest.mark.parametrize("better", [False, True])
def test_rows_of_unlike_size_count_alike(better: bool) -> None:
    """The information set is that of the matrix with its rows at one size."""
    G = code(4, 9)
    scaled = G * np.array([[1e-12], [1.0], [1e9], [3e4]])
    one = Search(G / np.abs(G).max(axis=1, keepdims=True), 2, None, None)
    other = Search(scaled, 2, None, G if better else None)
    assert one.R.corner.tolist() == other.R.corner.tolist()
    np.testing.assert_allclose(other.R.high, one.R.high, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other.R.weights, np.abs(other.R.high).sum(axis=0), rtol=1e-15)
    np.testing.assert_array_equal(other.G, scaled)


def test_a_matrix_that_is_better_conditioned_gives_the_information_set() -> None:
    G = code(3, 7)
    mixed = np.array([[1.0, 1, 1], [1, 1 + 1e-9, 1], [1, 1, 1 - 1e-9]]) @ G
    search = Search(mixed, 2, None, G)
    assert search.R.corner.tolist() == Search(G, 2, None, None).R.corner.tolist()
    # R is of the matrix that was given, not of the better one.
    np.testing.assert_allclose(
        search.R.high, np.linalg.solve(mixed[:, search.R.corner], mixed), rtol=1e-4, atol=1e-5
    )


def test_bounds_are_all_but_one_and_differ() -> None:
    bounds = Search(code(3, 8), 2, None, None).bounds
    assert bounds.shape == (8,)
    assert len(set(bounds.tolist())) == 8
    assert ((bounds >= 1.0 + 1e-10) & (bounds <= 1.0 + 2e-10)).all()


@pytest.mark.parametrize("G", [np.ones((2, 5)), np.array([[1.0, 2, 3], [0, 0, 0]])])
def test_dependent_rows(G: np.ndarray) -> None:
    with pytest.raises(InvalidCodeError, match="independent: of rank 2, and clearly so"):
        Search(G, 1, None, None)


def test_the_matrix_in_whole_numbers() -> None:
    exact = rational_matrix([["1/3", "1/2", 1], [1, 0, "2/5"]])
    G = np.array([[float(x) for x in row] for row in exact])
    assert Search(G, 1, exact, None).rows.matrix.tolist() == [[2, 3, 6], [5, 0, 2]]
    assert Search(np.array([[0.5, 1, 2], [3, 0, 1]]), 1, None, None).rows.matrix.tolist() == [
        [1, 2, 4],
        [3, 0, 1],
    ]


@pytest.mark.parametrize(
    ("n", "k", "m", "stages"),
    [(12, 6, 1, [1]), (12, 6, 2, [1]), (14, 4, 5, [2]), (30, 10, 5, [2]), (40, 20, 8, [7]),
     (24, 12, 4, [3]), (13, 6, 3, [2]), (64, 32, 5, [4, 8, 16]), (24, 12, 3, [2, 4, 8]),
     (10, 7, 3, []), (10, 6, 4, [])],
)  # fmt: skip
def test_stages(n: int, k: int, m: int, stages: list[int]) -> None:
    found = Search(code(k, n), m, None, None).stages()
    assert found == stages
    levels = m - 2
    for groups in found if levels > 0 else []:
        # What is left where whole groups are dropped still spans, and there is something to gain.
        assert levels * -(-k // groups) <= n - 2 - k
        assert groups < k
    for groups in found[1:]:
        assert groups**levels * 8 < comb(k + 1, levels + 1)
    assert found[1:] == [2 * groups for groups in found[:-1]]


def test_dives_raise_the_best_value() -> None:
    G, m = code(6, 16), 5
    search = Search(G, m, None, None)
    for target in range(16):
        search.root(target)
    before, nodes = search.incumbent, search.nodes
    search.dive(list(range(16)), lambda: None, lambda: True)
    assert search.incumbent > 1.5 * before
    assert search.best is not None
    target, dropped = search.best
    assert len(dropped) == m - 1
    kept = [j for j in range(16) if j != target and j not in dropped]
    assert search.incumbent == pytest.approx(by_all_bases(G, target, kept), rel=1e-8)
    assert search.nodes > nodes + 16
    # Whoever says so first ends them.
    for limit, time_left in ((lambda: "stopped", lambda: True), (lambda: None, lambda: False)):
        other = Search(G, m, None, None)
        other.dive(list(range(16)), limit, time_left)  # type: ignore[arg-type]
        assert 0 < other.nodes < 40


def test_dives_that_find_an_infinite_value() -> None:
    G = np.array([[1.0, 1, 2, 3, 0, 0, 0, 0], [0, 1, 1, 1, 1, 2, 3, 4]])
    search = Search(G, 4, None, None)
    search.dive(list(range(8)), lambda: None, lambda: True)
    assert search.infinite
    assert search.best is not None
    assert sorted([search.best[0], *search.best[1]]) == [0, 1, 2, 3]


def test_dives_that_drop_fewer_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    G = code(3, 9)
    search = Search(G, 5, None, None)

    def run(self: module.Dives, targets: list[int], note: Callable[..., None], _: object) -> None:
        dropped = np.array([2, 4, 6, 7, 8])  # the last two are left over from before
        note(self.value(0, dropped), 0, dropped)

    monkeypatch.setattr(module.Dives, "run", run)
    search.dive([0], lambda: None, lambda: True)
    assert search.best == (0, [4, 6])
    kept = [j for j in range(1, 9) if j not in (4, 6)]
    assert search.incumbent == pytest.approx(by_all_bases(G, 0, kept), rel=1e-9)
