"""find_height, certificates, verify: arguments, limits, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import mheight
from mheight import certificates, exact_certificates, find_height, verify
from mheight.errors import InvalidCodeError, UnsolvedHeightError
from mheight.heights import predicted_seconds

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
    assert find_height(G, 2).method in ("lattice", "branch-and-bound")
    assert find_height(np.random.default_rng(1).standard_normal((6, 12)), 6).method == "lattice"
    assert predicted_seconds(40, 12, 2, "lattice") == np.inf
    costs = [predicted_seconds(32, 16, m, "branch-and-bound") for m in range(1, 8)]
    assert costs == sorted(costs)


def test_a_node_limit_leaves_bounds() -> None:
    solution = find_height(LONG, 5, node_limit=200)
    assert solution.status == "node limit"
    assert not solution.is_exact
    assert 1.0 < solution.lower < solution.upper
    assert verify(solution.certificate, LONG)
    with pytest.raises(UnsolvedHeightError, match=r"h_5 is only known to lie in .*\(node limit"):
        _ = solution.height
    assert str(solution).endswith("(node limit)")


def test_a_time_limit_and_a_request_stop_it() -> None:
    assert find_height(LONG, 9, time_limit=0.2).status == "time limit"
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
