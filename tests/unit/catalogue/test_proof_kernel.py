"""The inner loops of proofs, on boxes that can be proved and on some that can't."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from mheight import height_profile
from mheight.catalogue.proof_kernel import (
    ERROR,
    is_outside,
    prove_box,
    solve_signs,
    word_bound,
)

SLACK = 1e-9


def box(P, radius) -> tuple[np.ndarray, np.ndarray]:
    """[I | P] and the radii, 0 beside the identity."""
    P = np.array(P, float)
    k = len(P)
    radii = np.broadcast_to(np.array(radius, float), P.shape)
    return np.hstack([np.eye(k), P]), np.hstack([np.zeros((k, k)), radii])


# --- words that are +1 or -1 on k columns -------------------------------------------------


def solved(G: np.ndarray, basis, signs) -> np.ndarray | None:
    k = len(basis)
    u = np.full(k, 99.0)
    done = solve_signs(G, np.array(basis), np.array(signs, float), k, np.empty((k, k + 1)), u)
    if not done:
        assert (u == 99.0).all()
        return None
    return u


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_signs_are_met_on_every_basis(k: int) -> None:
    n = k + 2
    P = np.random.default_rng(k).uniform(-1, 1, (k, n - k))
    G, _ = box(P, 0.0)
    for basis in combinations(range(n), k):
        for signs in product((1.0, -1.0), repeat=k):
            u = solved(G, basis, signs)
            assert u is not None
            np.testing.assert_allclose(u @ G[:, basis], signs, atol=1e-9)


@pytest.mark.parametrize(
    ("entry", "found"), [(1e-7, True), (0.999e-7, False), (-1e-7, True), (0.0, False)]
)
def test_a_small_pivot_is_near_dependent(entry: float, found: bool) -> None:
    assert (solved(np.array([[1.0, entry]]), [1], [1.0]) is not None) == found
    G = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, entry]])
    assert (solved(G, [0, 2], [1.0, -1.0]) is not None) == found


def test_rows_are_exchanged_for_the_larger_pivot() -> None:
    G = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 5.0, 0.5]])
    u = solved(G, [0, 1, 2], [1.0, 1.0, -1.0])
    assert u is not None
    np.testing.assert_allclose(u @ G, [1.0, 1.0, -1.0], atol=1e-12)
    # Elimination by 1e-6 where 1 stands below would lose six digits.
    G = np.array([[1e-6, 1.0], [1.0, 1.0]])
    u = solved(G, [0, 1], [1.0, 1.0])
    assert u is not None
    np.testing.assert_allclose(u @ G, [1.0, 1.0], rtol=1e-15)


# --- the bound of one word ----------------------------------------------------------------


def bound_of(G, radius, u, m) -> tuple[float, np.ndarray]:
    k, n = G.shape
    upper = np.empty(n)
    return word_bound(G, radius, np.array(u, float), n, k, m, upper), upper


def exact_bound(G, radius, u, m) -> Fraction:
    """The largest lower end over the (m+1)-th largest upper end, without rounding."""
    k, n = G.shape
    lows, highs = [], []
    for j in range(n):
        word = abs(sum(Fraction(float(u[i])) * Fraction(G[i, j]) for i in range(k)))
        spread = sum(abs(Fraction(float(u[i]))) * Fraction(radius[i, j]) for i in range(k))
        lows.append(word - spread)
        highs.append(word + spread)
    return max(Fraction(0), *lows) / sorted(highs, reverse=True)[m]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("k", "wide"), [(1, 2), (2, 2), (3, 2), (2, 4)])
def test_a_bound_is_that_of_exact_ends_and_below(k: int, wide: int, seed: int) -> None:
    rng = np.random.default_rng([k, wide, seed])
    G, radius = box(rng.uniform(-1, 1, (k, wide)), rng.uniform(0, 0.2, (k, wide)) * (seed > 1))
    u = rng.uniform(-2, 2, k)
    for m in range(k + wide):
        found, upper = bound_of(G, radius, u, m)
        true = exact_bound(G, radius, u, m)
        assert Fraction(found) <= true
        assert found == pytest.approx(float(true), rel=1e-9, abs=1e-11)
        assert (np.diff(upper[: m + 1]) <= 0.0).all()
        assert upper[m:].max() == upper[m]


@pytest.mark.parametrize("seed", range(4))
def test_no_code_of_the_box_has_a_lower_ratio(seed: int) -> None:
    """Codes of the box, its corners among them, one by one."""
    rng = np.random.default_rng(seed)
    centre, radii = rng.uniform(-1, 1, (2, 3)), rng.uniform(0, 0.1, (2, 3))
    G, radius = box(centre, radii)
    u = rng.uniform(-1, 1, 2)
    least = [bound_of(G, radius, u, m)[0] for m in range(5)]
    for corner in product((-1.0, 1.0), repeat=6):
        P = centre + radii * np.array(corner).reshape(2, 3)
        word = np.sort(np.abs(u @ np.hstack([np.eye(2), P])))[::-1]
        for m in range(5):
            assert word[0] / word[m] >= least[m]


def test_what_is_added_for_rounding() -> None:
    """2 ERROR for each unit of u beside the radius; the quotient is lowered by ERROR."""
    G, radius = box([[0.5]], 0.0)
    found, upper = bound_of(G, radius, [-1.0], 1)
    spread = 2.0 * ERROR
    assert upper.tolist() == [1.0 + spread, 0.5 + spread]
    assert found == (1.0 - spread) / (0.5 + spread) * (1.0 - ERROR)
    G, radius = box([[0.5]], 2.0**-20)
    _, upper = bound_of(G, radius, [1.0], 1)
    assert upper[1] == 0.5 + (2.0**-20 * (1.0 + 1e-12) + spread)


def test_a_word_that_may_vanish_bounds_nothing() -> None:
    G, _ = box([[0.5]], 0.0)
    wide = np.full((1, 2), 9.0)
    assert bound_of(G, wide, [1.0], 1)[0] == 0.0


# --- the normal form ----------------------------------------------------------------------


def outside(P, radius=0.0) -> bool:
    G, radii = box(P, radius)
    return bool(is_outside(G, radii, G.shape[1], G.shape[0]))


@pytest.mark.parametrize(
    ("P", "expected"),
    [
        ([[1.0, 0.5, 0.25], [0.5, -0.5, 0.25], [0.25, 0.25, -0.5]], False),
        ([[0.5, 0.5], [0.5, 0.5]], False),  # ties
        ([[0.5, 0.25], [0.25, 0.75]], True),  # an entry beyond the corner
        ([[0.5, 0.25], [0.25, -0.75]], True),
        ([[0.5, 0.25], [0.25, 0.5 + 0.9 * SLACK]], False),
        ([[0.5, 0.25], [0.25, 0.5 + 1.1 * SLACK]], True),
        ([[0.5, 0.25, 0.375]], True),  # the first row rises
        ([[0.5, 0.25, 0.25 + 0.9 * SLACK]], False),
        ([[0.5, 0.25, 0.25 + 1.1 * SLACK]], True),
        ([[0.5], [0.25], [0.375]], True),  # the first column rises
        ([[0.5], [0.25], [0.25 + 0.9 * SLACK]], False),
        ([[0.5], [0.25], [0.25 + 1.1 * SLACK]], True),
        ([[1.0, 0.5], [0.5, -0.75]], False),  # a minor of -1
        ([[1.0, 0.5], [0.5, -0.75 - 0.9 * SLACK]], False),
        ([[1.0, 0.5], [0.5, -0.75 - 1.1 * SLACK]], True),
        ([[1.0, 1.0], [1.0, 0.0]], False),
        ([[1.0, 1.0], [1.0, -0.5]], True),  # -1.5
        ([[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 0.5]], False),
        ([[1.0, 0.5, 0.5], [1.0, 1.0, -1.0], [0.5, 0.5, 0.25]], True),  # 1.5 in columns 1 and 2
        ([[1.0, 1.0, 0.5], [0.5, 0.5, 0.5], [0.5, -0.75, 0.5]], True),  # rows 0 and 2
        ([[1.0, 0.5, 0.5], [0.5, 1.0, 1.0], [0.5, -0.5, 1.0]], True),  # rows and columns 1 and 2
    ],
)
def test_the_normal_form_of_a_matrix(P, expected) -> None:
    assert outside(P) == expected


@pytest.mark.parametrize("seed", range(30))
def test_a_box_with_a_matrix_in_normal_form_is_not_outside(seed: int) -> None:
    """And what is outside has no such matrix among many."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-1, 1, (2, 3))
    centre[0], centre[:, 0] = abs(centre[0]), abs(centre[:, 0])
    radius = rng.uniform(0, 0.4, (2, 3))
    if outside(centre, radius):
        points = centre + radius * rng.uniform(-1, 1, (200, 2, 3))
        assert not any(in_normal_form(P) for P in points)
    for P in centre + radius * rng.uniform(-1, 1, (40, 2, 3)):
        assert outside(P) == (not in_normal_form(P))


