"""Bounds are on their own side of the height, to the last digit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from matrices import nearly_parallel

from mheight import certificates, exact_profile, find_height
from mheight.heights.lattice.one_code import packed_profile
from mheight.heights.programs.branch_and_bound import branch_and_bound
from mheight.heights.programs.enclosure import enclose
from mheight.heights.programs.proven_bounds import Enclosed, certify, measure, start_errors
from mheight.heights.programs.simplex import pivot

PARALLEL = [
    [-0.97100798, 0.81463719, -0.23405551, -0.29221295, 0.66930295],
    [0.99880875, -0.47320823, 0.37611511, 0.46957093, -0.50928394],
    [-0.36008789, -0.78409854, -0.64978057, -0.81123616, -0.52061573],
]


def assert_brackets(G: np.ndarray, limits: tuple[int | None, ...] = (None,)) -> None:
    for m, height in enumerate(exact_profile(G), start=1):
        for limit in limits:
            solution = branch_and_bound(G, m, node_limit=limit)
            assert solution.lower <= height <= solution.upper, (m, limit, G.tolist())
            if limit is None:
                # Beyond, floats may leave no finite upper bound.
                assert solution.is_exact or height > 1e10, (m, G.tolist())
                assert solution.is_exact or solution.status == "rounding"
            if solution.is_exact and height < np.inf:
                assert solution.upper <= solution.lower * (1 + 1e-9)


def test_an_upper_bound_that_was_too_low() -> None:
    height = exact_profile(PARALLEL)[1]
    found = branch_and_bound(np.array(PARALLEL), 2)
    assert found.is_exact
    assert found.lower <= height <= found.upper
    assert found.upper == pytest.approx(1410307.104443, rel=1e-12)


@pytest.mark.parametrize("seed", range(150))
def test_nearly_parallel_columns(seed: int) -> None:
    assert_brackets(nearly_parallel(np.random.default_rng(seed)))


@pytest.mark.parametrize("seed", range(20))
def test_ties_and_searches_that_are_stopped(seed: int) -> None:
    rng = np.random.default_rng(seed)
    G = np.hstack([np.eye(4), rng.integers(-2, 3, (4, 5))])
    assert_brackets(G, (1, 20, 200, None))
    assert_brackets(rng.standard_normal((3, 8)), (10, 100, None))


@pytest.mark.parametrize("seed", range(30))
def test_the_lattice_rounds_outwards(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 8))
    G = rng.standard_normal((k, 9))
    above = packed_profile(G, witnesses=False, upwards=True).heights * (1 + 1e-15)
    for m, height in enumerate(exact_profile(G), start=1):
        found = find_height(G, m, method="lattice")
        assert found.lower <= height <= found.upper
        assert height <= above[m - 1]


def test_heights_of_certificates_are_rounded_down() -> None:
    for seed in range(40):
        G = np.random.default_rng(seed).standard_normal((3, 7))
        for witness, height in zip(certificates(G), exact_profile(G), strict=True):
            assert height * (1 - Fraction(1, 10**15)) < Fraction(witness.height) <= height


@pytest.mark.parametrize("seed", range(10))
def test_residuals_of_a_tableau_are_bounded(seed: int) -> None:
    """What many pivots add up to, and what is measured, against exact arithmetic."""
    rng = np.random.default_rng(seed)
    k, n = 4, 9
    basis = np.arange(k)
    enclosure = enclose(rng.standard_normal((k, n)), basis)
    assert enclosure is not None
    R = [[Fraction(x) + Fraction(y) for x, y in zip(*rows, strict=True)]
         for rows in zip(enclosure.high, enclosure.low, strict=True)]  # fmt: skip
    table, columns, errors = enclosure.high.copy(), basis.copy(), np.empty(n + 1)
    start_errors(table, enclosure.blur, errors)
    for _ in range(25):
        row, column = int(rng.integers(k)), int(rng.integers(n))
        if column not in columns and abs(table[row, column]) > 1e-3:
            pivot(table, columns, errors, row, column)
    measured = errors.copy()
    weights = np.abs(enclosure.high).sum(axis=0)
    enclosed = Enclosed(enclosure.high, enclosure.low, enclosure.blur, weights, basis)
    measure(enclosed, table, columns, measured)
    for j in range(n):
        residual = sum(
            abs(R[i][j] - sum(R[i][columns[r]] * Fraction(table[r, j]) for r in range(k)))
            for i in range(k)
        )
        for bounds in (errors, measured):
            assert residual <= Fraction(bounds[j] * bounds[n]) + Fraction(enclosure.blur)
    target = next(j for j in range(n) if j not in columns)
    limit = certify(enclosed, table, columns, target, np.zeros(k, np.bool_))
    true = np.linalg.solve(enclosure.high[:, columns].astype(np.float64), enclosure.high[:, target])
    assert limit == pytest.approx(np.abs(true).sum(), rel=1e-9)
    assert measured[n] < 1e-12
