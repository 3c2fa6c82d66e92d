"""Heights beyond n-k are infinite, whoever is asked; from n on there are none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mheight
from mheight.errors import InvalidCodeError
from mheight.heights import best_lower_bound
from mheight.heights.exact import singleton_certificate

SHAPES = [(2, 4), (3, 4), (4, 4), (12, 30), (20, 40)]


@pytest.mark.parametrize(("k", "n"), SHAPES)
def test_one_answer_everywhere(k: int, n: int) -> None:
    G = np.random.default_rng(n).standard_normal((k, n))
    for m in {n - k + 1, n - 1}:
        if m <= n - k:
            continue
        assert mheight.m_height(G, m) == np.inf
        assert mheight.m_height(np.array([G, G]), m).tolist() == [np.inf, np.inf]
        solution = mheight.find_height(G, m)
        assert (solution.lower, solution.upper, solution.status) == (np.inf, np.inf, "exact")
        assert mheight.verify(solution.certificate, G)
        assert len(solution.certificate.larger) == m
        verdict = mheight.judge(G, m, "inf")
        assert (verdict.exact, verdict.relation) == (np.inf, "equal")
        assert mheight.judge(G, m, 5).relation == "below"
        assert best_lower_bound(n, k, m).value == np.inf
    for m in (0, n, -1, True, 1.0):
        for ask in (mheight.m_height, mheight.find_height):
            with pytest.raises(InvalidCodeError, match=rf"1\.\.n-1 = 1\.\.{n - 1}, got"):
                ask(G, m)
        with pytest.raises(InvalidCodeError, match=rf"1\.\.n-1 = 1\.\.{n - 1}, got"):
            mheight.judge(G, m, 5)


def test_it_must_be_a_code_all_the_same() -> None:
    G = [[1, 2, 3, 4], [2, 4, 6, 8], [0, 1, 1, 1]]
    for ask in (mheight.m_height, mheight.find_height, lambda G, m: mheight.judge(G, m, 5)):
        with pytest.raises(InvalidCodeError, match="independent"):
            ask(G, 2)
    with pytest.raises(InvalidCodeError, match=r"independent.* in code 1"):
        mheight.m_height(np.array([np.eye(3, 4), G]), 2)


def test_the_witness_is_without_rounding() -> None:
    G = [[Fraction(1, 3), 1, 2, 1], [1, Fraction(2, 7), 0, 5], [2, 1, 1, 1]]
    witness = singleton_certificate(G, 2)
    word = [
        sum(u * Fraction(row[j]) for u, row in zip(witness.message, G, strict=True))
        for j in range(4)
    ]
    assert tuple(word) == witness.codeword
    assert sorted(map(abs, word))[-1] == 1 == word[witness.target]
    assert sum(x != 0 for x in word) <= 2
