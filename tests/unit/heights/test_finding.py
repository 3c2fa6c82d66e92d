"""find_height, find_heights, certificates, verify: arguments, limits, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from clock import Clock

import mheight
from mheight import certificates, exact_certificates, exact_profile, find_height, verify
from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError, UnsolvedHeightError
from mheight.heights.finding import find_heights, solved

G = [[1, 0, 1, 1], [0, 1, 1, 2]]
LONG = np.random.default_rng(0).standard_normal((12, 40))


@pytest.mark.parametrize(
    ("m", "keywords", "message"),
    [
        (0, {}, r"m must be an integer in 1..n-1 = 1..3, got 0"),
        (4, {}, r"m must be an integer in 1..n-1 = 1..3, got 4"),
        (True, {}, r"m must be an integer"),
        (1.0, {}, r"m must be an integer in 1..n-1 = 1..3, got 1.0"),
        (1, {"method": "guess"}, r"method must be 'auto', .* got 'guess'"),
        (1, {"time_limit": 0.0}, r"time_limit must be positive, got 0.0"),
        (1, {"node_limit": -1}, r"node_limit must be positive, got -1"),
        (1, {"time_limit": float("nan")}, r"time_limit must be positive, got nan"),
    ],
)
def test_wrong_arguments(m, keywords, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        find_height(G, m, **keywords)


def test_the_lattice_refuses_long_codes() -> None:
    with pytest.raises(InvalidCodeError, match=r"needs n <= 26, got 40; use method='branch-"):
        find_height(LONG, 2, method="lattice")
    with pytest.raises(InvalidCodeError, match=r"need n <= 26, got 40; use find_height"):
        certificates(LONG)


def test_auto_takes_the_cheaper_method() -> None:
    assert find_height(LONG, 2).method == "branch-and-bound"
    assert find_height(np.random.default_rng(1).standard_normal((6, 12)), 6).method == "lattice"


def test_a_node_limit_leaves_bounds() -> None:
    solution = find_height(LONG, 5, node_limit=200)
    assert solution.status == "node limit"
    assert not solution.is_exact
    assert 1.0 < solution.lower < solution.upper
    assert verify(solution.certificate, LONG)
    with pytest.raises(UnsolvedHeightError, match=r"h_5 is only known to lie in .*\(node limit"):
        _ = solution.height
    assert str(solution).endswith("(node limit)")


def test_a_time_limit_and_a_request_stop_it(clock: Clock) -> None:
    def look() -> bool:
        clock.now += 0.25
        return False

    solution = find_height(LONG, 9, time_limit=5.0, stop=look)
    assert solution.status == "time limit"
    assert solution.seconds == clock.now == 5.25
    assert find_height(LONG, 9, stop=lambda: True).status == "stopped"


def test_progress_is_told() -> None:
    calls: list[tuple[int, int, float, float]] = []
    solution = find_height(LONG, 3, progress=lambda *call: calls.append(call))
    assert calls
    for done, targets, lower, upper in calls:
        assert 0 <= done <= targets == 40
        assert lower <= solution.height * (1 + 1e-9)
        assert upper >= solution.height * (1 - 1e-9)


def test_solutions_become_json() -> None:
    solution = find_height(G, 2)
    assert json.loads(json.dumps(solution.as_dict()))["lower"] == 3.0
    assert str(solution) == "h_2 = 3"
    infinite = find_height([[1, 0, 1, 1], [0, 1, 1, 1]], 2)
    assert infinite.height == np.inf
    assert json.loads(json.dumps(infinite.as_dict()))["infinite"] is True
    plain = json.loads(json.dumps(infinite.certificate.as_dict(), allow_nan=False))
    assert plain["height"] is None


def test_a_coloop_makes_every_height_infinite() -> None:
    """No other column helps to span the first: (1, 0, 0) is a codeword."""
    for method in ("lattice", "branch-and-bound"):
        solution = find_height([[1, 0, 0], [0, 1, 1]], 1, method=method)
        assert solution.height == np.inf
        assert verify(solution.certificate, [[1, 0, 0], [0, 1, 1]])


def test_zero_columns() -> None:
    for method in ("lattice", "branch-and-bound"):
        assert find_height([[0, 1, 0, 1]], 1, method=method).height == 1.0
        assert find_height([[0, 1, 0, 1]], 2, method=method).height == np.inf


def test_certificates_that_lie_are_found_out() -> None:
    for witness in (certificates(G)[1], exact_certificates(G)[1]):
        assert verify(witness, G)
        assert not verify(replace(witness, height=witness.height + Fraction(1, 1000)), G)
        assert not verify(replace(witness, height=float("inf")), G)
        zero = tuple(0 * x for x in witness.message)
        assert not verify(replace(witness, message=zero), G)
        assert not verify(witness, [[1, 0, 1, 1], [0, 2, 1, 2]])
        with pytest.raises(InvalidCodeError, match=r"of dimension 2, m = 2; G has shape \(3, 4\)"):
            verify(witness, np.eye(3, 4))


def test_an_exact_certificate_has_no_tolerance() -> None:
    witness = exact_certificates(G)[1]
    assert not verify(replace(witness, height=witness.height + Fraction(1, 10**30)), G)
    rounded = certificates(G)[1]
    assert verify(replace(rounded, height=rounded.height * (1 + 1e-12)), G)
    assert not verify(replace(rounded, height=rounded.height * (1 + 1e-12)), G, tolerance=0.0)


def test_the_whole_space_has_no_certificates() -> None:
    assert certificates(np.eye(3)) == ()
    assert mheight.height_profile(np.eye(3)).shape == (0,)


# --- one after the other ---

TRAP = [[-1, -7, 5, -2, 4, 6, -8], [-2, -9, -2, -4, -4, 7, -11], [-8, 0, 5, -9, -3, -8, -8]]


@pytest.mark.parametrize("method", ["auto", "lattice", "branch-and-bound"])
@pytest.mark.parametrize("seed", range(4))
def test_all_heights_with_certificates(method, seed):
    rng = np.random.default_rng(seed)
    G = rng.integers(-4, 5, (3, 8)).astype(float)
    if seed % 2:
        G[:, 5:] = 0.0  # infinite from m = 6 - k at the latest
    solutions = list(find_heights(G, method=method))
    assert [s.m for s in solutions] == [1, 2, 3, 4, 5]
    np.testing.assert_allclose([s.height for s in solutions], mheight.height_profile(G), rtol=1e-9)
    for solution in solutions:
        witness = solution.certificate
        assert witness.m == solution.m
        assert mheight.verify(witness, G)
        assert witness.target in witness.larger
        assert len(witness.larger) == solution.m
        word = np.abs(np.array(witness.codeword))
        outside = np.delete(word, witness.larger)
        assert outside.max() <= np.sort(word)[::-1][solution.m] + 1e-9


def test_the_rest_of_an_infinite_height_is_known_at_once(monkeypatch):
    asked = []

    def counted(code, m, **options):
        asked.append(m)
        return solved(code, m, **options)

    monkeypatch.setattr("mheight.heights.finding.solved", counted)
    solutions = list(find_heights(TRAP, method="branch-and-bound"))
    assert [s.lower for s in solutions] == pytest.approx([2, 30.8, np.inf, np.inf])
    assert asked == [1, 2, 3]
    assert (solutions[3].nodes, solutions[3].seconds) == (0, 0.0)


RATIONAL = [[1, 0, 0, 1, 1, 1, 2], [0, 1, 0, 1, 2, 3, -5], [0, 0, 1, 3, -1, 2, 2]]


@pytest.mark.parametrize(
    ("found", "status", "bound", "is_raised"),
    [
        (1.0, "node limit", 48 / 7, True),  # h_1, since heights rise with m
        (7.0, "node limit", 7.0, False),
        (48 / 7, "node limit", 48 / 7, False),
        (1.0, "exact", 1.0, False),
    ],
)
def test_an_open_height_is_at_least_the_one_below(monkeypatch, found, status, bound, is_raised):
    def searched(code, m, **options):
        solution = solved(code, m, **options)
        return replace(solution, lower=found, upper=20.0, status=status) if m == 2 else solution

    monkeypatch.setattr("mheight.heights.finding.solved", searched)
    first, second, third, fourth = find_heights(RATIONAL, method="branch-and-bound")
    assert (first.lower, third.lower, fourth.lower) == pytest.approx((48 / 7, 13, 56))
    assert second.lower == pytest.approx(bound)
    assert (second.m, second.upper, second.status) == (2, 20.0, status)
    witness = second.certificate
    assert (witness.codeword == first.certificate.codeword) == is_raised
    if is_raised:
        assert (witness.m, witness.larger, witness.target) == (2, (0, 6), 6)
        assert witness.height == second.lower
        assert verify(witness, RATIONAL)


def test_a_limit_ends_it_with_bounds(clock: Clock):
    def progress(m: int) -> Callable[..., None]:
        def told(*_: object) -> None:
            clock.now += 2.0 if m == 3 else 0.001

        return told

    G = np.random.default_rng(0).normal(size=(20, 40))
    solutions = list(find_heights(G, time_limit=2.5, progress=progress))
    assert [s.status for s in solutions] == ["exact", "exact", "time limit"]
    last = solutions[-1]
    assert last.seconds == 4.0
    assert solutions[1].lower <= last.lower < last.upper < np.inf
    assert verify(last.certificate, G)


def test_the_limit_is_of_all_heights_together(clock: Clock):
    """What is over between two heights ends it with an exact one."""

    def progress(m: int) -> Callable[..., None]:
        clock.now += 1.0
        return lambda *_: None

    G = np.random.default_rng(0).normal(size=(20, 40))
    assert [s.status for s in find_heights(G, time_limit=2.0, progress=progress)] == ["exact"] * 2


def test_a_request_ends_it():
    G = np.random.default_rng(0).normal(size=(10, 30))
    seen = []

    def stop():
        return len(seen) > 1

    for solution in find_heights(G, method="branch-and-bound", stop=stop):
        seen.append(solution.m)
    assert seen == [1, 2]


def test_progress_is_told_by_height():
    told = []

    def progress(m):
        return lambda done, targets, lower, upper: told.append((m, done, targets, lower, upper))

    G = np.random.default_rng(1).normal(size=(6, 14))
    list(find_heights(G, method="branch-and-bound", progress=progress))
    assert {m for m, *_ in told} >= {2, 3, 4}
    assert all(lower <= upper for *_, lower, upper in told)


def test_heights_that_rounding_leaves_in_doubt_are_done_exactly():
    """Decimals of a code of rank 2: as floats its height is finite and huge."""
    G = [
        [0.0965987, 1.1143517, 1.2109504, 1.2785657],
        [-0.0311978, -0.3615511, -0.3927489, -0.4142156],
        [0.1402011, 1.6215356, 1.7617367, 1.8589369],
    ]
    (solution,) = find_heights(G)
    assert solution.method == "rational"
    assert solution.certificate.height == exact_profile(G)[0]
    assert verify(solution.certificate, G)


@pytest.mark.parametrize(
    ("G", "options", "message"),
    [
        (np.eye(2), {}, "n > k is needed, got n = k = 2"),
        ([[1, 2], [2, 4]], {}, "rows of G must be independent"),
        ([[1, 2]], {"time_limit": 0}, "time_limit must be positive, got 0"),
        ([[1, 2]], {"method": "magic"}, "method must be"),
        (np.ones((1, 30)), {"method": "lattice"}, "the lattice needs n <= 26"),
    ],
)
def test_what_has_no_heights_in_turn(G, options, message):
    with pytest.raises(InvalidCodeError, match=message):
        list(find_heights(G, **options))


def test_a_code_is_taken_as_it_is():
    code = LinearCode([[1, 0, 1, 1], [0, 1, 1, 2]])
    assert [str(s) for s in find_heights(code)] == ["h_1 = 2", "h_2 = 3"]


@pytest.mark.parametrize("status", ["stopped", "time limit"])
def test_what_is_asked_of_each_search(monkeypatch, status) -> None:
    """The same request to stop, the same workers; and none after one that was stopped."""
    asked = []

    def stop() -> bool:
        return False

    def searched(code, m, **options):
        asked.append((m, options["stop"], options["crew"], options["method"]))
        solution = solved(code, m, method="branch-and-bound")
        return replace(solution, status=status) if m == 2 else solution

    monkeypatch.setattr("mheight.heights.finding.solved", searched)
    crew = object()
    solutions = list(find_heights(RATIONAL, method="branch-and-bound", stop=stop, crew=crew))
    assert [s.status for s in solutions] == ["exact", status]
    assert asked == [(m, stop, crew, "branch-and-bound") for m in (1, 2)]


def test_a_search_that_can_only_be_late_is_not_begun() -> None:
    wide = np.hstack([np.eye(10), np.ones((10, 20_000))])
    with pytest.raises(InvalidCodeError, match="to prepare and verify, more than the time limit"):
        find_height(wide, 2, method="branch-and-bound", time_limit=0.5)


def test_an_infinite_height_beyond_the_redundancy(clock: Clock) -> None:
    clock.tick = 1.0
    solution = find_height([[2, 0, 1, 4], [0, 1, -1, -4]], 3)
    assert (solution.n, solution.k, solution.m) == (4, 2, 3)
    assert (solution.lower, solution.upper, solution.status) == (np.inf, np.inf, "exact")
    assert (solution.method, solution.nodes, solution.seconds) == ("rational", 0, 1.0)
    witness = solution.certificate
    assert (witness.target, witness.larger, witness.information_set) == (3, (0, 2, 3), None)
    assert witness.codeword == (Fraction(1, 2), 0, Fraction(1, 4), 1)
    assert witness.message == (Fraction(1, 4), 0)


def test_what_fractions_settled_is_a_whole_solution(clock: Clock) -> None:
    """A height of 6.7e12: rounding may have made it."""
    clock.tick = 1.0
    large = [[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-13]]
    exact = exact_profile(large)[1]
    for method in ("lattice", "branch-and-bound"):
        first, second = find_heights(large, method=method)
        assert first.doubts == ()
        assert (second.n, second.k, second.m) == (4, 2, 2)
        assert (second.status, second.method, second.nodes) == ("exact", "rational", 0)
        assert second.lower <= exact <= second.upper <= second.lower * (1 + 1e-15)
        assert second.certificate.height == exact
        assert [doubt.m for doubt in second.doubts] == [2]
        assert second.seconds == 0.5  # of two looks at the clock, half for each height


@pytest.mark.parametrize("m", [2, 3])
def test_nodes_are_programs_that_were_solved(m: int) -> None:
    """At least one for each position that may be the largest, and no more than the limit."""
    whole = find_height(LONG, m, method="branch-and-bound")
    assert whole.nodes > LONG.shape[1]
    part = find_height(LONG, m, method="branch-and-bound", node_limit=whole.nodes // 2)
    assert part.status == "node limit"
    assert 0 < part.nodes < whole.nodes
