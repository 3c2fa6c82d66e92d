"""Arithmetic on exact entries: fractions, numbers a + b sqrt(d), and closed forms as text.

Rules that combine rows (shortening, duals) work in the smallest of the three that holds all
entries of a matrix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mheight.catalogue.numbers import (
    Arithmetic,
    ExactNumber,
    Irrational,
    as_rational,
    evaluated,
    parsed,
)

__all__ = ["Form", "Quadratic", "as_elements", "as_entries"]

LONGEST_FORM = 240
"""Characters of an entry beyond which a closed form is given up."""


@dataclass(frozen=True)
class Quadratic:
    """The number a + b sqrt(d) of a real quadratic field, d > 1 without square factors.

    Examples:
        >>> phi = Quadratic(Fraction(1, 2), Fraction(1, 2), 5)
        >>> (phi * phi - phi).text, (1 / phi).text
        ('1', '-1/2+1/2*sqrt(5)')
    """

    a: Fraction
    b: Fraction
    d: int

    def _other(self, y: Any) -> Quadratic:
        if isinstance(y, int | Fraction):
            return Quadratic(Fraction(y), Fraction(0), self.d)
        if not isinstance(y, Quadratic):
            raise Irrational
        if y.d == self.d or y.b == 0:
            return Quadratic(y.a, y.b, self.d)
        raise Irrational

    def __add__(self, y: Any) -> Quadratic:
        if self.b == 0 and isinstance(y, Quadratic) and y.d != self.d:
            return y._other(self) + y
        z = self._other(y)
        return Quadratic(self.a + z.a, self.b + z.b, self.d)

    __radd__ = __add__

    def __neg__(self) -> Quadratic:
        return Quadratic(-self.a, -self.b, self.d)

    def __sub__(self, y: Any) -> Quadratic:
        return self + self._other(-y) if not isinstance(y, Quadratic) else self + (-y)

    def __rsub__(self, y: Any) -> Quadratic:
        return -self + self._other(y)

    def __mul__(self, y: Any) -> Quadratic:
        if self.b == 0 and isinstance(y, Quadratic) and y.d != self.d:
            return y._other(self) * y
        z = self._other(y)
        return Quadratic(self.a * z.a + self.d * self.b * z.b, self.a * z.b + self.b * z.a, self.d)

    __rmul__ = __mul__

    def __truediv__(self, y: Any) -> Quadratic:
        z = y if isinstance(y, Quadratic) else self._other(y)
        norm = z.a * z.a - z.d * z.b * z.b
        return self * Quadratic(z.a / norm, -z.b / norm, z.d)

    def __rtruediv__(self, y: Any) -> Quadratic:
        return self._other(y) / self

    def __pow__(self, power: int) -> Quadratic:
        out = Quadratic(Fraction(1), Fraction(0), self.d)
        for _ in range(power):
            out = out * self
        return out

    def __bool__(self) -> bool:
        return bool(self.a) or bool(self.b)

    @property
    def text(self) -> str:
        """The number as a closed form."""
        if not self.b:
            return str(self.a)
        size = abs(self.b)
        root = f"sqrt({self.d})" if size == 1 else f"{size}*sqrt({self.d})"
        sign = "-" if self.b < 0 else ""
        return f"{self.a}{sign or '+'}{root}" if self.a else sign + root


@dataclass(frozen=True)
class Form:
    """A closed form as text; operations write longer ones, and see zeros that are written 0."""

    text: str

    def _join(self, operator: str, y: Any) -> Form:
        return Form(f"{_inner(self)}{operator}{_inner(y)}")

    def __add__(self, y: Form) -> Form:
        return y if not self else self if not y else self._join("+", y)

    def __sub__(self, y: Form) -> Form:
        return -y if not self else self if not y else self._join("-", y)

    def __neg__(self) -> Form:
        return self if not self else Form(f"-{_inner(self)}")

    def __mul__(self, y: Form) -> Form:
        if not self or not y:
            return Form("0")
        return y if self.text == "1" else self if y.text == "1" else self._join("*", y)

    def __truediv__(self, y: Form) -> Form:
        return self if not self or y.text == "1" else self._join("/", y)

    def __bool__(self) -> bool:
        return self.text != "0"


def _inner(x: Form) -> str:
    plain = x.text.replace(".", "").isalnum() or (
        x.text.endswith(")") and x.text[:4] in ("cos(", "sin(", "sqrt") and x.text.count("(") == 1
    )
    return x.text if plain else f"({x.text})"


class _QuadraticArithmetic(Arithmetic):
    def number(self, x: Fraction) -> Any:
        return Quadratic(x, Fraction(0), 2)

    def root(self, x: Any) -> Any:
        if x.b or x.a <= 0 or x.a > 10**6:
            raise Irrational
        inside = x.a.numerator * x.a.denominator
        square = max(i for i in range(1, math.isqrt(inside) + 1) if inside % (i * i) == 0)
        factor, d = Fraction(square, x.a.denominator), inside // square**2
        zero = Fraction(0)
        return Quadratic(factor, zero, 2) if d == 1 else Quadratic(zero, factor, d)

    def wave(self, name: str, turns: Fraction) -> Any:
        raise Irrational


def as_elements(rows: Sequence[Sequence[ExactNumber]]) -> tuple[list[list[Any]], str]:
    """Entries as elements that can be added, multiplied and divided.

    Args:
        rows: a matrix of exact numbers.

    Returns:
        The elements, and where they are: "fractions", "quadratic" or "forms".
    """
    fractions = [[as_rational(x) for x in row] for row in rows]
    if all(x is not None for row in fractions for x in row):
        return fractions, "fractions"
    try:
        elements = [[_quadratic(x) for x in row] for row in rows]
        fields = {x.d for row in elements for x in row if x.b}
        if len(fields) == 1:
            d = fields.pop()
            return [[Quadratic(x.a, x.b, d) for x in row] for row in elements], "quadratic"
    except Irrational:
        pass
    return [[Form(x if isinstance(x, str) else str(Fraction(x))) for x in row] for row in rows], (
        "forms"
    )


def _quadratic(x: ExactNumber) -> Quadratic:
    rational = as_rational(x)
    if rational is not None:
        return Quadratic(rational, Fraction(0), 2)
    found: Quadratic = evaluated(parsed(str(x)), _QuadraticArithmetic())
    return found


def as_entries(rows: Sequence[Sequence[Any]]) -> list[list[ExactNumber]] | None:
    """Elements as entries again; None if a closed form has become too long."""
    out: list[list[ExactNumber]] = []
    for row in rows:
        entries: list[ExactNumber] = []
        for x in row:
            text = x.text if isinstance(x, Quadratic | Form) else str(Fraction(x))
            if len(text) > LONGEST_FORM:
                return None
            entries.append(text)
        out.append(entries)
    return out
