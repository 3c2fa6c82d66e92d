"""Matrices as they were given, and codes that no float64 generator matrix holds."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

from mheight.codes import LinearCode
from mheight.codes.algebra.conditioning import ranks
from mheight.codes.algebra.exact_matrices import echelon, nearest_floats, null_space, solve
from mheight.codes.from_blocks import batches, rational_codes
from mheight.codes.given import GivenMatrices, given_matrices
from mheight.codes.reading import Block
from mheight.errors import InvalidCodeError

H = [[3, 1, 1, 10**15 + 1], [10**9 + 7, 7, 2, 1]]
THIRDS = [["1/3", 1, "2/3"], [0, "1/7", 1]]


def test_the_null_space_is_held_exactly() -> None:
    code = LinearCode.from_parity_check(H)
    assert code.is_rounded
    assert (code.H == H).all()
    for word in code.exact_generator:
        assert all(sum(h * c for h, c in zip(row, word, strict=True)) == 0 for row in H)
    np.testing.assert_array_equal(nearest_floats(code.exact_generator), code.G)


def test_denominators_are_cleared_where_that_makes_g_exact() -> None:
    code = LinearCode.from_parity_check([[3, 1, 1]])
    assert not code.is_rounded
    assert code.G.tolist() == [[-1, 3, 0], [-1, 0, 3]]
    assert LinearCode.from_parity_check([["1/2", 1, 1]]).G.tolist() == [[-2, 1, 0], [-2, 0, 1]]


def test_symmetries_round_nothing() -> None:
    for code in (LinearCode.from_parity_check(H), LinearCode(THIRDS)):
        order = list(range(code.n))[::-1]
        assert code.permuted(order).permuted(order) == code
        assert code.negated([1]).negated([1]) == code
        assert code.permuted(order).fingerprint == code.negated([0]).fingerprint == code.fingerprint
        assert copy.deepcopy(code) == code
        assert pickle.loads(pickle.dumps(code)).exact_generator == code.exact_generator


def test_codes_of_the_same_floats_may_differ() -> None:
    codes = [LinearCode([[1, x]]) for x in ("1/3", 1 / 3)]
    assert (codes[0].G == codes[1].G).all()
    assert codes[0] != codes[1]
    assert codes[0] == LinearCode([[1, Fraction(1, 3)]])


def test_p_of_a_code_that_float64_does_not_hold() -> None:
    code = LinearCode(THIRDS)
    assert code.P.tolist() == [[2 - 21.0], [7.0]]
    tiny = 2.0**-50  # of a float of many digits it would count as rounding
    assert LinearCode([[2, 0, 2], [0, 2, 2 * tiny]]).P.tolist() == [[1.0], [tiny]]


def test_batches_keep_what_floats_do_not_hold() -> None:
    given = given_matrices(np.array([[[1, 2]], [[2**53 + 1, 1]], [[2**53 + 2, 1]]]))
    assert list(given.exact) == [1]
    assert given.rows(1) == ((2**53 + 1, 1),)
    assert given.alone(1).exact[0] == given.rows(1)
    joined = GivenMatrices.joined([given, given])
    assert list(joined.exact) == [1, 4]
    (batch,) = batches([Block([[1, "1/3"]]), Block([[1, 0.1]]), Block([[1, 2**60 + 1]])])
    assert batch.given.rows(0) == ((1, Fraction(1, 3)),)
    assert batch.given.rows(1) == ((1, Fraction(0.1)),)
    assert batch.given.rows(2) == ((1, 2**60 + 1),)


def test_integers_beside_floats_are_not_rounded() -> None:
    assert given_matrices([[2**53 + 1, 0.5]]).rows() == ((2**53 + 1, Fraction(1, 2)),)
    assert given_matrices([[2**63, -1]]).rows() == ((2**63, -1),)
    assert given_matrices(np.array([[2**64 - 1, 1]], dtype=np.uint64)).rows()[0][0] == 2**64 - 1
    assert not given_matrices(np.array([[-(2**63), 1]])).exact


@pytest.mark.parametrize(
    ("matrix", "kind", "meant"),
    [
        ([[1, 2]], "G", True),
        ([[2.0**-40, 0.75]], "P", True),
        ([[0.1, 1]], "G", False),
        ([["0.1", 1]], "G", True),
        ([[1e22, 1.5]], "H", True),
        ([[float(np.pi), 1]], "H", False),
    ],
)
def test_what_is_meant_as_it_is(matrix: list[list[object]], kind: str, meant: bool) -> None:
    assert given_matrices(matrix, kind).is_meant() == meant  # type: ignore[arg-type]


def test_an_h_is_solved_for_columns_that_are_not_all_but_dependent() -> None:
    well = given_matrices([[1, 2, 0, 1], [0, 1, 1, 1]], "H")
    assert well.check_order() == [0, 1, 2, 3]
    first_dependent = given_matrices([[1, 1, 0, 1], [1, 1 + 1e-12, 1, 1]], "H")
    assert set(first_dependent.check_order()[:2]) != {0, 1}
    assert sorted(first_dependent.check_order()) == [0, 1, 2, 3]


def test_matrices_of_a_source_have_numbers_in_messages() -> None:
    blocks = [Block([["1/2", 1]]), Block([["x", 1]])]
    with pytest.raises(InvalidCodeError, match=r"^G as text must be"):
        list(rational_codes(blocks))
    with pytest.raises(InvalidCodeError, match=r"^a\.csv, matrix 8: G as text must be"):
        list(rational_codes(blocks, "a.csv", first=7))
    assert [number for number, _ in rational_codes(blocks[:1] * 2, first=7)] == [7, 8]
    with pytest.raises(
        InvalidCodeError, match=r"^a\.csv: at least one matrix is needed, got none$"
    ):
        list(rational_codes([], "a.csv"))


def test_ranks_are_exact() -> None:
    tiny = 2.0**-60
    matrices = np.array([[[1, 1, 1], [1, 1, 1 + 2.0**-52]], [[1, 2, 3], [2, 4, 6]],
                         [[1, 0, 0], [0, tiny, 0]], [[0, 0, 0], [1, 2, 3]]])  # fmt: skip
    assert ranks(matrices).tolist() == [2, 1, 2, 1]


def test_products_out_of_range() -> None:
    given = given_matrices([[[1e-200, 1, 1], [1, 1e-200, 2]], [[1, 2, 3], [3, 2, 1]],
                            [[1e300, 1, 0], [0, 1, 1]], [[1, 2**60, 0], [5, 0, 3]]])  # fmt: skip
    assert given.out_of_range().tolist() == [True, False, True, False]


def test_exact_linear_algebra() -> None:
    rows, pivots = echelon(((Fraction(1, 2), Fraction(1), Fraction(0)),), [1, 0, 2])
    assert (rows, pivots) == (((Fraction(1, 2), 1, 0),), [1])
    assert null_space(((Fraction(1), Fraction(2)),), [0, 1]) == ((-2, 1),)
    assert solve(((Fraction(2), Fraction(0)), (Fraction(0), Fraction(4))), [1, 1]) == [0.5, 0.25]
    assert solve(((Fraction(1), Fraction(1)), (Fraction(1), Fraction(1))), [1, 1]) is None
    assert nearest_floats(((Fraction(10**400),),)) is None


def test_too_large_for_float64() -> None:
    with pytest.raises(InvalidCodeError, match="got a number of 401 digits at index"):
        LinearCode([[1, 10**400]])
    with pytest.raises(InvalidCodeError, match="the null space of H must be within the range"):
        LinearCode.from_parity_check([[1e-300, 1e300]])
