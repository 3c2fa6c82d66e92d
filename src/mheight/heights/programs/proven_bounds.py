"""Numba kernel: what a tableau in floating point proves about a height.

A codeword with |c_j| <= 1 on kept positions K, none of whose magnitudes is above |c_a|,
is what a height is made of.  Let R be a generator matrix with the identity in the columns
of some information set.  Any numbers x for columns B in K leave a residual
r = R_a - R_B x, and c_a = x c_B + c r, where c r is taken over that information set.  So

    |c_a| <= sum |x_b| + ||r||_1 |c_a|,   hence   |c_a| <= sum |x_b| / (1 - ||r||_1),

whatever x is; a multiplier x_b of a column that may yet be dropped moves from the sum to
the residual.  `ceiling` is the right-hand side, rounded up.

Residuals of all columns of a tableau are bounded by a vector of n+1 numbers, `errors`:
that of column j by errors[n] * errors[j].  Here errors[j] is at least 1 plus the sum of the
magnitudes of column j, and a pivot with pivot row t and entering column q adds
|t_j| errors[q] to it: the residuals of j and q add up in this way, and the rounding of the
new column j, each of whose entries costs a product, a difference and twice the rounding of
t_j, is below 7 units of its last place times that sum.  So each pivot adds 7 units to
errors[n]; two percent are left for the rounding of these bounds themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.kernels.compiling import kernel

__all__ = [
    "PIVOT_ERROR",
    "Enclosed",
    "ceiling",
    "certify",
    "measure",
    "negligible",
    "node_bound",
    "start_errors",
]

_UNIT = 2.0**-53
PIVOT_ERROR = 7.0 * _UNIT
"""What a pivot adds to the relative bound of residuals."""

_SPLIT = 134217729.0  # 2^27 + 1
_GOOD = 1e-14  # a residual this small needs no more refinement
_ROUNDS = 3
_FINE = 2e-11  # a bound this close to the sum of the multipliers needs no better residual


class Enclosed(NamedTuple):
    """The matrix R of a code, as kernels take it (see `mheight.heights.programs.enclosure`)."""

    high: NDArray[np.float64]  # (k, n), the nearest floats of R
    low: NDArray[np.float64]  # (k, n), the nearest floats of what is left
    blur: float  # no column of R is off from high + low by more, in the sum of magnitudes
    weights: NDArray[np.float64]  # (n,), sums of magnitudes of the columns of high
    corner: NDArray[np.int64]  # (k,), the columns where R is the identity


@kernel()
def ceiling(value, slack, k):  # type: ignore[no-untyped-def]
    """A bound of |c_a| from the sum of k magnitudes and what the residual takes, rounded up.

    Args:
        value: the sum.
        slack: a bound of the 1-norm of the residual; from 1/2 on there is no bound.
        k: how many magnitudes.
    """
    if not slack < 0.5:
        return np.inf
    return value * (1.0 + (k + 8) * _UNIT) / (1.0 - slack)


@kernel()
def start_errors(table, blur, errors):  # type: ignore[no-untyped-def]
    """Fill `errors` for R itself, each entry rounded once, as the tableau.

    Args:
        table: shape (k, n), R in floats.
        blur: as in `Enclosed`.
        errors: shape (n+1,), filled.
    """
    k, n = table.shape
    for j in range(n):
        errors[j] = 1.0
        for i in range(k):
            errors[j] += abs(table[i, j])
    errors[n] = 1.01 * (_UNIT + blur)


@kernel()
def measure(R, table, basis, errors):  # type: ignore[no-untyped-def]
    """Fill `errors` anew, from R - R_B T: tighter than what many pivots have added up to.

    Args:
        R: `Enclosed`.
        table: shape (k, n), the tableau T of `basis`.
        basis: shape (k,).
        errors: shape (n+1,), filled.
    """
    k, n = table.shape
    high, blur, weights = R.high, R.blur, R.weights
    residuals, line, sums = np.zeros(n), np.empty(n), np.empty(n)
    basic = np.zeros(n, np.bool_)
    for j in range(n):
        errors[j], sums[j] = 1.0, weights[j]
    for row in range(k):
        basic[basis[row]] = True
        for j in range(n):
            errors[j] += abs(table[row, j])
    for i in range(k):
        for j in range(n):
            line[j] = high[i, j]
        for row in range(k):
            factor = high[i, basis[row]]
            if factor != 0.0:
                other = table[row]
                for j in range(n):
                    line[j] -= factor * other[j]
        for j in range(n):
            residuals[j] += abs(line[j])
    # Rounding of the residual, and of R: (k + 6) units of the magnitudes that went into it.
    for row in range(k):
        weight = weights[basis[row]]
        other = table[row]
        for j in range(n):
            sums[j] += weight * abs(other[j])
    worst = 0.0
    for j in range(n):
        if not basic[j]:
            residual = residuals[j] + (k + 6) * _UNIT * sums[j] + blur * errors[j]
            worst = max(worst, residual / errors[j])
    errors[n] = 1.01 * worst


@kernel()
def negligible(table, target):  # type: ignore[no-untyped-def]
    """Multipliers up to this size count as zero: their columns are not branched on.

    Args:
        table: shape (k, n), a tableau, whose column `target` are the multipliers.
        target: a.
    """
    top = 0.0
    for row in range(len(table)):
        top = max(top, abs(table[row, target]))
    return min(1e-11 * top, 1e-12)


@kernel()
def _column_residual(R, table, basis, target):  # type: ignore[no-untyped-def]
    """A bound of ||R_a - R_B x||_1 in plain precision, with its rounding as in `measure`.

    Args:
        R: `Enclosed`.
        table: shape (k, n), the tableau of `basis`; x is its column a.
        basis: shape (k,), B.
        target: a.
    """
    k = len(basis)
    high, weights = R.high, R.weights
    norm, size, total = 0.0, weights[target], 1.0
    for row in range(k):
        x = abs(table[row, target])
        size += weights[basis[row]] * x
        total += x
    for i in range(k):
        rest = high[i, target]
        for row in range(k):
            rest -= high[i, basis[row]] * table[row, target]
        norm += abs(rest)
    return 1.01 * (norm + (k + 6) * _UNIT * size + R.blur * total)


@kernel()
def node_bound(value, line, R, table, basis, target, errors, promised, last):  # type: ignore[no-untyped-def]
    """A bound of |c_a| by the basis of a node: no coarser than needed to be below `line`.

    Args:
        value: the sum of its multipliers.
        line: what the bound need not be better than.
        R: `Enclosed`.
        table: shape (k, n), the tableau of `basis`.
        basis: shape (k,).
        target: a.
        errors: shape (n+1,), bounds of the residuals of the tableau.
        promised: shape (n,), the columns that are never dropped.
        last: whether nothing more is dropped.
    """
    k, n = table.shape
    loose = 0.0
    zero = -1.0 if last else negligible(table, target)
    for row in range(k):
        x = abs(table[row, target])
        if x <= zero and not promised[basis[row]]:
            loose += 1.01 * x
    fine = value * (1.0 + _FINE)
    bound = ceiling(value, 1.01 * errors[n] * errors[target] + loose, k)
    if bound > line and bound > fine:
        slack = _column_residual(R, table, basis, target)
        bound = min(bound, ceiling(value, slack + loose, k))
    if bound > line and bound > fine:
        spared = np.zeros(k, np.bool_)
        for row in range(k):
            small = abs(table[row, target]) <= zero
            spared[row] = small and not promised[basis[row]]
        bound = min(bound, certify(R, table, basis, target, spared))
    return bound


@kernel()
def _accumulate(total, rest, size, x, y):  # type: ignore[no-untyped-def]
    """Add x y to total + rest, by products and sums without error (Dot2 of Ogita, Rump, Oishi).

    Args:
        total: the sum so far.
        rest: what rounding took from it.
        size: the sum of the magnitudes of what was added.
        x: a factor.
        y: another.

    Returns:
        The new total, rest and size.
    """
    product = x * y
    big = _SPLIT * x
    x_high = big - (big - x)
    x_low = x - x_high
    big = _SPLIT * y
    y_high = big - (big - y)
    y_low = y - y_high
    error = x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low)
    new = total + product
    part = new - total
    error += (total - (new - part)) + (product - part)
    return new, rest + error, size + abs(product)


@kernel()
def _residual(high, low, blur, basis, target, first, second, out):  # type: ignore[no-untyped-def]
    """R_a - R_B (first + second) in twice the precision; returns a bound of its 1-norm.

    Args:
        high: shape (k, n), as in `Enclosed`.
        low: shape (k, n), likewise.
        blur: likewise.
        basis: shape (k,), B.
        target: a.
        first: shape (k,), the multipliers.
        second: shape (k,), what is to be added to them.
        out: shape (k,), filled: the residual.
    """
    k = len(basis)
    terms = 3 * k + 8
    norm, weight = 0.0, 1.0
    for row in range(k):
        weight += abs(first[row]) + abs(second[row])
    for i in range(k):
        total, rest, size = high[i, target], low[i, target], abs(high[i, target])
        left = 0.0
        for row in range(k):
            j = basis[row]
            x = high[i, j]
            if x != 0.0:
                total, rest, size = _accumulate(total, rest, size, -x, first[row])
                total, rest, size = _accumulate(total, rest, size, -x, second[row])
                x = low[i, j]
                if x != 0.0:
                    total, rest, size = _accumulate(total, rest, size, -x, first[row])
                    left += abs(x * second[row])
        out[i] = total + rest
        norm += abs(out[i]) + left + 4.0 * (terms * _UNIT) ** 2 * size
    return norm * (1.0 + terms * _UNIT) + 1.01 * blur * weight


@kernel()
def certify(R, table, basis, target, spared):  # type: ignore[no-untyped-def]
    """A bound of |c_a| by the basis of a tableau, to the last digits or so.

    Multipliers are refined, with residuals in twice the precision.

    Args:
        R: `Enclosed`.
        table: shape (k, n), the tableau of `basis`.
        basis: shape (k,).
        target: a.
        spared: shape (k,); True where the column may yet be dropped, so that its (small)
            multiplier counts as residual.
    """
    k = len(basis)
    high, low, blur, corner = R.high, R.low, R.blur, R.corner
    first, second, residual = np.empty(k), np.zeros(k), np.empty(k)
    for row in range(k):
        first[row] = table[row, target]
    norm = np.inf
    for _ in range(_ROUNDS):
        norm = _residual(high, low, blur, basis, target, first, second, residual)
        if norm < _GOOD:
            break
        for row in range(k):
            for i in range(k):
                second[row] += table[row, corner[i]] * residual[i]
            total = first[row] + second[row]
            second[row] -= total - first[row]
            first[row] = total
    else:
        norm = _residual(high, low, blur, basis, target, first, second, residual)
    value = 0.0
    for row in range(k):
        size = abs(first[row]) + abs(second[row])
        if spared[row]:
            norm += 1.01 * size
        else:
            value += size
    return ceiling(value, norm, k)
