from __future__ import annotations

import json
import math
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np
import pytest
from programs import HeightPrograms

from mheight.codes import LinearCode
from mheight.codes.rationals import rational_matrix
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import verify
from mheight.heights.claims import Verdict, judge
from mheight.heights.exact import exact_certificates, exact_profile
from mheight.heights.lattice import integers

F = Fraction
TIES = [[-1, -7, 5, -2, 4, 6, -8], [-2, -9, -2, -4, -4, 7, -11], [-8, 0, 5, -9, -3, -8, -8]]
PHI = (1 + math.sqrt(5)) / 2


# --- reading -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (3, F(3)),
        (-(10**30), F(-(10**30))),
        (F(2, 6), F(1, 3)),
        (0.1, F(3602879701896397, 2**55)),
        (5e-324, F(1, 2**1074)),
        (-0.0, F(0)),
        (np.float32(0.1), F(13421773, 2**27)),
        (np.float16(0.1), F(819, 2**13)),
        (np.int8(-7), F(-7)),
        (np.uint64(2**64 - 1), F(2**64 - 1)),
        ("0.1", F(1, 10)),
        ("-3/7", F(-3, 7)),
        ("1e-8", F(1, 10**8)),
        (" +2.50E1 ", F(25)),
        ("1e-400", F(1, 10**400)),
        (np.str_("6/4"), F(3, 2)),
    ],
)
def test_an_entry_is_the_fraction_that_it_is(entry: Any, value: Fraction) -> None:
    (found,) = rational_matrix([[entry]])[0]
    assert found == value
    assert type(found) is Fraction
    assert type(found.numerator) is int


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 0, 2], [0, 1, -3]],
        ((1, 0, 2), (0, 1, -3)),
        np.array([[1, 0, 2], [0, 1, -3]], dtype=np.int16),
        np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -3.0]], order="F"),
        np.array([["1", "0", "2"], ["0", "1", "-3"]]),
        np.array([[1, 0, F(2)], [0, "1", -3.0]], dtype=object),
        [np.array([1, 0, 2]), [0, 1, -3]],
        LinearCode([[1, 0, 2], [0, 1, -3]]),
    ],
)
def test_all_kinds_of_matrices(matrix: Any) -> None:
    assert rational_matrix(matrix) == ((1, 0, 2), (0, 1, -3))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([], r"G must have shape \(k, n\) with 1 <= k <= n, got \(0, 0\)"),
        ([[]], r"with 1 <= k <= n, got \(1, 0\)"),
        ([[1], [2]], r"with 1 <= k <= n, got \(2, 1\)"),
        (np.ones((0, 3)), r"with 1 <= k <= n, got \(0, 0\)"),
        ([[1, 2], [3]], "G must have rows of one length: row 0 has 2 entries, row 1 1"),
        (np.ones(3), r"G must have 2 dimensions, got shape \(3,\)"),
        (np.ones((2, 2, 2)), r"G must have 2 dimensions, got shape \(2, 2, 2\)"),
        ([[[1, 2]]], r"G must be of rational numbers \(.*\), got list at index \(0, 0\)"),
        ("ab", "a matrix is written|G must be a matrix of numbers, got str"),
        (7, "G must be a matrix of numbers, got int"),
        (["12", "34"], "G must be a matrix of numbers, got str for row 0"),
        ([[1, 2], 3], "G must be a matrix of numbers, got int for row 1"),
        ([{1, 2}], "G must be a matrix of numbers, got set for row 0"),
        ([[1, inf]], r"G must be finite, got inf at index \(0, 1\)"),
        ([[1, np.float32("nan")]], r"G must be finite, got nan at index \(0, 1\)"),
        ([[1, " -Infinity"]], r"G must be finite, got ' -Infinity' at index \(0, 1\)"),
        ([[1, "nan"]], r"G must be finite, got 'nan' at index \(0, 1\)"),
        ([[1, True]], r"G must be of rational numbers \(.*\), got bool at index \(0, 1\)"),
        (np.array([[True, False]]), r"got bool.* at index \(0, 0\)"),
        ([[1, 2j]], r"got complex at index \(0, 1\)"),
        (np.array([[1, 2j]]), r"got complex128 at index \(0, 0\)"),
        ([[None, 1]], r"got NoneType at index \(0, 0\)"),
        (np.array([[1, 2]], dtype="m8[s]"), r"got timedelta64 at index \(0, 0\)"),
        (np.array([[1, 2]], dtype="M8[s]"), r"got datetime64 at index \(0, 0\)"),
        ([[1, b"2"]], r"got bytes at index \(0, 1\)"),
        ([[1, "1/0"]], r"G must have denominators other than 0, got '1/0' at index \(0, 1\)"),
        ([["one"]], "G as text must be a rational number such as .*, got 'one' at index"),
        ([[""]], "G as text must be a rational number such as .*, got ''"),
        ([["1e_5"]], "G as text must be a rational number such as .*, got '1e_5'"),
        ([["0x10"]], "G as text must be a rational number"),
    ],
)
def test_what_is_no_rational_matrix(matrix: Any, message: str) -> None:
    for compute in (rational_matrix, exact_profile, exact_certificates):
        with pytest.raises(InvalidCodeError, match=message):
            compute(matrix)


