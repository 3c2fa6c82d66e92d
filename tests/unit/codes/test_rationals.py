"""Matrices as fractions: what is taken, to the last digit, and what is said of the rest."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mheight.codes import LinearCode
from mheight.codes.rationals import rational_matrix, rational_number
from mheight.errors import InvalidCodeError

TENTH = Fraction(1, 10)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (3, Fraction(3)),
        (TENTH, TENTH),
        (0.5, Fraction(1, 2)),
        (0.1, Fraction(3602879701896397, 2**55)),
        (np.float32(0.5), Fraction(1, 2)),
        (np.int64(-7), Fraction(-7)),
        ("0.1", TENTH),
        ("-3/7", Fraction(-3, 7)),
        ("1e-4000", Fraction(1, 10**4000)),
        ("1E+4000", Fraction(10**4000)),
        ("\N{MINUS SIGN}\u00bd", Fraction(-1, 2)),
        (Decimal("0.1"), TENTH),
    ],
)
def test_entries_without_rounding(entry: Any, value: Fraction) -> None:
    assert rational_matrix([[entry, 1]]) == ((value, Fraction(1)),)
    found = rational_number(entry, "it", "")
    assert type(found) is Fraction


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (float("nan"), r"^H must be finite, got nan at index \(0, 1\)$"),
        (Decimal("Infinity"), r"^H must be finite, got Infinity at index \(0, 1\)$"),
        ("-inf", r"^H must be finite, got '-inf' at index \(0, 1\)$"),
        (" NaN ", r"^H must be finite, got ' NaN ' at index \(0, 1\)$"),
        ("1/0", r"^H must have denominators other than 0, got '1/0' at index \(0, 1\)$"),
        (
            "1_0",
            r"^H as text must be a rational number such as '0.1', '-3/7' or '1e-8', "
            r"got '1_0' at index \(0, 1\)$",
        ),
        (
            "1e4001",
            r"^H as text must have at most 4000 characters and an exponent in -4000..4000, "
            r"got '1e4001' at index \(0, 1\)$",
        ),
        ("1e-4001", "an exponent in -4000..4000, got '1e-4001'"),
        ("1e999999999999 ", "an exponent in -4000..4000, got '1e999999999999 '"),
        ("7" * 4001, rf"at most 4000 characters .*, got '?{'7' * 37}\.\.\."),
        ("x" * 41, rf"such as .*, got '?{'x' * 37}\.\.\."),
        (
            True,
            r"^H must be of rational numbers \(int, Fraction, float, or text such as '-3/7'\), "
            r"got bool at index \(0, 1\)$",
        ),
        (np.timedelta64(3), "got timedelta64 at index"),
        (1j, "got complex at index"),
    ],
)
def test_what_is_no_entry(entry: Any, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        rational_matrix([[1, entry]], "H")


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2], [3]], "^G must have rows of one length: row 0 has 2 entries, row 1 1$"),
        ([], r"^G must have shape \(k, n\) with 1 <= k <= n, got \(0, 0\)$"),
        ([[1], [2]], r"^G must have shape \(k, n\) with 1 <= k <= n, got \(2, 1\)$"),
        (np.ones(3), r"^G must have 2 dimensions, got shape \(3,\)$"),
        (5, "^G must be a matrix of numbers, got int$"),
        (b"1 2", "^G must be a matrix of numbers, got bytes$"),
        ([[1, 2], "3 4"], "^G must be a matrix of numbers, got str for row 1$"),
        ([[1, 2], np.array(3)], "^G must be a matrix of numbers, got ndarray for row 1$"),
        (
            np.ma.masked_equal([[1, 2]], 2),
            r"^G must have no masked entry, got one at index \(0, 1\)",
        ),
    ],
)
def test_what_is_no_matrix(matrix: Any, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        rational_matrix(matrix)


def test_square_matrices_and_single_entries_are_matrices() -> None:
    assert rational_matrix([[5]]) == ((5,),)
    assert rational_matrix("1 0; 1/3 0.1") == ((1, 0), (Fraction(1, 3), TENTH))
    assert rational_matrix([np.array([1, 2]), (3, 4)]) == ((1, 2), (3, 4))


def test_a_code_is_taken_as_it_was_given() -> None:
    code = LinearCode([["1/3", 1]])
    assert rational_matrix(code) == ((Fraction(1, 3), 1),)
