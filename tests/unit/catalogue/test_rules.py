"""Rules from codes to codes, each by its inequality on random codes."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mheight.catalogue.chain_running import run_chain
from mheight.catalogue.chains import Chain, chain_text
from mheight.catalogue.constructions import polygon, repetition_sum, solid
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.integer_forms import is_integer_form
from mheight.catalogue.rules import (
    apply_rule,
    as_integer,
    direct_sum,
    dual,
    one_is_attained,
    product,
    puncture,
    repeat,
    repeat_column,
    shorten,
    subcode,
    zero_column,
)
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.heights import exact_profile, height_profile


@st.composite
def codes(draw: st.DrawFn, longest: int = 7, least: int = 1) -> ExactCode:
    k = draw(st.integers(least, 3))
    n = draw(st.integers(k + 1, longest))
    rows = draw(st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), min_size=k,
                         max_size=k))  # fmt: skip
    assume(np.linalg.matrix_rank(np.array(rows)) == k)
    return given_code(rows)


def given_code(rows: list[list[int]]) -> ExactCode:
    return ExactCode(rows, Chain.given("test"))


def heights(code: ExactCode) -> list[float]:
    """h_0, h_1, ..., with infinity up to m = n - 1."""
    if code.n == code.k:
        return [1.0] + [math.inf] * (code.n - 1)
    profile = [float(h) for h in exact_profile(code.linear())]
    return [1.0, *profile] + [math.inf] * (code.k - 1)


def no_larger(new: ExactCode, old: ExactCode) -> bool:
    return all(a <= b * (1 + 1e-12) for a, b in zip(heights(new), heights(old), strict=False))


def minors(code: ExactCode, without: int | None = None) -> dict[tuple[int, ...], int]:
    """det G_B by B for small integers, where it is not 0."""
    kept = [j for j in range(code.n) if j != without]
    G = np.array(code.rows)
    found = {B: round(np.linalg.det(G[:, list(B)])) for B in combinations(kept, code.k)}
    return {B: minor for B, minor in found.items() if minor}


def has_integer_form(code: ExactCode) -> bool:
    """Whether some [I | P] of the code is whole and at most 100, by Cramer's rule."""
    known = minors(code)

    def swapped(B: tuple[int, ...]) -> list[int]:
        return [
            known.get(tuple(sorted({*B, j} - {b})), 0)
            for b in B
            for j in range(code.n)
            if j not in B
        ]

    return any(
        all(x % minor == 0 and abs(x) <= 100 * abs(minor) for x in swapped(B))
        for B, minor in known.items()
    )


@settings(deadline=None, max_examples=30)
@given(codes(least=2), st.data())
def test_subcode_and_shortening(code: ExactCode, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.integers(0, code.k - 1), min_size=1, unique=True))
    assert no_larger(subcode(code, kept), code)
    column = data.draw(st.integers(0, code.n - 1))
    assume(any(row[column] != 0 for row in code.rows))
    short = shorten(code, column)
    assert (short.n, short.k) == (code.n - 1, code.k - 1)
    assert no_larger(short, code)


@settings(deadline=None, max_examples=30)
@given(codes(), st.integers(0, 6))
@example(given_code([[1, 0, 0], [0, 1, 1]]), 0)  # without column 0 of dimension 1
@example(given_code([[1, 0, 0], [0, 1, 1]]), 1)
def test_columns(code: ExactCode, column: int) -> None:
    column %= code.n
    assert no_larger(zero_column(code), code)
    assert no_larger(repeat_column(code, column), code)
    spans = bool(minors(code, without=column))
    if not spans:
        with pytest.raises(InvalidCodeError, match=f"^without column {column} the dimension falls"):
            puncture(code, column)
        return
    less = puncture(code, column)
    assert (less.n, less.k) == (code.n - 1, code.k)
    old, new = heights(code), heights(less)
    assert all(new[m] <= old[m + 1] * (1 + 1e-12) for m in range(1, less.n))


@settings(deadline=None, max_examples=20)
@given(codes(longest=4), codes(longest=4))
def test_direct_sum(first: ExactCode, second: ExactCode) -> None:
    both = heights(direct_sum(first, second))
    for m, (a, b) in enumerate(zip(heights(first), heights(second), strict=False)):
        assert both[m] == max(a, b)