@pytest.mark.parametrize(
    "text",
    ["1e999999999", "-2.5E-999999999 ", "1e+1_000_000", "1e4001", "9" * 4001, "1e" + "9" * 3000],
)
def test_absurd_numbers_are_refused_at_once(text: str) -> None:
    with pytest.raises(
        InvalidCodeError,
        match=r"at most 4000 characters and an exponent in -4000\.\.4000, got '.{,40}' at index",
    ):
        rational_matrix([[1, text]])


def test_the_name_is_in_the_message() -> None:
    with pytest.raises(InvalidCodeError, match=r"^P must be finite"):
        rational_matrix([[inf]], "P")


# --- profiles ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("G", "profile"),
    [
        pytest.param(TIES, (2, F(154, 5), inf, inf), id="ties lost in floating point"),
        pytest.param([[1, 0, 1], [0, 1, 0]], (inf,), id="a zero minor"),
        pytest.param(
            [[1, 0, 1, 3, 3, -2], [0, 1, -2, 1, 3, -2]],
            (F(8, 3), 3, 6, inf),
            id="the minimum over B is taken for each target",
        ),
        pytest.param(
            [["1", "1.0000000000005", "1.0000000000005"]],
            (1, F("1.0000000000005")),
            id="almost equal, in decimals",
        ),
        pytest.param(
            [[1, 1.0000000000005, 1.0000000000005]],
            (1, F(1.0000000000005)),
            id="almost equal, in floats",
        ),
        pytest.param([[0, 1, 0, 1]], (1, inf, inf), id="zero columns"),
        pytest.param([[0, 0, "1/3"]], (inf, inf), id="one column"),
        pytest.param(np.eye(3), (), id="k = n"),
        pytest.param([[2]], (), id="k = n = 1"),
        pytest.param([[1, 0, 1, 1], [0, 1, 1, 2]], (2, 3), id="two heights"),
        pytest.param([[1, 1, 0, 0], [0, 0, 1, 1]], (1, inf), id="pairs"),
        # Half-turn code [3, 2], its second row scaled to be rational: 1 / cos(pi/3).
        pytest.param([[2, 1, -1], [0, 1, 1]], (2,), id="half turn"),
        pytest.param([[1, 2**60, 2**60 + 1]], (F(2**60 + 1, 2**60), 2**60 + 1), id="one float"),
        pytest.param(
            [[2**60 + 1, 2**60 + 3, 2**60, 2**60 + 2]],
            tuple(F(2**60 + 3, 2**60 + i) for i in (2, 1, 0)),
            id="many of one float",
        ),
        pytest.param([["1e-400", 1, "1e400"]], (10**400, 10**800), id="beyond floats"),
    ],
)
def test_known_profiles(G: Any, profile: tuple[Any, ...]) -> None:
    found = exact_profile(G)
    assert found == profile
    assert all(type(h) is Fraction or h == inf for h in found)


