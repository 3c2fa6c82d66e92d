"""Bounds of a tableau against fractions: never below the truth, and hardly above it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from mheight.heights.programs.enclosure import enclose
from mheight.heights.programs.proven_bounds import (
    PIVOT_ERROR,
    Enclosed,
    _accumulate,
    _column_residual,
    _residual,
    ceiling,
    certify,
    measure,
    negligible,
    node_bound,
    start_errors,
)

UNIT = 2.0**-53
HALF = np.nextafter(0.5, 0.0)
INF = float("inf")


def exact(x: float) -> Fraction:
    return Fraction(float(x))


@pytest.mark.parametrize("k", [1, 2, 7, 8, 9])
@pytest.mark.parametrize("value", [0.0, 1.0, 1.0 / 3.0, 1e300])
@pytest.mark.parametrize("slack", [0.0, 1e-16, 0.125, 0.3, HALF])
def test_a_ceiling_is_not_below_the_quotient(k, value, slack):
    bound = ceiling(value, slack, k)
    # The sum of k magnitudes may be short of the true one by k - 1 roundings.
    true = exact(value) * (1 + (k - 1) * exact(UNIT)) / (1 - exact(slack))
    assert true <= exact(bound) <= true * (1 + 13 * exact(UNIT))
    assert bound == value * (1.0 + (k + 8) * UNIT) / (1.0 - slack)


@pytest.mark.parametrize("slack", [0.5, 0.7, 1.0, 2.0, INF, float("nan")])
def test_a_residual_of_half_leaves_no_bound(slack):
    assert ceiling(1.0, slack, 3) == INF


def test_errors_to_start_with():
    table, errors = np.array([[1.0, 0.0, -2.5], [0.0, 1.0, 0.25]]), np.empty(4)
    start_errors(table, 2.0**-60, errors)
    assert errors.tolist() == [2.0, 2.0, 3.75, 1.01 * (UNIT + 2.0**-60)]


def test_a_pivot_costs_seven_units():
    assert PIVOT_ERROR == 7 * UNIT


def test_small_multipliers_are_negligible():
    table = np.array([[9.0, 0.03], [9.0, -0.05], [9.0, 0.0]])
    assert negligible(table, 1) == 1e-11 * 0.05
    assert negligible(10.0 * table, 1) == 1e-12
    assert negligible(0.0 * table, 1) == 0.0
    assert negligible(table[:1], 1) == 1e-11 * 0.03


# --- sums without error ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_products_are_added_in_twice_the_precision(seed):
    rng = np.random.default_rng(seed)
    total, rest, size = 0.0, 0.0, 0.0
    true, magnitudes = Fraction(0), Fraction(0)
    for _ in range(30):
        x, y = rng.standard_normal(2) * 10.0 ** rng.integers(-6, 7, 2)
        if rng.random() < 0.3:  # what was there is taken away again
            x, y = -total, 1.0
        total, rest, size = _accumulate(total, rest, size, x, y)
        true += exact(x) * exact(y)
        magnitudes += abs(exact(x) * exact(y))
        assert abs(exact(total) + exact(rest) - true) <= magnitudes * Fraction(2) ** -98
        assert size == pytest.approx(float(magnitudes), rel=1e-13, abs=0.0)


@pytest.mark.parametrize(
    ("total", "x", "y"),
    [
        (0.0, 1 + 2.0**-52, 1 + 2.0**-52),
        (1.0, 2.0**-30 + 2.0**-60, -(2.0**-40)),
        (-1.0, 1 + 2.0**-30, 1 - 2.0**-30),
        (3.0, 0.1, -30.0),
        (1e16, 3.0, 5.0),
        (0.1, 0.0, 5.0),
    ],
)
def test_one_product_loses_nothing(total, x, y):
    new, rest, size = _accumulate(total, 0.0, 2.0, x, y)
    assert exact(new) + exact(rest) == exact(total) + exact(x) * exact(y)
    assert size == 2.0 + abs(x * y)
    _, more, _ = _accumulate(total, 2.0**-70, 2.0, x, y)
    assert more == rest + 2.0**-70


# --- tableaus ----------------------------------------------------------------------------


def enclosed(seed: int, k: int = 3, n: int = 6, scale: float = 1.0) -> Enclosed:
    """A matrix R that floats don't hold."""
    G = np.random.default_rng(seed).standard_normal((k, n))
    corner = np.arange(k)
    found = enclose(G, corner)
    assert found is not None
    assert found.low.any()
    weights = np.abs(found.high).sum(axis=0)
    return Enclosed(found.high, found.low, found.blur * scale, weights, corner)


