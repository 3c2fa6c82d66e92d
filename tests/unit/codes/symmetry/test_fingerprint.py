"""What equivalent codes share."""

from __future__ import annotations

import numpy as np

from mheight.codes.symmetry.fingerprint import (
    equivalence_classes,
    fingerprints,
    minor_spectrum,
    spectrum_names,
)

TETRA = np.array([[[1.0, 0, 1, 2], [0, 1, 3, -4]]])
"""Minors 1, 3, -4, -1, -2, -10."""


def test_a_spectrum_by_hand() -> None:
    (spectrum,) = minor_spectrum(TETRA)
    np.testing.assert_allclose(spectrum, [1.0, 0.4, 0.3, 0.2, 0.1, 0.1], rtol=1e-15)
    assert minor_spectrum(TETRA).flags["C_CONTIGUOUS"]


def test_names_of_equivalent_codes() -> None:
    mixed = np.array([[2.0, 1.0], [5.0, 3.0]]) @ TETRA
    moved = TETRA[:, :, [2, 0, 3, 1]] * [1, -1, 1, -1]
    other = TETRA + np.eye(2, 4)
    names = fingerprints(np.concatenate([TETRA, mixed, moved, other]))
    assert names[0] == names[1] == names[2] != names[3]
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in names)


def test_a_name_is_kept_for_ever() -> None:
    """Data sets that were written long ago hold these."""
    assert fingerprints(TETRA) == ["8578b7a46503206449d408dda54f05eb"]


def test_codes_of_other_sizes_have_other_names() -> None:
    """A spectrum of 6 entries is of [4, 2] or of [6, 1] and [6, 5]."""
    spectrum = minor_spectrum(TETRA)
    assert len({spectrum_names(spectrum, n, k)[0] for n, k in [(4, 2), (6, 1), (6, 5)]}) == 3


def test_spectra_within_the_tolerance_are_of_one_class() -> None:
    base = np.array([1.0, 0.5, 0.25])
    shifts = [[0, 0, 0], [0, -0.1, 0], [0, 9e-9, 0], [0, -0.1, -5e-9], [0, 3e-8, 0]]
    assert equivalence_classes(base + np.array(shifts)).tolist() == [0, 1, 0, 1, 2]


def test_classes_are_numbered_as_they_come() -> None:
    rows = np.array([[1.0, 0.1], [1.0, 0.9], [1.0, 0.5], [1.0, 0.9], [1.0, 0.1]])
    assert equivalence_classes(rows).tolist() == [0, 1, 2, 1, 0]
    assert equivalence_classes(rows).dtype == np.int64


def test_spectra_that_only_weigh_the_same_differ() -> None:
    """One number orders the spectra; two that share it are compared entry by entry."""
    weights = np.sqrt([1.0, 2.0, 3.0])
    shift = np.array([0.0, 0.1 / weights[1], -0.1 / weights[2]])
    base = np.array([1.0, 0.5, 0.4])
    rows = np.array([base, base + shift, base])
    assert equivalence_classes(rows).tolist() == [0, 1, 0]
