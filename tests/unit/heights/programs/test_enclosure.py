"""Enclosures of inverse(G_B) G, against fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import ctx, fmpq, fmpq_mat

from mheight.codes.rationals import Matrix, rational_matrix
from mheight.heights.programs.enclosure import enclose, rounded_down, rounded_up


def in_fractions(exact: Matrix, basis: list[int]) -> list[list[Fraction]]:
    def columns(chosen: list[int]) -> fmpq_mat:
        return fmpq_mat([[fmpq(row[j].numerator, row[j].denominator) for j in chosen]
                         for row in exact])  # fmt: skip

    found = columns(basis).solve(columns(list(range(len(exact[0])))))
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in found.tolist()]


def check(G: np.ndarray, basis: list[int], exact: Matrix | None = None) -> float:
    """Assert that an enclosure holds; returns its blur."""
    found = enclose(G, np.array(basis), exact)
    assert found is not None
    true = in_fractions(rational_matrix(G.tolist()) if exact is None else exact, basis)
    k, n = G.shape
    assert found.basis.tolist() == basis
    np.testing.assert_array_equal(found.high[:, basis], np.eye(k))
    np.testing.assert_array_equal(found.low[:, basis], 0.0)
    off = []
    for j in range(n):
        total = Fraction(0)
        for i in range(k):
            high, low = Fraction(found.high[i, j]), Fraction(found.low[i, j])
            assert float(true[i][j]) == found.high[i, j]
            # The nearest float of what is left, where that is not lost in the blur.
            assert abs(true[i][j] - high - low) <= Fraction(2) ** -52 * abs(low) + Fraction(
                found.blur
            )
            total += abs(true[i][j] - high - low)
        off.append(total)
    assert max(off) <= Fraction(found.blur)
    return found.blur


def hilbert(k: int, n: int) -> Matrix:
    return tuple(tuple(Fraction(1, i + j + 1) for j in range(n)) for i in range(k))


def rounded(exact: Matrix) -> np.ndarray:
    return np.array([[float(x) for x in row] for row in exact])


@pytest.mark.parametrize("seed", range(5))
def test_floats_as_they_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k, n = 3 + seed % 2, 8
    G = rng.standard_normal((k, n))
    blur = check(G, [1, 4, 6, 2][:k])
    assert 0.0 < blur < 1e-28


def test_fractions_are_taken_instead_of_the_floats() -> None:
    exact = hilbert(4, 9)
    G = rounded(exact)
    check(G, [0, 3, 5, 8], exact)
    one, other = (enclose(G, np.array([0, 3, 5, 8]), given) for given in (exact, None))
    assert one is not None
    assert other is not None
    assert not (one.high == other.high).all()


def test_a_systematic_matrix_is_its_own() -> None:
    G = np.array([[0.1, 1.0, 0, 0.3], [0.7, 0, 1, 1 / 3]])
    found = enclose(G, np.array([1, 2]))
    assert found is not None
    np.testing.assert_array_equal(found.high, G)
    np.testing.assert_array_equal(found.low, 0.0)
    assert found.blur == 0.0
    # Not where the floats are rounded fractions.
    exact = rational_matrix([["1/10", 1, 0, "3/10"], ["7/10", 0, 1, "1/3"]])
    found = enclose(G, np.array([1, 2]), exact)
    assert found is not None
    np.testing.assert_array_equal(found.high, G)
    assert (found.low[:, [0, 3]] != 0.0).all()
    assert check(G, [1, 2], exact) < 1e-31


def test_a_square_matrix_leaves_nothing() -> None:
    found = enclose(np.array([[2.0, 1], [1, 3]]), np.array([1, 0]))
    assert found is not None
    np.testing.assert_array_equal(found.high, [[0, 1], [1, 0]])
    np.testing.assert_array_equal(found.low, 0.0)
    assert found.blur == 0.0


@pytest.mark.parametrize("k", [8, 30])
def test_more_bits_where_they_are_needed(k: int) -> None:
    """Hilbert matrices: 160 bits do for 8 rows, not for 30."""
    exact = hilbert(k, k + 4)
    blur = check(rounded(exact), list(range(k)), exact)
    largest = max(abs(float(x)) for row in in_fractions(exact, list(range(k))) for x in row[k:])
    assert blur <= k * 2.0**-100 * max(largest, 1.0)


def test_dependent_columns_have_none() -> None:
    G = np.array([[1.0, 2, 3, 4], [2, 4, 1, 1]])
    assert enclose(G, np.array([0, 1])) is None
    assert enclose(G, np.array([0, 2])) is not None
    # Independent by a hair that 2,560 bits do not see.
    tiny = Fraction(1, 10**2000)
    exact = ((Fraction(1), Fraction(1), Fraction(1)), (Fraction(1), 1 + tiny, Fraction(2)))
    assert enclose(rounded(exact), np.array([0, 1]), exact) is None


def test_entries_beyond_floats_have_none() -> None:
    G = np.array([[1e-300, 0, 1e300], [0, 1.0, 1]])
    assert enclose(G, np.array([0, 1])) is None


def test_the_precision_is_left_as_it_was() -> None:
    before = ctx.prec
    try:
        ctx.prec = 77
        enclose(np.array([[1.0, 2, 3, 4], [2, 4, 1, 1]]), np.array([0, 2]))
        assert ctx.prec == 77
        enclose(np.array([[1.0, 2, 3, 4], [2, 4, 1, 1]]), np.array([0, 1]))
        assert ctx.prec == 77
    finally:
        ctx.prec = before


@pytest.mark.parametrize(
    "value", [Fraction(1, 3), Fraction(2, 3), Fraction(10**40 + 1), Fraction(1, 10**320)]
)
def test_rounding_to_either_side(value: Fraction) -> None:
    down, up = rounded_down(value), rounded_up(value)
    assert Fraction(down) <= value <= Fraction(up)
    assert up == np.nextafter(down, np.inf)


def test_rounding_of_what_needs_none() -> None:
    for number in (1.0, 0.1, 5e-324):
        assert rounded_down(Fraction(number)) == rounded_up(Fraction(number)) == number
    huge = Fraction(10) ** 400
    assert rounded_down(huge) == np.finfo(np.float64).max
    assert rounded_up(huge) == np.inf


def test_rounding_of_fractions() -> None:
    third = Fraction(1, 3)
    assert Fraction(rounded_down(third)) < third < Fraction(rounded_up(third))
    assert np.nextafter(rounded_down(third), 1.0) == rounded_up(third)
    assert rounded_down(Fraction(5, 4)) == rounded_up(Fraction(5, 4)) == 1.25
    huge = Fraction(10) ** 400
    assert rounded_down(huge) == np.finfo(np.float64).max
    assert rounded_up(huge) == np.inf
