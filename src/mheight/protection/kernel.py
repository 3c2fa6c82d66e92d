"""Numba kernel: sets of positions that explain words, and a codeword for one of them.

Words are divided by delta first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mheight.kernels.compiling import kernel
from mheight.protection.explanations import explain, largest_check, look_at, only_position

__all__ = ["Rules", "clean_words", "decode_words"]

CLEAN, LOCATED, UNLOCATED, TOO_MANY = 0, 1, 2, 3

_SMALL = 1e-9
_LANES = 16  # words that are projected side by side


class Rules(NamedTuple):
    """What the words of a code are decoded by; its columns are divided by delta."""

    delta: Any  # (n,)
    G: Any  # (k, n)
    circuits: Any  # (M, n), the dual words lambda_A, of 1-norm 1
    checks: Any  # (n, M), the same as columns, for <lambda_A, y>
    masks: Any  # (M,), their positions
    places: Any  # (2^n,), index of the projection for each set of at most tau positions
    projections: Any  # (sets, n, n), from a word to the codeword nearest in squares outside it


@kernel()
def clean_words(  # type: ignore[no-untyped-def]
    words,
    rules,
    verdicts,
    located,
    explained,
    fitted,
    residuals,
    others,
):
    """Fill in the words that are within delta of a codeword, and note the others.

    Where the codeword nearest in squares is within delta, no circuit is violated.

    Args:
        words: shape (N, n), received words.
        rules: `Rules`, of the code.
        verdicts: shape (N,), filled for clean words: 0.
        located: shape (N, n), likewise: none.
        explained: shape (N, n), likewise: none.
        fitted: shape (N, n), likewise: the codeword nearest in squares.
        residuals: shape (N,), likewise: its largest distance over delta.
        others: shape (N,), filled: the indices of the other words, those with entries that are
            NaN or infinite among them.

    Returns:
        How many others there are.
    """
    count, n = words.shape
    delta, projection = rules.delta, rules.projections[0]
    scaled = np.zeros((n, _LANES))
    nearest = np.zeros((n, _LANES))
    largest = np.zeros(_LANES)
    left = 0
    for first in range(0, count, _LANES):
        size = min(_LANES, count - first)
        for w in range(size):
            for j in range(n):
                scaled[j, w] = words[first + w, j] / delta[j]
        largest[:] = 0.0
        for i in range(n):
            for w in range(_LANES):
                nearest[i, w] = scaled[0, w] * projection[0, i]
            for j in range(1, n):
                factor = projection[j, i]
                for w in range(_LANES):
                    nearest[i, w] += scaled[j, w] * factor
            for w in range(_LANES):
                distance = abs(scaled[i, w] - nearest[i, w])
                # A word with an entry that is no number is NaN or infinitely far everywhere.
                largest[w] = largest[w] if distance <= largest[w] else distance
        for w in range(size):
            at = first + w
            if not largest[w] <= 1.0:
                others[left] = at
                left += 1
                continue
            verdicts[at], residuals[at] = CLEAN, largest[w]
            for j in range(n):
                fitted[at, j] = nearest[j, w] * delta[j]
                located[at, j] = explained[at, j] = False
    return left


@kernel()
def decode_words(  # type: ignore[no-untyped-def]
    words,
    which,
    rules,
    tau,
    verdicts,
    located,
    explained,
    fitted,
    residuals,
):
    """Explain some words by at most tau positions each.

    Args:
        words: shape (N, n), received words; entries that are NaN or infinite are erased.
        which: shape (W,), indices of the words to explain.
        rules: `Rules`, of the code.
        tau: most positions of an explanation.
        verdicts: shape (N,), filled: 0 clean, 1 located, 2 unlocated, 3 too many.
        located: shape (N, n), filled: what all explanations have in common.
        explained: shape (N, n), filled: of the explanations with the fewest positions, the one
            of the least residual.
        fitted: shape (N, n), filled: a codeword within delta of the word outside of it, the
            nearest in squares if that is one, else the nearest in the largest distance.
        residuals: shape (N,), filled: its largest distance there over delta; negative where it
            could not be had here and is left to a linear program.
    """
    delta, checks, circuits, masks = rules.delta, rules.checks, rules.circuits, rules.masks
    n, number = checks.shape
    word, values = np.empty(n), np.empty(number)
    violated = np.empty(number, np.int64)
    common = np.empty(3, np.int64)
    for w in which:
        erased = _load(words[w], delta, word)
        common[0], common[1], common[2] = ~np.int64(0), 0, 0
        seen = np.int64(0)
        single = np.int64(0)
        if tau == 1 and erased == 0:
            seen = look_at(word, erased, checks, circuits, masks, 0, number, values, violated)
            single = only_position(violated)
        if single != 0:
            common[0], common[1], common[2] = single, single, 1
        else:
            seen = explain(
                word, erased, checks, circuits, masks, rules.places, rules.projections, tau,
                values, violated, seen, common,
            )  # fmt: skip
        chosen = common[1]
        _mark(chosen, explained[w])
        if common[2] == 0:
            verdicts[w], residuals[w] = TOO_MANY, np.nan
            _mark(0, located[w])
            fitted[w] = np.nan
            continue
        _mark(common[0], located[w])
        if chosen == 0:
            verdicts[w] = CLEAN
        else:
            verdicts[w] = LOCATED if common[0] else UNLOCATED
        _project(word, rules.projections[rules.places[chosen]], fitted[w])
        residuals[w] = _distance(word, fitted[w], chosen)
        if residuals[w] > 1.0:
            look_at(word, erased, checks, circuits, masks, seen, number, values, violated)
            largest = largest_check(values, masks, chosen, np.inf)
            if _fit(word, values, circuits, masks, rules.G, chosen, largest, fitted[w]):
                residuals[w] = _distance(word, fitted[w], chosen)
            else:
                residuals[w] = -1.0
        for j in range(n):
            fitted[w, j] *= delta[j]


@kernel()
def _load(received, delta, word):  # type: ignore[no-untyped-def]
    """A word over delta, 0 where it is no number; returns the mask of such positions.

    Args:
        received: shape (n,), the word.
        delta: shape (n,).
        word: shape (n,), filled.
    """
    erased = np.int64(0)
    for j in range(len(word)):
        if np.isfinite(received[j]):
            word[j] = received[j] / delta[j]
        else:
            word[j] = 0.0
            erased |= np.int64(1) << j
    return erased


@kernel()
def _mark(mask, out):  # type: ignore[no-untyped-def]
    """A set as flags.

    Args:
        mask: the set.
        out: shape (n,), filled.
    """
    for j in range(len(out)):
        out[j] = mask >> j & 1


@kernel()
def _project(word, projection, out):  # type: ignore[no-untyped-def]
    """The codeword nearest in squares to a word, word @ projection.

    Args:
        word: shape (n,), over delta.
        projection: shape (n, n), of `Rules`, one of them.
        out: shape (n,), filled.
    """
    out[:] = 0.0
    for j in range(len(word)):
        for i in range(len(out)):
            out[i] += word[j] * projection[j, i]


@kernel()
def _distance(word, codeword, chosen):  # type: ignore[no-untyped-def]
    """The largest distance outside a set.

    Args:
        word: shape (n,), over delta.
        codeword: shape (n,), likewise.
        chosen: mask of the set.
    """
    largest = 0.0
    for j in range(len(word)):
        if not chosen >> j & 1:
            largest = max(largest, abs(word[j] - codeword[j]))
    return largest


@kernel()
def _fit(word, values, circuits, masks, G, chosen, largest, out):  # type: ignore[no-untyped-def]
    """The codeword nearest to a word in the largest distance outside a set.

    On the circuit A of the largest check it is off by that much everywhere, with the signs of
    lambda_A; these k equations (k+1 of rank k) say which codeword it is.  Where the circuit is
    shorter, other positions are matched exactly, and what comes out is checked.

    Returns whether it is within delta everywhere outside the set.

    Args:
        word: shape (n,), over delta.
        values: shape (M,), <lambda_A, y> of all circuits.
        circuits: shape (M, n), the dual words lambda_A.
        masks: shape (M,), their positions.
        G: shape (k, n), of `Rules`.
        chosen: mask of the set.
        largest: the largest check outside the set.
        out: shape (n,), filled, if there are k equations.
    """
    k, n = G.shape
    active = -1
    for i in range(len(masks)):
        if abs(values[i]) == largest and masks[i] & chosen == 0:
            active = i
            break
    mask = masks[active] if active >= 0 else np.int64(0)
    sign = 1.0 if active < 0 or values[active] >= 0.0 else -1.0
    rows = np.empty((k, k + 1))
    pivots = np.empty(k, np.int64)
    size = 0
    for first in (True, False):
        for j in range(n):
            bit = np.int64(1) << j
            if size == k or chosen & bit or (mask & bit != 0) != first:
                continue
            line = rows[size]
            top = 0.0
            for i in range(k):
                line[i] = G[i, j]
                top = max(top, abs(line[i]))
            line[k] = word[j]
            if first:
                line[k] -= sign * largest * (1.0 if circuits[active, j] > 0.0 else -1.0)
            for r in range(size):
                factor = line[pivots[r]]
                if factor != 0.0:
                    for i in range(k + 1):
                        line[i] -= factor * rows[r, i]
                    line[pivots[r]] = 0.0
            place, height = -1, _SMALL * top
            for i in range(k):
                if abs(line[i]) > height:
                    place, height = i, abs(line[i])
            if place < 0:
                continue
            scale = 1.0 / line[place]
            for i in range(k + 1):
                line[i] *= scale
            line[place] = 1.0
            pivots[size] = place
            size += 1
    if size < k:
        return False
    message = np.zeros(k)
    for r in range(k - 1, -1, -1):
        total = rows[r, k]
        for i in range(k):
            if i != pivots[r]:
                total -= rows[r, i] * message[i]
        message[pivots[r]] = total
    for j in range(n):
        total = 0.0
        for i in range(k):
            total += message[i] * G[i, j]
        out[j] = total
    return _distance(word, out, chosen) <= 1.0 + _SMALL
