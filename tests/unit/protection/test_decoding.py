from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from outliers import check, extreme_errors, random_errors
from programs import least_distance

import mheight
from mheight.codes import (
    LinearCode,
    cosine_code,
    cosine_dual_code,
    icosahedral,
    repetition,
    single_parity,
)
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.protection import VERDICTS, Decoder, LongDecoder, decoder_for


def real_code(n: int, k: int, seed: int) -> LinearCode:
    return LinearCode(np.random.default_rng(seed).normal(size=(k, n)))


CODES = [
    icosahedral(),
    single_parity(6),
    cosine_code(8),
    cosine_dual_code(8),
    real_code(9, 4, 0),
    real_code(10, 5, 1),
    real_code(7, 2, 2),
    LinearCode.from_systematic([[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1], [1, 2, -1, 0]]),
    LinearCode([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]),
    LinearCode([[1, 0, 0, 1, 1, 0], [0, 1, 0, 1, -1, 0]]),  # a zero column
]


@pytest.mark.parametrize("code", CODES, ids=str)
def test_promises_are_kept(code):
    rng = np.random.default_rng(5)
    tried = 0
    for m in range(1, code.n - code.k + 1):
        for tau in range(min(m // 2, 3) + 1):
            if not np.isfinite(mheight.height_profile(code)[m - 1]):
                continue
            broken = check(Decoder(code, tau, m - 2 * tau, 0.25), 400, rng)
            assert broken.counts == (400, 0, 0, 0, 0), (tau, m - 2 * tau)
            tried += 1
    assert tried


def test_the_check_itself_sees_a_decoder_that_promises_too_much():
    rng = np.random.default_rng(0)
    weak = Decoder(icosahedral(), 1, 0, 1.0)
    object.__setattr__(weak, "height", 1.5)
    assert check(weak, 200, rng).missed > 0
    object.__setattr__(weak, "height_of_tau", 0.1)
    assert check(weak, 200, rng).off_bound > 0


def test_the_tight_example():
    code = icosahedral()
    word = np.array(mheight.certificates(code)[1].codeword)
    order = np.argsort(-np.abs(word))
    word *= 2.0 / np.abs(word[order[2]])
    for size, positions in ((5.472135, ()), (5.472137, (int(order[0]),))):
        received = np.zeros(6)
        received[order[2:]] = word[order[2:]] / 2.0
        received[order[0]] = np.sign(word[order[0]]) * size
        assert Decoder(code, 1, 0, 1.0).decode(received).positions == (positions,)


def brute_force(decoder: Decoder, word: np.ndarray) -> tuple[bool, set[int]]:
    """Whether some set explains a word, and what all that do have in common; by HiGHS."""
    n = decoder.code.n
    common, is_any = set(range(n)), False
    for size in range(decoder.tau + 1):
        for chosen in combinations(range(n), size):
            kept = [j for j in range(n) if j not in chosen]
            if least_distance(decoder.code.G, word, kept) <= decoder.delta[0] * (1.0 + 3e-7):
                common &= set(chosen)
                is_any = True
    return is_any, common if is_any else set()


def tasks(*codes: LinearCode) -> list[tuple[LinearCode, int]]:
    """Codes with each tau up to 2 that they can locate."""
    found = []
    for code in codes:
        finite = int(np.isfinite(mheight.height_profile(code)).sum())
        found += [(code, tau) for tau in (1, 2) if 2 * tau <= finite]
    return found


@pytest.mark.parametrize(
    ("code", "tau"), tasks(icosahedral(), real_code(7, 3, 4), CODES[7], CODES[9], CODES[1]), ids=str
)
def test_batches_equal_one_by_one_and_brute_force(code, tau):
    decoder, rng = Decoder(code, tau, 0, 1.0), np.random.default_rng(6)
    errors = np.vstack([random_errors(decoder, 20, rng), extreme_errors(decoder, 10, rng)])
    words = rng.normal(size=(30, code.k)) @ code.G + errors
    words[:5] += rng.normal(size=(5, code.n)) * 9.0  # more outliers than it can locate
    together = decoder.decode(words)
    for i, word in enumerate(words):
        alone = decoder.decode(word)
        assert alone.verdict == together.verdicts[i]
        assert alone.positions[0] == together.positions[i]
        np.testing.assert_array_equal(alone.codewords[0], together.codewords[i])
        is_any, common = brute_force(decoder, word)
        assert (together.verdicts[i] != "too many") == is_any
        assert set(together.positions[i]) == common


def test_a_long_decoder_explains_what_the_exact_one_explains():
    rng = np.random.default_rng(7)
    for code, tau in tasks(real_code(9, 4, 8), real_code(8, 5, 9), CODES[7]):
        exact = Decoder(code, tau, 0, 0.5)
        long = LongDecoder(code, tau, 0, 0.5)
        assert long.height == pytest.approx(exact.height)
        words = rng.normal(size=(60, code.k)) @ code.G + random_errors(exact, 60, rng)
        words[:20] += 5.0 * rng.normal(size=(20, code.n))
        a, b = exact.decode(words), long.decode(words)
        too_many = VERDICTS.index("too many")
        np.testing.assert_array_equal(a.codes == too_many, b.codes == too_many)
        assert (b.codes != VERDICTS.index("undecided")).all()
        fine = b.codes != too_many
        assert (b.residuals[fine] <= 1.0 + 1e-6).all()


def test_promises_of_a_long_decoder():
    rng = np.random.default_rng(10)
    code = LinearCode.from_systematic(rng.normal(size=(20, 12)))
    decoder = decoder_for(code, 2, 0, 0.1, height=500.0)
    assert isinstance(decoder, LongDecoder)
    codewords = rng.normal(size=(40, 20)) @ code.G
    errors = rng.uniform(-0.1, 0.1, (40, 32))
    for row in errors:
        row[rng.permutation(32)[:2]] = rng.choice([-1, 1], 2) * 10.0 ** rng.uniform(0, 4, 2)
    found = decoder.decode(codewords + errors)
    assert not (found.located & (np.abs(errors) <= 0.1)).any()
    assert found.located[np.abs(errors) > decoder.thresholds[0]].all()
    assert (np.abs(found.codewords - codewords) <= decoder.error_bound).all()
    assert (np.abs(errors) > decoder.thresholds[0]).sum() > 10
    assert set(found.verdicts) <= {"located", "unlocated"}


def test_a_search_that_ends_early_says_so():
    code = real_code(20, 12, 0)
    decoder = LongDecoder(code, 3, 0, 1.0, height=1e6, node_limit=1)
    word = np.random.default_rng(1).normal(size=20) * 50.0
    assert decoder.decode(word).verdict == "undecided"


def test_entries_that_are_missing_are_located():
    code = real_code(9, 4, 0)
    decoder = Decoder(code, 2, 0, 0.01)
    codeword = np.arange(1.0, 5.0) @ code.G
    word = codeword.copy()
    word[3], word[7] = np.nan, np.inf
    found = decoder.decode(word)
    assert found.verdict == "located"
    assert found.positions == ((3, 7),)
    np.testing.assert_allclose(found.codewords[0], codeword)
    word[0] = -np.inf
    assert decoder.decode(word).verdict == "too many"
    long = LongDecoder(code, 2, 0, 0.01, height=decoder.height)
    assert long.decode(word).verdict == "too many"
    word[0] = codeword[0]
    assert long.decode(word).positions == ((3, 7),)


def test_delta_for_each_position():
    code = real_code(8, 3, 3)
    delta = np.geomspace(0.1, 10.0, 8)
    decoder = Decoder(code, 1, 1, delta)
    scaled = LinearCode(code.G / delta)
    assert decoder.height == pytest.approx(mheight.height_profile(scaled)[2])
    assert check(decoder, 400, np.random.default_rng(1)).counts == (400, 0, 0, 0, 0)


def test_no_words():
    found = Decoder(icosahedral()).decode(np.empty((0, 6)))
    assert len(found) == 0
    assert repr(found) == "Decoded(no words)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((icosahedral(), 0, 0), r"2 tau \+ sigma must lie in 1..n-k = 1..3, got 2\*0 \+ 0 = 0"),
        ((icosahedral(), 2, 0), r"got 2\*2 \+ 0 = 4"),
        ((icosahedral(), -1, 0), "tau must be an integer of at least 0, got -1"),
        ((icosahedral(), 1, 0.5), "sigma must be an integer of at least 0, got 0.5"),
        ((icosahedral(), 1, 0, 0.0), "delta must be positive, got 0.0"),
        ((icosahedral(), 1, 0, -1.0), "delta must be positive, got -1.0"),
        ((icosahedral(), 1, 0, float("nan")), "delta must be finite, got nan"),
        ((icosahedral(), 1, 0, [1.0, 2.0]), "one for each of 6 positions, got 2"),
        ((LinearCode([[1, 0, 1, 1], [0, 1, 0, 1]]), 1, 0), "h_2 of this code is infinite: "
         r"2 tau \+ sigma at most 1 is possible"),
        ((LinearCode([[1, 0, 0, 0], [0, 1, 1, 1]]), 0, 1), "infinite: nothing is possible"),
        ((real_code(22, 4, 0), 1, 0), "needs n <= 20, got 22; use LongDecoder"),
        ((repetition(19), 9, 0), "too many sets of up to tau = 9 of 19 positions"),
        (([[1, 1]], 0, 1), "a LinearCode is needed, got list"),
    ],
)  # fmt: skip
def test_tasks_that_are_refused(arguments, message):
    with pytest.raises(InvalidCodeError, match=message):
        Decoder(*arguments)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([1.0, 2.0], r"shape \(n,\) or \(N, n\) with n = 6, got \(2,\)"),
        (np.zeros((2, 3, 6)), r"got \(2, 3, 6\)"),
        (["a"] * 6, "words must be an array of real numbers"),
        ([1j] * 6, "words must be an array of real numbers"),
    ],
)
def test_words_that_are_refused(words, message):
    with pytest.raises(InvalidDataError, match=message):
        Decoder(icosahedral()).decode(words)


