from __future__ import annotations

from math import ceil, cos, inf, pi, sin, sqrt
from typing import Any

import numpy as np
import pytest

from mheight import height_profile
from mheight.codes import (
    cosine_code,
    cosine_dual_code,
    icosahedral,
    repetition,
    single_parity,
    systematic_generators,
)
from mheight.errors import InvalidCodeError
from mheight.heights.bounds import Bound, best_lower_bound, lower_bounds

SHAPES = [(n, k) for n in range(2, 10) for k in range(1, n)]


def best(n: int, k: int) -> list[float]:
    return [best_lower_bound(n, k, m).value for m in range(1, n - k + 1)]


@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_no_random_code_breaks_a_bound(n: int, k: int):
    rng = np.random.default_rng([n, k])
    parity = [
        rng.standard_normal((200, k, n - k)),
        rng.uniform(-1, 1, (200, k, n - k)),
        rng.choice([-1.0, 1.0], (200, k, n - k)),
        rng.integers(-2, 3, (200, k, n - k)).astype(float),
    ]
    profiles = height_profile(systematic_generators(np.concatenate(parity)))
    assert (profiles >= np.array(best(n, k)) * (1 - 1e-12)).all()


@pytest.mark.parametrize(
    "code",
    [
        icosahedral(),
        *map(repetition, range(2, 12)),
        *map(single_parity, range(2, 12)),
        *map(cosine_code, range(3, 14)),
        *map(cosine_dual_code, range(3, 14)),
    ],
)
def test_no_good_code_breaks_a_bound(code: Any):
    assert (height_profile(code) >= np.array(best(code.n, code.k)) * (1 - 1e-12)).all()


@pytest.mark.parametrize("n", range(4, 14))
def test_bounds_that_are_reached(n: int):
    assert best(n, 1) == [1.0] * (n - 1)  # by repetition
    assert best(n, n - 1) == [n - 1]  # by single parity
    h_2 = height_profile(cosine_dual_code(n))[1]
    np.testing.assert_allclose(best_lower_bound(n, n - 2, 2).value, h_2, rtol=1e-12)
    last = height_profile(cosine_code(n))[n - 3]
    np.testing.assert_allclose(best_lower_bound(n, 2, n - 2).value, last, rtol=1e-12)
    # By the repeated basis of n = 2k, whose heights are 1.
    assert best_lower_bound(2 * n, n, 1).value == 1.0


@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_the_bounds_as_written(n: int, k: int):
    r = n - k
    for m in range(1, r + 1):
        values = [bound.value for bound in lower_bounds(n, k) if bound.m == m]
        expected = [1.0, ceil(k / (r - m + 1))]
        if m == r and m >= 2 and k >= 2:
            expected.append(1 / (2 * sin(pi / (2 * (n - m + 2))) ** 2) - 1)
            angle = pi / (2 * (r + 2))
            expected.append(cos(angle) / sin(angle) if r % 2 == 0 else 1 / sin(angle))
        if k >= 2:
            expected.append(1 / (sqrt(2) * cos((m + 1) * pi / (2 * (r + 2)))))
        if k >= 3:
            expected.append((r + 3) / (sqrt(3) * (r + 3 - m - 1)))
        shown = [value for i, value in enumerate(expected) if i < 2 or value > 1]
        np.testing.assert_allclose(
            sorted(values), sorted(value for value in shown), rtol=1e-12, err_msg=f"m = {m}"
        )
        assert best_lower_bound(n, k, m).value == max(values)


@pytest.mark.parametrize("k", [2, 3])
def test_the_slab_bound_finds_a_codeword(k: int):
    """The codeword that the proof promises, among many messages, for columns on the sphere."""
    rng = np.random.default_rng(k)
    n = 12
    G = rng.standard_normal((k, n))
    G /= np.linalg.norm(G, axis=0)
    messages = rng.standard_normal((200_000, k))
    cosines = np.sort(np.abs(messages @ G) / np.linalg.norm(messages, axis=1, keepdims=True))
    for m in range(1, n - k + 1):
        width = cos((m + 1) * pi / (2 * n)) if k == 2 else (n - m - 1) / n
        # The (n-m)-th smallest is |c|_(m).
        assert cosines[:, n - m - 1].min() <= width * (1 + 1e-3)


