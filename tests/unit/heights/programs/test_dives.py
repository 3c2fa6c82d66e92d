"""Dives and exchanges, against all bases and all sets of dropped positions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
import pytest
from all_bases import by_all_bases

from mheight.heights.programs import dives as module
from mheight.heights.programs.dives import Dives, are_worthwhile, search_programs
from mheight.heights.programs.simplex import reduced_table

CASES = [(2, 7, 3), (3, 8, 3), (3, 9, 4), (4, 9, 2)]


def diving(k: int, n: int, drops: int) -> tuple[np.ndarray, Dives]:
    G = np.random.default_rng([k, n, drops]).standard_normal((k, n))
    basis = np.full(k, -1)
    table = reduced_table(G, basis, np.zeros(n + 1))
    return G, Dives(table, basis, 1.0 + 1e-10 * np.random.default_rng(0).uniform(1, 2, n), drops)


def kept(n: int, target: int, dropped: list[int]) -> list[int]:
    return [j for j in range(n) if j != target and j not in dropped]


def listed(dropped: np.ndarray) -> list[int]:
    columns = dropped[1 : 1 + dropped[0]].tolist()
    assert len(set(columns)) == len(columns)
    return columns


@pytest.mark.parametrize(("k", "n", "drops"), CASES)
def test_a_value_is_that_of_the_program(k: int, n: int, drops: int) -> None:
    G, dives = diving(k, n, drops)
    for target in range(n):
        others = [j for j in range(n) if j != target]
        for columns in list(combinations(others, drops))[::3]:
            # What stands behind those that are dropped is not read.
            for count in range(drops + 1):
                dropped = np.array([count, *columns])
                wanted = by_all_bases(G, target, kept(n, target, list(columns[:count])))
                assert dives.value(target, dropped) == pytest.approx(wanted, rel=1e-8)
                if np.isinf(wanted):
                    continue
                table, basis, errors = dives.reached
                assert set(basis.tolist()) <= set(kept(n, target, list(columns[:count])))
                np.testing.assert_allclose(table, np.linalg.solve(G[:, basis], G), atol=1e-8)
                assert np.abs(table[:, target]).sum() == pytest.approx(wanted, rel=1e-8)
                assert (errors >= 1.0).all()


@pytest.mark.parametrize(("k", "n", "drops"), CASES)
def test_a_dive_drops_what_gains_most_each_time(k: int, n: int, drops: int) -> None:
    G, dives = diving(k, n, drops)
    for target in range(n):
        best: list[int] = []
        for _ in range(drops):
            values = {
                j: by_all_bases(G, target, kept(n, target, [*best, j]))
                for j in kept(n, target, best)
            }
            best.append(max(values, key=values.__getitem__))
        dropped = np.zeros(drops + 1, np.int64)
        value, programs = dives.deepen(target, dropped)
        assert listed(dropped) == best
        assert value == pytest.approx(by_all_bases(G, target, kept(n, target, best)), rel=1e-8)
        # At each step no more than the columns of the basis are tried.
        assert drops + 2 <= programs <= drops * k + 2


def test_a_dive_goes_on_from_what_is_dropped() -> None:
    G, dives = diving(3, 9, 4)
    dropped = np.array([2, 5, 7, 0, 0])
    value, _ = dives.deepen(0, dropped)
    assert dropped[0] == 4
    assert listed(dropped)[:2] == [5, 7]
    assert value == pytest.approx(by_all_bases(G, 0, kept(9, 0, listed(dropped))), rel=1e-8)
    assert value > by_all_bases(G, 0, kept(9, 0, [5, 7]))


@pytest.mark.parametrize(("k", "n", "drops"), CASES)
def test_exchanges_gain_until_none_can(k: int, n: int, drops: int) -> None:
    G, dives = diving(k, n, drops)
    gained = 0
    for target in range(n):
        # The worst start: those that are dropped by number.
        dropped = np.array([drops, *kept(n, target, [])[:drops]])
        before = dives.value(target, dropped)
        while True:
            value, programs = dives.exchange(target, dropped)
            assert value == pytest.approx(
                by_all_bases(G, target, kept(n, target, listed(dropped))), rel=1e-8
            )
            assert len(listed(dropped)) == drops
            assert drops + 2 <= programs <= drops * (k + 1) + 2
            assert value >= before * (1 - 1e-12)
            if value <= before * (1 + 1e-9):
                break
            gained += 1
            before = value
        # No single exchange does better.
        best = listed(dropped)
        for place in range(drops):
            rest = best[:place] + best[place + 1 :]
            for j in kept(n, target, rest):
                other = by_all_bases(G, target, kept(n, target, [*rest, j]))
                assert other <= value * (1 + 1e-7)
    assert gained > n // 2


def test_a_column_is_kept_again() -> None:
    G, dives = diving(4, 10, 3)
    for column in range(1, 10):
        for others in combinations([j for j in range(1, 10) if j != column], 2):
            if np.isinf(dives.value(0, np.array([3, column, *others]))):
                continue
            vertex = dives.current
            module._restore(vertex, 0, column)
            wanted = by_all_bases(G, 0, kept(10, 0, list(others)))
            assert np.abs(vertex.table[:, 0]).sum() == pytest.approx(wanted, rel=1e-8)
            assert abs(vertex.word[0]) == pytest.approx(wanted, rel=1e-8)
            inside = [j for j in range(1, 10) if j not in others]
            assert np.abs(vertex.word[inside]).max() <= 1 + 1e-8
            assert sorted([*vertex.basis, *np.flatnonzero(vertex.open_)]) == inside


class Listener:
    """Notes what dives find, and stops them after some programs."""

    def __init__(self, most: float = np.inf) -> None:
        self.most, self.programs = most, 0
        self.seen: list[tuple[float, int, list[int]]] = []

    def note(self, value: float, target: int, dropped: np.ndarray) -> None:
        self.seen.append((value, target, listed(dropped)))

    def limit(self, programs: int) -> bool:
        self.programs += programs
        return self.programs > self.most


@pytest.mark.parametrize(("k", "n", "drops"), CASES)
def test_a_run_dives_from_every_target_in_order(k: int, n: int, drops: int) -> None:
    G, dives = diving(k, n, drops)
    order = list(range(n))[::-1]
    listener = Listener()
    dives.run(order, listener.note, listener.limit)
    targets = [target for _, target, _ in listener.seen]
    assert list(dict.fromkeys(targets)) == order
    assert dives.programs == listener.programs
    for value, target, dropped in listener.seen:
        assert value == pytest.approx(by_all_bases(G, target, kept(n, target, dropped)), rel=1e-8)


@pytest.mark.parametrize(("k", "n", "drops"), [case for case in CASES if case[2] > 2])
def test_with_time_for_kicks_the_best_sets_are_found(
    k: int, n: int, drops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PART", 1000 / search_programs(k, n, drops))
    G, dives = diving(k, n, drops)
    listener = Listener()
    dives.run(range(n), listener.note, listener.limit)
    wanted = max(
        by_all_bases(G, target, kept(n, target, list(columns)))
        for target in range(n)
        for columns in combinations([j for j in range(n) if j != target], drops)
    )
    assert max(value for value, _, _ in listener.seen) == pytest.approx(wanted, rel=1e-8)


def test_kicks_go_on_until_their_share_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    # With room for a thousand programs more, all of them from targets that were dived from.
    _, dives = diving(4, 14, 4)
    listener = Listener()
    dives.run([3, 1], listener.note, listener.limit)
    without = dives.programs
    seen = len(listener.seen)
    most = module._PART * search_programs(4, 14, 4)
    assert without >= most
    monkeypatch.setattr(module, "_PART", 1000 / search_programs(4, 14, 4))
    _, dives = diving(4, 14, 4)
    listener = Listener()
    dives.run([3, 1], listener.note, listener.limit)
    assert 1000 <= dives.programs < 1000 + 200
    assert {target for _, target, _ in listener.seen[seen:]} <= {1, 3}
    # Some are taken back, from one to half of them and one more, and the rest stays.
    starts = []
    improved = Dives._improved

    def noted(self: Dives, target: int, dropped: np.ndarray, *others: Callable) -> object:
        starts.append(int(dropped[0]))
        return improved(self, target, dropped, *others)

    monkeypatch.setattr(Dives, "_improved", noted)
    _, dives = diving(4, 14, 4)
    dives.run([3, 1], Listener().note, lambda programs: False)
    assert starts[:2] == [0, 0]
    assert set(starts[2:]) == {1, 2, 3}


def test_a_run_ends_where_it_is_told_to() -> None:
    for most in (0, 10, 60):
        _, dives = diving(4, 14, 4)
        listener = Listener(most)
        dives.run(range(14), listener.note, listener.limit)
        assert most < listener.programs <= most + 4 * 5 + 2
        assert len(listener.seen) >= 1


def test_a_run_ends_at_an_infinite_value() -> None:
    # Without columns 1 to 3 nothing holds the first row.
    G = np.array([[1.0, 1, 2, 3, 0, 0, 0, 0], [0, 1, 1, 1, 1, 2, 3, 4]])
    basis = np.full(2, -1)
    table = reduced_table(G, basis, np.zeros(9))
    dives = Dives(table, basis, np.ones(8), 3)
    listener = Listener()
    dives.run(range(8), listener.note, listener.limit)
    assert [value for value, _, _ in listener.seen[:-1]] == [
        value for value, _, _ in listener.seen if value < np.inf
    ]
    assert listener.seen[-1] == (np.inf, 0, [1, 2, 3]) or set(listener.seen[-1][2]) == {1, 2, 3}


def test_programs_of_a_search() -> None:
    assert search_programs(5, 12, 0) == 12
    assert search_programs(8, 16, 1) == 1.6 * 16
    assert search_programs(8, 16, 3) == 1.6 * 16 * comb(10, 2)
    # No more sets than there are.
    assert search_programs(12, 14, 3) == pytest.approx(1.6 * 14 * comb(14, 2))
    assert search_programs(3, 5, 4) == pytest.approx(1.6 * 5 * comb(4, 4))


def test_dives_are_worthwhile_before_long_searches() -> None:
    assert not are_worthwhile(20, 40, 1)
    for k, n, drops in [(20, 40, 7), (32, 64, 4)]:
        assert are_worthwhile(k, n, drops)
    for k, n, drops in [(8, 16, 3), (10, 30, 4), (12, 24, 3)]:
        assert not are_worthwhile(k, n, drops)
    # Where they would cost as much as they may: 0.7 k n drops against 2 % of the programs.
    for k in range(4, 30):
        cost, programs = 0.7 * k * 40 * 5, search_programs(k, 40, 5)
        assert are_worthwhile(k, 40, 5) == (cost < 0.02 * programs)