def fractions_of(R: Enclosed) -> list[list[Fraction]]:
    return [[exact(x) + exact(y) for x, y in zip(*rows, strict=True)]
            for rows in zip(R.high, R.low, strict=True)]  # fmt: skip


def true_table(R: Enclosed, basis: np.ndarray) -> list[list[Fraction]]:
    """inverse(R_B) R in fractions."""
    rows = [[fmpq(x.numerator, x.denominator) for x in row] for row in fractions_of(R)]
    square = fmpq_mat([[row[j] for j in basis] for row in rows])
    found = square.inv() * fmpq_mat(rows)
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in found.tolist()]


def rounded(table: list[list[Fraction]], noise: float = 0.0, seed: int = 0) -> np.ndarray:
    floats = np.array([[float(x) for x in row] for row in table])
    return floats + noise * np.random.default_rng(seed).uniform(-1, 1, floats.shape)


def residual(R: Enclosed, basis, column: int, x) -> list[Fraction]:
    """R_a - R_B x."""
    rows = fractions_of(R)
    return [
        row[column] - sum(row[b] * value for b, value in zip(basis, x, strict=True)) for row in rows
    ]


BASES = [[0, 1, 2], [3, 1, 2], [3, 0, 5], [5, 4, 3]]


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("noise", [0.0, 1e-9, 1e-4])
@pytest.mark.parametrize("blur", [0.0, 1e-6])
def test_measured_residuals(basis, noise, blur):
    R, basis = enclosed(1)._replace(blur=blur), np.array(basis)
    table, errors = rounded(true_table(R, basis), noise), np.empty(7)
    measure(R, table, basis, errors)
    k, n = table.shape
    worst = Fraction(0)
    for j in range(n):
        column = [exact(x) for x in table[:, j]]
        assert errors[j] == pytest.approx(
            1.0 + float(sum(abs(x) for x in column)), rel=1e-14, abs=0.0
        )
        if j in basis:
            continue
        # By R, which may be off by its blur in each column of R_a - R_B x.
        size = 1 + sum(abs(x) for x in column)
        norm = sum(abs(x) for x in residual(R, basis, j, column)) + exact(blur) * size
        assert norm <= exact(errors[n]) * exact(errors[j])
        worst = max(worst, norm / exact(errors[j]))
    rounding = (k + 6) * UNIT * 1.01 * R.weights.max()
    if noise or blur:
        assert errors[n] == pytest.approx(1.01 * float(worst), rel=1e-4, abs=0.0)
    assert exact(errors[n]) <= Fraction(101, 100) * worst + exact(1.01 * rounding)


def test_what_is_measured_of_integers_is_the_rounding_alone():
    """No residual and no blur: (k + 6) units of the magnitudes that went into it."""
    high = np.array([[1.0, 0.0, 3.0, -1.0], [0.0, 1.0, 2.0, 4.0]])
    weights = np.abs(high).sum(axis=0)
    R = Enclosed(high, np.zeros((2, 4)), 0.0, weights, np.arange(2))
    errors = np.empty(5)
    measure(R, high, np.arange(2), errors)
    assert errors[:4].tolist() == [2.0, 2.0, 6.0, 6.0]
    # Of both columns 3 + 2 (or 1 + 4) for itself and as much for the basis.
    assert errors[4] == pytest.approx(1.01 * 8 * UNIT * 10.0 / 6.0, rel=1e-14, abs=0.0)
    for target, size in ((2, 10.0), (3, 10.0)):
        found = _column_residual(R, high, np.arange(2), target)
        assert found == pytest.approx(1.01 * 8 * UNIT * size, rel=1e-14, abs=0.0)
    blurred = R._replace(blur=2.0**-40)
    measure(blurred, high, np.arange(2), errors)
    assert errors[4] == pytest.approx(1.01 * (8 * UNIT * 10.0 / 6.0 + 2.0**-40), rel=1e-14, abs=0.0)
    found = _column_residual(blurred, high, np.arange(2), 3)
    assert found == pytest.approx(1.01 * (8 * UNIT * 10.0 + 2.0**-40 * 6.0), rel=1e-14, abs=0.0)