@pytest.mark.parametrize("n", range(4, 10))
def test_the_steps_of_the_polygon_bound(n: int):
    """What the proof in docs/mathematics.md says of [n, 2] codes, on random ones."""
    rng = np.random.default_rng(n)
    rho = np.sin(np.arange(n + 1) * pi / n) / sin(pi / n)
    for spread in (0.1, 1.0, 4.0):
        angles = np.sort(rng.uniform(0.0, pi, n) ** (1.0 + spread / 4.0) % pi)
        G = np.array([np.cos(angles), np.sin(angles)]) * np.exp(spread * rng.normal(size=n))
        x = np.abs(np.outer(G[0], G[1]) - np.outer(G[1], G[0]))
        j = np.arange(n)
        means = [np.exp(np.log(x[j, (j + t) % n]).mean()) for t in range(1, n)]
        a = np.array([0.0, *means, 0.0]) / means[0]
        assert (a[1:n] ** 2 >= (a[2:] * a[: n - 1] + 1.0) * (1.0 - 1e-9)).all()
        assert (a >= rho * (1.0 - 1e-9) - 1e-12).all()
        i = (j + -(-n // 2)) % n
        ratios = (x[i, j] + x[i, (j + 1) % n]) / x[j, (j + 1) % n]
        height = height_profile(G)[n - 3]
        assert ratios.max() <= height * (1.0 + 1e-9)
        assert height >= best_lower_bound(n, 2, n - 2).value * (1.0 - 1e-12)


def test_sources_and_statements():
    by_m = {m: [b for b in lower_bounds(9, 4) if b.m == m] for m in range(1, 9)}
    assert by_m[1][1].source == "arXiv 2606.03011"
    assert by_m[3][1] == Bound(
        3, 2.0, "h_3 >= ceil(4/3)", "arXiv 2606.03011, and by puncturing 2 positions"
    )
    assert "puncturing 3 positions" in by_m[5][2].source
    assert "John" in by_m[5][-1].source
    assert [b.value for m in (6, 7, 8) for b in by_m[m]] == [inf] * 3
    assert "Singleton" in by_m[6][0].source
    assert best_lower_bound(9, 4, 1).statement == "h_1 >= 1"  # of equal bounds the simplest


def test_the_whole_space():
    assert [bound.value for bound in lower_bounds(3, 3)] == [inf, inf]
    assert lower_bounds(1, 1) == ()
    assert best_lower_bound(np.int64(5), np.int64(3), np.int64(1)).value == 2.0


@pytest.mark.parametrize(
    ("n", "k"), [(3, 0), (3, 4), (0, 0), (3, -1), (3.0, 1), (3, "1"), (True, True), (None, 1)]
)
def test_no_code(n: Any, k: Any):
    with pytest.raises(InvalidCodeError, match="n and k must be integers with 1 <= k <= n, got n="):
        lower_bounds(n, k)
    with pytest.raises(InvalidCodeError, match="n and k must be integers with 1 <= k <= n, got n="):
        best_lower_bound(n, k, 1)


@pytest.mark.parametrize("m", [0, 5, -1, 1.0, True, None])
def test_no_height(m: Any):
    with pytest.raises(InvalidCodeError, match=r"m must be an integer in 1\.\.n-1 = 1\.\.4, got"):
        best_lower_bound(5, 3, m)


JOHN = "John's theorem, derived in mheight.heights.lower_bounds"
SHARP = "arXiv 2606.03011"
POLYGON = "derived in docs/mathematics.md"
SINGLETON = "Singleton bound, d <= n-k+1"


@pytest.mark.parametrize(
    ("n", "k", "expected"),
    [
        (4, 1, [
            (1, 1, "h_1 >= 1", "definition"),
            (1, 1, "h_1 >= ceil(1/3)", SHARP),
            (2, 1, "h_2 >= 1", "definition"),
            (2, 1, "h_2 >= ceil(1/2)", f"{SHARP}, and by puncturing 1 position"),
            (3, 1, "h_3 >= 1", "definition"),
            (3, 1, "h_3 >= ceil(1/1)", f"{SHARP}, and by puncturing 2 positions"),
        ]),
        (4, 2, [
            (1, 1, "h_1 >= 1", "definition"),
            (1, 1, "h_1 >= ceil(2/2)", SHARP),
            (2, 1, "h_2 >= 1", "definition"),
            (2, 2, "h_2 >= ceil(2/1)", f"{SHARP}, and by puncturing 1 position"),
            (2, 0.5 / sin(pi / 8) ** 2 - 1, "h_2 >= 1/(2 sin^2(pi/8)) - 1", SHARP),
            (2, cos(pi / 8) / sin(pi / 8), "h_2 >= cot(pi/8)", POLYGON),
            (2, sqrt(0.5) / cos(3 * pi / 8), "h_2 >= 1/(sqrt(2) cos(3pi/8))", JOHN),
            (3, inf, "h_3 = infinity", SINGLETON),
        ]),
        (7, 4, [
            (1, 1, "h_1 >= 1", "definition"),
            (1, 2, "h_1 >= ceil(4/3)", SHARP),
            (2, 1, "h_2 >= 1", "definition"),
            (2, 2, "h_2 >= ceil(4/2)", f"{SHARP}, and by puncturing 1 position"),
            (2, sqrt(0.5) / cos(3 * pi / 10), "h_2 >= 1/(sqrt(2) cos(3pi/10))",
             f"{JOHN}, and by shortening 2 positions"),
            (2, 2 / sqrt(3), "h_2 >= 6/(3 sqrt(3))", f"{JOHN}, and by shortening 1 position"),
            (3, 1, "h_3 >= 1", "definition"),
            (3, 4, "h_3 >= ceil(4/1)", f"{SHARP}, and by puncturing 2 positions"),
            (3, 0.5 / sin(pi / 12) ** 2 - 1, "h_3 >= 1/(2 sin^2(pi/12)) - 1",
             f"{SHARP}, and by puncturing 1 position"),
            (3, 1 / sin(pi / 10), "h_3 >= 1/sin(pi/10)",
             f"{POLYGON}, and by shortening 2 positions"),
            (3, sqrt(0.5) / cos(4 * pi / 10), "h_3 >= 1/(sqrt(2) cos(4pi/10))",
             f"{JOHN}, and by shortening 2 positions"),
            (3, sqrt(3), "h_3 >= 6/(2 sqrt(3))", f"{JOHN}, and by shortening 1 position"),
            *((m, inf, f"h_{m} = infinity", SINGLETON) for m in (4, 5, 6)),
        ]),
    ],
)  # fmt: skip
def test_all_bounds_of_a_size(n: int, k: int, expected: list[tuple[int, float, str, str]]):
    found = lower_bounds(n, k)
    assert [(b.m, b.statement, b.source) for b in found] == [(m, s, o) for m, _, s, o in expected]
    assert [b.value for b in found] == pytest.approx([value for _, value, _, _ in expected])
