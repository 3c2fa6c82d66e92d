"""Sets of positions that explain a word, against all sets there are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mheight.codes import LinearCode, icosahedral
from mheight.protection import Decoder
from mheight.protection.decoding import _projections
from mheight.protection.explanations import (
    MET,
    ROUNDING,
    _is_near,
    _slack,
    _surely,
    _unmet,
    explain,
    largest_check,
    look_at,
    only_position,
)

CIRCUITS = np.array([[0.5, 0.5, 0.0], [0.25, 0.0, -0.75], [0.0, 0.5, -0.5]])
MASKS = np.array([3, 5, 6], np.int64)


def looked(word, erased=0, start=0, end=3):
    values, violated = np.full(3, 99.0), np.full(3, -1, np.int64)
    checks = np.ascontiguousarray(CIRCUITS.T)
    seen = look_at(
        np.array(word, float), np.int64(erased), checks, CIRCUITS, MASKS, start, end, values,
        violated,
    )  # fmt: skip
    assert seen == end
    return values, violated


def test_circuits_are_violated_above_one():
    values, violated = looked([4.0, -1.0, 0.0])
    np.testing.assert_allclose(values, [1.5, 1.0, -0.5])
    assert violated.tolist() == [3, 5 | MET, 6 | MET]
    _, violated = looked([-4.0, 0.0, 2.0])
    assert violated.tolist() == [3, 5, 6 | MET]  # -2, -2.5, -1


def test_what_rounding_may_have_done_violates_nothing():
    """The sum of magnitudes is 1.0: 1 + 2 ROUNDING is the limit of the first circuit."""
    for over, clean in ((1.9 * ROUNDING, True), (2.1 * ROUNDING, False)):
        _, violated = looked([1.0 + over, 1.0 + over, 0.0])
        assert violated[0] == (3 | MET if clean else 3)
    # Of a sum that cancels the magnitudes count, but only the circuit's own.
    for over, clean in ((90.0, True), (120.0, False)):
        _, violated = looked([101.0 + over * ROUNDING, -99.0 + over * ROUNDING, 0.0])
        assert violated[0] == (3 | MET if clean else 3)
    _, violated = looked([1.0 + 5 * ROUNDING, 1.0 + 5 * ROUNDING, 1000.0])
    assert violated.tolist() == [3, 5, 6]


def test_limits_of_rounding():
    assert _surely(np.array([0.5, -3.0, 2.0])) == 1.0 + ROUNDING * 4.0
    assert _slack(np.array([2.0, -4.0, 9.0]), np.array([0.5, -0.5, 0.0])) == ROUNDING * 4.0


def test_a_circuit_with_an_erased_position_is_never_violated():
    _, violated = looked([4.0, 4.0, -4.0], erased=1)
    assert violated.tolist() == [3 | MET, 5 | MET, 6]


def test_only_a_range_is_looked_at():
    values, violated = looked([4.0, 4.0, -4.0], start=1, end=2)
    assert values.tolist() == [99.0, 4.0, 99.0]
    assert violated.tolist() == [-1, 5, -1]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
def test_checks_are_products_of_a_word_and_circuits(n):
    """Three positions in a pass, and what is left."""
    rng = np.random.default_rng(n)
    circuits, word = rng.standard_normal((6, n)), rng.standard_normal(n)
    values, violated = np.empty(6), np.empty(6, np.int64)
    look_at(
        word, np.int64(0), np.ascontiguousarray(circuits.T), circuits, np.ones(6, np.int64), 0, 6,
        values, violated,
    )  # fmt: skip
    np.testing.assert_allclose(values, circuits @ word, rtol=1e-12)
    assert ((violated & MET) == 0).tolist() == (abs(circuits @ word) > 1.0).tolist()


@pytest.mark.parametrize(
    ("violated", "position"),
    [
        ([3, 5], 1),
        ([3, 5, 6 | MET], 1),
        ([6, 3, 2], 2),
        ([3], 0),
        ([3, 3], 0),
        ([3, 5, 6], 0),
        ([3 | MET, 5 | MET], 0),
        ([4, 5 | MET], 4),
    ],
)
def test_the_only_position_that_all_share(violated, position):
    assert only_position(np.array(violated, np.int64)) == position


@pytest.mark.parametrize("number", [1, 5, 31, 32, 33, 64, 70])
def test_the_first_circuit_that_is_not_met(number):
    violated = np.full(number, np.int64(1))
    for place in (0, number // 2, number - 1, number):
        for start in {0, min(1, number), place, number}:
            if start > place:
                continue
            one = violated.copy()
            if place < number:
                one[place:] = 2
            assert _unmet(one, np.int64(1), start, number) == place
            one[:place] = 2 | MET
            assert _unmet(one, np.int64(1), start, number) == place
    assert _unmet(np.full(number, 2, np.int64), np.int64(1), number, number) == number


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 9, 257])
def test_the_largest_check_outside_a_set(number):
    rng = np.random.default_rng(number)
    values, masks = rng.standard_normal(number), rng.integers(1, 8, number)
    for chosen in range(8):
        kept = np.abs(values[masks & chosen == 0])
        found = largest_check(values, masks, np.int64(chosen), np.inf)
        assert found == (kept.max() if len(kept) else 0.0)
    for i in range(min(number, 5)):
        alone = np.zeros(number)
        alone[-1 - i] = -3.0
        assert largest_check(alone, masks, np.int64(0), np.inf) == 3.0


def test_a_check_that_is_large_enough_ends_the_search():
    """After a block of 256."""
    values, masks = np.zeros(300), np.ones(300, np.int64)
    values[5], values[299] = 2.0, 7.0
    assert largest_check(values, masks, np.int64(0), 2.0) == 2.0
    assert largest_check(values, masks, np.int64(0), 2.1) == 7.0


def test_a_word_is_near_what_it_is_projected_to():
    projection = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 0.0]])
    for word, chosen, near in (
        ([2.0, 0.0, 0.0], 0, True),  # off by 1 and 1
        ([2.1, 0.0, 0.0], 0, False),
        ([0.0, -2.1, 0.0], 0, False),
        ([2.1, 0.0, 0.0], 1, False),
        ([2.1, 0.0, 0.0], 3, True),
        ([0.0, 0.0, 1.5], 0, False),
        ([0.0, 0.0, 1.5], 4, True),
        ([np.nan, 0.0, 0.0], 0, False),
    ):
        assert _is_near(np.array(word), projection, np.int64(chosen)) == near


# --- all explanations --------------------------------------------------------------------

CODES = [icosahedral(), LinearCode(np.random.default_rng(0).normal(size=(2, 6)))]


def rules_of(code, tau):
    rules = Decoder(code, 0, 1, 1.0)._rules
    places, projections = _projections(rules.G, tau)
    return rules._replace(places=places, projections=projections)


@pytest.mark.parametrize("code", CODES, ids=["icosahedral", "real"])
@pytest.mark.parametrize("tau", [0, 1, 2])
@pytest.mark.parametrize("erased", [0, 0b000100])
def test_what_all_explanations_have_in_common(code, tau, erased):
    """Of all sets of at most tau positions that meet each violated circuit."""
    rules = rules_of(code, tau)
    rng = np.random.default_rng([tau, erased])
    n, number = code.n, len(rules.masks)
    kinds = set()
    for turn in range(12):
        word = rng.uniform(-1.0, 1.0, n) + rng.normal(size=code.k) @ code.G
        for place in rng.choice(n, turn % 4, replace=False):
            word[place] += rng.choice([-1.0, 1.0]) * rng.choice([3.0, 30.0])
        if erased:
            word[2] = 0.0
        checks = np.abs(rules.circuits @ word)
        violated = [int(m) for m, c in zip(rules.masks, checks, strict=True)
                    if c > 1.0 and not m & erased]  # fmt: skip
        sets = [sum(1 << j for j in chosen) | erased
                for size in range(tau + 1) for chosen in combinations(range(n), size)]  # fmt: skip
        sets = [s for s in sorted(set(sets)) if s.bit_count() <= tau
                and all(s & mask for mask in violated)]  # fmt: skip
        for start in (0, number):
            values, marks = np.empty(number), np.empty(number, np.int64)
            if start:
                look_at(word, np.int64(erased), rules.checks, rules.circuits, rules.masks, 0,
                        number, values, marks)  # fmt: skip
            common = np.array([-1, 0, 0], np.int64)
            explain(word, np.int64(erased), rules.checks, rules.circuits, rules.masks,
                    rules.places, rules.projections, tau, values, marks, start, common)  # fmt: skip
            assert (common[2] > 0) == bool(sets)
            kinds.add(len(sets) > 0)
            if not sets:
                continue
            meet = sets[0]
            for one in sets:
                meet &= one
            assert common[0] == meet
            fewest = min(one.bit_count() for one in sets)
            best = min(
                max((c for m, c in zip(rules.masks, checks, strict=True) if not m & one),
                    default=0.0)
                for one in sets if one.bit_count() == fewest
            )  # fmt: skip
            assert int(common[1]).bit_count() == fewest
            assert common[1] in sets
            own = max(
                (c for m, c in zip(rules.masks, checks, strict=True) if not m & common[1]),
                default=0.0,
            )
            assert own == pytest.approx(best)
    assert (True in kinds) == bool(tau or not erased)
