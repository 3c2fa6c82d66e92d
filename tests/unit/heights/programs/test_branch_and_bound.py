"""The whole search for one height, against all sets of dropped positions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from all_bases import by_all_bases

from mheight.codes.rationals import rational_matrix
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import verify
from mheight.heights.programs import branch_and_bound as module
from mheight.heights.programs.branch_and_bound import branch_and_bound


def code(n: int, k: int, m: int, whole: bool = False) -> np.ndarray:
    rng = np.random.default_rng([n, k, m])
    return rng.integers(-3, 4, (k, n)).astype(float) if whole else rng.standard_normal((k, n))


def by_all_sets(G: np.ndarray, m: int) -> float:
    """h_m: the largest value of a target a, over sets K of n - m positions without a."""
    n = G.shape[1]
    return max(
        by_all_bases(G, target, list(kept))
        for target in range(n)
        for kept in combinations([j for j in range(n) if j != target], n - m)
    )


@pytest.mark.parametrize(("n", "k"), [(5, 2), (6, 3), (7, 2)])
@pytest.mark.parametrize("whole", [False, True])
def test_every_height_of_small_codes(n: int, k: int, whole: bool) -> None:
    for m in range(1, n - k + 1):
        G = code(n, k, m, whole)
        found = branch_and_bound(G, m)
        wanted = by_all_sets(G, m)
        assert found.status == "exact"
        assert found.lower <= found.upper
        if np.isinf(wanted):
            assert np.isinf([found.lower, found.upper]).all()
        else:
            assert found.lower == pytest.approx(wanted, rel=1e-9)
            assert found.lower <= wanted * (1 + 1e-12)
        assert verify(found.certificate, G)


# Linear programs solved with somebody who looks on, and with nobody.  A change that makes
# the search solve more of them makes it slower, on whatever machine; the numbers are the same
# on all, since kernels round each operation as IEEE 754 says.
PROGRAMS = [
    ((12, 6, 1), False, 12, 12),
    ((14, 7, 2), False, 17, 17),
    ((16, 8, 3), False, 436, 213),
    ((16, 8, 3), True, 427, 197),
    ((18, 9, 5), False, 9242, 4220),
    ((20, 6, 7), False, 25125, 10610),
    ((20, 10, 4), True, 2351, 1551),
    ((22, 11, 4), False, 2965, 2008),
    ((24, 12, 3), False, 1293, 454),
]


@pytest.mark.parametrize(("parameters", "whole", "watched", "alone"), PROGRAMS)
def test_it_solves_as_many_programs_as_it_did(
    parameters: tuple[int, int, int], whole: bool, watched: int, alone: int
) -> None:
    n, k, m = parameters
    G = code(n, k, m, whole)
    told: list[tuple[int, int, float, float]] = []
    looked_at = branch_and_bound(G, m, progress=lambda *news: told.append(news))
    found = branch_and_bound(G, m)
    assert (looked_at.nodes, found.nodes) == (watched, alone)
    for other in (looked_at, branch_and_bound(G, m, time_limit=1e6)):
        assert other.nodes == looked_at.nodes
        assert (other.lower, other.upper) == pytest.approx((found.lower, found.upper), rel=1e-9)
    assert branch_and_bound(G, m, stop=lambda: False).nodes == looked_at.nodes
    assert branch_and_bound(G, m, node_limit=10**9).nodes == looked_at.nodes
    # What is told: targets done and in all, and bounds that close.
    assert all(0 <= done < n and targets == n for done, targets, _, _ in told)
    for before, after in pairwise(told):
        assert after[0] >= before[0]
        assert after[2] >= before[2]
        assert after[3] <= before[3]
    assert all(low <= found.upper <= high * (1 + 1e-9) for _, _, low, high in told)


def test_dives_come_first_where_they_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    G = code(20, 8, 6)
    asked: list[tuple[int, int, int]] = []
    dives: list[list[int]] = []
    dive = module.Search.dive

    def worthwhile(k: int, n: int, drops: int) -> bool:
        asked.append((k, n, drops))
        return True

    def noted(self: Any, targets: list[int], *others: Any) -> None:
        dives.append(targets)
        dive(self, targets, *others)

    plain = branch_and_bound(G, 6)
    monkeypatch.setattr(module, "are_worthwhile", worthwhile)
    monkeypatch.setattr(module.Search, "dive", noted)
    dived = branch_and_bound(G, 6)
    assert asked == [(8, 20, 5)]
    assert (dived.lower, dived.upper) == pytest.approx((plain.lower, plain.upper), rel=1e-9)
    # From the target of the largest value down.
    search = module.Search(G, 6, None, None)
    values = [search.vertex(target)[1] or 0.0 for target in range(20)]
    assert dives == [sorted(range(20), key=lambda target: -values[target])]
    # The value that dives find is as good as it gets: what is left is to prove it.
    assert dived.nodes < 1.1 * plain.nodes


def test_dives_have_their_share_of_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    G = code(20, 8, 6)
    clock = [0.0]
    monkeypatch.setattr(module, "are_worthwhile", lambda *_: True)
    monkeypatch.setattr(module, "work_clock", lambda: clock[0])
    answers: list[bool] = []

    def dive(self: Any, targets: list[int], limit: Any, time_left: Any) -> None:
        for moment in (0.0, 2.9, 3.0):
            clock[0] = moment
            answers.append(time_left())

    monkeypatch.setattr(module.Search, "dive", dive)
    found = branch_and_bound(G, 6, time_limit=10.0)
    assert answers == [True, True, False]
    assert found.status == "exact"  # the clock has stood still since
    assert found.seconds == pytest.approx(3.0)
    clock[0] = 0.0
    answers.clear()
    branch_and_bound(G, 6)
    assert answers == [True, True, True]


@pytest.mark.parametrize("m", [1, 3, 5])
def test_wherever_it_is_stopped_its_bounds_hold(m: int) -> None:
    G = code(18, 9, m)
    height = branch_and_bound(G, m)
    uppers, asked, finished = [], 0, False
    for last in [*range(40), 60, 100, 1000, 10**6]:
        asked = 0

        def stop(last: int = last) -> bool:
            nonlocal asked
            asked += 1
            return asked > last

        found = branch_and_bound(G, m, stop=stop)
        assert found.lower <= height.upper
        assert found.upper >= height.lower
        assert verify(found.certificate, G)
        finished = asked <= last
        if found.status == "stopped":
            # Before all targets were seen nothing bounds the height from above.
            assert last >= 17 or found.upper == np.inf
        else:
            assert found.status == "exact"
        if not finished:
            assert asked == last + 1  # it stops as soon as it is told
        uppers.append(found.upper)
    assert finished
    assert found.status == "exact"
    assert uppers == sorted(uppers, reverse=True)


def test_each_limit_has_its_name() -> None:
    G = code(22, 11, 6)
    some = branch_and_bound(G, 6, node_limit=100)
    assert some.status == "node limit"
    assert 100 <= some.nodes <= 100 + 2000  # it looks every two thousand
    none = branch_and_bound(G, 6, node_limit=0)
    assert (none.status, none.nodes, none.upper) == ("node limit", 1, np.inf)
    late = branch_and_bound(G, 6, time_limit=0.0)
    assert (late.status, late.nodes) == ("time limit", 1)
    told = branch_and_bound(G, 6, stop=lambda: True, time_limit=0.0, node_limit=0)
    assert told.status == "stopped"


def test_a_limit_met_when_all_is_done_is_not_a_limit() -> None:
    G = code(12, 6, 1)
    assert branch_and_bound(G, 1, node_limit=12).status == "exact"
    assert branch_and_bound(G, 1, node_limit=11).status == "node limit"


def test_an_infinite_height_ends_the_search() -> None:
    # One codeword of weight two: h_2 is infinite, h_1 is not.
    G = np.array([[1.0, 2, 0, 0, 0, 0], [0, 1, 1, 3, 2, 1], [0, 1, 2, 1, -1, 5]])
    assert np.isfinite(branch_and_bound(G, 1).lower)
    for options in ({}, {"progress": lambda *_: None}):
        found = branch_and_bound(G, 2, **options)  # type: ignore[arg-type]
        assert (found.lower, found.upper, found.status) == (np.inf, np.inf, "exact")
        assert found.certificate.codeword[2:] == (0.0,) * 4
        assert found.nodes < 20


def test_all_columns_zero() -> None:
    with pytest.raises(InvalidCodeError, match="independent"):
        branch_and_bound(np.zeros((1, 4)), 2)


def test_zero_columns_are_no_targets() -> None:
    G = np.zeros((3, 9))
    G[:, [0, 2, 3, 5, 6, 8]] = code(6, 3, 2)
    told: list[int] = []
    found = branch_and_bound(G, 2, progress=lambda done, targets, *_: told.append(targets))
    assert found.lower == pytest.approx(branch_and_bound(code(6, 3, 2), 2).lower, rel=1e-9)
    assert set(told) <= {6}


def test_fewer_positions_dropped_than_may_be() -> None:
    # The largest ratio leaves most columns at a bound, so that all others may be "larger" ones.
    G = np.array([[1.0, 0, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1]])
    for m in range(1, 5):
        found = branch_and_bound(G, m)
        assert found.status == "exact"
        assert found.lower == pytest.approx(by_all_sets(G, m), rel=1e-9)
        assert len(found.certificate.larger) == m
        assert verify(found.certificate, G)


def test_the_positions_left_out_are_the_largest_free_ones() -> None:
    G = code(9, 3, 4)
    search = module.Search(G, 4, None, None)
    for target in range(9):
        kept = module._kept(search, target, [])
        others = [j for j in range(9) if j != target]
        assert len(kept) == 9 - 4
        vertex = module._vertex(search, target, others)
        assert vertex is not None
        basis, signs = vertex
        word = np.abs(np.linalg.solve(G[:, basis].T, signs) @ G)
        assert set(basis) <= set(kept)
        free = sorted((j for j in others if j not in basis), key=lambda j: -word[j])
        assert set(kept) == set(others) - set(free[:3])
    dropped = [1, 2, 4]
    assert module._kept(search, 0, dropped) == [3, 5, 6, 7, 8]


def test_kept_positions_that_do_not_span_are_cut_to_their_number() -> None:
    G = np.array([[1.0, 0, 0, 0, 0], [0, 1, 1, 1, 1]])
    search = module.Search(G, 2, None, None)
    assert module._vertex(search, 0, [1, 2, 3, 4]) is None
    assert module._kept(search, 0, []) == [2, 3, 4]


def test_in_fractions_where_the_matrix_is_rounded() -> None:
    rows = [["1/3", "2/7", 1, "5/9", "1/7"], ["3/7", "-1/3", "1/11", 2, "-4/3"]]
    exact = rational_matrix(rows)
    G = np.array([[float(x) for x in row] for row in exact])
    for m in (1, 2, 3):
        found = branch_and_bound(G, m, exact=exact)
        word = [Fraction(0)] * 5
        assert found.status == "exact"
        assert verify(found.certificate, rows)
        assert found.lower == pytest.approx(by_all_sets(G, m), rel=1e-9)
        # The height itself, a fraction, lies within the bounds.
        basis = found.certificate.information_set
        assert basis is not None
        one, other = ([exact[i][j] for i in range(2)] for j in basis)
        determinant = one[0] * other[1] - one[1] * other[0]
        heights = []
        for sign in (1, -1):
            u = (
                (other[1] - one[1] * sign) / determinant,
                (one[0] * sign - other[0]) / determinant,
            )
            word = sorted(
                (abs(u[0] * exact[0][j] + u[1] * exact[1][j]) for j in range(5)), reverse=True
            )
            heights.append(word[0] / word[m] if word[m] else Fraction(0))
        assert Fraction(found.lower) <= max(heights) <= Fraction(found.upper)
