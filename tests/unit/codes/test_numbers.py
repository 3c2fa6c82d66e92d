"""Numbers as people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mheight.codes.numbers import canonical, in_ascii, is_number, number, shortened


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("7", "7"),
        (" -0.25\n", "-0.25"),
        (".5", ".5"),
        ("2.", "2."),
        ("+2E-3", "+2E-3"),
        ("-Inf", "-Inf"),
        ("nan", "nan"),
        ("6/4", "6/4"),
        ("-1 / 3", "-1/3"),
        ("\N{MINUS SIGN}1\N{FRACTION SLASH}3", "-1/3"),
        ("\N{FULLWIDTH PLUS SIGN}4", "+4"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}3\N{ZERO WIDTH SPACE}", "3"),
        ("\u00bd", "1/2"),
        ("1\u00bd", "3/2"),
        ("-2\u00be", "-11/4"),
        ("\u2189", "0/3"),
        ("\u215f7", "1/7"),
        ("-\u215f12", "-1/12"),
        ("\u00b9\u2044\u2082", "1/2"),
        ("-\u00b9\u2070\u2044\u2083\u2083", "-10/33"),
    ],
)
def test_in_ascii_they_are(text: str, plain: str) -> None:
    assert canonical(text) == plain
    assert is_number(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"^no number: ''$"),
        ("1_000", r"^no number: '1_000'$"),
        ("one  two", r"^no number: 'one two'$"),
        ("1/2/3", r"^no number: '1/2/3'$"),
        ("1e", r"^no number: '1e'$"),
        ("3/0", r"^a denominator is 0: '3/0'$"),
        ("1/000", r"^a denominator is 0: '1/000'$"),
        ("9" * 4001, r"^a number has at most 4,000 characters, got 4,001$"),
    ],
)
def test_what_is_no_number(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        canonical(text)
    assert not is_number(text)


def test_four_thousand_characters_are_a_number() -> None:
    assert canonical("9" * 4000) == "9" * 4000
    assert number("0" * 4000) == 0.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("0.1", 0.1),
        ("1e-310", 1e-310),
        ("1e300", 1e300),
        ("5e-324", 5e-324),
        ("-0.0", 0.0),
        ("0e9", 0.0),
        ("0/7", 0.0),
        ("1/2", 0.5),
        ("-\u00bd", -0.5),
        ("9007199254740992", 2.0**53),
        ("inf", float("inf")),
        ("-infinity", -float("inf")),
    ],
)
def test_floats(text: str, value: float) -> None:
    assert number(text) == value
    assert isinstance(number(text), float)


@pytest.mark.parametrize("text", ["1/3", "9007199254740993", "-9007199254740993", "1" + 64 * "0"])
def test_what_no_float_holds_stays_exact(text: str) -> None:
    assert isinstance(number(text), Fraction) == (Fraction(text) != Fraction(float(Fraction(text))))
    assert number(text) == Fraction(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1e309", "large"),
        ("-1e309", "large"),
        ("1" + "0" * 400 + "/3", "large"),
        ("1e-400", "small"),
        ("-.01e-400", "small"),
        ("1/1" + "0" * 400, "small"),
    ],
)
def test_what_a_float_would_lose(text: str, size: str) -> None:
    message = f"{shortened(text)} is too {size} for a float: 1.8e308 to 5e-324 are held; --exact"
    with pytest.raises(ValueError, match=f"^{message} holds it$"):
        number(text)


def test_short_for_one_line() -> None:
    assert shortened("a\n  b\tc") == "a b c"
    assert shortened("x" * 60) == "x" * 60
    assert shortened("x" * 61) == "x" * 57 + "..."


def test_ascii_is_left_alone() -> None:
    assert in_ascii("1 - 2/3 + 4") == "1 - 2/3 + 4"
    assert in_ascii("1 \u2212 2\u22153 \uff0b 4") == "1 - 2/3 + 4"
