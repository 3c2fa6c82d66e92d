"""A height that was sought: its value, or bounds and why no more is known."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from math import inf

import pytest

from mheight.errors import UnsolvedHeightError
from mheight.heights.certificate import Certificate
from mheight.heights.doubts import Doubt, DoubtKind
from mheight.heights.solution import Solution

WORD = Certificate(2, 3.0, 0, (0, 1), (2, 3), (1.0, 0.0), (3.0, 2.0, 1.0, 1.0))
FOUND = Solution(4, 2, 2, 3.0, 3.0 + 1e-12, "exact", WORD, "branch-and-bound", 7, 0.5)
OPEN = replace(FOUND, lower=3.0, upper=10 / 3, status="time limit")


def test_a_height_that_is_known() -> None:
    assert FOUND.is_exact
    assert FOUND.height == 3.0
    assert str(FOUND) == "h_2 = 3"
    assert str(replace(FOUND, zero_tolerance=1e-6)) == "h_2 = 3 (zero tolerance 1e-06)"


def test_a_height_in_fractions_is_rounded_once() -> None:
    word = replace(WORD, height=Fraction(1, 3) + 3)
    assert replace(FOUND, certificate=word, lower=3.3).height == 10 / 3


def test_bounds_are_no_height() -> None:
    assert not OPEN.is_exact
    message = r"^h_2 is only known to lie in \[3, 3\.33333333333\] \(time limit\)$"
    with pytest.raises(UnsolvedHeightError, match=message):
        _ = OPEN.height
    assert str(OPEN) == "3 <= h_2 <= 3.33333333333 (time limit)"


def test_doubts_are_said() -> None:
    doubt = Doubt(0, DoubtKind.CERTIFICATE, m=2)
    text = "; in doubt: the certificate of h_2 is spoilt by rounding"
    assert str(replace(FOUND, doubts=(doubt,))) == f"h_2 = 3{text}"
    both = replace(OPEN, doubts=(doubt,), zero_tolerance=0.5)
    assert str(both) == f"3 <= h_2 <= 3.33333333333 (time limit) (zero tolerance 0.5){text}"


def test_plain_values() -> None:
    doubt = Doubt(0, DoubtKind.CERTIFICATE, m=2)
    plain = replace(OPEN, upper=inf, doubts=(doubt,)).as_dict()
    assert json.loads(json.dumps(plain)) == {
        "n": 4,
        "k": 2,
        "m": 2,
        "lower": 3.0,
        "upper": None,
        "infinite": False,
        "status": "time limit",
        "method": "branch-and-bound",
        "nodes": 7,
        "seconds": 0.5,
        "doubts": [doubt.as_dict()],
        "zero_tolerance": None,
    }
    endless = replace(FOUND, lower=inf, upper=inf).as_dict()
    assert (endless["lower"], endless["upper"], endless["infinite"]) == (None, None, True)
    assert FOUND.as_dict()["upper"] == FOUND.upper
