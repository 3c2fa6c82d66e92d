"""Exact numbers, elements, certified heights and their texts."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mheight.catalogue.certified import certified_heights, word_ratio
from mheight.catalogue.chains import Chain
from mheight.catalogue.constructions import negacyclic, polygon, solid
from mheight.catalogue.elements import Quadratic
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.height_texts import agrees, decimal_up, height_text
from mheight.catalogue.numbers import as_ball, as_float, as_rational, precision
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.heights import exact_profile

GIVEN = Chain.given("test")

parts = st.fractions(min_value=-9, max_value=9, max_denominator=9)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2+sqrt(5)", 2 + 5**0.5), ("cos(2*pi/9)", math.cos(2 * math.pi / 9)),
     ("-sin(pi/7)^2", -math.sin(math.pi / 7) ** 2),
     ("tan(pi/8)", math.tan(math.pi / 8)), ("30.8", 30.8), ("1e-3", 0.001), ("-(1+1/2)", -1.5)],
)  # fmt: skip
def test_closed_forms(text: str, value: float) -> None:
    assert as_float(text) == pytest.approx(value, rel=1e-15)


UNKNOWN = "an operation that is not known"
ANGLE = "an angle must be a rational multiple of pi"


@pytest.mark.parametrize(
    ("text", "quoted", "reason"),
    [("", "", ""), ("1+", "1+", ""), ("two", "two", UNKNOWN), ("cos(1)", "1", ANGLE),
     ("__import__('os')", "__import__('os')", UNKNOWN),
     ("2**999", "2 ** 999", "the power must be at most 64"), ("sqrt", "sqrt", UNKNOWN),
     ("1/0", "1 / 0", "a division by zero"), ("3+1/(2-2)", "1 / (2 - 2)", "a division by zero"),
     ("[1]", "[1]", UNKNOWN), ("pi", "pi", UNKNOWN), ("1,2", "(1, 2)", UNKNOWN),
     ("sqrt(2, 3)", "sqrt(2, 3)", UNKNOWN), ("x.y", "x.y", UNKNOWN),
     ("cos(pi*pi)", "pi * pi", ANGLE),
     ("2+" + "x" * 70, "x" * 57 + "...", UNKNOWN)],
)  # fmt: skip
def test_no_numbers(text: str, quoted: str, reason: str) -> None:
    wanted = "a number must be like '3/4', '0.75', '2+sqrt(5)' or 'cos(2*pi/9)', got "
    wanted += repr(quoted) + (f" ({reason})" if reason else "")
    for function in (as_rational, as_float):
        with pytest.raises(InvalidDataError) as caught:
            function(text)
        assert str(caught.value) == wanted


def test_numbers_that_are_too_long() -> None:
    assert as_rational("9" * 4000) == 10**4000 - 1
    with pytest.raises(InvalidDataError, match=r"^a number of 4001 characters; at most 4000 are r"):
        as_rational("9" * 4001)


@given(parts, parts, parts, parts)
def test_quadratic_numbers(a: Fraction, b: Fraction, c: Fraction, d: Fraction) -> None:
    x, y = Quadratic(a, b, 5), Quadratic(c, d, 5)
    with precision(100):
        u, v = as_ball(x.text), as_ball(y.text)
        assert as_ball((x + y).text).overlaps(u + v)
        assert as_ball((x - y).text).overlaps(u - v)
        assert as_ball((x * y).text).overlaps(u * v)
        if y:
            assert as_ball((x / y).text).overlaps(u / v)


def test_balls_hold_the_exact_heights() -> None:
    """A rational code written with closed forms is done in balls, and in fractions."""
    rows = [[1, 0, 2, -1, 3], [0, 1, 1, 4, -2]]
    in_balls = ExactCode([[f"sqrt({x * x})" if x > 1 else x for x in row] for row in rows], GIVEN)
    assert not in_balls.is_rational
    exact = exact_profile(rows)
    for height in certified_heights(in_balls):
        assert height.method == "balls"
        assert height.lower <= exact[height.m - 1] <= height.upper
        assert height.upper - height.lower < Fraction(1, 10**60)
        assert height_text(height) == str(exact[height.m - 1])


def test_texts_of_heights() -> None:
    texts = [height_text(h) for h in certified_heights(polygon(9))]
    assert texts[4] == "2"
    assert texts[6] == "1/cos(8*pi/18)"
    assert [height_text(h) for h in certified_heights(solid("icosahedron"))][2] == "2+sqrt(5)"
    found = certified_heights(negacyclic(8, [0, 1]))[3]
    assert agrees(height_text(found), found)
    assert not agrees("10.567", found)
    assert not agrees("10+sqrt(5)", found)


def test_decimals_are_rounded_up() -> None:
    exact = certified_heights(ExactCode([[1, 0, 0.3, 0.7], [0, 1, 1.1, -0.2]], GIVEN))[1]
    assert exact.exact is not None
    text = decimal_up(exact.exact)
    assert Fraction(text) >= exact.exact
    assert agrees(text, exact)
    assert not agrees(str(float(text) * (1 - 1e-12)), exact)


def test_word_ratio_refuses() -> None:
    code = polygon(4)
    with pytest.raises(InvalidCodeError, match="must have 2 different positions"):
        word_ratio(code, 1, [0, 0], [1, 1])
    with pytest.raises(InvalidCodeError, match="signs must be 1 or -1"):
        word_ratio(code, 1, [0, 1], [1, 2])
    with pytest.raises(InvalidCodeError, match="dependent"):
        word_ratio(ExactCode([[1, 1, 0], [0, 0, 1]], GIVEN), 1, [0, 1], [1, 1])
