"""Matrices as people type them."""

from __future__ import annotations

import json
import re
from typing import Any

from mheight.errors import InvalidCodeError

__all__ = ["from_json", "number", "parse_matrix", "shortened"]


def parse_matrix(text: str, *, exact: bool = False) -> Any:
    """Rows of a typed matrix.

    Args:
        text: JSON, `[[1, 0], [0, 1]]`, or rows `1 0; 0 1` between semicolons or line ends;
            entries may be fractions, `1/3`.
        exact: leave fractions and decimals as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: no such text.

    Examples:
        >>> parse_matrix("1 0.5; 0 1/4")
        [[1.0, 0.5], [0.0, 0.25]]
    """
    stripped = text.strip()
    try:
        if stripped.startswith(("[", "{")):
            return from_json(stripped, exact)
        rows = re.split(r"[;\n]", stripped)
        return [
            [entry if exact else number(entry) for entry in row.replace(",", " ").split()]
            for row in rows
            if row.strip()
        ]
    except (ValueError, ArithmeticError, RecursionError):
        raise InvalidCodeError(
            f"a matrix is written [[1, 0, 1], [0, 1, 1]] or '1 0 1; 0 1 1', got {shortened(text)!r}"
        ) from None


def number(text: str) -> float:
    """A float from `1/3`, `0.25` or `-2e-3`, rounded correctly."""
    if re.fullmatch(r"\s*[-+]?\d+/\d+\s*", text):
        numerator, denominator = text.split("/")
        return int(numerator) / int(denominator)
    return float(text)


def shortened(text: str) -> str:
    """A text fit for one line."""
    return text if len(text) <= 60 else text[:57] + "..."


def from_json(text: str, exact: bool) -> Any:
    """A JSON value, numbers left as text where `exact` forbids to round."""
    if exact:
        return json.loads(text, parse_float=str, parse_constant=str)
    return json.loads(text)
