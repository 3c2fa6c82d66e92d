"""Numba kernels: which sets of positions explain a word, by the circuits that it violates."""

from __future__ import annotations

import numpy as np

from mheight.kernels.compiling import kernel

__all__ = ["ROUNDING", "explain", "largest_check", "look_at", "only_position"]

ROUNDING = 1e-12
_BLOCK = 256  # circuits that are looked at together
_STRIDE = 32  # of them, before one asks whether any is unmet
MET = np.int64(1) << 62  # beyond all positions: set where a circuit is not violated


@kernel()
def look_at(word, erased, checks, circuits, masks, start, end, values, violated):  # type: ignore[no-untyped-def]
    """Look at the circuits from `start` to `end`: is any violated?

    One with an erased position never is; one whose check exceeds 1 by no more than rounding
    may have done is not either.

    Args:
        word: shape (n,), over delta.
        erased: mask of its erased positions.
        checks: shape (n, M), the dual words lambda_A as columns.
        circuits: shape (M, n), the same as rows.
        masks: shape (M,), their positions.
        start: the first one; those before have been looked at.
        end: the last one and 1.
        values: shape (M,), filled: <lambda_A, y>.
        violated: shape (M,), filled: the masks, with `MET` where a circuit is not violated.

    Returns:
        How many have been looked at, `end`.
    """
    surely = _surely(word)
    for first in range(start, end, _BLOCK):
        last = min(end, first + _BLOCK)
        _check(word, checks, first, values[first:last])
        close = np.int64(0)
        for i in range(first, last):
            value = abs(values[i])
            is_one = np.int64(value > 1.0) & np.int64(masks[i] & erased == 0)
            violated[i] = masks[i] | (1 - is_one) << 62
            close += is_one & np.int64(value <= surely)
        if close:
            for i in range(first, last):
                if violated[i] & MET == 0 and not (
                    abs(values[i]) > 1.0 + _slack(word, circuits[i])
                ):
                    violated[i] |= MET
    return end


@kernel(fastmath=True)
def _check(word, checks, start, values):  # type: ignore[no-untyped-def]
    """<lambda_A, y> for circuits from `start` on: a word times columns of `checks`.

    Three positions in a pass.

    Args:
        word: shape (n,), y over delta.
        checks: shape (n, M), the dual words lambda_A as columns.
        start: the first circuit.
        values: shape (size,), filled: of so many circuits.
    """
    n, number = len(word), len(values)
    end = start + number
    values[:] = 0.0
    whole = n - n % 3
    for j in range(0, whole, 3):
        a, b, c = word[j], word[j + 1], word[j + 2]
        first, second = checks[j, start:end], checks[j + 1, start:end]
        third = checks[j + 2, start:end]
        for i in range(number):
            values[i] += a * first[i] + b * second[i] + c * third[i]
    for j in range(whole, n):
        a, first = word[j], checks[j, start:end]
        for i in range(number):
            values[i] += a * first[i]


@kernel()
def only_position(violated):  # type: ignore[no-untyped-def]
    """The one position that is in all violated circuits; 0 if there is another number of them.

    Args:
        violated: shape (M,), as in `look_at`.

    Returns:
        A mask of one bit, or 0.
    """
    both = ~np.int64(0)
    for mask in violated:
        both &= mask | -(mask >> 62)
    return both if both & (both - 1) == 0 else np.int64(0)


@kernel()
def _surely(word):  # type: ignore[no-untyped-def]
    """A check above this is violated whatever rounding did, since each lambda_A has 1-norm 1.

    Args:
        word: shape (n,), y over delta.
    """
    largest = 0.0
    for j in range(len(word)):
        largest = max(largest, abs(word[j]))
    return 1.0 + ROUNDING * (1.0 + largest)


@kernel()
def _slack(word, circuit):  # type: ignore[no-untyped-def]
    """By how much rounding may have raised the check of a circuit.

    Args:
        word: shape (n,), y over delta.
        circuit: shape (n,), its dual word lambda_A.
    """
    total = 0.0
    for j in range(len(word)):
        total += abs(circuit[j] * word[j])
    return ROUNDING * (1.0 + total)


@kernel()
def _size(mask):  # type: ignore[no-untyped-def]
    """The number of positions in a set.

    Args:
        mask: the set.
    """
    size = 0
    while mask:
        mask &= mask - 1
        size += 1
    return size


@kernel()
def _unmet(violated, chosen, start, end):  # type: ignore[no-untyped-def]
    """The first violated circuit of a range that a set does not meet, `end` if there is none.

    Args:
        violated: shape (M,), as in `look_at`.
        chosen: mask of the set.
        start: the first circuit of the range.
        end: behind the last one.
    """
    met = chosen | MET
    i = start
    while i + _STRIDE <= end:
        unmet = np.int64(0)
        for t in range(_STRIDE):
            unmet |= np.int64(violated[i + t] & met == 0)
        if unmet:
            break
        i += _STRIDE
    while i < end and violated[i] & met != 0:
        i += 1
    return i


