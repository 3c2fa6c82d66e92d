"""A code with exact entries, and how it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue.chains import Chain
from mheight.catalogue.numbers import ExactNumber, as_ball, as_float, as_rational, precision
from mheight.codes import LinearCode
from mheight.errors import InvalidDataError

__all__ = ["ExactCode", "entry_text"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class ExactCode:
    """An [n, k] code whose generator matrix is known exactly.

    Attributes:
        rows: generator matrix, k rows of n numbers (see `mheight.catalogue.numbers`).
        chain: how it was made.

    Examples:
        >>> code = ExactCode([["1", "sqrt(2)", 1]], Chain.given("by hand"))
        >>> code, code.floats().round(3).tolist()
        (ExactCode([3, 1]), [[1.0, 1.414, 1.0]])
    """

    rows: tuple[tuple[ExactNumber, ...], ...]
    chain: Chain

    def __init__(self, rows: Sequence[Sequence[ExactNumber]], chain: Chain) -> None:
        held = tuple(tuple(_plain(x) for x in row) for row in rows)
        if not held or not held[0] or len({len(row) for row in held}) != 1:
            raise InvalidDataError("a generator matrix must have rows of one length, at least one")
        if len(held) > len(held[0]):
            raise InvalidDataError(
                f"a generator matrix must have shape (k, n) with 1 <= k <= n, got "
                f"{(len(held), len(held[0]))}"
            )
        object.__setattr__(self, "rows", held)
        object.__setattr__(self, "chain", chain)

    @property
    def n(self) -> int:
        """Length."""
        return len(self.rows[0])

    @property
    def k(self) -> int:
        """Dimension."""
        return len(self.rows)

    @cached_property
    def fractions(self) -> tuple[tuple[Fraction, ...], ...] | None:
        """The matrix in fractions; None if an entry is a closed form that is none."""
        out = []
        for row in self.rows:
            numbers = [as_rational(x) for x in row]
            if any(x is None for x in numbers):
                return None
            out.append(tuple(x for x in numbers if x is not None))
        return tuple(out)

    @property
    def is_rational(self) -> bool:
        """Whether every entry is a fraction."""
        return self.fractions is not None

    def floats(self) -> Float:
        """The nearest floats, shape (k, n); a new array."""
        return self._floats.copy()

    @cached_property
    def _floats(self) -> Float:
        if self.fractions is None:
            with precision(80):
                return np.array([[float(as_ball(x)) for x in row] for row in self.rows])
        return np.array([[as_float(x) for x in row] for row in self.rows])

    def linear(self) -> LinearCode:
        """The code as `LinearCode`: exact where it is rational, else with the nearest floats."""
        return LinearCode(self._floats if self.fractions is None else self.fractions)

    @cached_property
    def name(self) -> str:
        """A short hexadecimal name: the same for the same matrix, whatever made it."""
        text = json.dumps([[entry_text(x) for x in row] for row in self.rows])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"ExactCode([{self.n}, {self.k}])"


def _plain(x: ExactNumber) -> ExactNumber:
    """Whole numbers as `int`; all else checked, and as it came."""
    if isinstance(x, np.generic):
        x = x.item()
    rational = as_rational(x)
    if rational is not None and rational.denominator == 1 and abs(rational) < 2**53:
        return int(rational)
    return str(x) if isinstance(x, Fraction) else x


def entry_text(x: ExactNumber) -> str:
    """An entry as text that reads back to the same number."""
    return x if isinstance(x, str) else repr(x)
