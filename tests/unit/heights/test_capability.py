from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from mheight import height_profile
from mheight.codes import icosahedral, repetition
from mheight.errors import InvalidCodeError
from mheight.heights.capability import (
    Capability,
    capability_table,
    largest_capability,
    threshold_ratio,
)


def pairs(tasks: tuple[Capability, ...]) -> list[tuple[int, int]]:
    return [(task.located, task.detected) for task in tasks]


def test_threshold_ratio():
    assert threshold_ratio(1) == 4.0
    assert threshold_ratio(inf) == inf
    exact = threshold_ratio(Fraction(154, 5))
    assert exact == Fraction(318, 5)
    assert isinstance(exact, Fraction)
    assert type(threshold_ratio(np.float64(2.5))) is float


@pytest.mark.parametrize("height", [0.999, -1, nan, True, "2", None, Fraction(9, 10)])
def test_no_height(height: Any):
    with pytest.raises(InvalidCodeError, match=r"a height must be a number of at least 1, got"):
        threshold_ratio(height)


def test_a_table_has_every_pair_once_with_the_height_of_its_m():
    profile = np.array([1.5, 2.0, 4.0, 9.0, 11.0])
    table = capability_table(profile)
    assert pairs(table) == [
        *[(0, 1)],
        *[(0, 2), (1, 0)],
        *[(0, 3), (1, 1)],
        *[(0, 4), (1, 2), (2, 0)],
        *[(0, 5), (1, 3), (2, 1)],
    ]
    for task in table:
        assert task.m == 2 * task.located + task.detected
        assert task.height == profile[task.m - 1]
        assert task.ratio == 2 * task.height + 2
        assert task.is_possible


def test_impossible_pairs_are_listed_on_demand():
    profile = [2.0, inf, inf]
    assert pairs(capability_table(profile)) == [(0, 1)]
    table = capability_table(profile, impossible=True)
    assert pairs(table) == [(0, 1), (0, 2), (1, 0), (0, 3), (1, 1)]
    assert [task.is_possible for task in table] == [True] + [False] * 4
    assert [task.ratio for task in table] == [6.0] + [inf] * 4


def test_tables_of_known_codes():
    # A word repeated three times: two of three equal entries outvote one outlier.
    assert pairs(capability_table(height_profile(repetition(3)))) == [(0, 1), (0, 2), (1, 0)]
    ratios = [task.ratio for task in capability_table(height_profile(icosahedral()))]
    root = 5**0.5
    np.testing.assert_allclose(ratios, 2 * np.array([1 + root] * 3 + [3 + root] * 2))


def test_exact_profiles_stay_exact():
    table = capability_table((Fraction(2), Fraction(154, 5), inf), impossible=True)
    assert [task.ratio for task in table[:3]] == [6, Fraction(318, 5), Fraction(318, 5)]
    assert all(isinstance(task.ratio, Fraction) for task in table[:3])
    assert not table[3].is_possible
    huge = Fraction(10) ** 400
    assert capability_table([huge])[0].ratio == 2 * huge + 2


@pytest.mark.parametrize("profile", [[], (), np.empty(0)])
def test_the_whole_space_can_do_nothing(profile: Any):
    assert capability_table(profile) == ()
    assert largest_capability(profile, inf) == ()


def test_rounding_may_not_make_a_later_height_smaller():
    table = capability_table([3.0, 3.0 - 1e-12])
    assert [task.height for task in table] == [3.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ([2.0, 1.9], r"a profile must not decrease, got h_1 = 2.0 and h_2 = 1.9"),
        ([2.0, 2.0 - 2e-8], r"must not decrease, got h_1 = 2.0 and h_2 = 1.99999998"),
        ([inf, 2.0], r"must not decrease, got h_1 = inf and h_2 = 2.0"),
        ([Fraction(2), Fraction(2) - Fraction(1, 10**12)], "must not decrease, got h_1 = 2 and"),
        ([0.5], r"h_1 must be a number of at least 1, got 0.5"),
        ([1.0, nan], r"h_2 must be a number of at least 1, got nan"),
        ([[1.0]], r"h_1 must be a number of at least 1, got \[1.0\]"),
        (np.ones((2, 2)), r"a profile must have shape \(n-k,\), got \(2, 2\)"),
        ("12", "a profile must be a sequence of n-k heights, got str"),
        (2.0, "a profile must be a sequence of n-k heights, got float"),
    ],
)
def test_what_is_no_profile(profile: Any, message: str):
    with pytest.raises(InvalidCodeError, match=message):
        capability_table(profile)
    with pytest.raises(InvalidCodeError, match=message):
        largest_capability(profile, 10.0)


def test_what_a_ratio_affords():
    profile = [1.5, 2.0, 4.0, 9.0, inf]  # ratios 5, 6, 10, 20
    assert largest_capability(profile, 4.99) == ()
    assert pairs(largest_capability(profile, 5.0)) == [(0, 1)]
    assert pairs(largest_capability(profile, 9.99)) == [(0, 2), (1, 0)]
    assert pairs(largest_capability(profile, 10)) == [(0, 3), (1, 1)]
    assert pairs(largest_capability(profile, inf)) == [(0, 4), (1, 2), (2, 0)]


def test_a_ratio_is_compared_exactly():
    third = Fraction(4, 3)
    assert pairs(largest_capability([third], Fraction(14, 3))) == [(0, 1)]
    assert largest_capability([third], Fraction(14, 3) - Fraction(1, 10**30)) == ()


@pytest.mark.parametrize("ratio", [0, -3.0, nan, "6", None, True])
def test_what_is_no_ratio(ratio: Any):
    with pytest.raises(InvalidCodeError, match="Delta/delta must be a positive number, got"):
        largest_capability([2.0], ratio)
