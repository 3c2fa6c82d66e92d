"""What counts as zero in measured matrices: one rule for every route."""

from __future__ import annotations

import json
import warnings
from fractions import Fraction
from math import inf

import numpy as np
import pytest

import mheight
from mheight import DoubtKind, exact_profile, find_height, height_profile, m_height, verify
from mheight.errors import InvalidCodeError
from mheight.heights.finding import find_heights
from mheight.heights.output.files import json_lines
from mheight.heights.output.rows import profile_rows, rational_rows, solution_rows, witness_rows
from mheight.heights.rounding.tolerance import counts_as_infinite

MEASURED = [[1.0, 0, 1, 1], [0, 1, 1, 1.0001]]  # the last two columns were meant to be parallel
TINY = [[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-14]]


def expected(G: object, tolerance: float) -> list[float]:
    heights = exact_profile(G)
    return [inf if counts_as_infinite(h, tolerance) else float(h) for h in heights]


@pytest.mark.parametrize("tolerance", [0, 1e-13, 1e-6, 1e-3, 0.3])
@pytest.mark.parametrize("seed", range(12))
def test_every_route_says_the_same(seed: int, tolerance: float) -> None:
    """Codes with words that are all but lighter, by 1e-14 to 0.1."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 9))
    k = int(rng.integers(2, n))
    P = rng.integers(-2, 3, (k, n - k)) + 10.0 ** rng.uniform(-14, -1) * rng.standard_normal(
        (k, n - k)
    )
    G = np.hstack([np.eye(k), P])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = expected(G, tolerance)
        np.testing.assert_allclose(height_profile(G, zero_tolerance=tolerance), truth, rtol=1e-9)
        batch = height_profile(np.array([G] * 6), zero_tolerance=tolerance)
        np.testing.assert_allclose(batch[5], truth, rtol=1e-9)
        witnesses = mheight.certificates(G, zero_tolerance=tolerance)
        upwards = list(find_heights(G, zero_tolerance=tolerance))
        for m, height in enumerate(truth, start=1):
            assert m_height(G, m, zero_tolerance=tolerance) == pytest.approx(height, rel=1e-9)
            for method in ("lattice", "branch-and-bound"):
                solution = find_height(G, m, method=method, zero_tolerance=tolerance)
                assert solution.lower == pytest.approx(height, rel=1e-9)
                assert solution.upper == pytest.approx(height, rel=1e-9)
                for certificate in (
                    solution.certificate, witnesses[m - 1], upwards[m - 1].certificate,
                ):  # fmt: skip
                    assert certificate.zero_tolerance == tolerance
                    assert float(certificate.height) == pytest.approx(height, rel=1e-9)
                    assert verify(certificate, G)
            claim = "inf" if height == inf else repr(height)
            verdict = mheight.judge(G, m, claim, "1e-9", zero_tolerance=tolerance)
            assert verdict.relation == "equal"


def test_a_tolerance_only_makes_heights_infinite() -> None:
    rng = np.random.default_rng(5)
    G = rng.standard_normal((500, 3, 7))
    plain = height_profile(G)
    for tolerance in (1e-4, 1e-2, 0.2):
        found = height_profile(G, zero_tolerance=tolerance)
        np.testing.assert_array_equal(found, np.where(plain >= 1 / tolerance, inf, plain))


def test_zero_takes_entries_as_they_are() -> None:
    with pytest.warns(mheight.AccuracyWarning, match="is called infinite"):
        assert height_profile(TINY)[1] == inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exact = float(exact_profile(TINY)[1])
        assert height_profile(TINY, zero_tolerance=0)[1] == exact
        solution = find_height(TINY, 2, zero_tolerance=0)
        assert (solution.height, solution.doubts) == (exact, ())
        rows = [[1.0, 2, 3, 4], [1, 2 + 1e-9, 3, 4 - 1e-9]]
        assert mheight.profile_with_doubts(rows, zero_tolerance=0).doubts == ()


def test_zero_decides_minors_below_the_noise_of_the_kernel() -> None:
    """Of 1e-16 of their permanent, in a batch and alone: not in doubt, but not zero."""
    G = np.array([[1.0, 0, 1, 1], [0, 1, 1, 1 + 2**-52]])
    truth = [float(h) for h in exact_profile(G)]
    assert truth[1] > 1e15
    assert np.isinf(height_profile(G)[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for batch in (G[None], np.array([G] * 9)):
            np.testing.assert_allclose(height_profile(batch, zero_tolerance=0)[-1], truth)


def test_a_long_code_that_zero_leaves_open_says_so() -> None:
    G = np.hstack([np.eye(2), np.random.default_rng(0).uniform(1, 2, (2, 16))])
    G[:, 17] = G[:, 16] * [1, 1 + 2**-51]
    found = mheight.profile_with_doubts(G, zero_tolerance=0)
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.UNSETTLED_MINOR]
    assert mheight.profile_with_doubts(G, zero_tolerance=1e-6).heights[-1] == inf


def test_the_limit_is_decided_without_rounding() -> None:
    G = [[1, 0, 1, 1], [0, 1, 1, 2]]  # heights 2, 3
    assert height_profile(G, zero_tolerance=0.5).tolist() == [inf, inf]
    just_above_a_third = float(np.nextafter(1 / 3, 1))
    assert Fraction(1 / 3) < Fraction(1, 3) < Fraction(just_above_a_third)
    assert height_profile(G, zero_tolerance=1 / 3).tolist() == [2.0, 3.0]
    assert height_profile(G, zero_tolerance=just_above_a_third).tolist() == [2.0, inf]
    assert height_profile([G] * 9, zero_tolerance=1 / 3)[8].tolist() == [2.0, 3.0]
    # h_5 times this tolerance is 1 + 2e-17: infinite, by less than floats can tell.
    G = [[-33333.333333333336, 33.333333333333336, 0.6666666666666666, 333333.3333333333,
          3.333333333333333e-07, -3.333333333333333e-06]]  # fmt: skip
    truth = expected(G, 1e-12)
    assert height_profile(G, zero_tolerance=1e-12).tolist() == truth
    for method in ("lattice", "branch-and-bound"):
        assert find_height(G, 5, method=method, zero_tolerance=1e-12).height == truth[4]
    assert float(mheight.certificates(G, zero_tolerance=1e-12)[4].height) == truth[4]


def test_a_tolerance_is_said() -> None:
    found = mheight.profile_with_doubts(MEASURED, zero_tolerance=1e-3)
    assert (found.heights[1], found.zero_tolerance, found.doubts) == (inf, 1e-3, ())
    solution = find_height(MEASURED, 2, zero_tolerance=1e-3)
    assert str(solution) == "h_2 = inf (zero tolerance 0.001)"
    assert solution.as_dict()["zero_tolerance"] == 1e-3
    assert solution.certificate.as_dict()["zero_tolerance"] == 1e-3
    word = np.sort(np.abs(solution.certificate.codeword))[::-1]
    assert word[0] == 1
    assert 0 < word[2] <= 1e-3
    assert "zero_tolerance" not in find_height(MEASURED, 2).certificate.as_dict()
    G = np.array(MEASURED)
    verdict = mheight.judge(MEASURED, 2, 5, zero_tolerance=1e-3)
    assert verdict.text.startswith("h_2 = inf exactly (zero tolerance 0.001); the claimed 5 is")
    for rows in (
        profile_rows(0, G[None], None, 1e-3),
        witness_rows(0, G, None, 1e-3),
        rational_rows(0, MEASURED, zero_tolerance=1e-3),
        rational_rows(0, MEASURED, witness=True, zero_tolerance=1e-3),
        solution_rows(0, list(find_heights(G, zero_tolerance=1e-3)), 2),
    ):
        (line,) = map(json.loads, json_lines(rows))
        assert line["zero_tolerance"] == 1e-3
        assert line["heights"]["2"] is None
        assert rows.height[0] == pytest.approx(2)


def test_a_certificate_is_worth_its_own_tolerance_only() -> None:
    witness = mheight.certificates(MEASURED, zero_tolerance=1e-3)[1]
    assert verify(witness, MEASURED)
    assert not verify(witness, [[1.0, 0, 1, 1], [0, 1, 1, 1.1]])


@pytest.mark.parametrize("tolerance", [-1e-9, 1, 2.0, float("nan"), inf, True, "1e-3", 1j])
def test_what_is_no_tolerance(tolerance: object) -> None:
    calls = (
        lambda: height_profile(MEASURED, zero_tolerance=tolerance),  # type: ignore[arg-type]
        lambda: m_height(MEASURED, 1, zero_tolerance=tolerance),  # type: ignore[arg-type]
        lambda: find_height(MEASURED, 1, zero_tolerance=tolerance),  # type: ignore[arg-type]
        lambda: mheight.certificates(MEASURED, zero_tolerance=tolerance),  # type: ignore[arg-type]
        lambda: mheight.judge(MEASURED, 1, 2, zero_tolerance=tolerance),  # type: ignore[arg-type]
    )
    for call in calls:
        with pytest.raises(InvalidCodeError, match="the zero tolerance must be a number of at"):
            call()
