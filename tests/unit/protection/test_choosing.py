from __future__ import annotations

import math

import numpy as np
import pytest

import mheight
from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError
from mheight.heights import profile_with_doubts
from mheight.protection import choose, repeated_columns


@pytest.mark.parametrize(("tau", "sigma"), [(1, 0), (0, 1), (1, 1), (2, 0)])
def test_choices_do_what_they_say(tau, sigma):
    found = choose(ratio=40.0, tau=tau, sigma=sigma, overhead=4.0)
    assert found
    for choice in found:
        profile = mheight.height_profile(choice.code)
        assert choice.height == pytest.approx(profile[2 * tau + sigma - 1])
        assert choice.ratio == pytest.approx(2 * (choice.height + 1))
        assert choice.ratio <= 40.0
        assert choice.overhead == choice.code.n / choice.code.k <= 4.0
        assert choice.error == pytest.approx(2 * (profile[2 * tau - 1] if tau else 1.0))
    ratios = [c.ratio for c in found]
    assert ratios == sorted(ratios, reverse=True)
    overheads = [c.overhead for c in found]
    assert overheads == sorted(overheads)


def test_repeated_columns_follow_the_rule():
    code = LinearCode(np.random.default_rng(0).normal(size=(2, 5)))
    heights = (1.0, *mheight.height_profile(code), math.inf, math.inf)
    for times in (1, 2, 3):
        found = mheight.height_profile(repeated_columns(code, times))
        expected = [heights[m // times] for m in range(1, len(found) + 1)]
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tau": 0, "sigma": 0}, "tau or sigma must be positive"),
        ({"tau": -1}, "tau must be an integer of at least 0, got -1"),
        ({"ratio": 0.0}, "the ratio Delta/delta must be positive, got 0.0"),
        ({"ratio": math.nan}, "must be positive, got nan"),
        ({"overhead": -1.0}, "the overhead n/k must be positive, got -1.0"),
        ({"n": 1}, r"n must be an integer in 2..64, got 1"),
    ],
)
def test_bad_tasks(settings, message):
    with pytest.raises(InvalidCodeError, match=message):
        choose(**settings)


def test_nothing_does_it():
    assert choose(ratio=3.9) == []  # h_m >= 1, so at least 4 is needed


def test_the_catalogue_helps() -> None:
    named = {c.code.k: c.ratio for c in choose(n=10, tau=1)}
    found = choose(n=10, tau=1, catalogue=True)
    assert any(c.name.startswith("catalogue:10:") for c in found)
    for choice in found:
        assert choice.ratio <= named.get(choice.code.k, math.inf) * (1 + 1e-9)
        assert profile_with_doubts(choice.code).heights[1] <= choice.height
