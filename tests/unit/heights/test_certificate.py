"""What a certificate proves, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest

from mheight.errors import InvalidCodeError
from mheight.heights.bounds import lower_bounds
from mheight.heights.certificate import Certificate, rounded, verify
from mheight.heights.claims import judge
from mheight.heights.finding import find_height
from mheight.heights.rounding.tolerance import with_tolerance

G = [[1, 0, 1, 1], [0, 1, 1, 2]]
"""Of the word (2, -1) G = (2, -1, 1, 0)."""

WITNESS = Certificate(1, Fraction(2), 0, (0,), (1, 2), (Fraction(2), Fraction(-1)), (2, -1, 1, 0))
INFINITE = replace(
    WITNESS, m=3, height=inf, information_set=None, message=(Fraction(1), Fraction(0))
)


def test_a_word_that_reaches_its_height_proves_it() -> None:
    assert verify(WITNESS, G)
    assert verify(replace(WITNESS, height=Fraction(3, 2)), G)
    assert not verify(replace(WITNESS, height=Fraction(201, 100)), G)
    # Scaled, it is the same word; as text and as an array, G is the same matrix.
    assert verify(replace(WITNESS, message=(Fraction(-2, 7), Fraction(1, 7))), G)
    assert verify(WITNESS, np.array(G))
    # The second largest magnitude is 1, so is the third, and the last one 0.
    assert verify(replace(WITNESS, m=2), G)
    assert verify(replace(WITNESS, m=3, height=inf), G)


def test_fractions_are_not_rounded() -> None:
    thirds = [["1/3", "1/7", "1/21"]]
    exact = Certificate(1, Fraction(7, 3), 0, (0,), (1,), (Fraction(21),), (7, 3, 1))
    assert verify(exact, thirds)
    assert not verify(replace(exact, height=Fraction(7, 3) + Fraction(1, 10**30)), thirds)


def test_a_message_of_floats_has_slack() -> None:
    floats = replace(WITNESS, message=(2.0, -1.0), height=2.0 * (1 + 5e-10))
    assert verify(floats, G)
    assert not verify(floats, G, tolerance=1e-10)
    assert not verify(replace(floats, height=2.0 * (1 + 2e-9)), G)
    assert not verify(replace(floats, message=WITNESS.message), G)


def test_an_infinite_height_wants_a_zero() -> None:
    assert verify(replace(INFINITE, m=3), G)
    assert not verify(replace(INFINITE, m=2), G)
    nearly = [[1, 0, 1, 1], [0, 1, 1, 1e-10]]
    word = replace(INFINITE, message=(Fraction(0), Fraction(1)))
    assert not verify(replace(word, m=2), nearly)
    # Rounded, or with a zero tolerance, small is zero: to the last digit of the tolerance.
    assert verify(replace(word, m=2, message=(0.0, 1.0)), nearly)
    assert not verify(replace(word, m=2, message=(0.0, 1.0)), nearly, tolerance=1e-11)
    assert verify(replace(word, m=2, zero_tolerance=1e-10), nearly)
    assert not verify(replace(word, m=2, zero_tolerance=0.99e-10), nearly)
    assert not verify(replace(word, m=1, zero_tolerance=0.5), nearly)


def test_the_zero_word_proves_nothing() -> None:
    nothing = (Fraction(0), Fraction(0))
    assert not verify(replace(WITNESS, message=nothing), G)
    assert not verify(replace(INFINITE, message=nothing), G)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"message": (Fraction(1),)},
            r"^the certificate is of a code of dimension 1, m = 1; G has shape \(2, 4\)$",
        ),
        ({"m": 0}, r"of dimension 2, m = 0; G has shape \(2, 4\)$"),
        ({"m": 4}, r"of dimension 2, m = 4; G has shape \(2, 4\)$"),
        ({"message": (nan, 1.0)}, "^a certificate must be of finite numbers$"),
        ({"message": (inf, 1.0)}, "^a certificate must be of finite numbers$"),
        ({"height": nan}, "^a certificate must be of finite numbers$"),
        ({"message": (None, 1.0)}, "^a certificate must be of finite numbers$"),
    ],
)
def test_what_is_no_certificate(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        verify(replace(WITNESS, **changes), G)  # type: ignore[arg-type]


def test_plain_values() -> None:
    assert replace(WITNESS, codeword=(2.5, -0.0, inf, Fraction(1, 3))).as_dict() == {
        "m": 1,
        "height": "2",
        "target": 0,
        "larger": [0],
        "information_set": [1, 2],
        "message": ["2", "-1"],
        "codeword": [2.5, 0.0, None, "1/3"],
    }
    told = replace(INFINITE, zero_tolerance=0.25).as_dict()
    assert told["height"] is told["information_set"] is None
    assert told["zero_tolerance"] == 0.25
    signs = [np.signbit(x) for x in replace(WITNESS, message=(-0.0, -1.5)).as_dict()["message"]]
    assert signs == [False, True]


def test_the_nearest_float() -> None:
    assert rounded(Fraction(1, 3)) == 1 / 3
    assert rounded(Fraction(10) ** 400) == inf
    assert rounded(inf) == inf


def test_a_tolerance_is_said_and_makes_large_heights_infinite() -> None:
    assert with_tolerance(WITNESS, None) is WITNESS
    assert with_tolerance(WITNESS, 0.25) == replace(WITNESS, zero_tolerance=0.25)
    capped = with_tolerance(WITNESS, 0.5)
    assert (capped.height, capped.zero_tolerance) == (inf, 0.5)
    assert capped.codeword == (1, Fraction(-1, 2), Fraction(1, 2), 0)


def test_beyond_the_redundancy_every_height_is_infinite() -> None:
    assert judge(G, 3, "inf").relation == "equal"
    assert judge(G, 3, 100).relation == "below"
    solution = find_height(G, 3)
    assert (solution.lower, solution.upper, solution.status) == (inf, inf, "exact")
    assert verify(solution.certificate, G)


def test_a_bound_says_its_formula() -> None:
    statements = {bound.statement: bound.value for bound in lower_bounds(5, 3)}
    assert statements["h_2 >= 1/(sqrt(2) cos(3pi/8))"] == pytest.approx(
        1 / (np.sqrt(2) * np.cos(3 * np.pi / 8))
    )
