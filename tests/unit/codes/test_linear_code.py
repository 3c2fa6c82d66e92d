from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError

DEPENDENT_FIRST = [[1, 2, 0, 1, 3], [2, 4, 1, 0, 1], [0, 0, 1, 1, 1]]
"""Columns 0 and 1 are proportional: the first three columns are no basis."""


@pytest.mark.parametrize(
    ("G", "message"),
    [
        ([1, 0, 1], r"G must have 2 dimensions, got shape \(3,\)"),
        (np.ones((2, 2, 3)), r"G must have 2 dimensions, got shape \(2, 2, 3\)"),
        (5, r"G must have 2 dimensions, got shape \(\)"),
        ([[]], r"with 1 <= k <= n, got \(1, 0\)"),
        (np.ones((0, 3)), r"with 1 <= k <= n, got \(0, 3\)"),
        ([[1, 0], [0, 1], [1, 1]], r"with 1 <= k <= n, got \(3, 2\)"),
        ([[1, 0, 1], [0, 1]], "G must have rows of one length: row 0 has 3 entries, row 1 2"),
        ([["one", "two"]], r"G as text must be a rational number .*, got 'one' at index \(0, 0\)"),
        ([[1j, 1]], "G must be a rectangular array of real numbers, got list"),
        ([[1, 0, 1], [0, np.nan, 1]], r"G must be finite, got nan at index \(1, 1\)"),
        ([[1, -np.inf]], r"G must be finite, got -inf at index \(0, 1\)"),
        ([[1, None]], r"G must be of rational numbers .*, got NoneType at index \(0, 1\)"),
        ([[1, 1j]], "G must be a rectangular array of real numbers, got list"),
        ([[1, 10**400]], "within the range of float64, got a number of 401 digits at index"),
        ([[1, 2, 3], [2, 4, 6]], "the rows of G must be independent: rank 2 wanted, got 1"),
        ([[0, 0]], "the rows of G must be independent: rank 1 wanted, got 0"),
    ],
)
def test_what_is_no_generator_matrix(G: Any, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        LinearCode(G)


@pytest.mark.parametrize(
    ("P", "message"),
    [
        ([2, 1], r"P must have 2 dimensions, got shape \(2,\)"),
        ([[], []], r"P must have shape \(k, n-k\) with k >= 1 and n > k, got \(2, 0\)"),
        (np.ones((0, 2)), r"P must have shape \(k, n-k\) with k >= 1 and n > k, got \(0, 2\)"),
        ([[np.inf]], r"P must be finite, got inf at index \(0, 0\)"),
    ],
)
def test_what_is_no_systematic_part(P: Any, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        LinearCode.from_systematic(P)


def test_a_systematic_code() -> None:
    P = np.array([[1.0, -2.0, 0.0], [3.0, 1.0, 4.0]])
    code = LinearCode.from_systematic(P)
    assert (code.n, code.k) == (5, 2)
    assert repr(code) == "LinearCode([5, 2])"
    assert code.systematic_order == (0, 1, 2, 3, 4)
    assert (code.P == P).all()
    assert (np.hstack([np.eye(2), P]) == code.G).all()
    assert (code.G @ code.H.T == 0).all()
    assert code.H.shape == (3, 5)


def test_a_code_whose_first_columns_are_dependent() -> None:
    code = LinearCode(DEPENDENT_FIRST)
    chosen = code.systematic_order[:3]
    assert len({0, 1} & set(chosen)) < 2
    assert code.information_set == chosen == tuple(sorted(chosen))
    basis, rest = code.G[:, chosen], code.G[:, code.systematic_order[3:]]
    np.testing.assert_allclose(basis @ code.P, rest, atol=1e-12)
    np.testing.assert_allclose(code.G @ code.H.T, 0.0, atol=1e-12)
    # Renaming columns and mixing rows lead back to the same code.
    twin = LinearCode.from_systematic(code.P).permuted(np.argsort(code.systematic_order).tolist())
    assert np.linalg.matrix_rank(np.vstack([code.G, twin.G])) == 3


def test_the_whole_space() -> None:
    code = LinearCode([[2, 1], [1, 1]])
    assert code.P.shape == (2, 0)
    assert code.H.shape == (0, 2)
    with pytest.raises(InvalidCodeError, match=r"n > k, got \(2, 0\)"):
        code.random_equivalent(np.random.default_rng(0))


def test_permuted() -> None:
    code = LinearCode(DEPENDENT_FIRST)
    assert (code.permuted([4, 0, 1, 2, 3]).G[:, 0] == code.G[:, 4]).all()
    assert code.permuted([4, 0, 1, 2, 3]).permuted([1, 2, 3, 4, 0]) == code
    for order in ([0, 1, 2, 3], [0, 0, 1, 2, 3], [1, 2, 3, 4, 5]):
        with pytest.raises(InvalidCodeError, match=r"order must be a permutation of 0\.\.4, got"):
            code.permuted(order)


def test_negated() -> None:
    code = LinearCode(DEPENDENT_FIRST)
    assert (code.negated([1, 3]).G == code.G * [1, -1, 1, -1, 1]).all()
    # A column named twice is negated once.
    assert code.negated([2, 2]) == code.negated([2])
    for column in (-1, 5):
        with pytest.raises(InvalidCodeError, match=rf"columns must lie in 0\.\.4, got {column}"):
            code.negated([column])


def test_equality_is_that_of_generator_matrices() -> None:
    code = LinearCode([[1, 0, 1], [0, 1, 1]])
    same = LinearCode(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
    row_equivalent = LinearCode([[1, 1, 2], [0, 1, 1]])
    assert code == same
    assert len({code, same, row_equivalent}) == 2
    assert code != row_equivalent
    assert code.fingerprint == row_equivalent.fingerprint
    assert code != LinearCode([[1, 0, 1]])
    assert code != "LinearCode([3, 2])"


def test_spectra_of_other_shapes_differ() -> None:
    code = LinearCode([[1, 1, 1, 1]])
    assert not code.has_spectrum_of(LinearCode([[1, 1, 1]]))
    assert not code.has_spectrum_of(LinearCode(code.H))
    assert code.fingerprint != LinearCode(code.H).fingerprint


def test_a_code_is_a_value_of_its_own() -> None:
    """Neither the caller's array nor the code's can change it afterwards."""
    G = np.array([[1.0, 2.0]])
    code = LinearCode(G)
    G[0, 1] = 7.0
    assert code.G[0, 1] == 2.0
    with pytest.raises(ValueError, match="read-only"):
        code.G[0, 0] = 5.0
    with pytest.raises(AttributeError, match="cannot assign to field 'G'"):
        code.G = G  # type: ignore[misc]


def test_fractions_are_numbers() -> None:
    assert LinearCode([[Fraction(1, 2), Fraction(1, 4)]]) == LinearCode([[0.5, 0.25]])


def test_equal_codes_hash_alike_whatever_the_sign_of_zero() -> None:
    codes = {LinearCode([[1, 0.0]]), LinearCode([[1, -0.0]])}
    assert len(codes) == 1