@settings(deadline=None, max_examples=20)
@given(codes(longest=4), st.integers(1, 3))
def test_repeating(code: ExactCode, times: int) -> None:
    old, new = heights(code), heights(repeat(code, times))
    assert new[: code.n * times] == [old[m // times] for m in range(code.n * times)][: len(new)]


@settings(deadline=None, max_examples=15)
@given(codes(longest=4), codes(longest=3))
def test_products(first: ExactCode, second: ExactCode) -> None:
    assume(first.k * second.k < first.n * second.n)
    both = heights(product(first, second))
    for m, a in enumerate(heights(first)):
        for m2, b in enumerate(heights(second)):
            if math.isfinite(a * b):
                assert both[(m + 1) * (m2 + 1) - 1] <= a * b * (1 + 1e-12)


@settings(deadline=None, max_examples=40)
@given(codes(longest=7))
def test_one_wants_length(code: ExactCode) -> None:
    for m, h in enumerate(heights(code)):
        if m >= 1 and h == 1.0:
            assert one_is_attained(code.n, code.k, m)


@pytest.mark.parametrize(("k", "m"), [(1, 3), (2, 2), (3, 1), (3, 3)])
def test_one_is_reached(k: int, m: int) -> None:
    code = repetition_sum([m + 1] * k)
    assert one_is_attained(code.n, k, m)
    assert not one_is_attained(code.n - 1, k, m)
    assert heights(code)[m] == 1.0


@settings(deadline=None, max_examples=20)
@given(codes())
@example(given_code([[2, 3]]))  # no whole P
@example(given_code([[2, 4, 6], [1, 5, 9]]))  # whole for some columns
@example(given_code([[1, 101]]))  # whole, too large
def test_dual_and_integer_form(code: ExactCode) -> None:
    other = dual(code)
    A, B = code.fractions, other.fractions
    assert A is not None
    assert B is not None
    assert (other.k, other.n) == (code.n - code.k, code.n)
    assert all(sum(x * y for x, y in zip(a, b, strict=True)) == 0 for a in A for b in B)
    exists = has_integer_form(code)
    if not exists:
        with pytest.raises(InvalidCodeError, match="with small whole numbers is found"):
            as_integer(code)
        return
    whole = as_integer(code)
    assert is_integer_form(whole.rows)
    assert exact_profile(whole.linear()) == exact_profile(code.linear())


def test_rules_keep_algebraic_numbers() -> None:
    whole = solid("icosahedron")
    short = shorten(whole, 0)
    assert any("sqrt(5)" in str(x) for row in short.rows for x in row)
    # In floats: the combinations of the rows that vanish in column 0, and without that column.
    G = whole.floats()
    vanishing = np.linalg.svd(G[:, :1])[0][:, 1:].T @ G
    assert np.abs(vanishing[:, 0]).max() < 1e-12
    wanted = height_profile(vanishing[:, 1:])
    np.testing.assert_allclose(height_profile(short.floats()), wanted, rtol=1e-9)
    assert np.abs(dual(solid("dodecahedron")).floats() @ solid("dodecahedron").floats().T
                  ).max() < 1e-12  # fmt: skip


def test_floats_stay_floats_and_systematic() -> None:
    rng = np.random.default_rng(1)
    code = ExactCode(rng.standard_normal((3, 6)).tolist(), Chain.given("test"))
    short = shorten(code, 2)
    G = short.floats()
    assert (short.k, short.n) == (2, 5)
    assert no_larger(short, code)
    assert (np.abs(G).sum(axis=0) == 1).sum() >= 2


def test_chains_run() -> None:
    code = shorten(polygon(5), 1)
    known = {c.name: c for c in (code, polygon(5))}
    assert run_chain(code.chain, known.__getitem__).rows == code.rows
    assert chain_text(code.chain, lambda name: "the pentagon") == (
        "shorten(column=1) of the pentagon"
    )


def test_what_rules_refuse() -> None:
    code = polygon(4)
    with pytest.raises(InvalidCodeError, match=r"a column must be an integer in 0\.\.3, got 4"):
        puncture(code, 4)
    with pytest.raises(InvalidCodeError, match="dimension 1 has no shortened"):
        shorten(repetition_sum([3]), 0)
    with pytest.raises(InvalidCodeError, match="falls below 2"):
        puncture(repetition_sum([1, 3]), 0)
    with pytest.raises(InvalidDataError, match="takes 2 codes, got 1"):
        apply_rule("direct_sum", [code], {})
    with pytest.raises(InvalidDataError, match="there is no rule 'double'"):
        apply_rule("double", [code], {})
