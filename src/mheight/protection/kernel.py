"""Numba kernel: sets of positions that explain words, and a codeword for one of them.

Words are scaled so that delta = 1.
"""

from __future__ import annotations

import numpy as np

from mheight.codes.compiling import kernel

__all__ = ["ROUNDING", "decode_words"]

CLEAN, LOCATED, UNLOCATED, TOO_MANY = 0, 1, 2, 3

ROUNDING = 1e-12
_SMALL = 1e-9


@kernel()
def decode_words(  # type: ignore[no-untyped-def]
    words,
    erased,
    checks,
    circuits,
    masks,
    G,
    tau,
    places,
    projections,
    verdicts,
    located,
    explained,
    fitted,
    residuals,
):
    """Explain each word by at most tau positions.

    Args:
        words: shape (N, n), received words over delta; erased entries are 0.
        erased: shape (N,), bit mask of the erased positions of each word.
        checks: shape (n, M), the dual words lambda_A as columns, for <lambda_A, y>.
        circuits: shape (M, n), the same as rows.
        masks: shape (M,), their positions.
        G: shape (k, n).
        tau: most positions of an explanation.
        places: shape (2^n,), index of the projection for each set of at most tau positions.
        projections: shape (sets, n, n), from a word to the codeword nearest in squares
            outside a set.
        verdicts: shape (N,), filled: 0 clean, 1 located, 2 unlocated, 3 too many.
        located: shape (N, n), filled: what all explanations have in common.
        explained: shape (N, n), filled: of the explanations with the fewest positions, the one
            of the least residual.
        fitted: shape (N, n), filled: a codeword within delta of the word outside of it, the
            nearest in squares if that is one, else the nearest in the largest distance.
        residuals: shape (N,), filled: its largest distance there; negative where it could not
            be had here and is left to a linear program.
    """
    count = len(words)
    number = len(masks)
    violated = np.empty(number, np.int64)
    values = np.empty(number)
    common = np.empty(3, np.int64)
    best = np.empty(1)
    for w in range(count):
        word, gone = words[w], erased[w]
        if gone == 0:
            # A codeword within delta is an explanation: no circuit is violated.
            _project(word, projections[0], fitted[w])
            residuals[w] = _distance(word, fitted[w], 0)
            if residuals[w] <= 1.0:
                verdicts[w] = CLEAN
                _mark(0, located[w])
                _mark(0, explained[w])
                continue
        _check(word, checks, values)
        common[0], common[1], common[2] = ~np.int64(0), 0, 0
        best[0] = -1.0
        single = _only(word, values, masks) if tau == 1 and gone == 0 else np.int64(0)
        if single != 0:
            common[0], common[1], common[2] = single, single, 1
        else:
            found = _violated(word, values, circuits, masks, gone, violated)
            _explain(violated, found, values, masks, gone, tau, common, best)
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
        _project(word, projections[places[chosen]], fitted[w])
        residuals[w] = _distance(word, fitted[w], chosen)
        if residuals[w] > 1.0:
            if best[0] < 0.0:
                best[0] = _residual(values, masks, chosen)
            if _fit(word, values, circuits, masks, G, chosen, best[0], fitted[w]):
                residuals[w] = _distance(word, fitted[w], chosen)
            else:
                residuals[w] = -1.0


@kernel()
def _mark(mask, out):  # type: ignore[no-untyped-def]
    """A set as flags."""
    for j in range(len(out)):
        out[j] = mask >> j & 1


@kernel(fastmath=True)
def _check(word, checks, values):  # type: ignore[no-untyped-def]
    """All <lambda_A, y>: the columns of `checks` times a word, three positions in a pass."""
    n, number = checks.shape
    values[:] = 0.0
    whole = n - n % 3
    for j in range(0, whole, 3):
        a, b, c = word[j], word[j + 1], word[j + 2]
        first, second, third = checks[j], checks[j + 1], checks[j + 2]
        for i in range(number):
            values[i] += a * first[i] + b * second[i] + c * third[i]
    for j in range(whole, n):
        a, first = word[j], checks[j]
        for i in range(number):
            values[i] += a * first[i]


@kernel()
def _only(word, values, masks):  # type: ignore[no-untyped-def]
    """The one position that is in all violated circuits; 0 if there is another number of them.

    Also 0 where rounding leaves open whether a circuit is violated: then others look closer.
    """
    surely = _surely(word)
    both = ~np.int64(0)
    close = np.int64(0)
    for i in range(len(masks)):
        value = abs(values[i])
        is_one = np.int64(value > 1.0)
        both &= masks[i] | (is_one - 1)
        close += is_one & np.int64(value <= surely)
    return both if close == 0 and both & (both - 1) == 0 else np.int64(0)


