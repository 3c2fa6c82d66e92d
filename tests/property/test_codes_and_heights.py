"""What holds for every code: symmetries, the order of heights, names of orbits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import ceil

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mheight.codes import (
    LinearCode,
    equivalence_classes,
    fingerprints,
    minor_spectrum,
    random_equivalent,
    systematic_generators,
)
from mheight.heights import height_profile

seeds = st.integers(0, 2**32 - 1)


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(2, 8))
    return n, draw(st.integers(1, n - 1))


@st.composite
def systematic_codes(draw: st.DrawFn) -> np.ndarray:
    """[I | P] of small integers, so that zero minors, zero columns and ties are common."""
    n, k = draw(shapes())
    P = draw(arrays(np.int64, (k, n - k), elements=st.integers(-5, 5)))
    return systematic_generators(P[None].astype(float))[0]


@st.composite
def codes(draw: st.DrawFn) -> np.ndarray:
    """The same, with columns in any order."""
    G = draw(systematic_codes())
    return G[:, draw(st.permutations(range(G.shape[1])))]


def row_operations(G: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rotation, _ = np.linalg.qr(rng.standard_normal((len(G), len(G))))
    return rotation @ (G * rng.uniform(0.5, 2.0, (len(G), 1)))


def column_permutation(G: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return G[:, rng.permutation(G.shape[1])]


def column_signs(G: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return G * rng.choice([-1.0, 1.0], G.shape[1])


def monomial(G: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return LinearCode(G).random_equivalent(rng, "monomial").G


def information_set(G: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return LinearCode(G).random_equivalent(rng, "information-set").G


SYMMETRIES = [row_operations, column_permutation, column_signs, monomial, information_set]


@pytest.mark.parametrize("symmetry", SYMMETRIES)
@given(codes(), seeds)
def test_a_symmetry_changes_neither_heights_nor_fingerprint(
    symmetry: Callable[[np.ndarray, np.random.Generator], np.ndarray], G: np.ndarray, seed: int
) -> None:
    moved = symmetry(G, np.random.default_rng(seed))
    np.testing.assert_allclose(height_profile(moved), height_profile(G), rtol=1e-9)
    assert LinearCode(moved).fingerprint == LinearCode(G).fingerprint
    assert LinearCode(moved).has_spectrum_of(LinearCode(G))


@given(codes())
@example(np.array([[0.0, 1.0, 0.0, 1.0]]))
def test_heights_rise_with_m_and_are_infinite_from_the_minimum_distance_on(G: np.ndarray) -> None:
    k, n = G.shape
    profile = height_profile(G)
    assert (profile >= 1.0).all()
    assert (profile[1:] >= profile[:-1]).all()
    assert profile[0] >= ceil(k / (n - k)) * (1 - 1e-12)  # arXiv 2606.03011
    # A codeword vanishes on a set of columns exactly when their rank is below k.
    largest_vanishing = max(
        size
        for size in range(n)
        for columns in combinations(range(n), size)
        if np.linalg.matrix_rank(G[:, columns]) < k
    )
    minimum_distance = n - largest_vanishing
    m = np.arange(1, n - k + 1)
    assert (np.isinf(profile) == (m >= minimum_distance)).all()


@given(codes(), seeds)
def test_no_codeword_beats_the_height(G: np.ndarray, seed: int) -> None:
    k, n = G.shape
    rng = np.random.default_rng(seed)
    messages = np.vstack([rng.standard_normal((200, k)), rng.integers(-2, 3, (200, k))])
    words = -np.sort(-np.abs(messages @ G), axis=1)
    words = words[words[:, 0] > 0]
    limits = height_profile(G) * (1 + 1e-12)
    for m in range(1, n - k + 1):
        finite = words[words[:, m] > 1e-9 * words[:, 0]]
        assert (finite[:, 0] <= limits[m - 1] * finite[:, m]).all()
        if len(finite) < len(words):
            assert np.isinf(limits[m - 1])


@given(codes(), st.data())
def test_repeating_a_column_raises_no_height(G: np.ndarray, data: st.DataObject) -> None:
    column = data.draw(st.integers(0, G.shape[1] - 1))
    profile = height_profile(G)
    longer = height_profile(np.hstack([G, G[:, [column]]]))
    assert len(longer) == len(profile) + 1
    assert (longer[:-1] <= profile * (1 + 1e-12)).all()


@given(shapes(), st.integers(1, 20), seeds)
def test_a_batch_is_what_its_codes_are_alone(shape: tuple[int, int], count: int, seed: int) -> None:
    n, k = shape
    rng = np.random.default_rng(seed)
    parity = rng.integers(-9, 10, (count, k, n - k)).astype(float)
    batch = systematic_generators(parity)
    alone = np.array([height_profile(G) for G in batch])
    assert (height_profile(batch) == alone).all()
    # Not [I | P] throughout, the batch goes another way: by minors of G, not of H.
    mixed = batch[:, :, rng.permutation(n)]
    np.testing.assert_allclose(height_profile(mixed), alone, rtol=1e-12)


@given(shapes(), st.integers(1, 12), st.integers(0, 12), seeds)
def test_equivalence_classes_and_fingerprints_tell_orbits_apart(
    shape: tuple[int, int], orbits: int, repeats: int, seed: int
) -> None:
    n, k = shape
    rng = np.random.default_rng(seed)
    different = rng.standard_normal((orbits, k, n - k))
    orbit = np.concatenate([np.arange(orbits), rng.integers(orbits, size=repeats)])
    rng.shuffle(orbit)
    G = systematic_generators(random_equivalent(different[orbit], rng))

    classes = equivalence_classes(minor_spectrum(G))

    _, first, expected = np.unique(orbit, return_index=True, return_inverse=True)
    assert (classes == np.argsort(np.argsort(first))[expected]).all()
    names = fingerprints(G)
    assert len(set(names)) == len(first) == len(set(zip(names, orbit.tolist(), strict=True)))


@given(systematic_codes(), st.data())
def test_scaling_a_column_changes_the_fingerprint(G: np.ndarray, data: st.DataObject) -> None:
    """Column scaling is no symmetry, unless the column is in every basis or in none.

    Of N nonzero minors, i with that column, the product grows by 3^i.  Were the spectrum
    the same, all had grown by 3^(i/N), a ratio of integers: so i = 0 or i = N.
    """
    column = data.draw(st.integers(0, G.shape[1] - 1))
    scaled = G.copy()
    scaled[:, column] *= 3.0
    in_no_basis = not G[:, column].any()
    in_every_basis = np.linalg.matrix_rank(np.delete(G, column, axis=1)) < len(G)
    trivial = in_no_basis or in_every_basis
    assert LinearCode(G).has_spectrum_of(LinearCode(scaled)) == trivial
    assert (LinearCode(G).fingerprint == LinearCode(scaled).fingerprint) == trivial


@given(codes())
def test_the_dual_of_a_code(G: np.ndarray) -> None:
    """H is a basis of the dual code, whose minors are those of G on complements."""
    code = LinearCode(G)
    dual = LinearCode(code.H)
    assert (dual.n, dual.k) == (code.n, code.n - code.k)
    np.testing.assert_allclose(code.G @ code.H.T, 0.0, atol=1e-12)
    np.testing.assert_allclose(
        minor_spectrum(dual.G[None]), minor_spectrum(code.G[None]), atol=1e-12
    )
    order = list(code.systematic_order)
    assert sorted(order) == list(range(code.n))
    basis = code.G[:, order[: code.k]]
    np.testing.assert_allclose(basis @ code.P, code.G[:, order[code.k :]], atol=1e-12)
