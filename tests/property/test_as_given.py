"""Codes as they were given: the same, right answer by every route."""

from __future__ import annotations

import json
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matrices import BADLY_SCALED

import mheight
from mheight.codes import LinearCode
from mheight.codes.from_blocks import batches
from mheight.codes.given import given_matrices
from mheight.codes.reading import read_blocks
from mheight.errors import InvalidCodeError
from mheight.heights import judge
from mheight.heights.certificate import rounded
from mheight.heights.output.rows import profile_rows

CHECKS: list[tuple[list[list[int]], int, Fraction]] = [
    ([[1, 1, 1, 1], [1, 2, 3, 10**15]], 1, Fraction(2 * 10**15 - 3, 10**15 - 3)),
    ([[1, 1, 1, 1], [1, 2, 3, 10**14]], 1, Fraction(2 * 10**14 - 3, 10**14 - 3)),
    (
        [[385, -1, -2, 1025, 0, -1], [5, 0, 0, 6777, -3, -7], [5, 4323, 9817, 2, -26, 0]],
        3,
        Fraction(1229622067, 113),
    ),
    (
        [[80000, -5000000, 0, 20, 500, 9000], [0, 5, -1000, -3000000, -3000000, -1000000]],
        2,
        Fraction(152684199999, 200),
    ),
]
"""Parity-check matrices whose null space no float64 holds, an m, and h_m."""


