from __future__ import annotations

import numpy as np
import pytest

from mheight.codes import SymmetryKind, random_equivalent, systematic_generators


@pytest.fixture
def parity() -> np.ndarray:
    return np.random.default_rng(0).integers(-50, 51, (200, 4, 5)).astype(float)


def test_systematic_generators(parity: np.ndarray) -> None:
    G = systematic_generators(parity)
    assert G.shape == (200, 4, 9)
    assert (G[:, :, :4] == np.eye(4)).all()
    assert (G[:, :, 4:] == parity).all()


@pytest.mark.parametrize("kind", ["monomial", "information-set"])
def test_same_seed_same_matrices(parity: np.ndarray, kind: SymmetryKind) -> None:
    one, two, other = (
        random_equivalent(parity, np.random.default_rng(seed), kind) for seed in (5, 5, 6)
    )
    assert (one == two).all()
    assert (one != other).any()


def test_monomial_copies_are_rearrangements(parity: np.ndarray) -> None:
    before = parity.copy()
    moved = random_equivalent(parity, np.random.default_rng(1), "monomial")
    assert (parity == before).all()
    # Row and column sums of magnitudes are permuted, and every sign pattern occurs.
    for axis in (1, 2):
        sums = np.sort(np.abs(parity).sum(axis=axis), axis=1)
        assert (sums == np.sort(np.abs(moved).sum(axis=axis), axis=1)).all()
    assert 0.4 < (moved < 0).mean() < 0.6
    assert (moved[:, 0, 0] != parity[:, 0, 0]).mean() > 0.9


def test_a_new_information_set_shares_hardly_an_entry(parity: np.ndarray) -> None:
    moved = random_equivalent(parity, np.random.default_rng(2))
    known = np.sort(np.abs(parity).reshape(200, -1), axis=1)
    shared = [
        np.isin(np.abs(new).ravel(), old).mean() for new, old in zip(moved, known, strict=True)
    ]
    # One draw in 126 keeps the information set.
    assert np.mean(shared) < 0.05


def test_dependent_columns_are_never_an_information_set() -> None:
    """Of the six pairs of columns of this code, two are dependent."""
    parity = np.tile([[1.0, 0.0], [0.0, 1.0]], (500, 1, 1))
    moved = random_equivalent(parity, np.random.default_rng(3))
    assert np.isfinite(moved).all()
    assert (np.abs(np.abs(moved).sum(axis=2) - 1.0) < 1e-12).all()
