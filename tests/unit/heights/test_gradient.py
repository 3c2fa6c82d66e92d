from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf

import numpy as np
import pytest

from mheight import LinearCode, height_profile
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate
from mheight.heights.gradient import height_gradient

G = np.array([[1.0, 0, 1, 2], [0, 1, 1, 5]])
WITNESS = Certificate(
    m=2,
    height=8.0,
    target=3,
    larger=(1, 3),
    information_set=(0, 2),
    message=(-1.0, 2.0),
    codeword=(-1.0, 2.0, 1.0, 8.0),
)


def central_difference(matrix: np.ndarray, m: int, step: float = 1e-6) -> np.ndarray:
    slope = np.empty_like(matrix)
    for i, j in np.ndindex(*matrix.shape):
        ahead, behind = matrix.copy(), matrix.copy()
        ahead[i, j] += step
        behind[i, j] -= step
        slope[i, j] = (height_profile(ahead)[m - 1] - height_profile(behind)[m - 1]) / (2 * step)
    return slope


def test_a_gradient_by_hand():
    """-3 g_0 + 5 g_2 = g_3, and the message (-1, 2) is the slope."""
    gradient = height_gradient(G, WITNESS)
    np.testing.assert_allclose(gradient, np.outer([-1, 2], [3, 0, -5, 1]), rtol=1e-14)
    np.testing.assert_allclose(gradient, central_difference(G, 2), rtol=1e-7, atol=1e-7)


def test_a_repetition_with_one_larger_entry():
    """[3, 1]: the ratio 5/2 of the largest entry and the second."""
    row = np.array([[2.0, -5.0, 1.0]])
    witness = Certificate(1, 2.5, 1, (1,), (0,), (0.5,), (1.0, -2.5, 0.5))
    gradient = height_gradient(row, witness)
    np.testing.assert_allclose(gradient, [[-1.25, -0.5, 0.0]])
    np.testing.assert_allclose(gradient, central_difference(row, 1), rtol=1e-8, atol=1e-9)


def test_row_operations_change_nothing():
    gradient = height_gradient(G, WITNESS)
    np.testing.assert_allclose(gradient @ G.T, 0.0, atol=1e-13)
    A = np.array([[2.0, 1.0], [-1.0, 3.0]])
    # h(A G) = h(G), so the gradients are related by A^T.
    np.testing.assert_allclose(A.T @ height_gradient(A @ G, WITNESS), gradient, atol=1e-12)


def test_column_scales():
    """Entry j of the codeword times entry j of the dual word."""
    gradient = height_gradient(G, WITNESS)
    np.testing.assert_allclose((gradient * G).sum(axis=0), [-3.0, 0.0, -5.0, 8.0], rtol=1e-13)


def test_codes_and_exact_certificates():
    exact = replace(WITNESS, height=Fraction(8), message=(Fraction(-1), Fraction(2)))
    np.testing.assert_array_equal(
        height_gradient(LinearCode(G), exact), height_gradient(G, WITNESS)
    )


def test_infinite_heights_have_no_gradient():
    witness = Certificate(2, inf, 0, (0, 1), None, (1.0, -1.0), (1.0, -1.0, 0.0))
    with pytest.raises(InvalidCodeError, match="h_2 is infinite; only a finite height has a grad"):
        height_gradient([[1, 0, 1], [0, 1, 1]], witness)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": 4}, r"target and 2 other positions in 0\.\.3, as G has shape \(2, 4\); got"),
        ({"target": -1}, r"got target -1, information set \(0, 2\)"),
        ({"target": 2}, r"got target 2, information set \(0, 2\)"),
        ({"information_set": (0,)}, r"got target 3, information set \(0,\)"),
        ({"information_set": (0, 0)}, r"got target 3, information set \(0, 0\)"),
        ({"height": 7.0}, r"not of this matrix: it says h_2 = 7.0, but its positions give 8.0"),
        ({"information_set": (0, 1)}, r"it says h_2 = 8.0, but its positions give 7.0"),
    ],
)
def test_certificates_of_something_else(changes: dict, message: str):
    with pytest.raises(InvalidCodeError, match=message):
        height_gradient(G, replace(WITNESS, **changes))


def test_dependent_columns():
    matrix = G.copy()
    matrix[:, 2] = 0.0
    with pytest.raises(InvalidCodeError, match=r"its columns \(0, 2\) are dependent"):
        height_gradient(matrix, WITNESS)


def test_not_a_matrix():
    with pytest.raises(InvalidCodeError, match="G must have 2 dimensions"):
        height_gradient(np.ones((1, 2, 4)), WITNESS)


def test_a_gradient_that_rounding_would_spoil_is_solved_exactly():
    """Columns of B that are parallel but for 1e-14, and an x of both signs."""
    G = [["1", "1", "0", "1"], ["1", "1.00000000000001", "1", "0"]]
    code = LinearCode(G)
    x = [Fraction(10) ** 14 + 1, -(Fraction(10) ** 14)]  # x_0 g_0 + x_1 g_1 = g_3
    height = Fraction(2 * 10**14 + 1)
    witness = Certificate(2, height, 3, (2, 3), (0, 1), (0, 0), (0, 0, 0, 0))
    gradient = height_gradient(code, witness)
    # inverse(G_B)^T sign(x), as the outer product with the dual word
    y = [1 + 2 * Fraction(10) ** 14, -2 * Fraction(10) ** 14]
    expected = [[float(a * b) for b in (-x[0], -x[1], 0, 1)] for a in y]
    np.testing.assert_allclose(gradient, expected, rtol=1e-13)