@kernel()
def _is_near(word, projection, chosen):  # type: ignore[no-untyped-def]
    """Whether the codeword nearest in squares outside a set is within delta there.

    Args:
        word: shape (n,), y over delta.
        projection: shape (n, n), from a word to that codeword: word @ projection.
        chosen: mask of the set.
    """
    n = len(word)
    for i in range(n):
        if not chosen >> i & 1:
            total = 0.0
            for j in range(n):
                total += word[j] * projection[j, i]
            if not abs(word[i] - total) <= 1.0:
                return False
    return True


@kernel()
def explain(  # type: ignore[no-untyped-def]
    word, erased, checks, circuits, masks, places, projections, tau, values, violated, seen, common
):
    """Go through all sets of at most tau positions that meet every violated circuit.

    A set must meet the first circuit that it does not meet yet, so each of that circuit's
    positions is tried in turn: at most (k+1)^tau sets.  Sets that are larger than need be
    are left out; they do not change what all have in common.

    Circuits are looked at no sooner than a set meets all those before.  It meets the others
    too where the codeword nearest in squares is within delta outside of it, which is cheaper
    to see.

    Args:
        word: shape (n,), over delta.
        erased: mask of positions that every explanation holds.
        checks: shape (n, M), the dual words lambda_A as columns.
        circuits: shape (M, n), the same as rows.
        masks: shape (M,), their positions.
        places: shape (2^n,), index of the projection for each set of at most tau positions.
        projections: shape (sets, n, n), from a word to the codeword nearest in squares outside.
        tau: most positions, the erased ones among them.
        values: shape (M,), <lambda_A, y> of the circuits that have been looked at; more of them.
        violated: shape (M,), as in `look_at`; more of them.
        seen: how many circuits have been looked at.
        common: shape (3,), comes as all bits, 0 and 0; filled: the intersection; the best set:
            fewest positions, then least residual; how many sets were found.

    Returns:
        How many circuits have been looked at now.
    """
    room = tau - _size(erased)
    if room < 0:
        return seen
    number = len(masks)
    chosen = np.zeros(room + 1, np.int64)
    left = np.zeros(room + 1, np.int64)
    at = np.zeros(room + 1, np.int64)
    chosen[0] = erased
    depth = 0
    fewest = tau + 1
    best = -1.0  # the residual of the best set, once one is asked for
    fresh = True
    while depth >= 0:
        if fresh:
            own = chosen[depth]
            place = _unmet(violated, own, at[depth - 1] if depth else 0, seen)
            if place == seen and 0 < seen < number:
                nearest = projections[places[own]]
                place = number if _is_near(word, nearest, own) else place
            while place == seen < number:
                end = min(number, seen + _BLOCK)
                seen = look_at(word, erased, checks, circuits, masks, seen, end, values, violated)
                place = _unmet(violated, own, place, seen)
            at[depth] = place
            if place == number:
                common[0] &= own
                common[2] += 1
                size = _size(own)
                if size < fewest:
                    fewest, best, common[1] = size, -1.0, own
                elif size == fewest:
                    seen = look_at(
                        word, erased, checks, circuits, masks, seen, number, values, violated
                    )
                    if best < 0.0:
                        best = largest_check(values, masks, common[1], np.inf)
                    residual = largest_check(values, masks, own, best)
                    if residual < best:
                        best, common[1] = residual, own
                depth -= 1
                fresh = False
                continue
            if depth == room:
                depth -= 1
                fresh = False
                continue
            left[depth] = masks[place]
        if left[depth] == 0:
            depth -= 1
            fresh = False
            continue
        bit = left[depth] & -left[depth]
        left[depth] ^= bit
        chosen[depth + 1] = chosen[depth] | bit
        depth += 1
        fresh = True
    return seen


@kernel()
def _outside(value, mask, chosen):  # type: ignore[no-untyped-def]
    """The magnitude of the check of a circuit that has no position in a set, else 0.

    Args:
        value: the check.
        mask: positions of the circuit.
        chosen: mask of the set.
    """
    return abs(value) if mask & chosen == 0 else 0.0


@kernel()
def largest_check(values, masks, chosen, enough):  # type: ignore[no-untyped-def]
    """The largest check among circuits outside a set; of those that reach `enough`, any one.

    Args:
        values: shape (M,), <lambda_A, y> of all circuits.
        masks: shape (M,), their positions.
        chosen: mask of the set.
        enough: the check at which it stops.
    """
    number = len(masks)
    largest = 0.0
    for start in range(0, number, _BLOCK):
        end = min(number, start + _BLOCK)
        largest = max(largest, _largest(values[start:end], masks[start:end], chosen))
        if largest >= enough:
            break
    return largest


@kernel(fastmath=True)
def _largest(values, masks, chosen):  # type: ignore[no-untyped-def]
    """The largest check among circuits outside a set.

    Args:
        values: shape (size,), <lambda_A, y> of some circuits.
        masks: shape (size,), their positions.
        chosen: mask of the set.
    """
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
