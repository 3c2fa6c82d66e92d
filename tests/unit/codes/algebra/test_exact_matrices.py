"""Linear algebra of fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mheight.codes.algebra.exact_matrices import (
    as_fractions,
    echelon,
    exact_rank,
    nearest_floats,
    null_space,
)


def test_floats_are_the_binary_fractions_that_they_are() -> None:
    tenth = Fraction(3602879701896397, 2**55)
    assert as_fractions(np.array([[0.1, 1.0, -2.5]])) == ((tenth, 1, Fraction(-5, 2)),)
    # Entries that repeat are looked up.
    repeated = np.array([[1.0, 1.0, 1.0, 0.1], [0.1, 1.0, 7.0, 1.0]])
    assert as_fractions(repeated) == ((1, 1, 1, tenth), (tenth, 1, 7, 1))
    assert as_fractions(np.zeros((0, 3))) == ()
    assert all(type(x) is Fraction for row in as_fractions(repeated) for x in row)


def test_ranks_are_exact() -> None:
    assert exact_rank(np.array([[1.0, 1.0], [1.0, 1.0 + 2.0**-52]])) == 2
    assert exact_rank(((Fraction(1, 3), Fraction(1)), (Fraction(1), Fraction(3)))) == 1
    assert exact_rank(()) == exact_rank(((),)) == exact_rank(np.zeros((2, 2))) == 0


def test_pivots_stand_in_the_columns_that_come_first() -> None:
    rows = ((Fraction(1), Fraction(2), Fraction(3)), (Fraction(2), Fraction(4), Fraction(7)))
    reduced, pivots = echelon(rows, [1, 0, 2])
    assert (reduced, pivots) == (((Fraction(1, 2), 1, 0), (0, 0, 1)), [1, 2])
    reduced, pivots = echelon(rows[:1] * 2, [2, 0, 1])
    assert (reduced, pivots) == (((Fraction(1, 3), Fraction(2, 3), 1),), [2])


def test_the_null_space_has_the_identity_where_no_pivot_is() -> None:
    rows = ((Fraction(1), Fraction(0), Fraction(2), Fraction(-3)),)
    assert null_space(rows, [0, 1, 2, 3]) == ((0, 1, 0, 0), (-2, 0, 1, 0), (3, 0, 0, 1))
    assert null_space(rows, [3, 2, 1, 0])[0] == (1, 0, 0, Fraction(1, 3))


def test_the_nearest_floats() -> None:
    found = nearest_floats(((Fraction(1, 3), Fraction(2**53 + 1)), (Fraction(0), Fraction(-1, 2))))
    assert found is not None
    assert found.tolist() == [[1 / 3, 2.0**53], [0.0, -0.5]]
    assert nearest_floats(((Fraction(1), Fraction(10**400)),)) is None
