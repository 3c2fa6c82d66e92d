from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mheight.codes import (
    absolute_minors,
    equivalence_classes,
    minor_spectrum,
    systematic_generators,
)
from mheight.codes.algebra.ranges import products_get_lost


@pytest.mark.parametrize(("k", "n"), [(1, 1), (1, 4), (3, 3), (2, 6), (4, 9), (7, 9)])
@pytest.mark.parametrize("systematic", [True, False])
def test_minors_are_determinants(k: int, n: int, systematic: bool) -> None:
    rng = np.random.default_rng([k, n])
    G = rng.integers(-4, 5, (11, k, n)).astype(float)
    if systematic:
        G = systematic_generators(G[:, :, k:])
    expected = np.stack(
        [np.abs(np.linalg.det(G[:, :, list(B)])) for B in combinations(range(n), k)], axis=1
    )
    minors = absolute_minors(G)
    assert (minors == np.rint(minors)).all()
    np.testing.assert_allclose(minors, expected, rtol=1e-9, atol=1e-8)


def test_minors_of_real_matrices_that_are_zero_up_to_rounding_are_zero() -> None:
    """The third column is 0.1 times the first plus 0.7 times the second."""
    rng = np.random.default_rng(1)
    G = rng.standard_normal((50, 3, 4))
    G[:, :, 2] = 0.1 * G[:, :, 0] + 0.7 * G[:, :, 1]
    minors = absolute_minors(G)
    assert (minors[:, 0] == 0.0).all()
    assert (minors[:, 1:] > 0.0).all()


def test_large_integers_within_the_exact_range_are_not_taken_for_zero() -> None:
    """1 / 4e13 is far below the tolerance for real matrices."""
    minors = absolute_minors(np.array([[[1.0, 0.0, 2e7, 0.0], [0.0, 1.0, 0.0, 2e6]]]))
    assert minors.tolist() == [[1.0, 0.0, 2e6, 2e7, 0.0, 4e13]]


def test_spectra_are_sorted_and_start_with_one() -> None:
    G = np.random.default_rng(2).standard_normal((20, 3, 6))
    spectrum = minor_spectrum(G)
    assert spectrum.shape == (20, 20)
    assert (spectrum[:, 0] == 1.0).all()
    assert (np.diff(spectrum, axis=1) <= 0.0).all()
    np.testing.assert_allclose(minor_spectrum(-3.0 * G[:, ::-1]), spectrum, atol=1e-14)


def test_classes_are_numbered_by_first_appearance() -> None:
    spectra = np.array([[1.0, 0.5], [1.0, 0.2], [1.0, 0.5 + 5e-9], [1.0, 0.9], [1.0, 0.2]])
    assert equivalence_classes(spectra).tolist() == [0, 1, 0, 2, 1]


def test_spectra_that_differ_in_one_entry_only_are_apart() -> None:
    """Both rows have nearly the same weighted sum, by which candidates are found."""
    spectra = np.array([[1.0, 0.5, 0.3], [1.0, 0.5 + 2e-8, 0.3 - 1.633e-8], [1.0, 0.5, 0.3]])
    assert equivalence_classes(spectra).tolist() == [0, 1, 0]


def test_no_codes_no_classes() -> None:
    assert len(equivalence_classes(np.empty((0, 6)))) == 0
    assert absolute_minors(np.empty((0, 2, 4))).shape == (0, 6)


def test_lost_products_of_a_batch_are_those_of_each_matrix_alone() -> None:
    rng = np.random.default_rng(0)
    matrices = 10.0 ** rng.uniform(-1, 1, (4000, 4, 9)) * rng.choice([-1, 0, 1], (4000, 4, 9))
    matrices[::3] *= 10.0 ** rng.uniform(-150, 150, (len(matrices[::3]), 4, 9))
    matrices[0], matrices[1] = 0.0, -0.0
    matrices[2, 0, 0], matrices[4, 3, 8] = 5e-324, 1.7e308
    found = products_get_lost(matrices)
    alone = [bool(products_get_lost(matrix[None])[0]) for matrix in matrices]
    assert found.tolist() == alone
    assert 0.2 < found.mean() < 0.5
