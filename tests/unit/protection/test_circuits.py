from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from programs import least_distance

from mheight.codes import LinearCode, icosahedral, repetition
from mheight.errors import InvalidCodeError
from mheight.protection import circuits, nearest_codeword

CODES = [
    icosahedral(),
    LinearCode([[1, 0, 0, 1, 1, 0], [0, 1, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0]]),  # a zero column
    LinearCode([[1, 0, 1, 1, 2], [0, 1, 1, 1, 2]]),  # parallel columns
    LinearCode(np.random.default_rng(1).normal(size=(4, 8))),
    LinearCode(np.random.default_rng(2).integers(-1, 2, (3, 8))),
]


@pytest.mark.parametrize("code", CODES, ids=str)
def test_circuits_are_least_checks(code):
    found = circuits(code)
    assert np.abs(found.words @ code.G.T).max() < 1e-12
    np.testing.assert_allclose(np.abs(found.words).sum(axis=1), 1.0)
    for word, mask in zip(found.words, found.masks, strict=True):
        support = np.flatnonzero(word)
        assert mask == sum(1 << int(j) for j in support)
        columns = code.G[:, support]
        assert np.linalg.matrix_rank(columns) == len(support) - 1
        for left_out in range(len(support)):  # every proper part is independent
            rest = np.delete(columns, left_out, axis=1)
            assert np.linalg.matrix_rank(rest) == len(support) - 1
    assert len(np.unique(found.masks)) == len(found)


@pytest.mark.parametrize("code", CODES, ids=str)
def test_the_largest_check_is_the_least_distance(code):
    rng = np.random.default_rng(3)
    found = circuits(code)
    for removed in combinations(range(code.n), 1):
        kept = [j for j in range(code.n) if j not in removed]
        if np.linalg.matrix_rank(code.G[:, kept]) < code.k:
            continue
        word = rng.normal(size=code.n)
        outside = found.masks & sum(1 << j for j in removed) == 0
        checks = np.abs(found.words[outside] @ word)
        wanted = least_distance(code.G, word, kept)
        assert checks.max() == pytest.approx(wanted, abs=1e-9)
        chosen = np.isin(np.arange(code.n), kept)
        codeword, distance = nearest_codeword(code.G, word, chosen)
        assert distance == pytest.approx(wanted, rel=1e-6)
        assert np.abs((codeword - word)[kept]).max() == pytest.approx(distance)
        message = np.linalg.lstsq(code.G.T, codeword, rcond=None)[0]
        np.testing.assert_allclose(message @ code.G, codeword, atol=1e-9)


def test_a_code_that_checks_nothing_or_too_much_is_refused():
    with pytest.raises(InvalidCodeError, match=r"n > k is needed, got \[3, 3\]"):
        circuits(LinearCode(np.eye(3)))
    with pytest.raises(InvalidCodeError, match="length n <= 20, got 30"):
        circuits(repetition(30))
