"""Heights against closed forms, published values, and exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import ceil, cos, pi, sin, sqrt
from typing import Any

import numpy as np
import pytest

from mheight.codes import LinearCode
from mheight.datasets import Samples, exact_heights
from mheight.heights import height_profile, m_height
from mheight.tiers import COURSE_9

PHI = (1 + sqrt(5)) / 2


def half_turn(n: int) -> np.ndarray:
    """n unit vectors at the angles j pi / n, as columns."""
    angles = np.arange(n) * pi / n
    return np.array([np.cos(angles), np.sin(angles)])


@pytest.mark.parametrize("n", [2, 5, 9])
def test_repetition_code(n: int) -> None:
    np.testing.assert_allclose(height_profile(np.ones((1, n))), np.ones(n - 1), rtol=1e-14)


@pytest.mark.parametrize("n", [2, 3, 6, 9])
def test_single_parity_code(n: int) -> None:
    code = LinearCode.from_systematic(-np.ones((n - 1, 1)))
    np.testing.assert_allclose(height_profile(code), [n - 1], rtol=1e-14)


@pytest.mark.parametrize("n", range(3, 11))
def test_half_turn_parity_code(n: int) -> None:
    """The proven optimum at [n, n-2] (arXiv 2606.03011)."""
    step = pi / (2 * n)
    h_1 = (cos(step) if n % 2 == 0 else 1.0) / sin(step) - 1
    h_2 = 1 / (2 * sin(step) ** 2) - 1
    dual = LinearCode(half_turn(n))
    np.testing.assert_allclose(height_profile(LinearCode(dual.H)), [h_1, h_2], rtol=1e-10)


@pytest.mark.parametrize("n", range(3, 11))
def test_half_turn_code(n: int) -> None:
    expected = [
        (1.0 if m % 2 else cos(pi / (2 * n))) / cos((m + 1) * pi / (2 * n)) for m in range(1, n - 1)
    ]
    np.testing.assert_allclose(height_profile(half_turn(n)), expected, rtol=1e-10)


def test_icosahedral_code() -> None:
    G = [[0, 0, 1, 1, PHI, -PHI], [1, 1, PHI, -PHI, 0, 0], [PHI, -PHI, 0, 0, 1, 1]]
    np.testing.assert_allclose(height_profile(G), [sqrt(5), sqrt(5), 2 + sqrt(5)], rtol=1e-12)


@pytest.mark.parametrize(
    ("G", "profile"),
    [
        pytest.param(
            [[-1, -7, 5, -2, 4, 6, -8], [-2, -9, -2, -4, -4, 7, -11], [-8, 0, 5, -9, -3, -8, -8]],
            [2, 154 / 5, np.inf, np.inf],
            id="ties that strict floating-point comparison loses",
        ),
        pytest.param(
            [[1, 0, 1, 3, 3, -2], [0, 1, -2, 1, 3, -2]],
            [8 / 3, 3, 6, np.inf],
            id="the minimum over B is taken for each target",
        ),
        pytest.param([[0, 1, 0, 1]], [1, np.inf, np.inf], id="zero columns"),
        pytest.param(np.eye(3), [], id="k = n"),
    ],
)
def test_traps_of_public_solvers(G: Any, profile: list[float]) -> None:
    np.testing.assert_allclose(height_profile(G), profile, rtol=1e-13)


def test_nearly_equal_entries_have_ratio_one_exactly() -> None:
    assert m_height([[1, 1.0000000000005, 1.0000000000005]], 1) == 1.0


def test_published_vectors(height_vectors: list[dict[str, Any]]) -> None:
    checked = 0
    for vector in height_vectors:
        code = LinearCode(vector["G"]) if "G" in vector else LinearCode.from_systematic(vector["P"])
        profile = height_profile(code)
        assert len(profile) == code.n - code.k, vector["id"]
        if "h5" in vector:
            assert "profile" not in vector
            ours, expected = profile[4:5], [vector["h5"]]
        else:
            ours, expected = profile, vector["profile"]
        np.testing.assert_allclose(
            ours, [float(height) for height in expected], rtol=1e-12, err_msg=vector["id"]
        )
        checked += len(expected)
    assert (len(height_vectors), checked) == (12, 27)


def determinant(rows: list[list[int]]) -> int:
    if not rows:
        return 1
    return sum(
        (-1) ** j * entry * determinant([row[:j] + row[j + 1 :] for row in rows[1:]])
        for j, entry in enumerate(rows[0])
        if entry
    )


def rational_profile(G: list[list[int]]) -> list[Fraction | float]:
    """Formula 2 of heights.md (arXiv 2602.20366, Theorem 8), in whole numbers.

    By Cramer's rule, entry i of G_B^-1 g_a is the minor with column i of B replaced by a,
    over the minor of B.
    """
    k, n = len(G), len(G[0])
    minors = {
        columns: abs(determinant([[row[j] for j in columns] for row in G]))
        for columns in combinations(range(n), k)
    }

    def norm(basis: tuple[int, ...], a: int) -> Fraction:
        swapped = (tuple(sorted({*basis, a} - {b})) for b in basis)
        return Fraction(sum(minors[columns] for columns in swapped), minors[basis])

    def height(m: int) -> Fraction | float:
        worst: Fraction | float = 0
        for dropped in combinations(range(n), m):
            kept = [j for j in range(n) if j not in dropped]
            bases = [basis for basis in combinations(kept, k) if minors[basis]]
            for a in dropped:
                worst = max(worst, min((norm(basis, a) for basis in bases), default=np.inf))
        return worst

    return [height(m) for m in range(1, n - k + 1)]


@pytest.mark.parametrize(("n", "k"), [(5, 1), (5, 2), (6, 3), (6, 4), (7, 3), (7, 5)])
def test_integer_codes_agree_with_rational_arithmetic(n: int, k: int) -> None:
    rng = np.random.default_rng([n, k])
    infinite = 0
    for bound in (1, 2, 9, 100):
        P = rng.integers(-bound, bound + 1, (k, n - k))
        P[:, -1] *= rng.integers(0, 2, k)
        G = np.hstack([np.eye(k, dtype=int), P])[:, rng.permutation(n)]
        profile = height_profile(G)
        expected = [float(height) for height in rational_profile(G.tolist())]
        np.testing.assert_allclose(profile, expected, rtol=1e-13, err_msg=f"G = {G.tolist()}")
        assert profile[0] >= ceil(k / (n - k))
        infinite += int(np.isinf(profile).sum())
    assert infinite


def test_every_label_of_ds1(ds1: Samples) -> None:
    assert len(ds1) == 32_087
    np.testing.assert_allclose(exact_heights(ds1), ds1.labels, rtol=3e-11)


def test_every_valid_label_of_uniform4500(uniform4500: Samples) -> None:
    exact = exact_heights(uniform4500)
    infinite = np.isinf(exact)
    by_group = np.bincount(uniform4500.group[infinite], minlength=len(COURSE_9))
    assert dict(zip(COURSE_9.names, by_group.tolist(), strict=True)) == {
        "(4,2)": 0,
        "(4,3)": 0,
        "(4,4)": 1,
        "(4,5)": 50,
        "(5,2)": 0,
        "(5,3)": 0,
        "(5,4)": 47,
        "(6,2)": 0,
        "(6,3)": 55,
    }
    assert np.isfinite(uniform4500.labels[infinite]).all()
    assert (~infinite).sum() == 4_347
    np.testing.assert_allclose(exact[~infinite], uniform4500.labels[~infinite], rtol=3e-11)
