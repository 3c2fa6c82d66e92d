"""Numbers and matrices as fractions, with nothing rounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from mheight.codes.algebra.exact_matrices import Matrix
from mheight.codes.checks import refuse_masked
from mheight.codes.numbers import canonical
from mheight.codes.reading.text import rows_of_text
from mheight.errors import InvalidCodeError

__all__ = ["MAX_EXPONENT", "Matrix", "rational_matrix", "rational_number"]

MAX_EXPONENT = 4000
"""Largest power of ten in a number given as text, and most characters of the text."""


class HoldsGenerator(Protocol):
    """A code with its generator matrix in fractions, as `LinearCode` is."""

    @property
    def exact_generator(self) -> Matrix:
        """Rows of fractions."""


def rational_matrix(
    G: HoldsGenerator | ArrayLike | Sequence[Sequence[Any]], name: str = "G"
) -> Matrix:
    """A matrix as fractions, with nothing rounded.

    A float is the binary fraction that it is: 0.1 is 3602879701896397 / 2**55, while the
    text "0.1" is 1/10.

    Args:
        G: rows of numbers, shape (k, n) with 1 <= k <= n: int, `Fraction`, `Decimal`, finite
            float, NumPy number, or text such as "0.1", "-3/7", "1e-8"; or a `LinearCode`,
            whose generator matrix is taken without rounding, also where it was given by H.
        name: what messages call the matrix.

    Returns:
        k rows of n fractions.

    Raises:
        InvalidCodeError: not rectangular, k < 1, k > n, or an entry that is not a
            finite rational number.

    Examples:
        >>> rational_matrix([["1/2", 0.25, 3]])
        ((Fraction(1, 2), Fraction(1, 4), Fraction(3, 1)),)
    """
    generator: Matrix | None = getattr(G, "exact_generator", None)
    if generator is not None:
        return generator
    refuse_masked(G, name)
    rows = _rows(G, name)
    n = len(rows[0]) if rows else 0
    for i, row in enumerate(rows):
        if len(row) != n:
            raise InvalidCodeError(
                f"{name} must have rows of one length: row 0 has {n} entries, row {i} {len(row)}"
            )
    if not 1 <= len(rows) <= n:
        raise InvalidCodeError(
            f"{name} must have shape (k, n) with 1 <= k <= n, got {(len(rows), n)}"
        )
    return tuple(
        tuple(rational_number(x, name, f" at index {(i, j)}") for j, x in enumerate(row))
        for i, row in enumerate(rows)
    )


def _rows(G: Any, name: str) -> list[list[Any]]:
    if hasattr(G, "__array__"):
        G = np.asarray(G)
        if G.ndim != 2:
            raise InvalidCodeError(f"{name} must have 2 dimensions, got shape {G.shape}")
    elif isinstance(G, str):
        G = rows_of_text(G, name, exact=True)
    if not hasattr(G, "__array__") and not _is_list(G):
        raise InvalidCodeError(f"{name} must be a matrix of numbers, got {type(G).__name__}")
    for i, row in enumerate(G):
        if not _is_list(row):
            raise InvalidCodeError(
                f"{name} must be a matrix of numbers, got {type(row).__name__} for row {i}"
            )
    return [list(row) for row in G]


def _is_list(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def rational_number(x: Any, name: str, where: str) -> Fraction:
    """The fraction that an entry is; `name` and `where` are for messages."""
    if type(x) is Fraction:
        return x
    if isinstance(x, str):
        return _parsed(x, name, where)
    if isinstance(x, float | np.floating):
        if not np.isfinite(x):
            raise InvalidCodeError(f"{name} must be finite, got {x}{where}")
        return Fraction(*x.as_integer_ratio())
    if isinstance(x, Decimal):
        if not x.is_finite():
            raise InvalidCodeError(f"{name} must be finite, got {x}{where}")
        return _parsed(str(x), name, where)
    is_other = isinstance(x, bool | np.timedelta64)  # subclasses of integers
    if not is_other and isinstance(x, Rational):
        return Fraction(int(x.numerator), int(x.denominator))
    raise InvalidCodeError(
        f"{name} must be of rational numbers (int, Fraction, float, or text such as '-3/7'), "
        f"got {type(x).__name__}{where}"
    )


def _canonical(text: str) -> str:
    """ASCII for a fraction sign or a typographic minus; `1_0` is no number."""
    try:
        return canonical(text)
    except ValueError:
        if "_" in text:
            raise
        return text


def _parsed(text: str, name: str, where: str) -> Fraction:
    got = f"got {text if len(text) <= 40 else text[:37] + '...'!r}{where}"
    try:
        # Before anything is raised to a power: "1e999999999" would fill the memory.
        power = re.search(r"e([-+]?[\d_]+)\s*$", text[-MAX_EXPONENT:], re.IGNORECASE)
        if len(text) > MAX_EXPONENT or (power and abs(int(power[1])) > MAX_EXPONENT):
            raise InvalidCodeError(
                f"{name} as text must have at most {MAX_EXPONENT} characters "
                f"and an exponent in -{MAX_EXPONENT}..{MAX_EXPONENT}, {got}"
            )
        return Fraction(_canonical(text))
    except ZeroDivisionError:
        raise InvalidCodeError(f"{name} must have denominators other than 0, {got}") from None
    except InvalidCodeError:
        raise
    except ValueError:
        if re.fullmatch(r"\s*[-+]?(nan|inf|infinity)\s*", text, re.IGNORECASE):
            raise InvalidCodeError(f"{name} must be finite, {got}") from None
        raise InvalidCodeError(
            f"{name} as text must be a rational number such as '0.1', '-3/7' or '1e-8', {got}"
        ) from None
