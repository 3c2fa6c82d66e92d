"""Numba kernel: minors and circuit sums of one code, with sets of columns as bit masks.

Minors of all orders fill one array of 2^n numbers.  Where the parity-check matrix is
expanded, the set B stands at the mask of its complement: at `B ^ flip` in either case.
"""

from __future__ import annotations

import numpy as np

from mheight.codes.minors.expansion import expansion_rows
from mheight.codes.minors.rounding import CLOSE_ZERO, ZERO_TOLERANCE
from mheight.heights.lattice.bits import count_bits, lowest_position, next_of_same_size
from mheight.kernels.compiling import kernel

__all__ = ["minors_and_circuits"]

_UNIT = 2.0**-53
_HALF_BITS = 13  # half of the columns of the longest code


@kernel()
def _expand(rows, signed, minors):  # type: ignore[no-untyped-def]
    """Minors of the first r rows on every r-set of columns, r up to the number of rows.

    Unsigned, the same expansion of magnitudes bounds the minors and their rounding errors.

    Args:
        rows: shape (r, n).
        signed: whether to expand with signs.
        minors: shape (2^n,), filled at masks of at most r columns.
    """
    count, n = rows.shape
    minors[0] = 1.0
    for mask in range(1, 1 << n):
        size = count_bits(mask)
        if size > count:
            continue
        total, sign, rest = 0.0, 1.0, mask
        while rest:
            low = rest & -rest
            entry = rows[size - 1, lowest_position(low)]
            if signed:
                total += sign * entry * minors[mask ^ low]
                sign = -sign
            else:
                total += abs(entry) * minors[mask ^ low]
            rest ^= low
        minors[mask] = total


@kernel()
def _norm_products(rows, first):  # type: ignore[no-untyped-def]
    """Products of the norms of the columns of every set of some columns from `first` on.

    Args:
        rows: shape (r, n).
        first: a column.

    Returns:
        Shape (2^c,), by masks of the c = min(n - first, `_HALF_BITS`) columns from `first` on.
    """
    n = rows.shape[1]
    count = min(n - first, _HALF_BITS)
    products = np.empty(1 << max(count, 0))
    products[0] = 1.0
    for mask in range(1, len(products)):
        j = first + lowest_position(mask)
        squares = 0.0
        for i in range(len(rows)):
            squares += rows[i, j] * rows[i, j]
        products[mask] = np.sqrt(squares) * products[mask & (mask - 1)]
    return products


@kernel()
def _sum_circuits(minors, bounds, n, k, flip, slack):  # type: ignore[no-untyped-def]
    """s(A) at A ^ flip; with `slack`, each minor larger by that times its bound, and rounded up.

    Args:
        minors: shape (2^n,), absolute minors p(B) at B ^ flip; filled at A ^ flip.
        bounds: shape (2^n,), of the minors, at B ^ flip; read where there is slack.
        n: length.
        k: dimension.
        flip: see `minors_and_circuits`.
        slack: 0 for none.
    """
    circuit = (1 << (k + 1)) - 1
    while circuit < 1 << n:
        total, rest = 0.0, circuit
        while rest:
            low = rest & -rest
            at = circuit ^ low ^ flip
            total += minors[at] + (slack * bounds[at] if slack > 0.0 else 0.0)
            rest ^= low
        minors[circuit ^ flip] = total * (1.0 + slack + (k + 8) * _UNIT) if slack > 0.0 else total
        circuit = next_of_same_size(circuit)


@kernel()
def _has_close_zero(minors, bounds, n, k, flip):  # type: ignore[no-untyped-def]
    """Whether s(B + a) is small beside the bound of a p(B) that counts as zero, for some B, a.

    Args:
        minors: shape (2^n,), p(B) at B ^ flip and s(A) at A ^ flip.
        bounds: shape (2^n,), of the minors, at B ^ flip.
        n: length.
        k: dimension.
        flip: see `minors_and_circuits`.
    """
    full = (1 << n) - 1
    basis = (1 << k) - 1
    while basis <= full:
        if minors[basis ^ flip] == 0.0:
            limit = CLOSE_ZERO * bounds[basis ^ flip]
            for a in range(n):
                circuit = basis | (1 << a)
                if circuit != basis and 0.0 < minors[circuit ^ flip] < limit:
                    return True
        basis = next_of_same_size(basis)
    return False


