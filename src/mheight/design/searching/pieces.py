"""Numba kernel: the smooth pieces of which a height is made near one code, with their slopes.

With F_a(T) as in `mheight.heights.lattice`, 1 + h_m is the largest F_a(T), and each F_a(T)
the least s(B + a) / p(B) = 1 + ||x||_1, x = inverse(G_B) g_a, over bases B in T.  The B that
gives the least stands for its T: its piece is never below, so a step that lowers all such
pieces lowers the height.  For the slopes see `mheight.heights.gradient`.
"""

from __future__ import annotations

import numpy as np

from mheight.codes.minors.lanes import LANES
from mheight.kernels.compiling import kernel

__all__ = ["active_pieces", "piece_slopes", "solved_square"]

_MOST_SIGNS = 3  # entries of x that are nearly 0 and stand with both signs
_NEARLY_ZERO = 1e-6


@kernel()
def _minors(matrix, zero, minors, terms):  # type: ignore[no-untyped-def]
    """Absolute minors of one code by the `Terms` of the block kernel; zero ones are 0.

    Args:
        matrix: shape (rows, n), a generator or parity-check matrix, as the terms are for.
        zero: the fraction of the largest minor that counts as zero.
        minors: shape (C(n, k),), filled, in the order of k-subsets.
        terms: `Terms`.
    """
    column, child, sizes, order = terms.column, terms.child, terms.sizes, terms.order
    rows, n = matrix.shape
    current, previous = np.empty(terms.widest), np.empty(terms.widest)
    for j in range(n):
        current[j] = matrix[0, j]
    t = n
    for r in range(1, rows):
        current, previous = previous, current
        for s in range(sizes[r + 1]):
            total, sign = 0.0, 1.0
            for _ in range(r + 1):
                total += sign * matrix[r, column[t] // LANES] * previous[child[t] // LANES]
                sign = -sign
                t += 1
            current[s] = total
    top = 0.0
    for s in range(len(minors)):
        minors[s] = abs(current[order[s] // LANES])
        top = max(top, minors[s])
    for s in range(len(minors)):
        if minors[s] <= zero * top:
            minors[s] = 0.0


@kernel()
def _highest(heights, least_of, count, line, seen, found):  # type: ignore[no-untyped-def]
    """List each piece (a, B) from a line on once, the largest first; returns how many.

    Args:
        heights: shape (n * count,), F_a(T), target after target.
        least_of: shape (n * count,), the number of the B that gives each.
        count: sets T of a target.
        line: the least F_a(T) that matters.
        seen: shape (n, C(n, k)), zeros; changed.
        found: shape (most, 2), filled with targets and numbers of bases.
    """
    size = 0
    chosen = np.empty(len(heights), np.int64)
    for i in range(len(heights)):
        if heights[i] >= line:
            chosen[size] = i
            size += 1
    keys = np.empty(size)
    for i in range(size):
        keys[i] = -heights[chosen[i]]
    pieces = 0
    for rank in np.argsort(keys):
        a, basis = chosen[rank] // count, least_of[chosen[rank]]
        if not seen[a, basis]:
            seen[a, basis] = True
            found[pieces, 0], found[pieces, 1] = a, basis
            pieces += 1
            if pieces == len(found):
                break
    return pieces


@kernel(error_model="numpy")
def active_pieces(matrix, zero, margin, found, tables):  # type: ignore[no-untyped-def]
    """Pieces (a, B) whose F_a(T) is at least `margin` times the largest, the largest first.

    Args:
        matrix: shape (rows, n), a generator or parity-check matrix, as the tables are for.
        zero: the fraction of the largest minor that counts as zero.
        margin: at most 1.
        found: shape (most, 2), filled with targets and numbers of bases.
        tables: `Tables`.

    Returns:
        The largest F_a(T), which is 1 + h_m, and how many pieces were found.
    """
    n, sweep = tables.n, tables.sweep
    circuits, children, level_start = sweep.circuits, sweep.children, sweep.level_start
    minor_of, circuit_of = sweep.minor_of, sweep.circuit_of
    width, levels, bases = tables.k + 1, len(level_start) - 1, level_start[1]
    minors = np.empty(len(tables.terms.order))
    _minors(matrix, zero, minors, tables.terms)
    sums = np.empty(len(circuits) // width)
    for c in range(len(sums)):
        total = 0.0
        for i in range(width):
            total += minors[circuits[c * width + i] // LANES]
        sums[c] = total
    values, best = np.empty(level_start[levels]), np.empty(level_start[levels], np.int32)
    first = level_start[levels - 1]
    count = level_start[levels] - first
    heights, least_of = np.empty(n * count), np.empty(n * count, np.int32)
    top = 0.0
    for a in range(n):
        for i in range(bases):
            p = minors[minor_of[a * bases + i] // LANES]
            values[i] = sums[circuit_of[a * bases + i] // LANES] / p if p > 0.0 else np.inf
            best[i] = minor_of[a * bases + i] // LANES
        c = 0
        for t in range(bases, level_start[levels]):
            low = children[c] // LANES
            for i in range(1, width):
                other = children[c + i] // LANES
                if values[other] < values[low]:
                    low = other
            c += width
            values[t], best[t] = values[low], best[low]
        for t in range(count):
            heights[a * count + t] = values[first + t]
            least_of[a * count + t] = best[first + t]
            top = max(top, values[first + t])
    if np.isinf(top):
        return top, 0
    seen = np.zeros((n, len(minors)), np.bool_)
    return top, _highest(heights, least_of, count, margin * top, seen, found)


@kernel()
def solved_square(square, right):  # type: ignore[no-untyped-def]
    """Solve in place by elimination with pivots; False where the matrix is singular.

    Args:
        square: shape (size, size), the matrix; overwritten.
        right: shape (size, wide), right sides; overwritten with the solutions.
    """
    size, wide = square.shape[0], right.shape[1]
    for i in range(size):
        row = i
        for other in range(i + 1, size):
            if abs(square[other, i]) > abs(square[row, i]):
                row = other
        if square[row, i] == 0.0:
            return False
        if row != i:
            for j in range(size):
                square[i, j], square[row, j] = square[row, j], square[i, j]
            for j in range(wide):
                right[i, j], right[row, j] = right[row, j], right[i, j]
        inverse = 1.0 / square[i, i]
        for other in range(i + 1, size):
            factor = square[other, i] * inverse
            if factor != 0.0:
                for j in range(i, size):
                    square[other, j] -= factor * square[i, j]
                for j in range(wide):
                    right[other, j] -= factor * right[i, j]
    for i in range(size - 1, -1, -1):
        for j in range(wide):
            total = right[i, j]
            for other in range(i + 1, size):
                total -= square[i, other] * right[other, j]
            right[i, j] = total / square[i, i]
    return True


@kernel()
def _words(matrix, target, inside, is_check, dual):  # type: ignore[no-untyped-def]
    """The dual word w (w_a = 1, w_b = -x_b) of a piece.

    Args:
        matrix: shape (rows, n), a generator or parity-check matrix.
        target: a.
        inside: shape (n,), whether a column is in B.
        is_check: whether the matrix is a parity-check matrix.
        dual: shape (n,), filled: w; zeros where the third below is False.

    Returns:
        In this order: shape (rows,), the columns of the square system that was solved, those of B,
        or by H those outside; shape (rows, 1), its solution: x, or by H the combination z of rows
        that is w; and whether there is one.
    """
    rows, n = matrix.shape
    square, right = np.empty((rows, rows)), np.zeros((rows, 1))
    places = np.empty(rows, np.int64)
    size = 0
    for j in range(n):
        # By H: the columns outside B, in which a codeword is free; else those of B.
        if inside[j] != is_check:
            places[size] = j
            size += 1
    for j in range(n):
        dual[j] = 0.0
    if is_check:
        for i in range(rows):
            for j in range(rows):
                square[i, j] = matrix[j, places[i]]
            right[i, 0] = 1.0 if places[i] == target else 0.0
        if not solved_square(square, right):
            return places, right, False
        for j in range(n):
            if inside[j] or j == target:
                total = 0.0
                for i in range(rows):
                    total += right[i, 0] * matrix[i, j]
                dual[j] = total
    else:
        for i in range(rows):
            for j in range(rows):
                square[i, j] = matrix[i, places[j]]
            right[i, 0] = matrix[i, target]
        if not solved_square(square, right):
            return places, right, False
        dual[target] = 1.0
        for i in range(rows):
            dual[places[i]] = -right[i, 0]
    return places, right, True


@kernel()
def _slope(matrix, places, z, signs, inside, is_check, dual, slope):  # type: ignore[no-untyped-def]
    """The gradient of sum of signs_b x_b with respect to the matrix; False if it can't be had.

    Args:
        matrix: shape (rows, n), a generator or parity-check matrix.
        places: shape (rows,), the columns that `_words` returns.
        z: shape (rows, 1), the solution that `_words` returns; read only if `is_check`.
        signs: shape (n,), 1 or -1 on B.
        inside: shape (n,), whether a column is in B.
        is_check: whether the matrix is a parity-check matrix.
        dual: shape (n,), w of `_words`.
        slope: shape (rows * n,), filled, row by row.
    """
    rows, n = matrix.shape
    square, right = np.empty((rows, rows)), np.zeros((rows, 1))
    if is_check:
        # A codeword that is signs_b on B; its other entries by H c = 0.
        word = np.zeros(n)
        for i in range(rows):
            total = 0.0
            for j in range(n):
                if inside[j]:
                    word[j] = signs[j]
                    total -= matrix[i, j] * signs[j]
            right[i, 0] = total
            for j in range(rows):
                square[i, j] = matrix[i, places[j]]
        if not solved_square(square, right):
            return False
        for i in range(rows):
            word[places[i]] = right[i, 0]
        for i in range(rows):
            for j in range(n):
                slope[i * n + j] = -z[i, 0] * word[j]
        return True
    for i in range(rows):
        right[i, 0] = signs[places[i]]
        for j in range(rows):
            square[i, j] = matrix[j, places[i]]
    if not solved_square(square, right):
        return False
    for i in range(rows):
        for j in range(n):
            slope[i * n + j] = right[i, 0] * dual[j]
    return True


@kernel()
def piece_slopes(  # type: ignore[no-untyped-def]
    matrix, is_check, pieces, count, subsets, chart, values, slopes
):
    """Logarithms of the pieces of a height, and their slopes along a chart.

    A piece is a norm; where an entry of x is nearly 0 it stands with both signs.

    Args:
        matrix: shape (rows, n).
        is_check: whether it is a parity-check matrix.
        pieces: shape (P, 2), of `active_pieces`.
        count: how many of them.
        subsets: shape (C(n, k), n), which columns belong to the basis of that number.
        chart: `ByDirection`.
        values: shape (most,), filled.
        slopes: shape (most, d), filled.

    Returns:
        How many values there are.
    """
    rows, n = matrix.shape
    d, most = slopes.shape[1], len(values)
    dual, slope, signs = np.empty(n), np.empty(rows * n), np.empty(n)
    size = 0
    for piece in range(count):
        target, inside = pieces[piece, 0], subsets[pieces[piece, 1]]
        places, z, solved = _words(matrix, target, inside, is_check, dual)
        if not solved:
            continue
        total, vague = 0.0, 0
        for j in range(n):
            if inside[j]:
                total += abs(dual[j])
                if abs(dual[j]) < _NEARLY_ZERO and vague < _MOST_SIGNS:
                    vague += 1
        for choice in range(1 << vague):
            if size == most:
                return size
            bit = 0
            for j in range(n):
                signs[j] = 0.0
                if inside[j]:
                    signs[j] = -1.0 if dual[j] > 0.0 else 1.0  # x_b = -w_b
                    if abs(dual[j]) < _NEARLY_ZERO and bit < vague:
                        signs[j] = -1.0 if choice >> bit & 1 else 1.0
                        bit += 1
            value = 0.0
            for j in range(n):
                if inside[j]:
                    value -= signs[j] * dual[j]
            if not _slope(matrix, places, z, signs, inside, is_check, dual, slope):
                continue
            values[size] = np.log(max(value, 1e-300))
            for i in range(d):
                change = 0.0
                for t in range(chart.start[i], chart.start[i + 1]):
                    change += chart.factor_of[t] * slope[chart.entry_of[t]]
                slopes[size, i] = change / value
            size += 1
    return size
