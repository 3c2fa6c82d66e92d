"""Numbers as people write them: fractions, decimals, ½, a typographic minus."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

__all__ = ["MOST_CHARACTERS", "canonical", "in_ascii", "is_number", "number", "shortened"]

MOST_CHARACTERS = 4000
"""Most characters of a number given as text."""

_MINUS = "\u2010\u2011\u2012\u2013\u2014\u2212\u2796\ufe58\ufe63\uff0d"
_SIGNS = str.maketrans(
    dict.fromkeys(_MINUS, "-")
    | dict.fromkeys("\ufe62\uff0b", "+")
    | dict.fromkeys("\u2044\u2215\uff0f", "/")
)
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_VULGAR = "".join(
    chr(code) for code in (*range(0xBC, 0xBF), *range(0x2150, 0x215F), 0x2189)
)  # ¼ ½ ¾, ⅐ to ⅞, ↉
_SMALL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")

_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_FRACTION = re.compile(r"([-+]?[0-9]+)\s?/\s?([0-9]+)")
_MIXED = re.compile(rf"([-+]?)([0-9]*)([{_VULGAR}])")
_ONE_OVER = re.compile(r"([-+]?)\u215f([0-9]+)")  # ⅟7
_RAISED = re.compile(r"([-+]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/([₀₁₂₃₄₅₆₇₈₉]+)")  # one half, small and raised
_NOT_FINITE = re.compile(r"([-+]?)(nan|inf|infinity)", re.IGNORECASE)


def in_ascii(text: str) -> str:
    """A text with typographic minus, plus and fraction signs as ASCII ones."""
    return text if text.isascii() else text.translate(_SIGNS)


def canonical(text: str) -> str:
    """A number in ASCII, as `Fraction` and `float` read it: `-1/2`, `0.25`, `2e-3`, `nan`.

    Args:
        text: a decimal, a fraction, or with a fraction sign such as ½ or 1½.

    Raises:
        ValueError: no such number; digits with `_` between them are none either.

    Examples:
        >>> canonical("1½"), canonical("\N{MINUS SIGN}.5"), canonical("3/4")
        ('3/2', '-.5', '3/4')
    """
    plain = in_ascii(text.strip().strip(_INVISIBLE)).strip()
    if len(plain) > MOST_CHARACTERS:
        raise ValueError(f"a number has at most {MOST_CHARACTERS:,} characters, got {len(plain):,}")
    if _DECIMAL.fullmatch(plain) or _NOT_FINITE.fullmatch(plain):
        return plain
    if found := _FRACTION.fullmatch(plain):
        numerator, denominator = found.groups()
    elif found := _MIXED.fullmatch(plain):
        sign, whole, mark = found.groups()
        over, denominator = unicodedata.normalize("NFKC", mark).split("\u2044")
        numerator = f"{sign}{int(whole or 0) * int(denominator) + int(over)}"
    elif found := _ONE_OVER.fullmatch(plain):
        numerator, denominator = f"{found[1]}1", found[2]
    elif found := _RAISED.fullmatch(plain):
        numerator, denominator = found[1] + found[2].translate(_SMALL), found[3].translate(_SMALL)
    else:
        raise ValueError(f"no number: {shortened(text)!r}")
    if not denominator.strip("0"):
        raise ValueError(f"a denominator is 0: {shortened(text)!r}")
    return f"{numerator}/{denominator}"


def number(text: str) -> float | Fraction:
    """A number from `1/3`, `0.25`, `½` or `-2e-3`.

    Decimals become the nearest float; fractions and whole numbers that no float holds stay
    exact.

    Raises:
        ValueError: no number, or one that float64 would make infinite or zero.

    Examples:
        >>> number("1/3"), number("-½"), number("0.1")
        (Fraction(1, 3), -0.5, 0.1)
    """
    if len(text) < 64 and text.isascii() and "_" not in text:
        # Almost all numbers are such: short, and neither too large nor too small.
        try:
            quick = float(text)
        except ValueError:
            pass
        else:
            if 1e-300 < abs(quick) < 2**53 or text == "0":
                return quick
    plain = canonical(text)
    try:
        if "/" in plain:
            numerator, denominator = plain.split("/")
            value = int(numerator) / int(denominator)
        else:
            value = float(plain)
    except OverflowError:
        value = float("inf")
    lost = value in (float("inf"), float("-inf")) and not _NOT_FINITE.fullmatch(plain)
    if lost or (value == 0 and re.split("[eE/]", plain)[0].strip("-+.0")):
        raise ValueError(
            f"{shortened(text)} is too {'large' if lost else 'small'} for a float: "
            "1.8e308 to 5e-324 are held; --exact holds it"
        )
    if re.fullmatch(r"[-+]?[0-9]+(/[0-9]+)?", plain) and Fraction(plain) != value:
        return Fraction(plain)
    return value


def is_number(text: str) -> bool:
    """Whether a text is a number, finite or not."""
    try:
        canonical(text)
    except ValueError:
        return False
    return True


def shortened(text: str) -> str:
    """A text fit for one line."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