def in_normal_form(P: np.ndarray) -> bool:
    k, wide = P.shape
    minors = [
        np.linalg.det(P[np.ix_(rows, columns)])
        for rows in combinations(range(k), 2)
        for columns in combinations(range(wide), 2)
    ]
    return bool(
        np.abs(P).max() <= P[0, 0]
        and (np.diff(P[0]) <= 0).all()
        and (np.diff(P[:, 0]) <= 0).all()
        and max(map(abs, minors), default=0.0) <= 1.0
    )


@pytest.mark.parametrize(
    ("P", "radius", "limit"),
    [
        ([[0.5, 0.25], [0.25, 0.75]], [[1, 0], [0, 1]], 0.125),  # both may move
        ([[0.5, 0.25], [0.25, -0.75]], [[1, 0], [0, 0]], 0.25),
        ([[0.5, 0.125, 0.375]], [[0, 1, 0]], 0.25),
        ([[0.5, 0.125, 0.375]], [[0, 0, 1]], 0.25),
        ([[0.5], [0.125], [0.375]], [[0], [1], [0]], 0.25),
        ([[0.5], [0.125], [0.375]], [[0], [0], [1]], 0.25),
        ([[1.0, 1.0], [1.0, -0.5]], [[0, 0], [0, 1]], 0.5),
        ([[1.0, 1.0], [0.5, -0.75]], [[0, 0], [1, 0]], 0.25),
    ],
)
def test_how_wide_a_box_must_be_to_hold_one(P, radius, limit) -> None:
    """Up to a limit every matrix of the box is outside; on it, one is not."""
    wide = np.array(radius, float)
    assert outside(P, wide * (limit - 1e-6))
    assert not outside(P, wide * limit)