@kernel()
def _surely(word):  # type: ignore[no-untyped-def]
    """A check above this is violated whatever rounding did, since each lambda_A has 1-norm 1."""
    largest = 0.0
    for j in range(len(word)):
        largest = max(largest, abs(word[j]))
    return 1.0 + ROUNDING * (1.0 + largest)


@kernel()
def _violated(word, values, circuits, masks, erased, violated):  # type: ignore[no-untyped-def]
    """Note the circuits without erased positions whose check exceeds 1; returns how many."""
    surely = _surely(word)
    found = close = np.int64(0)
    for i in range(len(masks)):
        value = abs(values[i])
        is_one = np.int64(value > 1.0) & np.int64(masks[i] & erased == 0)
        violated[found] = masks[i]
        found += is_one
        close += is_one & np.int64(value <= surely)
    if close == 0:
        return found
    found = np.int64(0)
    for i in range(len(masks)):
        value = abs(values[i])
        if value > 1.0 and masks[i] & erased == 0 and value > 1.0 + _slack(word, circuits[i]):
            violated[found] = masks[i]
            found += 1
    return found


@kernel()
def _slack(word, circuit):  # type: ignore[no-untyped-def]
    total = 0.0
    for j in range(len(word)):
        total += abs(circuit[j] * word[j])
    return ROUNDING * (1.0 + total)


@kernel()
def _size(mask):  # type: ignore[no-untyped-def]
    size = 0
    while mask:
        mask &= mask - 1
        size += 1
    return size


@kernel()
def _unmet(violated, found, chosen, start):  # type: ignore[no-untyped-def]
    """The first violated circuit that a set does not meet, `found` if it meets all."""
    for i in range(start, found):
        if violated[i] & chosen == 0:
            return i
    return found


@kernel()
def _explain(violated, found, values, masks, erased, tau, common, best):  # type: ignore[no-untyped-def]
    """Go through all sets of at most tau positions that meet every violated circuit.

    A set must meet the first circuit that it does not meet yet, so each of that circuit's
    positions is tried in turn: at most (k+1)^tau sets.  Sets that are larger than need be
    are left out; they do not change what all have in common.

    Args:
        violated: masks of the violated circuits, the first `found` count.
        found: how many.
        values: shape (M,).
        masks: shape (M,).
        erased: positions that every explanation holds.
        tau: most positions, the erased ones among them.
        common: filled: the intersection, the best set, how many sets were found.
        best: filled: the residual of the best set: fewest positions, then least residual.
    """
    best[0] = np.inf
    room = tau - _size(erased)
    if room < 0:
        return
    chosen = np.zeros(room + 1, np.int64)
    left = np.zeros(room + 1, np.int64)
    at = np.zeros(room + 1, np.int64)
    chosen[0] = erased
    depth = 0
    fewest = tau + 1
    fresh = True
    while depth >= 0:
        if fresh:
            at[depth] = _unmet(violated, found, chosen[depth], at[depth - 1] if depth else 0)
            if at[depth] == found:
                common[0] &= chosen[depth]
                common[2] += 1
                size = _size(chosen[depth])
                if size <= fewest:
                    residual = _residual(values, masks, chosen[depth])
                    if size < fewest or residual < best[0]:
                        fewest, best[0], common[1] = size, residual, chosen[depth]
                depth -= 1
                fresh = False
                continue
            if depth == room:
                depth -= 1
                fresh = False
                continue
            left[depth] = violated[at[depth]]
        if left[depth] == 0:
            depth -= 1
            fresh = False
            continue
        bit = left[depth] & -left[depth]
        left[depth] ^= bit
        chosen[depth + 1] = chosen[depth] | bit
        depth += 1
        fresh = True


@kernel()
def _outside(value, mask, chosen):  # type: ignore[no-untyped-def]
    return abs(value) if mask & chosen == 0 else 0.0


@kernel(fastmath=True)
def _residual(values, masks, chosen):  # type: ignore[no-untyped-def]
    """The largest check among circuits outside a set."""
    a = b = c = d = 0.0  # four maxima that do not wait for each other
    whole = len(masks) - len(masks) % 4
    for i in range(0, whole, 4):
        a = max(a, _outside(values[i], masks[i], chosen))
        b = max(b, _outside(values[i + 1], masks[i + 1], chosen))
        c = max(c, _outside(values[i + 2], masks[i + 2], chosen))
        d = max(d, _outside(values[i + 3], masks[i + 3], chosen))
    for i in range(whole, len(masks)):
        a = max(a, _outside(values[i], masks[i], chosen))
    return max(max(a, b), max(c, d))


@kernel()
def _project(word, projection, out):  # type: ignore[no-untyped-def]
    out[:] = 0.0
    for j in range(len(word)):
        for i in range(len(out)):
            out[i] += word[j] * projection[j, i]


@kernel()
def _distance(word, codeword, chosen):  # type: ignore[no-untyped-def]
    """The largest distance outside a set."""
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
