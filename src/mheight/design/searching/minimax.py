"""Numba kernel: the linear program of one step downhill on a largest of functions.

    minimise t  subject to  f_i + (g_i, d) <= t  for all i,  -low_j <= d_j <= high_j.

Its dual has one equation for each coordinate and one more, and a basis to start from that
needs no search: all weight on the largest f_i.  So the dual is solved, by the simplex method
on a full tableau; the step d is its dual solution.
"""

from __future__ import annotations

import numpy as np

from mheight.kernels.compiling import kernel

__all__ = ["minimax_step"]

_EPSILON = 1e-11
_MOST_PIVOTS = 40  # for each equation
_PATIENCE = 8  # for each equation, before the rule that can't cycle


@kernel()
def _pivot(tableau, row, column):  # type: ignore[no-untyped-def]
    """A simplex step: a column becomes the unit of a row.

    Args:
        tableau: shape (d+2, N+d+1), see `_start`; changed.
        row: an equation.
        column: where that row is not 0.
    """
    rows, columns = tableau.shape
    inverse = 1.0 / tableau[row, column]
    for j in range(columns):
        tableau[row, j] *= inverse
    for i in range(rows):
        factor = tableau[i, column]
        if i != row and factor != 0.0:
            for j in range(columns):
                tableau[i, j] -= factor * tableau[row, j]
            tableau[i, column] = 0.0


@kernel()
def _start(values, slopes, low, high, tableau, basis):  # type: ignore[no-untyped-def]
    """The tableau with all weight on the largest value, reduced costs in its last row.

    Rows: an equation for each coordinate; that of the weights' sum; reduced costs.  Columns: a
    weight for each function; s+ for each coordinate (s- is its negative); the right side.  A basis
    names s+_j by count + j, s-_j by count + d + j.

    Args:
        values: shape (N,), the f_i.
        slopes: shape (N, d), the g_i.
        low: shape (d,), how far down each coordinate may go.
        high: shape (d,), how far up.
        tableau: shape (d+2, N+d+1), filled.
        basis: shape (d+1,), filled: the basic column of each equation.
    """
    count, d = slopes.shape
    top = 0
    for i in range(count):
        if values[i] > values[top]:
            top = i
    for i in range(count):
        for j in range(d):
            # Less the row of the weights' sum times g_top, so that column `top` is a unit.
            tableau[j, i] = slopes[i, j] - slopes[top, j]
        tableau[d, i] = 1.0
    for j in range(d):
        sign = -1.0 if slopes[top, j] > 0.0 else 1.0
        for i in range(count):
            tableau[j, i] *= sign
        for i in range(d):
            tableau[j, count + i] = 0.0
        tableau[j, count + j] = sign
        tableau[j, count + d] = abs(slopes[top, j])
        basis[j] = count + j if sign > 0.0 else count + d + j
    for i in range(d):
        tableau[d, count + i] = 0.0
    tableau[d, count + d] = 1.0
    basis[d] = top
    # Reduced costs c - c_B B^-1 A for c = (-f, high, low).
    for i in range(count + d + 1):
        cost = 0.0
        if i < count:
            cost = -values[i]
        elif i < count + d:
            cost = high[i - count]
        for j in range(d):
            cost -= (high[j] if basis[j] < count + d else low[j]) * tableau[j, i]
        tableau[d + 1, i] = cost + values[top] * tableau[d, i]


@kernel()
def _entering(tableau, count, d, low, high, careful):  # type: ignore[no-untyped-def]
    """A column of negative reduced cost (the s- after the s+), or -1.

    Args:
        tableau: shape (d+2, N+d+1), see `_start`.
        count: N.
        d: coordinates.
        low: shape (d,), how far down each may go.
        high: shape (d,), how far up.
        careful: whether to take the first one, not the most negative.
    """
    found, worst = -1, -_EPSILON
    for i in range(count + 2 * d):
        if i < count + d:
            cost = tableau[d + 1, i]
        else:
            j = i - count - d
            cost = low[j] + high[j] - tableau[d + 1, i - d]
        if cost < worst:
            found, worst = i, cost
            if careful:
                break
    return found


@kernel()
def minimax_step(values, slopes, low, high, step):  # type: ignore[no-untyped-def]
    """Fill `step` with the best d; returns the t that it promises.

    Args:
        values: shape (N,), the f_i.
        slopes: shape (N, d), the g_i.
        low: shape (d,), how far down each coordinate may go, at least 0.
        high: shape (d,), how far up.
        step: shape (d,), filled.
    """
    count, d = slopes.shape
    tableau, basis = np.empty((d + 2, count + d + 1)), np.empty(d + 1, np.int64)
    _start(values, slopes, low, high, tableau, basis)
    last = count + d
    for turn in range(_MOST_PIVOTS * (d + 1)):
        column = _entering(tableau, count, d, low, high, turn > _PATIENCE * (d + 1))
        if column < 0:
            break
        sign, at = (1.0, column) if column < last else (-1.0, column - d)
        row, least = -1, np.inf
        for i in range(d + 1):
            pivot = sign * tableau[i, at]
            if pivot > 1e-9:
                ratio = max(tableau[i, last], 0.0) / pivot
                if ratio < least or (ratio == least and basis[i] < basis[row]):
                    row, least = i, ratio
        if row < 0:
            break
        if sign < 0.0:
            # The column of s- is minus that of s+, and its cost is high + low less that.
            width = low[at - count] + high[at - count]
            for i in range(d + 1):
                tableau[i, at] = -tableau[i, at]
            tableau[d + 1, at] = width - tableau[d + 1, at]
            _pivot(tableau, row, at)
            for i in range(d + 1):
                tableau[i, at] = -tableau[i, at]
            tableau[d + 1, at] = width - tableau[d + 1, at]
        else:
            _pivot(tableau, row, at)
        basis[row] = column
    promised = -np.inf
    for j in range(d):
        move = high[j] - tableau[d + 1, count + j]
        step[j] = max(-low[j], min(high[j], move))
    for i in range(count):
        total = values[i]
        for j in range(d):
            total += slopes[i, j] * step[j]
        promised = max(promised, total)
    return promised