def test_the_spread_of_a_minor() -> None:
    """|g| <= |a| r_h + r_a (|h| + r_h) for each of its two products."""
    P = np.array([[1.0, 0.75], [0.75, -1.0]])  # 1 + 9/16
    for place, slope in (((0, 1), 0.75), ((1, 0), 0.75), ((1, 1), 1.0)):
        radius = np.zeros((2, 2))
        radius[place] = 0.5625 / slope
        assert not outside(P, radius)
        radius[place] -= 1e-6
        assert outside(P, radius)
    for sign in (1.0, -1.0):  # of rows and columns 1 and 2: 0.475 + 0.855
        P = np.array([[0.95, 0.1, 0.1], [0.1, 0.5, -0.95 * sign], [0.1, 0.9 * sign, 0.95]])
        for place, slope in (((2, 1), 0.95), ((1, 2), 0.9), ((1, 1), 0.95), ((2, 2), 0.5)):
            radius = np.zeros((3, 3))
            radius[place] = 0.33 / slope
            assert not outside(P, radius * (1 + 1e-6))
            assert outside(P, radius * (1 - 1e-6))
    P = np.array([[1.0, 0.75], [0.75, -1.0]])
    # Both of a product, the square of the radius among the terms.
    radius = np.array([[0.0, 0.0], [0.0, 0.0]])
    radius[0, 1] = radius[1, 0] = r = 0.75 * (2**0.5 - 1) + (np.sqrt(1.125 + 0.0) - 0.75 * 2**0.5)
    assert 2 * 0.75 * r + r * r == pytest.approx(0.5625)
    assert not outside(P, radius * (1 + 1e-6))
    assert outside(P, radius * (1 - 1e-6))
    radius = np.array([[0.25, 0.0], [0.0, 0.25]])  # 0.25 + 0.25 * 1.25
    assert not outside(P, radius * (1 + 1e-6))
    radius *= 1 - 1e-6
    assert outside(P, radius)


# --- proofs -------------------------------------------------------------------------------


def proved(P, radius, m, value, *, most=5000, depth=60) -> int:
    G, radii = box(P, radius)
    k, n = G.shape
    bases = np.array(list(combinations(range(n), k)), dtype=np.int64)
    signs = np.array([(1, *rest) for rest in product((1, -1), repeat=k - 1)], dtype=float)
    kept = G.copy(), radii.copy()
    room = np.zeros((depth, 2, k, n))
    count = int(prove_box(G, radii, bases, signs, n, k, m, value, most, room))
    np.testing.assert_array_equal(G, kept[0])
    np.testing.assert_array_equal(radii, kept[1])
    return count