@pytest.mark.parametrize(("H", "m", "height"), CHECKS)
def test_every_route_of_a_parity_check_matrix(
    H: list[list[int]], m: int, height: Fraction, tmp_path: Path
) -> None:
    code = LinearCode.from_parity_check(H)
    exact = mheight.exact_profile(code)
    assert exact[m - 1] == height
    assert judge(code, m, str(height)).relation == "equal"
    expected = [rounded(h) for h in exact]
    close = pytest.approx(expected, rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mheight.height_profile(code).tolist() == close
        assert [float(c.height) for c in mheight.certificates(code)] == close
        found = [mheight.find_height(code, i) for i in range(1, code.n - code.k + 1)]
        search = mheight.find_height(code, m, method="branch-and-bound")
    assert [solution.height for solution in found] == close
    for solution, true in zip([*found, search], [*exact, height], strict=True):
        assert solution.lower <= true <= solution.upper
        assert mheight.verify(solution.certificate, code)
    assert mheight.minimum_distance(code) == 1 + sum(h < np.inf for h in exact)
    witness = mheight.exact_certificates(code)[m - 1]
    assert mheight.height_gradient(code, witness).shape == (code.k, code.n)
    # Five in one file, as arrays and as JSON, and beside an ordinary code.
    np.save(tmp_path / "five.npy", np.array([H] * 5))
    (tmp_path / "five.json").write_text(json.dumps([{"H": H}] * 5))
    for name in ("five.npy", "five.json"):
        (batch,) = batches(read_blocks(tmp_path / name), name, "H")
        rows = profile_rows(batch.first, batch.given)
        assert rows.height.reshape(5, -1)[4].tolist() == close
        assert not rows.doubts


@pytest.mark.parametrize(
    ("n", "first"), [(50, 48.548387096774), (58, 56.806451612903), (100, 98.555555555556)]
)
def test_ones_above_powers_of_two(n: int, first: float) -> None:
    code = LinearCode.from_parity_check([[1] * n, [2**i for i in range(n)]])
    exact = [rounded(h) for h in mheight.exact_profile(code)]
    assert exact[0] == pytest.approx(first, rel=1e-12)
    assert mheight.height_profile(code).tolist() == pytest.approx(exact, rel=1e-9)
    assert [mheight.find_height(code, m).height for m in (1, 2)] == pytest.approx(exact, rel=1e-9)
    assert mheight.minimum_distance(code) == 3


LARGE = 2**53
EXACT = [
    ([[LARGE + 1, LARGE, 1], [LARGE, LARGE - 1, 2]], Fraction(18014398509481987)),
    ([[Fraction(1, 10), Fraction(3, 10), 1], [1, 3, 1]], np.inf),
    ([["1/10", "0.3", 1], [1, "3", 1]], np.inf),
    ([[Decimal("0.1"), Decimal("0.3"), 1], [1, 3, 1]], np.inf),
    (np.array([[LARGE + 1, LARGE, 1], [LARGE, LARGE - 1, 2]]), Fraction(18014398509481987)),
    ([[10**8 + 1, 10**8, 1], [10**8, 10**8 - 1, 3]], None),
    ([[Fraction(10**20 + 1, 10**20), 1, 1], [1, 1, 2]], None),
    ([[float(LARGE), LARGE + 1, 3], [1, 1, 0.5]], None),
]


@pytest.mark.parametrize(("G", "expected"), EXACT)
def test_integers_beyond_float64_and_fractions(G: Any, expected: Any) -> None:
    exact = mheight.exact_profile(G)[0]
    if expected is not None:
        assert rounded(exact) == rounded(expected)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mheight.height_profile(G)[0] == pytest.approx(rounded(exact), rel=1e-9)
        assert mheight.height_profile([G, G] if isinstance(G, list) else np.array([G] * 9))[1][0] \
            == pytest.approx(rounded(exact), rel=1e-9)  # fmt: skip
    for method in ("lattice", "branch-and-bound"):
        solution = mheight.find_height(G, 1, method=method)  # type: ignore[arg-type]
        assert solution.lower <= exact <= solution.upper
        assert solution.height == pytest.approx(rounded(exact), rel=1e-9)


def test_batches_of_large_integers_are_not_rounded() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(9 * 10**15 - 9, 9 * 10**15, (40, 2, 4))
    codes = codes[np.array([given_matrices(G).ranks()[0] == 2 for G in codes])]
    found = mheight.height_profile(codes)
    exact = [[rounded(h) for h in mheight.exact_profile(G.tolist())] for G in codes]
    np.testing.assert_allclose(found, exact, rtol=1e-8)
    assert np.isfinite(found).any()


def test_a_long_double_is_taken_as_it_is() -> None:
    third = np.longdouble(1) / 3
    G = np.array([[third, 1, 1], [1, 3, 2]], dtype=np.longdouble)
    (rows,) = [given_matrices(G).rows()]
    assert rows[0][0] == Fraction(*third.as_integer_ratio())
    assert mheight.find_height(G, 1).height == rounded(mheight.exact_profile(G)[0])


@pytest.mark.parametrize("function", [mheight.height_profile, mheight.exact_profile,
                                      lambda G: mheight.find_height(G, 1)])  # fmt: skip
def test_what_is_refused(function: Any) -> None:
    masked = np.ma.masked_array([[1, 2, 3]], [[0, 1, 0]])
    for G, message in (
        (masked, r"G must have no masked entry, got one at index \(0, 1\)"),
        ([[1, 2j, 3]], "real|rational"),
        (np.array([[1, 2, 3j]]), "real|rational"),
        ([[1, Decimal("nan"), 3]], r"G must be finite, got NaN at index \(0, 1\)"),
        ([[1, None, 2]], "got NoneType"),
    ):
        with pytest.raises(InvalidCodeError, match=message):
            function(G)


def test_powers_of_two_are_no_dependence() -> None:
    G = [[2.0**-30, 0, 2.0**32, 1], [1, 0, 2.0**62, 3]]
    exact = [rounded(h) for h in mheight.exact_profile(G)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mheight.height_profile(G).tolist() == exact
        assert mheight.height_profile([G] * 9)[4].tolist() == exact
    assert LinearCode(G).k == 2


@pytest.mark.parametrize("copies", [1, 9])
def test_decimals_that_are_dependent_as_text_only(copies: int) -> None:
    floats = [[10, 0, 100], [0.01, 0, 0.1]]
    with pytest.warns(mheight.AccuracyWarning, match="condition number 2e"):
        mheight.height_profile([floats] * copies)
    with pytest.raises(InvalidCodeError, match="rank 2 wanted, got 1"):
        mheight.height_profile([[["10", 0, 100], ["0.01", 0, "0.1"]]] * copies)


def test_badly_scaled_decimals_keep_the_promised_digits() -> None:
    exact = [rounded(h) for h in mheight.exact_profile(BADLY_SCALED)]
    assert exact[1] == 42086030801.67782
    assert mheight.height_profile(BADLY_SCALED).tolist() == pytest.approx(exact, rel=1e-12)
    batch = mheight.height_profile([BADLY_SCALED] * 9)
    assert batch[8].tolist() == pytest.approx(exact, rel=1e-12)


def test_zeros_beside_a_small_column() -> None:
    """Three parallel columns and a tiny one: what rounds to zero decides a moderate height."""
    G = [[2.0, 0.0, -2.0, 2.00002], [2.00000001, -3e-08, -2.00000001, 2.0000200100001]]
    exact = rounded(mheight.exact_profile(G)[0])
    assert 1e8 < exact < 1e9
    assert mheight.height_profile(G)[0] == pytest.approx(exact, rel=1e-9)
    assert mheight.height_profile([G] * 9)[3, 0] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("far", [1e-160, 1e-300])
def test_products_that_underflow(far: float) -> None:
    G = np.array([[1.0, 2, far, 3 * far], [2, 1, 2 * far, far]])
    exact = [rounded(h) for h in mheight.exact_profile(G)]
    assert mheight.height_profile(G).tolist() == pytest.approx(exact, rel=1e-9)
    assert mheight.height_profile([G] * 9)[0].tolist() == pytest.approx(exact, rel=1e-9)
    assert mheight.find_height(G, 1).height == pytest.approx(exact[0], rel=1e-9)


@pytest.mark.parametrize(
    "P",
    [
        [[-5e96, -1e-134], [4e91, 0.0]],
        [[2e-84, 0.0, -5e-132], [2e-83, 1e-109, 5e-131], [-2e-82, 1e-108, 0.0]],
        [[1e-160, 2.0], [3.0, 1e-160], [1.0, 1e150], [2.0, 1.0]],
    ],
)
def test_products_beside_the_identity_underflow(P: list[list[float]]) -> None:
    code = LinearCode.from_systematic(P)
    exact = [rounded(h) for h in mheight.exact_profile(code)]
    for given in (given_matrices(P, "P"), given_matrices([P] * 9, "P"), code.G, [code.G] * 9):
        assert np.ravel(mheight.height_profile(given))[: len(exact)].tolist() == pytest.approx(
            exact, rel=1e-8
        )