def test_columns_of_the_basis_have_no_residual():
    """However wrong the tableau is there."""
    high = np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 2.0]])
    R = Enclosed(high, np.zeros((2, 3)), 0.0, np.array([1.0, 1.0, 5.0]), np.arange(2))
    table, errors = high.copy(), np.empty(4)
    table[0, 1] = 77.0
    measure(R, table, np.arange(2), errors)
    assert errors[:3].tolist() == [2.0, 79.0, 6.0]
    assert errors[3] < 1e-14


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("noise", [0.0, 1e-9, 1e-4])
def test_the_residual_of_a_column(basis, noise):
    R, basis = enclosed(2)._replace(blur=1e-12), np.array(basis)
    table = rounded(true_table(R, basis), noise)
    for target in range(6):
        if target in basis:
            continue
        x = [exact(value) for value in table[:, target]]
        norm = sum(abs(value) for value in residual(R, basis, target, x))
        norm += exact(R.blur) * (1 + sum(abs(value) for value in x))
        size = R.weights[target] + np.abs(table[:, target]) @ R.weights[basis]
        found = exact(_column_residual(R, table, basis, target))
        assert norm <= found <= (norm + 12 * exact(UNIT * size)) * Fraction(102, 100)


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("noise", [0.0, 1e-9, 1e-4])
@pytest.mark.parametrize("blur", [0.0, 1e-20])
def test_a_residual_in_twice_the_precision(basis, noise, blur):
    R, basis = enclosed(3)._replace(blur=blur), np.array(basis)
    table = rounded(true_table(R, basis), noise)
    second = np.array([2e-18, -1e-17, 5e-18])
    for target in range(6):
        if target in basis:
            continue
        first, out = table[:, target].copy(), np.empty(3)
        bound = _residual(R.high, R.low, R.blur, basis, target, first, second, out)
        x = [exact(a) + exact(b) for a, b in zip(first, second, strict=True)]
        true = residual(R, basis, target, x)
        norm = sum(abs(value) for value in true)
        size = sum(abs(value) for value in x)
        for found, wanted in zip(out, true, strict=True):
            assert float(found) == pytest.approx(float(wanted), rel=1e-13, abs=1e-30)
        assert norm + exact(blur) * (1 + size) <= exact(bound)
        # Above it by terms^2 units squared, and by low x second, for each of k rows.
        assert float(exact(bound) - norm) <= 1e-14 * float(norm) + 2e-28 + 1.02 * blur * float(
            1 + size
        )


def test_the_residual_of_nothing_is_all_rounding():
    """With terms = 3 k + 8 = 14: (1 + 14 u) times 4 (14 u)^2 of the magnitudes, and the blur."""
    high = np.array([[1.0, 0.0, 3.0], [0.0, 1.0, -2.0]])
    low, out = np.zeros((2, 3)), np.empty(2)
    first, second = np.array([3.0, -2.0]), np.zeros(2)
    bound = _residual(high, low, 0.0, np.arange(2), 2, first, second, out)
    assert out.tolist() == [0.0, 0.0]
    assert bound == pytest.approx(4.0 * (14 * UNIT) ** 2 * 10.0, rel=1e-12, abs=0.0)
    blur = 2.0**-50
    bound = _residual(high, low, blur, np.arange(2), 2, first, second, out)
    assert bound == pytest.approx(1.01 * blur * 6.0, rel=1e-9, abs=0.0)
    second[0] = 0.5
    bound = _residual(high, low, 0.0, np.arange(2), 2, first, second, out)
    assert out.tolist() == [-0.5, 0.0]
    assert bound == 0.5 * (1 + 14 * UNIT)
    # low * second is not added to the residual but to its bound.
    low[1, 1], second[1] = 2.0**-10, -0.25
    bound = _residual(high, low, 0.0, np.arange(2), 2, first, second, out)
    assert out.tolist() == [-0.5, 0.25 + 2.0**-9]
    assert bound == pytest.approx(0.75 + 2.0**-9 + 2.0**-12, rel=1e-14, abs=0.0)