P22 = [[0.875, 0.5], [0.5, -0.5]]


@pytest.mark.parametrize("m", [1, 2])
def test_at_one_matrix_the_height_is_proved_and_no_more(m: int) -> None:
    """Some word of +1 and -1 on k columns attains it."""
    G, _ = box(P22, 0.0)
    height = height_profile(G)[m - 1]
    assert proved(P22, 0.0, m, height * (1 - 1e-12)) == 1
    assert proved(P22, 0.0, m, height * (1 + 1e-12)) == -2  # looked at one, nothing to halve


@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize("radius", [0.01, 0.1])
def test_a_box_is_proved_below_the_least_of_its_heights(m: int, radius: float) -> None:
    rng = np.random.default_rng(m)
    heights = [
        height_profile(box(np.array(P22) + radius * rng.uniform(-1, 1, (2, 2)), 0.0)[0])[m - 1]
        for _ in range(20)
    ]
    corners = [
        height_profile(box(np.array(P22) + radius * np.array(c).reshape(2, 2), 0.0)[0])[m - 1]
        for c in product((-1.0, 1.0), repeat=4)
    ]
    least = min(heights + corners)
    count = proved(P22, radius, m, least * 0.97)
    assert count > 0
    if radius == 0.1 and m == 2:
        assert count > 1
    assert proved(P22, radius, m, least * 1.001, most=40) < 0


def test_a_counterexample_is_not_overlooked_wherever_it_is() -> None:
    """A box around a matrix of a height just below the bound, in any corner of the box."""
    G, _ = box(P22, 0.0)
    height = height_profile(G)[1]
    for corner in list(product((-0.05, 0.05), repeat=4))[::3]:
        centre = np.array(P22) + np.array(corner).reshape(2, 2)
        assert proved(centre, 0.05, 2, height * 1.0001, most=60) < 0


def test_a_box_outside_is_proved_by_looking() -> None:
    """No matrix in normal form, so any value holds."""
    assert proved([[0.25, 0.125], [0.125, 0.75]], 0.01, 2, 1e9) == 1


def test_the_widest_side_is_halved() -> None:
    """Only the half in normal form is left: one box, then two."""
    P, radius = [[0.5, 0.25, 0.375]], [[0.0, 0.25, 0.0]]
    # In 0.125 <= p <= 0.375 nothing descends but p = 0.375; up to there the other half.
    assert proved(P, np.array(radius) * 0.4, 2, 1e9) == 1
    count = proved([[1.0, 0.5]], [[0.0, 0.25]], 2, 1.2)
    G, _ = box([[1.0, 0.75]], 0.0)
    assert height_profile(G)[1] == pytest.approx(4 / 3)
    assert count == 1
    # h_2 = 1 / p: 1.33 needs p <= 0.7518 of all parts; the ends are halved until they show it.
    assert proved([[1.0, 0.5]], [[0.0, 0.25]], 2, 1.3) == 1
    assert proved([[1.0, 0.5]], [[0.0, 0.25]], 2, 1.34, most=100) < 0


def test_giving_up() -> None:
    """After `most` boxes, or where too many wait: -1 minus those that were looked at."""
    for most in (0, 1, 7):
        assert proved(P22, 0.2, 2, 50.0, most=most) == -most - 1
    # One waits, then two, ...: with room for four the third is not halved.
    assert proved(P22, 0.2, 2, 50.0, depth=4) == -2
    assert proved(P22, 0.2, 2, 50.0, depth=6) == -4
    count = proved(P22, 0.1, 2, 2.6)
    assert count > 1
    assert proved(P22, 0.1, 2, 2.6, most=count) == count
    assert proved(P22, 0.1, 2, 2.6, most=count - 1) == -count


def test_all_four_two_codes() -> None:
    """From one box, h_2 >= 1.8; the best code has 1 + sqrt(2) = 2.414."""
    centre, radius = [[0.5, 0.5], [0.5, 0.0]], [[0.5, 0.5], [0.5, 1.0]]
    assert proved(centre, radius, 2, 1.8) > 10
    assert proved(centre, radius, 2, 2.45, most=300) < 0
