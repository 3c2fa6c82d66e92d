"""Numba kernel: the linear program of one target, warm-started.

For a target a and a set K of kept positions,

    f(K) = max { |c_a| : c in the code, |c_j| <= 1 for j in K }
         = min over bases B in K of || inverse(G_B) g_a ||_1.

A vertex is kept with its tableau (see `Vertex`).  Every basis gives an upper bound of f(K),
the sum of the magnitudes of column a, and every vertex a codeword.  Bounds are 1 + a random
relative 1e-9 each, so that ties, of which codes of small integers are full, cannot make the
method cycle; the sum above does not depend on them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.heights.programs.proven_bounds import PIVOT_ERROR, ceiling
from mheight.kernels.compiling import kernel

__all__ = [
    "Vertex",
    "crash",
    "drop",
    "drop_value",
    "expel",
    "pivot",
    "reduced_table",
    "reoptimise",
]

_PIVOT = 1e-10
"""Entries of a tableau smaller than this, beside the largest of their row, are zero."""

_PATIENCE = 40
"""Steps by the largest violation, times k; after these, by the least index (Bland)."""


class Vertex(NamedTuple):
    """A vertex of the program of one target; kernels move it by writing to its arrays."""

    table: NDArray[np.float64]  # (k, n), its tableau, inverse(G_B) G
    basis: NDArray[np.int64]  # (k,), the columns B
    errors: NDArray[np.float64]  # (n+1,), bounds of the residuals of the tableau
    signs: NDArray[np.float64]  # (k,), the bound that each c_b sits on, 1 or -1
    word: NDArray[np.float64]  # (n,), the codeword c
    open_: NDArray[np.bool_]  # (n,), the kept columns outside the basis
    bounds: NDArray[np.float64]  # (n,), of the magnitudes |c_j| at kept positions j


@kernel()
def pivot(table, basis, errors, row, column):  # type: ignore[no-untyped-def]
    """Column `column` replaces the basic column of `row`; `errors` follows (see `measure`).

    Args:
        table: shape (k, n), a tableau; changed.
        basis: shape (k,), its basic columns; changed.
        errors: shape (n+1,), bounds of the residuals of the tableau; changed.
        row: a row of the tableau.
        column: where that row is not 0.
    """
    k, n = table.shape
    scale = 1.0 / table[row, column]
    pivot_row = table[row]
    weight = errors[column]
    for j in range(n):
        pivot_row[j] *= scale
        errors[j] += abs(pivot_row[j]) * weight
    pivot_row[column] = 1.0
    errors[column] = 2.0
    errors[n] += PIVOT_ERROR
    for i in range(k):
        if i == row:
            continue
        other = table[i]
        factor = other[column]
        if factor != 0.0:
            for j in range(n):
                other[j] -= factor * pivot_row[j]
            other[column] = 0.0
    basis[row] = column


@kernel()
def reduced_table(G, basis, errors):  # type: ignore[no-untyped-def]
    """The tableau of G, shape (k, n), for a basis found by complete pivoting.

    Args:
        G: shape (k, n).
        basis: shape (k,), filled; an entry stays as it was where the rank is below k.
        errors: shape (n+1,), changed as by `pivot`.
    """
    k, n = G.shape
    table, used = np.empty((k, n)), np.empty(k, np.bool_)
    for i in range(k):
        used[i] = False
        for j in range(n):
            table[i, j] = G[i, j]
    for _ in range(k):
        best, row, column = 0.0, -1, -1
        for i in range(k):
            if used[i]:
                continue
            for j in range(n):
                if abs(table[i, j]) > best:
                    best, row, column = abs(table[i, j]), i, j
        if row < 0:
            break
        used[row] = True
        pivot(table, basis, errors, row, column)
    return table


@kernel()
def _threshold(line):  # type: ignore[no-untyped-def]
    """What counts as zero in a row of a tableau: `_PIVOT` times its largest magnitude.

    Args:
        line: shape (n,), the row.
    """
    top = 0.0
    for j in range(len(line)):
        top = max(top, abs(line[j]))
    return top * _PIVOT


@kernel()
def _blocking(v, row, direction, limit):  # type: ignore[no-untyped-def]
    """How far the codeword may move along `direction` times a row, and the column that stops it.

    Among columns that stop it together, the one with the largest entry is taken.
    Column -1: nothing stops it before `limit`.

    Args:
        v: `Vertex`.
        row: of its tableau.
        direction: 1 or -1.
        limit: how far it may move at most.
    """
    line, word, open_, bounds = v.table[row], v.word, v.open_, v.bounds
    least, column, size = limit, -1, 0.0
    zero = _threshold(line)
    for j in range(len(line)):
        if not open_[j]:
            continue
        rate = direction * line[j]
        if rate > zero:
            step = (bounds[j] - word[j]) / rate
        elif rate < -zero:
            rate = -rate
            step = (bounds[j] + word[j]) / rate
        else:
            continue
        step = max(step, 0.0)
        if step < least - 1e-13 * (1.0 + least) or (step <= least and rate > size):
            least, column, size = step, j, rate
    return least, column


@kernel()
def _move(v, row, direction, step, column):  # type: ignore[no-untyped-def]
    """Move the codeword by `step` along a row and let `column` replace the row's basic column.

    Args:
        v: `Vertex`, changed; whether the old basic column is kept is left to the caller.
        row: of its tableau.
        direction: 1 or -1.
        step: of `_blocking`.
        column: of `_blocking`.
    """
    line = v.table[row]
    for j in range(len(line)):
        v.word[j] += direction * step * line[j]
    v.signs[row] = 1.0 if direction * line[column] > 0.0 else -1.0
    v.word[column] = v.signs[row] * v.bounds[column]
    pivot(v.table, v.basis, v.errors, row, column)
    v.open_[column] = False


@kernel()
def _swing(v, row, direction, step):  # type: ignore[no-untyped-def]
    """Move the codeword along a row until its own basic column is on the bound ahead.

    Args:
        v: `Vertex`, whose word and signs are changed.
        row: of its tableau.
        direction: 1 or -1.
        step: how far that is.
    """
    line = v.table[row]
    for j in range(len(line)):
        v.word[j] += direction * step * line[j]
    v.signs[row] = direction
    v.word[v.basis[row]] = direction * v.bounds[v.basis[row]]


@kernel()
def reoptimise(v, target):  # type: ignore[no-untyped-def]
    """Primal simplex steps from a vertex to an optimal one; returns the value and the steps.

    The value is the sum of magnitudes, an upper bound of f(K) by any basis.

    Args:
        v: `Vertex`, changed.
        target: a.
    """
    table, basis, signs = v.table, v.basis, v.signs
    k = len(basis)
    steps = 0
    while True:
        row, worst = -1, 0.0
        zero = 0.0
        for i in range(k):
            zero = max(zero, abs(table[i, target]))
        zero *= 1e-11
        for i in range(k):
            violation = -signs[i] * table[i, target]
            if violation > zero and violation > worst:
                row, worst = i, violation
                if steps > _PATIENCE * k:
                    break
        if row < 0 or steps > 100 * _PATIENCE * k:
            break
        steps += 1
        column = basis[row]
        direction = -signs[row]
        step, stop = _blocking(v, row, direction, 2.0 * v.bounds[column])
        if stop < 0:
            _swing(v, row, direction, step)
            continue
        _move(v, row, direction, step, stop)
        v.open_[column] = True
    value = 0.0
    for i in range(k):
        value += abs(table[i, target])
    return value, steps


@kernel()
def drop(v, target, row):  # type: ignore[no-untyped-def]
    """Drop the constraint of a basic column; returns the new value and the simplex steps.

    The value is infinite if nothing else kept stops the codeword.

    Args:
        v: `Vertex`, optimal; changed.
        target: a.
        row: of the basic column.
    """
    direction = 1.0 if v.table[row, target] > 0.0 else -1.0
    step, stop = _blocking(v, row, direction, np.inf)
    if stop < 0:
        return np.inf, 0
    _move(v, row, direction, step, stop)
    return reoptimise(v, target)


@kernel()
def drop_value(v, target, row):  # type: ignore[no-untyped-def]
    """What `drop` comes to after its first step, without a pivot, and a bound of f by that.

    The bound allows for rounding: the residual of column `stop` counts as often as the
    step takes it (see `mheight.heights.programs.proven_bounds`).

    Args:
        v: `Vertex`, optimal; kept.
        target: a.
        row: of the basic column.
    """
    table, errors = v.table, v.errors
    x = table[row, target]
    direction = 1.0 if x > 0.0 else -1.0
    _, stop = _blocking(v, row, direction, np.inf)
    if stop < 0:
        return np.inf, np.inf
    ratio = x / table[row, stop]
    value = abs(ratio)
    for i in range(len(table)):
        if i != row:
            value += abs(table[i, target] - ratio * table[i, stop])
    kappa = errors[-1]
    slack = kappa * errors[target] + abs(ratio) * errors[stop] * (kappa + PIVOT_ERROR)
    return value, ceiling(value, 1.01 * slack + PIVOT_ERROR * value, len(table))


@kernel()
def expel(table, basis, errors, allowed):  # type: ignore[no-untyped-def]
    """Exchange every basic column that is not allowed; False if no allowed columns span.

    Args:
        table: shape (k, n), a tableau; changed.
        basis: shape (k,), its basic columns; changed.
        errors: shape (n+1,), bounds of the residuals of the tableau; changed.
        allowed: shape (n,), the columns that may be basic.
    """
    k, n = table.shape
    basic = np.empty(n, np.bool_)
    for j in range(n):
        basic[j] = False
    for row in range(k):
        basic[basis[row]] = True
    for row in range(k):
        if allowed[basis[row]]:
            continue
        best, column = _threshold(table[row]), -1
        for j in range(n):
            if allowed[j] and not basic[j] and abs(table[row, j]) > best:
                best, column = abs(table[row, j]), j
        if column < 0:
            return False
        basic[column] = True
        pivot(table, basis, errors, row, column)
    return True


@kernel()
def crash(v, target):  # type: ignore[no-untyped-def]
    """From the zero codeword to an optimal vertex; returns the value and the steps.

    Args:
        v: `Vertex`, changed: its basis must be without the target, its `open_` mark the kept
            columns outside the basis; signs and word are filled.
        target: a.
    """
    for j in range(len(v.word)):
        v.word[j] = 0.0
    for row in range(len(v.basis)):
        # The basic column of the row goes to a bound, unless another stops it before.
        column = v.basis[row]
        direction = 1.0 if v.table[row, target] >= 0.0 else -1.0
        room = v.bounds[column] - direction * v.word[column]
        step, stop = _blocking(v, row, direction, room)
        if stop < 0:
            _swing(v, row, direction, step)
        else:
            _move(v, row, direction, step, stop)
            v.open_[column] = True
    return reoptimise(v, target)
