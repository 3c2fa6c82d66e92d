"""Words that are cleaned or explained, against linear programs over all sets of positions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from programs import least_distance

from mheight.codes import LinearCode, icosahedral
from mheight.protection import Decoder
from mheight.protection.kernel import (
    CLEAN,
    LOCATED,
    TOO_MANY,
    UNLOCATED,
    _distance,
    _fit,
    _load,
    _mark,
    clean_words,
    decode_words,
)

DELTA = np.array([0.5, 1.0, 2.0, 1.0, 0.25, 1.0])
CODES = [icosahedral(), LinearCode(np.random.default_rng(3).normal(size=(2, 6)))]


def decoder(code: LinearCode) -> Decoder:
    return Decoder(code, 1, 0, DELTA)


def room(count: int, n: int):
    """Arrays to fill: verdicts, located, explained, fitted, residuals."""
    return (
        np.full(count, 9, np.int8), np.ones((count, n), np.bool_), np.ones((count, n), np.bool_),
        np.full((count, n), 99.0), np.full(count, 99.0),
    )  # fmt: skip


def words_of(code: LinearCode, count: int, errors: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([errors, seed])
    words = rng.normal(size=(count, code.k)) @ code.G
    words += DELTA * rng.uniform(-1.2, 1.2, words.shape)
    for word in words:
        for place in rng.choice(code.n, errors, replace=False):
            word[place] += rng.choice([-1.0, 1.0]) * rng.choice([2.0, 6.0, 40.0])
    return words


def explanations(code: LinearCode, word: np.ndarray, tau: int) -> dict[int, float]:
    """Sets of at most tau positions with a codeword within delta elsewhere, and how near."""
    bad = {j for j in range(code.n) if not np.isfinite(word[j])}
    scaled = np.where(np.isfinite(word), word, 0.0) / DELTA
    out = {}
    for size in range(tau + 1):
        for chosen in combinations(range(code.n), size):
            if bad <= set(chosen):
                kept = [j for j in range(code.n) if j not in chosen]
                distance = least_distance(code.G / DELTA, scaled, kept)
                if distance <= 1.0:
                    out[sum(1 << j for j in chosen)] = distance
    return out


def test_a_word_is_divided_by_delta_and_what_is_no_number_erased():
    word = np.full(4, 9.0)
    received = np.array([3.0, np.nan, -np.inf, -8.0])
    assert _load(received, np.array([2.0, 1.0, 1.0, 4.0]), word) == 0b0110
    assert word.tolist() == [1.5, 0.0, 0.0, -2.0]


def test_a_set_as_flags():
    flags = np.full(5, 7, np.int8)
    _mark(np.int64(0b10010), flags)
    assert flags.tolist() == [0, 1, 0, 0, 1]


def test_the_largest_distance_outside_a_set():
    word, codeword = np.array([1.0, -5.0, 2.0]), np.array([1.5, 0.0, 4.0])
    distances = [_distance(word, codeword, np.int64(chosen)) for chosen in range(8)]
    assert distances == [5.0, 5.0, 2.0, 2.0, 5.0, 5.0, 0.5, 0.0]


@pytest.mark.parametrize("code", CODES, ids=["icosahedral", "real"])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 35])
def test_words_within_delta_of_the_nearest_in_squares_are_clean(code, count):
    rules = decoder(code)._rules
    words = words_of(code, count, 0, count)
    words[count // 2, 3] = np.nan
    words[count // 3, 2] = np.inf
    with np.errstate(invalid="ignore"):
        nearest = (words / DELTA) @ np.linalg.pinv(code.G / DELTA) @ (code.G / DELTA)
        distances = np.abs(words / DELTA - nearest).max(axis=1)
    verdicts, located, explained, fitted, residuals = room(count, 6)
    others = np.full(count, -1, np.int64)
    left = clean_words(words, rules, verdicts, located, explained, fitted, residuals, others)
    far = np.flatnonzero(~(distances <= 1.0))
    assert others[:left].tolist() == far.tolist()
    assert (others[left:] == -1).all()
    assert len(far) < count or count == 1
    for w in range(count):
        if w in far:
            assert verdicts[w] == 9
            assert residuals[w] == 99.0
            assert located[w].all()
            assert (fitted[w] == 99.0).all()
            continue
        assert verdicts[w] == CLEAN
        assert residuals[w] == pytest.approx(distances[w])
        assert not located[w].any()
        assert not explained[w].any()
        np.testing.assert_allclose(fitted[w], nearest[w] * DELTA)


def test_a_word_on_the_limit_is_clean():
    """Repeated twice: the nearest is the mean, here off by exactly 1."""
    code = LinearCode([[1.0, 1.0]])
    for difference, left in ((2.0, 0), (2.0 + 1e-9, 1)):
        rules = Decoder(code, 0, 1, 1.0)._rules._replace(projections=np.full((1, 2, 2), 0.5))
        others = np.empty(1, np.int64)
        words = np.array([[difference, 0.0]])
        assert clean_words(words, rules, *room(1, 2), others) == left


@pytest.mark.parametrize("code", CODES, ids=["icosahedral", "real"])
@pytest.mark.parametrize(("tau", "errors"), [(1, 0), (1, 1), (1, 2), (0, 0)])
def test_words_are_explained_as_linear_programs_say(code, tau, errors):
    rules = decoder(code)._rules
    words = words_of(code, 8, errors, tau)
    if errors == 1:
        words[0, 2], words[1, 5], words[1, 0] = np.nan, np.inf, np.nan
    verdicts, located, explained, fitted, residuals = room(8, 6)
    which = np.array([7, 0, 1, 2, 3, 5, 6])
    decode_words(words, which, rules, tau, verdicts, located, explained, fitted, residuals)
    assert verdicts[4] == 9
    assert residuals[4] == 99.0
    for w in which.tolist():
        sets = explanations(code, words[w], tau)
        if not sets:
            assert verdicts[w] == TOO_MANY
            assert not located[w].any()
            assert not explained[w].any()
            assert np.isnan(fitted[w]).all()
            assert np.isnan(residuals[w])
            continue
        common = -1
        for one in sets:
            common &= one
        flags = [bool(common >> j & 1) for j in range(6)]
        assert located[w].astype(bool).tolist() == flags
        chosen = sum(1 << j for j in range(6) if explained[w, j])
        fewest = min(one.bit_count() for one in sets)
        assert chosen.bit_count() == fewest
        best = min(d for one, d in sets.items() if one.bit_count() == fewest)
        assert sets[chosen] == pytest.approx(best, abs=1e-9)
        assert verdicts[w] == (CLEAN if not chosen else LOCATED if common else UNLOCATED)
        if residuals[w] < 0.0:  # left to a linear program
            continue
        kept = [j for j in range(6) if not chosen >> j & 1]
        off = np.abs(words[w] - fitted[w])[kept] / DELTA[kept]
        assert off.max() == pytest.approx(residuals[w], abs=1e-9)
        assert residuals[w] <= 1.0 + 1e-9
        # The nearest in squares if that is within delta, else the nearest there is.
        squares = np.linalg.pinv((code.G / DELTA)[:, kept])
        message = (words[w] / DELTA)[kept] @ squares
        near = np.abs((words[w] / DELTA)[kept] - message @ (code.G / DELTA)[:, kept]).max()
        assert residuals[w] == pytest.approx(near if near <= 1.0 else best, abs=1e-8)
        np.testing.assert_allclose(  # it is a codeword
            fitted[w] / DELTA @ np.linalg.pinv(code.G / DELTA) @ (code.G / DELTA),
            fitted[w] / DELTA, atol=1e-8,
        )  # fmt: skip


@pytest.mark.parametrize("code", CODES, ids=["icosahedral", "real"])
@pytest.mark.parametrize("chosen", [0, 0b000001, 0b100000, 0b010010])
def test_the_nearest_in_the_largest_distance(code, chosen):
    """Its distance is the largest check, by duality, and that of a linear program."""
    rules = decoder(code)._rules
    kept = [j for j in range(6) if not chosen >> j & 1]
    rng = np.random.default_rng(chosen)
    met = {True: 0, False: 0}
    for turn in range(10):
        word = rng.normal(size=code.k) @ rules.G + rng.uniform(-1, 1, 6) * (1.5 if turn > 3 else 1)
        word[chosen.bit_length() - 1] += 30.0 * bool(chosen)
        values = rules.circuits @ word
        outside = np.abs(values)[rules.masks & chosen == 0]
        largest = float(outside.max())
        assert largest == pytest.approx(least_distance(rules.G, word, kept), abs=1e-8)
        out = np.empty(6)
        within = _fit(
            word, values, rules.circuits, rules.masks, rules.G, np.int64(chosen), largest, out
        )
        assert np.abs(word - out)[kept].max() == pytest.approx(largest, abs=1e-9)
        np.testing.assert_allclose(out @ np.linalg.pinv(rules.G) @ rules.G, out, atol=1e-9)
        assert bool(within) == (largest <= 1.0)
        met[bool(within)] += 1
    assert met[True]


def test_without_a_circuit_all_positions_are_matched():
    """A set whose rest no circuit fits in: the codeword goes through the word there."""
    code = CODES[0]
    rules = decoder(code)._rules
    word, out = np.array([0.5, -1.0, 2.0, 9.0, 9.0, 9.0]), np.empty(6)
    chosen = np.int64(0b111000)
    assert not (rules.masks & 0b111000 == 0).any()
    assert _fit(word, rules.circuits @ word, rules.circuits, rules.masks, rules.G, chosen, 0.0, out)
    np.testing.assert_allclose(out[:3], word[:3])
    # Two positions do not say which codeword it is.
    chosen = np.int64(0b111100)
    values = rules.circuits @ word
    assert not _fit(word, values, rules.circuits, rules.masks, rules.G, chosen, 0.0, out)