@kernel()
def _settle(minors, bounds, rows, k, flip, tolerance):  # type: ignore[no-untyped-def]
    """Absolute minors p(B) at B ^ flip, zero where below tolerance; then s(A) at A ^ flip.

    Args:
        minors: shape (2^n,), of `_expand`, signed; overwritten.
        bounds: shape (2^n,), of `_expand`, unsigned; not read where the tolerance is 0.
        rows: shape (r, n), what was expanded.
        k: dimension.
        flip: see `minors_and_circuits`.
        tolerance: what counts as zero, beside a bound: 0 where minors are exact.

    Returns:
        The least and the largest ratio of a minor to its bound among those kept, the largest
        dropped, how many are 0, and whether one of those may make a finite height (see
        `CLOSE_ZERO`); 1, 1, 0, 0 and False where the tolerance is 0.
    """
    n = rows.shape[1]
    low_norms, high_norms = _norm_products(rows, 0), _norm_products(rows, _HALF_BITS)
    full = (1 << n) - 1
    kept, top, dropped = 1.0, 1.0 if tolerance == 0.0 else 0.0, 0.0
    zeros = 0
    basis = (1 << k) - 1
    while basis <= full:
        at = basis ^ flip
        value = abs(minors[at])
        if tolerance > 0.0 and value == 0.0:
            zeros += 1
        elif tolerance > 0.0:
            ratio = value / bounds[at]
            norms = low_norms[at & ((1 << _HALF_BITS) - 1)] * high_norms[at >> _HALF_BITS]
            if value > tolerance * max(bounds[at], norms):
                kept = min(kept, ratio)
                top = max(top, ratio)
            else:
                dropped = max(dropped, ratio)
                zeros += 1
                value = 0.0
        minors[at] = value
        basis = next_of_same_size(basis)
    _sum_circuits(minors, bounds, n, k, flip, 0.0)
    close = tolerance > 0.0 and zeros > 0 and _has_close_zero(minors, bounds, n, k, flip)
    return kept, top, dropped, zeros, close


@kernel()
def _settle_upwards(minors, bounds, n, k, flip, slack):  # type: ignore[no-untyped-def]
    """Like `_settle`, with every p(B) too small and every s(A) too large for rounding.

    A computed minor is off by less than `slack` times its bound.  In an expansion of r rows
    that is so for (2 r + r (r-1) / 2) units in the last place: every product of r entries
    meets r - 1 products, up to 0 + 1 + ... + r-1 sums, and r roundings of entries.

    Args:
        minors: shape (2^n,), of `_expand`, signed; overwritten.
        bounds: shape (2^n,), of `_expand`, unsigned; not read without slack.
        n: length.
        k: dimension.
        flip: see `minors_and_circuits`.
        slack: 0 where minors are exact.
    """
    full = (1 << n) - 1
    basis = (1 << k) - 1
    while basis <= full:
        at = basis ^ flip
        minors[at] = abs(minors[at])
        basis = next_of_same_size(basis)
    _sum_circuits(minors, bounds, n, k, flip, slack)
    if slack > 0.0:
        basis = (1 << k) - 1
        while basis <= full:
            at = basis ^ flip
            minors[at] = max(minors[at] - slack * bounds[at], 0.0)
            basis = next_of_same_size(basis)


@kernel()
def minors_and_circuits(G, is_check, upwards):  # type: ignore[no-untyped-def]
    """Absolute minors p(B) and sums s(A) of one code, by masks of columns.

    Args:
        G: shape (k, n), or (n-k, n) for a parity-check matrix.
        is_check: whether it is one.
        upwards: whether to round so that heights come out no smaller than they are.

    Returns:
        In this order: the minors, shape (2^n,), p(B) at B ^ flip and s(A) at A ^ flip; flip, all n
        bits where a parity-check matrix was expanded and else 0; and the five that `_settle`
        returns, which if `upwards` are 1, 1, 0, 0 and False.
    """
    n = G.shape[1]
    k = n - G.shape[0] if is_check else G.shape[0]
    rows, dual, exact = expansion_rows(G, is_check)
    flip = (1 << n) - 1 if dual else 0
    minors = np.empty(1 << n)
    _expand(rows, True, minors)
    bounds = minors
    if not exact:
        bounds = np.empty(1 << n)
        _expand(rows, False, bounds)
    if upwards:
        r = len(rows)
        slack = 0.0 if exact else 1.01 * (2 * r + r * (r - 1) // 2) * _UNIT
        _settle_upwards(minors, bounds, n, k, flip, slack)
        return minors, flip, 1.0, 1.0, 0.0, 0, False
    kept, top, dropped, zeros, close = _settle(
        minors, bounds, rows, k, flip, 0.0 if exact else ZERO_TOLERANCE
    )
    return minors, flip, kept, top, dropped, zeros, close
