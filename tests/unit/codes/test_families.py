from __future__ import annotations

import numpy as np
import pytest
from numpy import cos, pi, sin, sqrt, tan

from mheight import LinearCode, height_profile
from mheight.codes import cosine_code, cosine_dual_code, icosahedral, repetition, single_parity
from mheight.codes.families import family_code
from mheight.errors import InvalidCodeError


@pytest.mark.parametrize("n", [2, 5, 9])
def test_repetition(n):
    assert height_profile(repetition(n)).tolist() == [1.0] * (n - 1)


@pytest.mark.parametrize("n", [2, 5, 9])
def test_single_parity(n):
    assert height_profile(single_parity(n)).tolist() == [n - 1]


@pytest.mark.parametrize("n", range(3, 12))
def test_cosine(n):
    expected = [
        (1 if m % 2 else cos(pi / (2 * n))) / cos((m + 1) * pi / (2 * n)) for m in range(1, n - 1)
    ]
    np.testing.assert_allclose(height_profile(cosine_code(n)), expected, rtol=1e-12)


@pytest.mark.parametrize("n", range(3, 12))
def test_cosine_dual(n):
    h1 = (1 / tan(pi / (2 * n)) if n % 2 == 0 else 1 / sin(pi / (2 * n))) - 1
    h2 = 1 / (2 * sin(pi / (2 * n)) ** 2) - 1
    np.testing.assert_allclose(height_profile(cosine_dual_code(n)), [h1, h2], rtol=1e-12)


def test_icosahedral():
    expected = [sqrt(5), sqrt(5), 2 + sqrt(5)]
    np.testing.assert_allclose(height_profile(icosahedral()), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "least"),
    [(repetition, 2), (single_parity, 2), (cosine_code, 3), (cosine_dual_code, 3)],
)
def test_too_short(make, least):
    with pytest.raises(InvalidCodeError, match=rf"code needs n >= {least}, got {least - 1}"):
        make(least - 1)


def test_parity_check_and_generator_describe_one_code():
    H = np.random.default_rng(0).integers(-5, 6, (3, 8))
    code = LinearCode.from_parity_check(H)
    assert (code.n, code.k) == (8, 5)
    np.testing.assert_allclose(H @ code.G.T, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("H", "message"),
    [
        ([[1, 2], [3, 4]], r"shape \(r, n\) with 1 <= r < n, got \(2, 2\)"),
        ([[1, 2, 3], [2, 4, 6]], "rows of H must be independent, got rank 1 for 2 rows"),
        ([[1, np.nan, 3]], "H must be finite"),
    ],
)
def test_bad_parity_checks(H, message):
    with pytest.raises(InvalidCodeError, match=message):
        LinearCode.from_parity_check(H)


def test_families_by_name():
    assert family_code("icosahedral") == family_code("icosahedral", 6) == icosahedral()
    for name, build in {
        "repetition": repetition,
        "single-parity": single_parity,
        "cosine": cosine_code,
        "cosine-dual": cosine_dual_code,
    }.items():
        assert family_code(name, 7) == build(7)
        assert family_code(name, 6) == build(6)


@pytest.mark.parametrize(
    ("name", "n", "message"),
    [
        ("icosahedral", 7, "^the icosahedral code has n = 6, got n = 7$"),
        ("cosine", None, "^the cosine code needs a length n$"),
        (
            "golay",
            24,
            "^a family is one of repetition, single-parity, cosine, cosine-dual, icosahedral, "
            "got 'golay'$",
        ),
        ("repetition", 1, "^the repetition code needs n >= 2, got 1$"),
        ("single-parity", 1, "^the single parity code needs n >= 2, got 1$"),
        ("cosine", 2, "^the cosine code needs n >= 3, got 2$"),
        ("cosine-dual", 2, "^the dual cosine code needs n >= 3, got 2$"),
    ],
)
def test_no_such_family_or_length(name, n, message):
    with pytest.raises(InvalidCodeError, match=message):
        family_code(name, n)
