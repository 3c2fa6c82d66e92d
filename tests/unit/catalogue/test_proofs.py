"""Bounds proved by branch and bound over all codes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mheight.catalogue import best_code
from mheight.catalogue.lower import bound_table, proved_by_computation
from mheight.catalogue.proof_kernel import is_outside, word_bound
from mheight.catalogue.proofs import parts_of, prove, prove_part, read_proofs
from mheight.errors import InvalidCodeError
from mheight.heights import height_profile


def test_a_true_bound_is_proved_and_a_false_one_is_not() -> None:
    proof = prove(4, 2, 2, "2.4")
    assert proof is not None
    assert prove(4, 2, 2, "2.42", most=20_000) is None  # 1 + sqrt 2 is reached


def test_five_columns_in_the_plane() -> None:
    """The least h_2 of all [5, 2] codes is the golden ratio, to 1e-6."""
    assert prove(5, 2, 2, "1.618032") is not None
    assert best_code(5, 2, 2).number == pytest.approx((1 + 5**0.5) / 2)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(5, 2), (6, 3), (6, 2)]))
def test_every_code_has_a_normal_form(seed: int, shape: tuple[int, int]) -> None:
    """Found by trying all: some equivalent [I | P] lies in one of the boxes, and not outside."""
    n, k = shape
    G = np.random.default_rng(seed).standard_normal((k, n))
    sets = list(itertools.combinations(range(n), k))
    B = list(max(sets, key=lambda s: abs(np.linalg.det(G[:, list(s)]))))
    P = np.linalg.solve(G[:, B], G[:, [j for j in range(n) if j not in B]])
    i, j = np.unravel_index(int(np.argmax(np.abs(P))), P.shape)
    P[[0, i]] = P[[i, 0]]
    P[:, [0, j]] = P[:, [j, 0]]
    P *= np.where(P[0] < 0, -1, 1)
    P *= np.where(P[:, [0]] < 0, -1, 1)
    P = P[:, np.argsort(-P[0], kind="stable")]
    P = P[np.argsort(-P[:, 0], kind="stable")]
    whole = np.hstack([np.eye(k), P])
    np.testing.assert_allclose(height_profile(whole), height_profile(G), rtol=1e-6)
    inside = [
        (centre, radius)
        for centre, radius in parts_of(n, k)
        if (np.abs(whole - centre) <= radius + 1e-12).all()
    ]
    assert inside
    assert not any(is_outside(centre, radius, n, k) for centre, radius in inside)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(5, 2, 2), (7, 3, 3), (6, 2, 4)]))
def test_the_bound_of_a_word_holds_in_its_box(seed: int, sizes: tuple[int, int, int]) -> None:
    n, k, m = sizes
    rng = np.random.default_rng(seed)
    G, radius = np.hstack([np.eye(k), rng.uniform(-1, 1, (k, n - k))]), np.zeros((k, n))
    radius[:, k:] = rng.uniform(0, 0.3, (k, n - k))
    u = rng.standard_normal(k)
    low = word_bound(G, radius, u, n, k, m, np.zeros(n))
    for _ in range(20):
        inside = G + radius * rng.choice([-1.0, 1.0, 0.3], (k, n))
        sizes_of = np.sort(np.abs(u @ inside))[::-1]
        assert low <= sizes_of[0] / sizes_of[m]
    assert low <= height_profile(G)[m - 1] * (1 + 1e-12)


def test_parts_cover_the_box() -> None:
    volume = sum(float(np.prod(2 * radius[:, 2:])) for _, radius in parts_of(5, 2))
    assert volume == pytest.approx(2.0**2)  # four entries in [0, 1], two in [-1, 1]


def test_shipped_proofs_replay() -> None:
    """The short one whole, the longer ones by two parts."""
    proofs = read_proofs()
    assert len(proofs) >= 3
    assert len(proved_by_computation()) == len(proofs)
    whole = []
    for proof in proofs:
        value = float(np.nextafter(float(proof.value), np.inf))
        is_short = sum(proof.boxes) < 100_000
        parts = range(64) if is_short else np.argsort(proof.boxes, kind="stable")[[20, 40]].tolist()
        boxes = [prove_part(proof.n, proof.k, proof.m, value, part) for part in parts]
        assert boxes == [proof.boxes[part] for part in parts]
        assert len(proof.boxes) == 64
        whole += [(proof.n, proof.k, proof.m)] if is_short else []
        assert best_code(proof.n, proof.k, proof.m).number >= value
        assert bound_table(9)[proof.n, proof.k, proof.m].number >= float(proof.value)
    assert whole == [(5, 2, 2)]


def test_what_is_refused() -> None:
    with pytest.raises(InvalidCodeError, match="n <= 9 and k <= 4"):
        prove(12, 2, 2, "1.5")
    with pytest.raises(InvalidCodeError, match=r"m must be in 1\.\.n-k"):
        prove(5, 2, 4, "1.5")
