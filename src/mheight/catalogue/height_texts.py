"""A certified height as text: a fraction, a recognised closed form, or a decimal rounded up."""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from functools import cache

from flint import arb, fmpq, fmpz_mat

from mheight.catalogue.certified import BITS, CertifiedHeight
from mheight.catalogue.constructions.waves import polygon_dual_height, polygon_height
from mheight.catalogue.numbers import as_ball, as_rational, precision

__all__ = ["agrees", "decimal_up", "height_text"]

_LONGEST_FRACTION = 24  # characters
_DIGITS = 17
_LARGEST = 10**6  # coefficient of a quadratic equation that counts as recognised


def height_text(height: CertifiedHeight) -> str:
    """The height as text.

    A fraction where it is one and short.  In balls, a closed form that agrees with both bounds
    to 60 digits: a + b sqrt(d), or one of the heights of polygons and their duals.  Else a
    decimal of 17 digits, rounded up.
    """
    if height.exact is not None and len(str(height.exact)) <= _LONGEST_FRACTION:
        return str(height.exact)
    if height.method == "balls":
        form = _quadratic(height) or _of_polygons(height)
        if form is not None:
            return form
    return decimal_up(height.upper)


def decimal_up(value: Fraction) -> str:
    """A decimal of 17 digits that is not below a fraction.

    Examples:
        >>> decimal_up(Fraction(2, 3))
        '0.66666666666666667'
    """
    context = Context(prec=_DIGITS, rounding=ROUND_CEILING)
    return f"{context.divide(Decimal(value.numerator), Decimal(value.denominator)):f}"


def agrees(text: str, height: CertifiedHeight) -> bool:
    """Whether a text is the height.

    A fraction exactly, a closed form to 60 digits, a decimal if it is at least the height and
    above it by a relative 1e-15 at most.
    """
    rational = as_rational(text)
    if rational is None:
        with precision(BITS):
            ball = as_ball(text)
            between = _between(height)
            return bool(ball.overlaps(between) and ball.rad() < 1e-60)
    if height.exact is not None and rational == height.exact:
        return True
    if "/" in text or not _is_decimal(text):
        # The balls of a height that is a fraction hold it.
        return height.exact is None and height.lower <= rational <= height.upper
    return height.lower <= rational <= height.upper * (1 + Fraction(1, 10**15))


def _is_decimal(text: str) -> bool:
    return "." in text


def _between(height: CertifiedHeight) -> arb:
    low, high = (fmpq(x.numerator, x.denominator) for x in (height.lower, height.upper))
    return arb(low).union(arb(high))


def _quadratic(height: CertifiedHeight) -> str | None:
    """The root of a quadratic equation with small coefficients, by lattice reduction."""
    bits = 200
    x = height.upper
    scaled = [round(x**power * 2**bits) for power in range(3)]
    basis = fmpz_mat([[int(i == j) for j in range(3)] + [scaled[i]] for i in range(3)])
    shortest = basis.lll().tolist()[0]
    c, b, a = (int(y) for y in shortest[:3])
    if max(abs(a), abs(b), abs(c)) > _LARGEST or (a == 0 and b == 0):
        return None
    if a == 0:
        text = str(Fraction(-c, b))
        return text if agrees(text, height) else None
    discriminant = b * b - 4 * a * c
    if discriminant <= 0:
        return None
    square = max(i for i in range(1, 2000) if discriminant % (i * i) == 0)
    d = discriminant // square**2
    for sign in (1, -1):
        text = _root_text(Fraction(-b, 2 * a), Fraction(sign * square, 2 * a), d)
        if agrees(text, height):
            return text
    return None


def _root_text(a: Fraction, b: Fraction, d: int) -> str:
    if d == 1:
        return str(a + b)
    root = f"sqrt({d})"
    if abs(b) != 1:
        root = f"{abs(b)}*{root}"
    if not a:
        return root if b > 0 else f"-{root}"
    if b > 0:
        return f"{a}+{root}" if a > 0 else f"{root}-{-a}"
    return f"{a}-{root}"


@cache
def _polygon_forms() -> list[tuple[float, str]]:
    out: list[tuple[float, str]] = []
    with precision(100):
        for n in range(3, 33):
            forms = [polygon_height(n, m) for m in range(1, n - 1)]
            forms += [polygon_dual_height(n, m) for m in (1, 2)]
            out.extend((float(as_ball(form)), form) for form in forms)
    return out


def _of_polygons(height: CertifiedHeight) -> str | None:
    value = float(height.upper)
    for number, form in _polygon_forms():
        if abs(number - value) <= 1e-12 * value and agrees(form, height):
            return form
    return None
