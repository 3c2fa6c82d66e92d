from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from mheight.codes import (
    cosine_code,
    cosine_dual_code,
    equivalence,
    icosahedral,
    repetition,
    single_parity,
)
from mheight.errors import InvalidCodeError


def moved(G, found):
    """The first matrix, its columns in the order and with the signs that were found."""
    return G[:, list(found.order)] * np.array(found.signs)


def same_rows(A, B):
    rank = np.linalg.matrix_rank
    return rank(A) == rank(B) == rank(np.vstack([A, B]))


@pytest.mark.parametrize(("n", "k"), [(3, 1), (5, 2), (9, 4), (9, 6), (24, 12), (40, 20)])
def test_equivalent_integer_codes_are_proved_so(n, k):
    rng = np.random.default_rng(n)
    for _ in range(3):
        G = rng.integers(-9, 10, (k, n))
        rows = np.tril(rng.integers(-2, 3, (k, k)), -1) + np.eye(k, dtype=int)
        B = rows @ (G[:, rng.permutation(n)] * rng.choice([-1, 1], n))
        found = equivalence(G, B)
        assert found.relation == "equivalent"
        assert same_rows(moved(G, found), B)
        B[0, -1] += 1
        assert equivalence(G, B).relation == "different"


@pytest.mark.parametrize(
    "code",
    [repetition(7), single_parity(9), icosahedral(), cosine_code(12), cosine_dual_code(11)],
    ids=repr,
)
def test_families_in_another_information_set(code):
    other = code.random_equivalent(np.random.default_rng(1))
    found = equivalence(code, other)
    assert found
    assert same_rows(moved(code.G, found), other.G)
    assert not same_rows(code.G, other.G)


def test_rounded_codes_are_called_so():
    G = np.random.default_rng(0).standard_normal((4, 9))
    turned = np.linalg.qr(G.T)[0].T
    found = equivalence(G, turned)
    assert found.relation == "equivalent up to rounding"
    assert "are not the same" in found.reason
    assert equivalence(G, G).relation == "equivalent"


def test_fractions_and_large_numbers_are_exact():
    assert equivalence([["1/3", "0.1"]], [[10, 3]]).relation == "equivalent"
    assert equivalence([[2**60, 1]], [[2**60 + 1, 1]]).relation != "equivalent"


def test_other_shapes_and_no_codes():
    found = equivalence([[1, 2, 3]], [[1, 2]])
    assert (found.relation, found.order, found.signs) == ("different", None, None)
    assert found.reason == "an [3, 1] code and an [2, 1] code"
    for name, pair in {"A": ([["x"]], [[1]]), "B": ([[1]], [["x"]])}.items():
        with pytest.raises(InvalidCodeError, match=f"^{name} as text must be a rational number"):
            equivalence(*pair)
    with pytest.raises(InvalidCodeError, match="rows of B must be independent"):
        equivalence([[1, 2]], [[1, 2], [2, 4]])
    with pytest.raises(InvalidCodeError, match="not decided after 3 steps"):
        equivalence(repetition(9), repetition(9), max_steps=3)


def plucker(G):
    """Minors of [5, 2] codes, shape (..., 10): equal up to a factor for the same code."""
    i, j = np.triu_indices(5, 1)
    return G[..., 0, i] * G[..., 1, j] - G[..., 0, j] * G[..., 1, i]


def test_it_agrees_with_all_orders_and_signs_of_small_codes():
    orders = np.array(list(permutations(range(5))))
    signs = np.array(list(product([1, -1], repeat=5)))
    rng = np.random.default_rng(5)
    answers = []
    while len(answers) < 60:
        A = rng.integers(-1, 2, (2, 5))
        B = A[:, rng.permutation(5)] * rng.choice([-1, 1], (2, 5), p=[0.2, 0.8])
        if np.linalg.matrix_rank(A) < 2 or np.linalg.matrix_rank(B) < 2:
            continue
        every = np.swapaxes(A[:, orders], 0, 1)[:, None] * signs[:, None, :]
        there, wanted = plucker(every).reshape(-1, 10), plucker(B)
        # Proportional, with integer entries.
        crossed = there[:, :, None] * wanted - there[:, None, :] * wanted[:, None]
        answers.append(bool((crossed == 0).all(axis=(1, 2)).any()))
        assert bool(equivalence(A, B)) == answers[-1], (A, B)
    assert 10 < sum(answers) < 50