def test_a_long_code_without_a_known_height_is_refused(clock):
    clock.tick = 1.0  # so that few of its 64 positions are looked at
    code = LinearCode.from_systematic(np.random.default_rng(0).normal(size=(40, 24)))
    message = "a finite upper bound of h_8 is needed, after 9 s it is only known to be at least"
    with pytest.raises(InvalidCodeError, match=message):
        LongDecoder(code, 4, 0, 1.0, time_limit=9.0)
    with pytest.raises(InvalidCodeError, match="height must be finite and at least 1, got inf"):
        LongDecoder(code, 4, 0, 1.0, height=float("inf"))


@pytest.mark.parametrize("code", CODES[:8:3], ids=str)
def test_violated_circuits_are_what_the_verdict_follows_from(code):
    rng = np.random.default_rng(8)
    decoder = Decoder(code, tau=1, delta=0.1)
    sizes = [0.0, 0.5, 1.0, 4.0, 40.0]
    words = rng.normal(size=(60, code.k)) @ code.G + rng.uniform(-0.1, 0.1, (60, code.n))
    for i, word in enumerate(words):
        word[rng.choice(code.n, 2)] += 0.1 * rng.choice(sizes, 2)
        if i % 5 == 0:
            word[rng.integers(code.n)] = np.nan
        found = decoder.decode(word)
        violated, values = decoder.violated(word)
        lost = int(np.isnan(word) @ (1 << np.arange(code.n)))
        assert not (violated.masks & lost).any()
        assert (values > 1.0).all()
        explains = [
            lost | 1 << j
            for j in range(code.n)
            if (violated.masks & (lost | 1 << j)).all() and (not lost or lost == 1 << j)
        ]
        if lost:
            expected = "located" if explains else "too many"
        elif not len(violated):
            expected = "clean"
        else:
            expected = {0: "too many", 1: "located"}.get(len(explains), "unlocated")
        assert found.verdict == expected
    with pytest.raises(InvalidDataError, match="shape"):
        decoder.violated(words[:2])
