"""Certificates from a target and kept positions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mheight.codes.rationals import rational_matrix
from mheight.heights.certificate import verify
from mheight.heights.programs.vertices import (
    build_certificate,
    integer_rows,
    loose_certificate,
    optimal_vertex,
    positions,
    ratio,
)

G = np.array([[1.0, 0, 1, 1], [0, 1, 1, 2]])


def test_positions_of_a_mask() -> None:
    assert positions(0) == []
    assert positions(0b1011) == [0, 1, 3]


def test_whole_numbers_of_fractions() -> None:
    rows = integer_rows(rational_matrix([["1/2", "1/3"], [2, 4]]))
    assert rows.matrix.tolist() == [[3, 2], [1, 2]]
    assert rows.scales == [Fraction(6), Fraction(1, 2)]
    assert rows.encode([1, 1]) == [4, 4]
    # The message is to the matrix as given: u_i / scale_i times its whole row.
    assert rows.codeword([6, 0]) == [3, 2]


@pytest.mark.parametrize(
    ("word", "m", "wanted"),
    [([3, -1, 2], 1, 1.5), ([3, -1, 2], 2, 3.0), ([0, 5, 0], 1, float("inf")),
     ([10, 3], 1, 3.3333333333333335)],
)  # fmt: skip
def test_the_ratio_of_a_codeword_is_never_rounded_up(word, m, wanted) -> None:
    found = ratio(word, m)
    assert found <= wanted
    assert found == pytest.approx(wanted)
    if np.isfinite(found):
        magnitudes = sorted(map(abs, word), reverse=True)
        assert Fraction(found) <= Fraction(magnitudes[0], magnitudes[m])


def test_an_optimal_vertex_leaves_what_it_was_given() -> None:
    table, basis = G.copy(), np.array([0, 1])
    found = optimal_vertex(table, basis, 3, np.array([True, True, True, False]))
    np.testing.assert_array_equal(table, G)
    assert found is not None
    columns, signs = found
    # c_3 = u_0 + 2 u_1 under |u_0|, |u_1|, |u_0 + u_1| <= 1 is largest at u = (0, 1) or (-0, 1).
    word = np.linalg.solve(G[:, columns].T, signs) @ G
    assert abs(word[3]) == pytest.approx(2.0)
    assert np.abs(word[:3]).max() <= 1.0 + 1e-12
    assert optimal_vertex(table, basis, 3, np.array([True, False, False, False])) is None


@pytest.mark.parametrize(("basis", "height"), [((), 2.0), ((1, 2), 2.0), ((0, 1), 1.5)])
def test_a_certificate_has_the_height_that_its_basis_reaches(basis, height) -> None:
    """The basis is optimal, unless another one is said to be so."""
    certificate = build_certificate(G, 1, 3, [0, 1, 2], basis)
    assert verify(certificate, G)
    assert certificate.height == height


def test_kept_positions_that_do_not_span_make_an_infinite_height() -> None:
    rows = integer_rows(rational_matrix(G))
    certificate = loose_certificate(rows, 3, [0])
    assert certificate.is_infinite
    assert certificate.codeword[0] == 0.0
    assert verify(certificate, G)


def test_kept_positions_that_all_but_do_not_span_make_a_large_height() -> None:
    near = [[1, 1, 1, 0], ["1", "1.000000001", "0.999999999", 1]]
    rows = integer_rows(rational_matrix(near))
    certificate = loose_certificate(rows, 1, [0, 1, 2])
    # u = (-1, 1) reaches (0, 1e-9, -1e-9, 1), and no codeword is smaller there.
    assert certificate.height == pytest.approx(1e9, rel=1e-6)
    assert certificate.target == 3
    first, second = np.sort(np.abs(np.array(certificate.codeword, float)))[:-3:-1]
    assert certificate.height == pytest.approx(first / second, rel=1e-15)
    # However unlike the sizes of rows and columns are.
    unlike = [[f"{x}e20" for x in near[0]], [f"{x}e-20" for x in near[1]]]
    certificate = loose_certificate(integer_rows(rational_matrix(unlike)), 1, [0, 1, 2])
    assert certificate.height == pytest.approx(1e9, rel=1e-6)
