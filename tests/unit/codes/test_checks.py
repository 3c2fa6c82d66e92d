"""What a matrix must be before it may describe a code."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mheight.codes.checks import as_generators, as_matrix, real_array, refuse_masked
from mheight.errors import InvalidCodeError


@pytest.mark.parametrize("value", ["1 2", [1j], [[1, 2], [3]], [None], np.array(["1"]), [10**400]])
def test_what_is_no_array_of_real_numbers(value: Any) -> None:
    assert real_array(value) is None


def test_arrays_of_real_numbers() -> None:
    for value in ([True, 2], [Fraction(1), 2.0], np.array([1, 2], dtype=np.uint8)):
        found = real_array(value)
        assert found is not None
        assert found.dtype == np.float64
        assert found.tolist() == [1.0, 2.0]
    table = real_array([[Fraction(1, 2)], [Fraction(3)]])
    assert table is not None
    assert table.shape == (2, 1)


def test_copies_are_made_unless_they_are_not_wanted() -> None:
    own = np.array([[1.0, 2.0]])
    assert real_array(own) is not own
    assert real_array(own, copy=False) is own
    assert as_matrix(own, "P", (2,)) is own


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1 0; 1", "^rows of one length are needed, got 2 entries in row 0 and 1 entry in row 1$"),
        ({1, 2}, "^P must be a rectangular array of real numbers, got set$"),
        (
            [[1, 2], [3], [4, 5]],
            "^P must have rows of one length: row 0 has 2 entries, row 1 1$",
        ),
        (([1, 2], (3, 4), [5]), "^P must have rows of one length: row 0 has 2 entries, row 2 1$"),
        ([[1, 2], 3], "^P must be a rectangular array of real numbers, got list$"),
        (np.ones(3), r"^P must have 2 or 3 dimensions, got shape \(3,\)$"),
        ([[1.0, np.inf, np.nan]], r"^P must be finite, got inf at index \(0, 1\)$"),
        ([[np.inf, -np.inf]], r"^P must be finite, got inf at index \(0, 0\)$"),
        (
            np.ma.masked_equal([[1, 2]], 2),
            r"^P must have no masked entry, got one at index \(0, 1\)$",
        ),
    ],
)
def test_what_is_no_matrix(value: Any, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        as_matrix(value, "P", (2, 3))


def test_large_entries_whose_sum_is_infinite_are_finite() -> None:
    assert as_matrix([[1e308, 1e308]], "P", (2,)).tolist() == [[1e308, 1e308]]


def test_text_is_a_matrix() -> None:
    assert as_matrix("1 2; 3 4", "P", (2,)).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 3), (4, 2, 3)])
def test_shapes_of_generators(shape: tuple[int, ...]) -> None:
    assert as_generators(np.ones(shape)).shape == shape


@pytest.mark.parametrize("shape", [(0, 2), (3, 2), (4, 3, 2)])
def test_shapes_of_no_generators(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidCodeError) as caught:
        as_generators(np.ones(shape))
    wanted = f"G must have shape (k, n) or (N, k, n) with 1 <= k <= n, got {shape}"
    assert str(caught.value) == wanted


def test_masks_that_hide_nothing_are_no_matter() -> None:
    refuse_masked(np.ma.masked_equal([1, 2], 7), "G")
    hidden = np.ma.masked_equal([1, 2, 2], 2)
    with pytest.raises(
        InvalidCodeError, match=r"^G must have no masked entry, got one at index \(1,\)"
    ):
        refuse_masked([[1, 2, 3], hidden], "G")
