"""Exact heights against an oracle that enumerates codewords, and under every symmetry."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from math import inf

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mheight.codes.rationals import rational_matrix
from mheight.heights import height_profile
from mheight.heights.certificate import Certificate, verify
from mheight.heights.claims import judge
from mheight.heights.exact import exact_certificates, exact_profile

Rows = list[list[Fraction]]
fractions = st.fractions(-3, 3, max_denominator=7)


@st.composite
def codes(draw: st.DrawFn, longest: int = 7) -> Rows:
    """Integer codes with many zero, repeated and opposite columns; most are not MDS."""
    n = draw(st.integers(2, longest))
    k = draw(st.integers(1, n))
    columns = [[int(i == j) for i in range(k)] for j in range(k)]
    while len(columns) < n:
        kind = draw(st.sampled_from(["new", "new", "new", "zero", "repeated", "opposite"]))
        earlier = draw(st.sampled_from(columns))
        if kind == "new":
            columns.append([draw(st.integers(-3, 3)) for _ in range(k)])
        else:
            factor = {"zero": 0, "repeated": 1, "opposite": -1}[kind]
            columns.append([factor * x for x in earlier])
    ordered = [columns[j] for j in draw(st.permutations(range(n)))]
    return [[Fraction(column[i]) for column in ordered] for i in range(k)]


@st.composite
def general_codes(draw: st.DrawFn) -> Rows:
    """Entries -3..3, not systematic."""
    n = draw(st.integers(2, 7))
    k = draw(st.integers(1, n))
    rows = [[Fraction(draw(st.integers(-3, 3))) for _ in range(n)] for _ in range(k)]
    assume(rank(rows) == k)
    return rows


def eliminated(rows: Rows) -> tuple[Rows, list[int]]:
    """Reduced row echelon form and its pivots, by plain fractions."""
    rows, pivots = [list(row) for row in rows], []
    for j in range(len(rows[0])):
        i = next((i for i in range(len(pivots), len(rows)) if rows[i][j] != 0), None)
        if i is None:
            continue
        at = len(pivots)
        rows[at], rows[i] = rows[i], rows[at]
        rows[at] = [x / rows[at][j] for x in rows[at]]
        for other in range(len(rows)):
            if other != at:
                factor = rows[other][j]
                rows[other] = [x - factor * y for x, y in zip(rows[other], rows[at], strict=True)]
        pivots.append(j)
    return rows, pivots


def rank(rows: Rows) -> int:
    return len(eliminated(rows)[1]) if rows and rows[0] else 0


def encoded(message: list[Fraction], rows: Rows) -> list[Fraction]:
    return [
        sum((u * row[j] for u, row in zip(message, rows, strict=True)), start=Fraction(0))
        for j in range(len(rows[0]))
    ]


def oracle(rows: Rows) -> list[Fraction | float]:
    """h_m by its definition, from codewords that can be extreme.

    The largest |c_a| under |c_j| <= 1 on n-m positions of rank k is reached at a vertex,
    where |c| = 1 on k independent positions; and if their rank is below k, some codeword
    vanishes there.
    """
    k, n = len(rows), len(rows[0])
    heights: list[Fraction | float] = [Fraction(1)] * (n - k)
    for B in combinations(range(n), k):
        # Solve u G_B = signs for all signs at once: [G_B^T | I] to [I | inverse].
        square = [[rows[i][b] for i in range(k)] for b in B]
        unit = [[Fraction(int(i == j)) for j in range(k)] for i in range(k)]
        reduced, pivots = eliminated([a + b for a, b in zip(square, unit, strict=True)])
        if pivots != list(range(k)):
            continue
        for signs in product((1, -1), repeat=k):
            message = [
                sum((x * s for x, s in zip(row[k:], signs, strict=True)), start=Fraction(0))
                for row in reduced
            ]
            word = sorted(map(abs, encoded(message, rows)), reverse=True)
            for m in range(1, n - k + 1):
                heights[m - 1] = max(heights[m - 1], word[0] / word[m] if word[m] else inf)
    for m in range(1, n - k + 1):
        subsets = combinations(range(n), n - m)
        if any(rank([[row[j] for j in T] for row in rows]) < k for T in subsets):
            heights[m - 1] = inf
    return heights


def check_certificate(witness: Certificate, rows: Rows) -> None:
    k, n, m = len(rows), len(rows[0]), witness.m
    assert verify(witness, rows)
    assert list(witness.codeword) == encoded(list(witness.message), rows)  # type: ignore[arg-type]
    magnitudes = [abs(x) for x in witness.codeword]
    assert all(type(x) is Fraction for x in (*witness.message, *witness.codeword))
    rest = [j for j in range(n) if j not in witness.larger]
    assert list(witness.larger) == sorted(set(witness.larger))
    assert len(witness.larger) == m
    assert witness.target in witness.larger
    assert magnitudes[witness.target] == max(magnitudes)
    assert min(magnitudes[j] for j in witness.larger) >= max(magnitudes[j] for j in rest)
    if witness.is_infinite:
        assert witness.information_set is None
        assert max(magnitudes) == 1
        assert all(magnitudes[j] == 0 for j in rest)
        return
    B = witness.information_set
    assert B is not None
    assert set(B) <= set(rest)
    assert list(B) == sorted(B)
    assert all(magnitudes[b] == 1 for b in B)
    assert max(magnitudes[j] for j in rest) == 1
    assert magnitudes[witness.target] == witness.height
    # The dual value at B is the height: [G_B | g_a] to [I | inverse(G_B) g_a].
    reduced, pivots = eliminated([[row[j] for j in (*B, witness.target)] for row in rows])
    assert pivots == list(range(k))
    assert sum(abs(row[k]) for row in reduced) == witness.height


@given(codes())
def test_exact_heights_round_to_the_floating_point_ones(rows: Rows) -> None:
    matrix = np.array(rows, dtype=np.float64)
    expected = height_profile(matrix)
    found = np.array([float(h) for h in exact_profile(rows)])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(codes(longest=6))
@settings(max_examples=60)
def test_exact_heights_are_those_of_all_extreme_codewords(rows: Rows) -> None:
    assert list(exact_profile(rows)) == oracle(rows)


@given(general_codes())
@settings(max_examples=40)
def test_the_same_for_codes_that_are_not_systematic(rows: Rows) -> None:
    assert list(exact_profile(rows)) == oracle(rows)


@given(st.one_of(codes(), general_codes()))
def test_certificates_prove_the_profile(rows: Rows) -> None:
    witnesses = exact_certificates(rows)
    assert tuple(witness.height for witness in witnesses) == exact_profile(rows)
    assert [witness.m for witness in witnesses] == list(range(1, len(rows[0]) - len(rows) + 1))
    for witness in witnesses:
        check_certificate(witness, rows)


@given(codes(), st.data())
def test_row_operations_change_nothing(rows: Rows, data: st.DataObject) -> None:
    """A = L U with units on the diagonals is invertible."""
    k = len(rows)
    lower = [[data.draw(fractions) if j < i else Fraction(int(i == j)) for j in range(k)]
             for i in range(k)]  # fmt: skip
    upper = [[data.draw(fractions) if j > i else Fraction(int(i == j)) for j in range(k)]
             for i in range(k)]  # fmt: skip
    moved = [encoded(row, [encoded(other, rows) for other in upper]) for row in lower]
    scale = data.draw(st.lists(fractions.filter(bool), min_size=k, max_size=k))
    moved = [[s * x for x in row] for s, row in zip(scale, moved, strict=True)]
    assert exact_profile(moved) == exact_profile(rows)
    for witness in exact_certificates(moved):
        check_certificate(witness, moved)


@given(codes(), st.data())
def test_column_permutations_and_signs_change_nothing(rows: Rows, data: st.DataObject) -> None:
    n = len(rows[0])
    order = data.draw(st.permutations(range(n)))
    signs = data.draw(st.lists(st.sampled_from([1, -1]), min_size=n, max_size=n))
    moved = [[signs[j] * row[j] for j in order] for row in rows]
    assert exact_profile(moved) == exact_profile(rows)


@given(codes())
def test_heights_are_monotone_and_at_least_one(rows: Rows) -> None:
    profile = [Fraction(1), *exact_profile(rows)]
    assert profile == sorted(profile)


@given(
    st.integers(2, 7).flatmap(
        lambda n: st.integers(1, n - 1).flatmap(
            lambda k: st.lists(
                st.lists(st.floats(-10, 10), min_size=n, max_size=n), min_size=k, max_size=k
            )
        )
    )
)
def test_floats_of_any_exponent(rows: list[list[float]]) -> None:
    """Subnormal numbers beside 10: minors differ by thousands of binary orders."""
    exact = [list(row) for row in rational_matrix(rows)]
    assume(rank(exact) == len(rows))
    assert exact_profile(rows) == exact_profile(exact)
    for witness in exact_certificates(rows):
        check_certificate(witness, exact)


@given(codes(), st.data())
def test_verdicts_agree_with_the_order_of_numbers(rows: Rows, data: st.DataObject) -> None:
    profile = exact_profile(rows)
    assume(profile)
    m = data.draw(st.integers(1, len(profile)))
    claim = data.draw(
        st.one_of(fractions, st.floats(0.5, 50), st.just(inf), st.just(profile[m - 1]))
    )
    verdict = judge(rows, m, claim)
    exact = profile[m - 1]
    assert (verdict.relation == "equal") == (claim == exact)
    assert (verdict.relation == "below") == (claim < exact)
    assert (verdict.relative_error == 0) == (claim == exact)
    assert verdict.text.startswith(f"h_{m} = ")