# --- certificates ------------------------------------------------------------------------


def none_spared(k: int = 3) -> np.ndarray:
    return np.zeros(k, np.bool_)


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("noise", [0.0, 1e-9, 1e-6])
@pytest.mark.parametrize("seed", range(3))
def test_a_certificate_is_the_sum_of_the_multipliers_to_the_last_digits(basis, noise, seed):
    """At c_B = signs of x the codeword attains it, so no bound may be below."""
    R, basis = enclosed(seed), np.array(basis)
    true = true_table(R, basis)
    table = rounded(true, noise)
    for target in range(6):
        if target not in basis:
            value = sum(abs(row[target]) for row in true)
            found = exact(certify(R, table, basis, target, none_spared()))
            # A residual below 1e-14 is not refined any more.
            units = 20 if noise == 1e-9 else 100
            assert value <= found <= value * (1 + units * exact(UNIT))


def test_a_spared_multiplier_counts_as_residual():
    R, basis = enclosed(5), np.array([3, 1, 5])
    true, met = true_table(R, basis), 0
    for target in (0, 2, 4):
        for row in range(3):
            small = abs(true[row][target])
            value = sum(abs(line[target]) for line in true) - small
            spared = np.arange(3) == row
            found = certify(R, rounded(true), basis, target, spared)
            if small * Fraction(101, 100) >= Fraction(1, 2):
                assert found == INF
                continue
            met += 1
            assert value / (1 - small) <= exact(found)
            assert found == pytest.approx(
                float(value / (1 - Fraction(101, 100) * small)), rel=1e-13, abs=0.0
            )
    assert 0 < met < 9


def test_spared_multipliers_of_a_known_tableau():
    high = np.array([[1.0, 0.0, 0.125, 0.5], [0.0, 1.0, 3.0, -2.0]])
    R = Enclosed(high, np.zeros((2, 4)), 0.0, np.abs(high).sum(axis=0), np.arange(2))
    for spared, target, wanted in (
        ([True, False], 2, 3.0 / (1 - 1.01 * 0.125)),
        ([False, False], 2, 3.125),
        ([True, False], 3, INF),
        ([False, True], 2, INF),
        ([False, False], 3, 2.5),
    ):
        found = certify(R, high, np.arange(2), target, np.array(spared))
        assert found == pytest.approx(wanted, rel=1e-14, abs=0.0)
        assert found > wanted or found == INF


def test_a_hopeless_tableau_has_no_bound():
    R, basis = enclosed(1), np.array([3, 1, 5])
    table = np.full((3, 6), 1e6)
    assert certify(R, table, basis, 4, none_spared()) == INF


# --- bounds of nodes ---------------------------------------------------------------------


def node(line: float, *, promised=(), last=True, noise=0.0, large=0.0, target=4):
    """A bound by a tableau, the sum of its multipliers, and the truth."""
    R, basis = enclosed(1), np.array([3, 1, 5])
    true = true_table(R, basis)
    table, errors = rounded(true, noise), np.empty(7)
    measure(R, table, basis, errors)
    errors[6] = max(errors[6], large)
    value = float(np.abs(table[:, target]).sum())
    flags = np.isin(np.arange(6), promised)
    bound = node_bound(value, line, R, table, basis, target, errors, flags, last)
    return bound, value, sum(abs(row[target]) for row in true), errors[target]


def test_a_bound_that_is_good_enough_is_the_first_one():
    """Below the line by what is known of the whole tableau, coarse as it is."""
    bound, value, true, size = node(1e9, large=1e-3)
    assert exact(bound) >= true
    assert bound == ceiling(value, 1.01 * 1e-3 * size, 3)
    first = bound
    bound, *_ = node(first, large=1e-3)
    assert bound == first
    bound, *_ = node(float(np.nextafter(first, 0.0)), large=1e-3)
    assert bound < first