@pytest.mark.parametrize("n", [2, 5, 9])
def test_repetition_code(n: int) -> None:
    assert exact_profile([[F(1, 3)] * n]) == (1,) * (n - 1)


@pytest.mark.parametrize("n", [2, 3, 6, 9, 40, 100])
def test_single_parity_code(n: int) -> None:
    G = [[int(i == j) for j in range(n - 1)] + [-1] for i in range(n - 1)]
    assert exact_profile(G) == (n - 1,)
    (witness,) = exact_certificates(G)
    assert verify(witness, G)


def test_long_codes_of_small_redundancy() -> None:
    """H = all ones, and one more row that tells the halves apart: h_1 = n/2 - 1, h_2 = inf."""
    n = 40
    rows = [[0] * n for _ in range(n - 2)]
    for i, j in enumerate(j for j in range(n) if j not in (0, n // 2)):
        rows[i][j], rows[i][j - j % (n // 2)] = 1, -1
    assert exact_profile(rows) == (n // 2 - 1, inf)


def test_icosahedral_code_almost() -> None:
    """The golden ratio as a float is a fraction, and its code an exact one."""
    G = [[0, 0, 1, 1, PHI, -PHI], [1, 1, PHI, -PHI, 0, 0], [PHI, -PHI, 0, 0, 1, 1]]
    root = math.sqrt(5)
    found = exact_profile(G)
    np.testing.assert_allclose([float(h) for h in found], [root, root, 2 + root], rtol=1e-15)
    assert all(verify(witness, rational_matrix(G)) for witness in exact_certificates(G))


def test_presolve_trap() -> None:
    """A presolver calls one of its linear programs infeasible; without it HiGHS agrees."""
    whole = np.hstack([np.eye(3), np.random.default_rng(714).uniform(-2, 2, (3, 2))])
    G = rational_matrix(whole)
    heights = exact_profile(G)
    assert heights == (
        F(4984172372673685, 2**50),
        F(26115460710734643064639945476467, 1147620123784394939457144356864),
    )
    np.testing.assert_allclose(HeightPrograms(whole).profile(), [float(h) for h in heights])
    witnesses = exact_certificates(G)
    assert tuple(witness.height for witness in witnesses) == heights
    assert all(verify(witness, G) for witness in witnesses)


@pytest.mark.parametrize(
    ("G", "rank"),
    [
        ([[1, 2, 1], [2, 4, 2]], 1),
        ([[0, 0]], 0),
        ([["1/3", "2/3"], [1, 2]], 1),
        ([[1, 0, 2], [0, 0, 0], [0, 1, 1]], 2),
    ],
)
def test_dependent_rows(G: Any, rank: int) -> None:
    message = f"the rows of G must be independent: rank {len(G)} wanted, got {rank}$"
    for compute in (exact_profile, exact_certificates):
        with pytest.raises(InvalidCodeError, match=message):
            compute(G)


def test_nearly_dependent_rows_are_independent() -> None:
    assert exact_profile([[1, 2, 3], [1, 2, "3.00000000000000000000000000000001"]]) == (inf,)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((10, 21), r"an \[21, 10\] code has \d+ sets of columns for all targets, more than the"),
        ((1, 26), r"an \[26, 1\] code has 872415206 sets"),
        ((300, 301), "codes of length at most 256, got n = 301"),
    ],
)
def test_too_large_codes(shape: tuple[int, int], message: str) -> None:
    for compute in (exact_profile, exact_certificates):
        with pytest.raises(InvalidCodeError, match=message):
            compute(np.ones(shape))


def test_too_long_numbers() -> None:
    assert exact_profile([[1, 10**200_000, 10**200_001]])[1] == 10**200_001
    wide = [[10**60_000 + (j + 1) ** i for j in range(18)] for i in range(9)]
    with pytest.raises(
        InvalidCodeError,
        match=r"an \[18, 9\] code of integers of \d+ bits \(after scaling its rows\) wants "
        r"minors of \d+ bits in all, more than the 2000000000",
    ):
        exact_profile(wide)


def test_the_limit_on_sets_is_the_one_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = 4 * (3 + 1)  # T of 2 or 3 columns, for 4 targets
    monkeypatch.setattr(integers, "MAX_EXACT_SETS", sets)
    assert exact_profile([[1, 0, 1, 1], [0, 1, 1, 2]]) == (2, 3)
    monkeypatch.setattr(integers, "MAX_EXACT_SETS", sets - 1)
    with pytest.raises(InvalidCodeError, match=r"has 16 sets .* more than the 15"):
        exact_profile([[1, 0, 1, 1], [0, 1, 1, 2]])


# --- certificates ------------------------------------------------------------------------


def test_certificates_of_the_ties() -> None:
    first, second, third, fourth = exact_certificates(TIES)
    assert (second.m, second.height, second.target) == (2, F(154, 5), 2)
    assert (second.larger, second.information_set) == ((2, 4), (0, 3, 6))
    assert second.codeword == (-1, 0, F(154, 5), 1, F(149, 5), -1, -1)
    assert all(type(x) is Fraction for x in (*second.message, *second.codeword))
    assert first.height == 2
    assert third.is_infinite
    assert fourth.is_infinite
    assert third.information_set is None
    assert third.codeword == fourth.codeword
    assert max(map(abs, third.codeword)) == 1
    assert third.larger == (2, 3, 4)
    assert fourth.larger == (0, 2, 3, 4)
    assert all(verify(c, TIES) for c in (first, second, third, fourth))
    assert json.loads(json.dumps(second.as_dict()))["height"] == "154/5"


def test_free_signs_are_chosen_so_that_the_codeword_stays_in_range() -> None:
    """g_0 = 2 g_1, so that the sign at the second column of B is free, and not every one works."""
    G = [[2, 1, -2, -1], [0, 0, 2, 2]]
    (witness, _) = exact_certificates(G)
    kept = [j for j in range(4) if j not in witness.larger]
    assert witness.height == 2 == abs(witness.codeword[witness.target])
    assert all(abs(witness.codeword[j]) <= 1 for j in kept)
    assert witness.information_set is not None
    assert all(abs(witness.codeword[j]) == 1 for j in witness.information_set)
    assert verify(witness, G)


def test_ties_leave_the_information_set_out_of_the_larger_positions() -> None:
    for witness in exact_certificates([[1, 1, -1, 1, 1]]):
        assert witness.information_set is not None
        assert witness.target in witness.larger
        assert not set(witness.information_set) & set(witness.larger)
        assert len(witness.larger) == witness.m


def test_the_whole_space_has_no_certificates() -> None:
    assert exact_certificates([[2, 1], [1, 1]]) == ()


def test_messages_belong_to_the_rows_given() -> None:
    """Rows are scaled to integers inside; the message must not show it."""
    G = [["1/2", 0, "1/3", "0.7"], [0, 6, 12, -18]]
    rows = rational_matrix(G)
    for witness in exact_certificates(G):
        word = [sum(u * row[j] for u, row in zip(witness.message, rows, strict=True))
                for j in range(4)]  # fmt: skip
        assert tuple(word) == witness.codeword


# --- verdicts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m", "claimed", "relation", "error", "text"),
    [
        (
            2, 16.6, "below", 0.461038961038961,
            "h_2 = 154/5 = 30.8 exactly; the claimed 16.6 is below it (relative error 0.461)",
        ),
        (2, "30.8", "equal", 0.0, "h_2 = 154/5 = 30.8 exactly; the claimed 30.8 is equal to it"),
        (2, F(154, 5), "equal", 0.0, None),
        (2, 30.8, "above", 2.3069569342860397e-17, None),
        (2, 31, "above", 1 / 154, "h_2 = 154/5 = 30.8 exactly; the claimed 31 is above it "
         "(relative error 0.00649)"),
        (2, inf, "above", inf, "h_2 = 154/5 = 30.8 exactly; the claimed inf is above it "
         "(relative error inf)"),
        (1, 2, "equal", 0.0, "h_1 = 2 exactly; the claimed 2 is equal to it"),
        (1, "5/3", "below", 1 / 6, "h_1 = 2 exactly; the claimed 5/3 is below it "
         "(relative error 0.167)"),
        (3, 5, "below", inf, "h_3 = inf exactly; the claimed 5 is below it (relative error inf)"),
        (3, "inf", "equal", 0.0, "h_3 = inf exactly; the claimed inf is equal to it"),
        (4, np.float32("inf"), "equal", 0.0, None),
    ],
)  # fmt: skip
def test_verdicts(m: int, claimed: Any, relation: str, error: float, text: str | None) -> None:
    verdict = judge(TIES, m, claimed)
    assert (verdict.m, verdict.relation) == (m, relation)
    assert verdict.exact == exact_profile(TIES)[m - 1]
    assert verdict.relative_error == pytest.approx(error, rel=1e-15)
    assert text in (None, verdict.text)


def test_a_tolerance_makes_close_claims_equal() -> None:
    assert judge(TIES, 2, 30.8, 1e-12).relation == "equal"
    assert judge(TIES, 2, 30.8, 1e-12).relative_error > 0
    assert judge(TIES, 2, 31, F(1, 154)).relation == "equal"
    assert judge(TIES, 2, 31, F(1, 155)).relation == "above"
    assert judge(TIES, 2, inf, 1e9).relation == "above"
    assert judge(TIES, 3, 1e300, 0.5).relation == "below"


def test_claims_are_kept_as_they_came() -> None:
    assert type(judge(TIES, 2, 16.6).claimed) is float
    assert type(judge(TIES, 2, np.float64(16.6)).claimed) is float
    assert type(judge(TIES, 2, 17).claimed) is Fraction
    assert type(judge(TIES, np.int64(2), "17").m) is int
    assert judge(TIES, 2, 16.6) == Verdict(
        2, 16.6, F(154, 5), "below", judge(TIES, 2, 16.6).relative_error
    )


@pytest.mark.parametrize(
    ("G", "m", "claimed", "text"),
    [
        (
            [[1, 0, 1, 3, 3, -2], [0, 1, -2, 1, 3, -2]], 1, "8/3",
            "h_1 = 8/3 exactly, about 2.66667; the claimed 8/3 is equal to it",
        ),
        ([["1e-400", 1, "1e400"]], 2, 1, "h_2 = about 1e+800; the claimed 1 is below it "
         "(relative error 1)"),
        ([[1, 0.1, 0.3]], 1, 3, "h_1 = 18014398509481984/5404319552844595 exactly, about "
         "3.33333; the claimed 3 is below it (relative error 0.1)"),
        ([[1, 3]], 1, "1e-4000", "h_1 = 3 exactly; the claimed about 1e-4000 is below it "
         "(relative error 1)"),
    ],
)  # fmt: skip
def test_verdicts_on_awkward_numbers(G: Any, m: int, claimed: Any, text: str) -> None:
    assert judge(G, m, claimed).text == text


@pytest.mark.parametrize("m", [0, 7, -1, 1.0, "1", True, None])
def test_m_is_an_integer_below_the_length(m: Any) -> None:
    with pytest.raises(InvalidCodeError, match=r"m must be an integer in 1\.\.n-1 = 1\.\.6, got"):
        judge(TIES, m, 2)


@pytest.mark.parametrize(
    ("claimed", "tolerance", "message"),
    [
        (float("nan"), 0, "the claimed height must be finite, got nan$"),
        (-inf, 0, "the claimed height must be finite, got -inf$"),
        ("two", 0, "the claimed height as text must be a rational number such as .*, got 'two'$"),
        ("1/0", 0, "the claimed height must have denominators other than 0, got '1/0'$"),
        ("1e999999999", 0, "the claimed height as text must have at most 4000 characters"),
        (True, 0, "the claimed height must be of rational numbers .*, got bool$"),
        (None, 0, "the claimed height must be of rational numbers .*, got NoneType$"),
        (2, -0.1, "the tolerance must not be negative, got -0.1"),
        (2, inf, "the tolerance must be finite, got inf"),
    ],
)
def test_what_is_no_claim(claimed: Any, tolerance: Any, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        judge(TIES, 1, claimed, tolerance)
