"""Exact entries of matrices and exact heights: integers, fractions, and closed forms as text.

A number is an `int`, a `Fraction`, a float (the binary fraction that it is), or text: a
fraction `"154/5"`, a decimal `"30.8"`, or a closed form of integers, `+ - * / ^`, `sqrt`, and
`sin`, `cos`, `tan` of rational multiples of `pi`, such as `"2+sqrt(5)"` or `"cos(2*pi/9)"`.
Text is evaluated in fractions where it is rational, else in balls of any precision.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

from flint import arb, ctx, fmpq

from mheight.errors import InvalidDataError
from mheight.heights.programs.enclosure import PRECISION_LOCK

__all__ = [
    "Arithmetic",
    "ExactNumber",
    "Irrational",
    "as_ball",
    "as_float",
    "as_rational",
    "evaluated",
    "parsed",
    "precision",
]

ExactNumber = int | float | Fraction | str

_LONGEST = 4000  # characters of one number
_LARGEST_POWER = 64


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Ball arithmetic of so many bits in the block, in this thread alone."""
    with PRECISION_LOCK:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def as_rational(x: ExactNumber) -> Fraction | None:
    """The fraction that a number is; None for a closed form that is none as written.

    Raises:
        InvalidDataError: no number.

    Examples:
        >>> as_rational("3/4"), as_rational("(1+1/2)^2"), as_rational("sqrt(5)")
        (Fraction(3, 4), Fraction(9, 4), None)
    """
    if isinstance(x, str):
        return _rational_text(x)
    if isinstance(x, bool) or not isinstance(x, int | float | Fraction):
        raise InvalidDataError(f"a number must be an integer, a fraction or text, got {x!r}")
    try:
        return Fraction(x)
    except (ValueError, OverflowError):
        raise InvalidDataError(f"a number must be finite, got {x!r}") from None


def as_ball(x: ExactNumber) -> arb:
    """A ball around a number, of the precision that is set (see `precision`).

    Raises:
        InvalidDataError: no number.
    """
    rational = as_rational(x)
    if rational is not None:
        return arb(fmpq(rational.numerator, rational.denominator))
    ball: arb = evaluated(parsed(str(x)), _Balls())
    return ball


def as_float(x: ExactNumber) -> float:
    """The nearest float of a number, or one beside it.

    Examples:
        >>> round(as_float("2+sqrt(5)"), 6), as_float("154/5")
        (4.236068, 30.8)
    """
    rational = as_rational(x)
    if rational is not None:
        return rational.numerator / rational.denominator
    with precision(80):
        return float(as_ball(x))


@lru_cache(maxsize=100_000)
def _rational_text(text: str) -> Fraction | None:
    if len(text) > _LONGEST:
        raise InvalidDataError(f"a number of {len(text)} characters; at most {_LONGEST} are read")
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        pass
    try:
        return _Rationals.closed(evaluated(parsed(text), _Rationals()))
    except Irrational:
        evaluated(parsed(text), _Checks())
        return None


@lru_cache(maxsize=20_000)
def parsed(text: str) -> ast.expr:
    """The syntax tree of a closed form."""
    try:
        return ast.parse(text.replace("^", "**").strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _no_number(text) from None


def _no_number(text: str, reason: str = "") -> InvalidDataError:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return InvalidDataError(
        f"a number must be like '3/4', '0.75', '2+sqrt(5)' or 'cos(2*pi/9)', got {shown!r}"
        + (f" ({reason})" if reason else "")
    )


class Irrational(Exception):
    """A closed form is not a number of the kind that was asked for."""


class Arithmetic(Protocol):
    """What the nodes of a closed form come to."""

    def number(self, x: Fraction) -> Any:
        """A fraction."""

    def root(self, x: Any) -> Any:
        """A square root."""

    def wave(self, name: str, turns: Fraction) -> Any:
        """The sine, cosine or tangent of `turns` times pi."""


class _Rationals(Arithmetic):
    def number(self, x: Fraction) -> Any:
        return x

    def root(self, x: Any) -> Any:
        raise Irrational

    def wave(self, name: str, turns: Fraction) -> Any:
        raise Irrational

    @staticmethod
    def closed(value: Any) -> Fraction:
        return Fraction(value)


class _Balls(Arithmetic):
    def number(self, x: Fraction) -> Any:
        return arb(fmpq(x.numerator, x.denominator))

    def root(self, x: Any) -> Any:
        return x.sqrt()

    def wave(self, name: str, turns: Fraction) -> Any:
        angle = fmpq(turns.numerator, turns.denominator)
        sine, cosine = arb.sin_pi_fmpq(angle), arb.cos_pi_fmpq(angle)
        if name == "tan":
            return sine / cosine
        return sine if name == "sin" else cosine


class _Checks(Arithmetic):
    """Only whether a text is a closed form."""

    def number(self, x: Fraction) -> Any:
        return float(x)

    def root(self, x: Any) -> Any:
        return 1.0

    def wave(self, name: str, turns: Fraction) -> Any:
        return 1.0


def evaluated(node: ast.expr, to: Arithmetic) -> Any:
    """What a closed form comes to in an arithmetic."""
    reason = "an operation that is not known"
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return to.number(Fraction(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -evaluated(operand, to)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return evaluated(operand, to)
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as power)):
            if 0 <= power <= _LARGEST_POWER:
                return evaluated(base, to) ** power
            reason = f"the power must be at most {_LARGEST_POWER}"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            try:
                return _OPERATIONS[type(op)](evaluated(left, to), evaluated(right, to))
            except ZeroDivisionError:
                if isinstance(to, _Checks):
                    return 1.0
                reason = "a division by zero"
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner], keywords=[]):
            return to.root(evaluated(inner, to))
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _WAVES:
            return to.wave(name, _turns(inner))
    raise _no_number(ast.unparse(node), reason)


_WAVES = ("sin", "cos", "tan")

_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x / y,
}


def _turns(node: ast.expr) -> Fraction:
    """An angle as a multiple of pi: exactly one factor pi, no sums."""
    factor, powers = _monomial(node)
    if powers != 1 and factor != 0:
        raise _no_number(ast.unparse(node), "an angle must be a rational multiple of pi")
    return factor


def _monomial(node: ast.expr) -> tuple[Fraction, int]:
    match node:
        case ast.Name(id="pi"):
            return Fraction(1), 1
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return Fraction(value), 0
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            factor, powers = _monomial(operand)
            return -factor, powers
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            (x, p), (y, q) = _monomial(left), _monomial(right)
            return x * y, p + q
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            (x, p), (y, q) = _monomial(left), _monomial(right)
            if y != 0:
                return x / y, p - q
    raise _no_number(ast.unparse(node), "an angle must be a rational multiple of pi")