def test_a_bound_above_the_line_becomes_finer():
    """By the residual of the column, then by the certificate, if that is what it takes."""
    bound, value, true, _ = node(0.0, large=1e-3, noise=1e-6)
    assert true <= exact(bound) <= true * (1 + 30 * exact(UNIT))
    middle, value, true, _ = node(value * (1 + 1e-4), large=1e-3, noise=1e-6)
    assert true * (1 + Fraction(1, 10**9)) < exact(middle) < exact(value) * (1 + Fraction(1, 10**4))
    # On the line it does.
    again, *_ = node(middle, large=1e-3, noise=1e-6)
    assert again == middle
    finest, *_ = node(float(np.nextafter(middle, 0.0)), large=1e-3, noise=1e-6)
    assert finest == bound


def test_a_bound_close_to_the_sum_needs_no_more():
    """Within 2e-11 of the multipliers, whatever the line is."""
    bound, value, true, size = node(0.0)
    fine = node(0.0, large=1e-13)[0]
    assert fine == ceiling(value, 1.01 * 1e-13 * size, 3) > bound
    assert exact(fine) >= true
    coarse = node(0.0, large=1e-10)[0]
    assert coarse < ceiling(value, 1.01 * 1e-10 * size, 3)


def small_node(*, promised: bool, last: bool, line: float, small: float = 1e-13) -> float:
    """x = (2, small): the second column may yet be dropped, unless it is promised."""
    high = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, small]])
    R = Enclosed(high, np.zeros((2, 3)), 0.0, np.abs(high).sum(axis=0), np.arange(2))
    errors = np.empty(4)
    measure(R, high, np.arange(2), errors)
    errors[3] = 0.0
    value = 2.0
    flags = np.array([False, promised, False])
    return float(node_bound(value, line, R, high, np.arange(2), 2, errors, flags, last))


def test_negligible_multipliers_count_as_residual():
    """Where the value leaves them out: not if the column stays, or nothing more is dropped."""
    for small in (1e-13, 1e-12):
        bound = small_node(promised=False, last=False, line=9.0, small=small)
        assert bound == ceiling(2.0, 1.01 * small, 2)
    assert small_node(promised=False, last=False, line=9.0, small=1.1e-12) == ceiling(2.0, 0.0, 2)
    assert small_node(promised=True, last=False, line=9.0) == ceiling(2.0, 0.0, 2)
    assert small_node(promised=False, last=True, line=9.0) == ceiling(2.0, 0.0, 2)


def wide_node(*, promised: bool, last: bool, line: float) -> float:
    """The same with a first bound that is no good."""
    small = 1e-12
    high = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, small]])
    R = Enclosed(high, np.zeros((2, 3)), 1e-9, np.abs(high).sum(axis=0), np.arange(2))
    errors = np.array([2.0, 2.0, 3.0, 1e-3])
    flags = np.array([False, promised, False])
    return float(node_bound(2.0, line, R, high, np.arange(2), 2, errors, flags, last))


def test_finer_bounds_count_negligible_multipliers_too():
    R_blur, small = 1e-9, 1e-12
    column = 1.01 * (8 * UNIT * 4.0 + R_blur * 3.0)
    for promised, last in ((False, False), (True, False), (False, True)):
        loose = 0.0 if promised or last else 1.01 * small
        found = wide_node(promised=promised, last=last, line=2.1)
        assert found == ceiling(2.0, 1.01 * 1e-3 * 3.0 + loose, 2)
        found = wide_node(promised=promised, last=last, line=2.0 * (1 + 4e-9))
        assert found == pytest.approx(ceiling(2.0, column + loose, 2), rel=1e-15, abs=0.0)
        # The certificate: all of the multipliers, or the small one as residual.
        value, rest = (2.0 + small, 0.0) if promised or last else (2.0, 1.01 * small)
        found = wide_node(promised=promised, last=last, line=0.0)
        finest = ceiling(value, 1.01 * R_blur * (3.0 + small) + rest, 2)
        assert found == pytest.approx(
            min(finest, ceiling(2.0, column + loose, 2)), rel=1e-15, abs=0.0
        )
