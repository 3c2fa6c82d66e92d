"""Polishing: successive linear programs down to a local minimum of a height."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mheight.codes.compiling import kernel
from mheight.codes.minors.lanes import LANES
from mheight.design.searching.charts import Chart
from mheight.design.searching.kernel import ZERO, HeightProgram, block_heights
from mheight.design.searching.minimax import minimax_step
from mheight.design.searching.pieces import active_pieces, piece_slopes

__all__ = ["bases_of", "polish"]

Float = NDArray[np.float64]

_MOST_PIECES = 500
_FIRST_RADIUS, _LEAST_RADIUS = 0.1, 1e-13
_SPREAD = 4.0  # pieces within this many times the radius's usual effect are looked at
_GAIN = 1e-13  # of log h: less is no progress


@lru_cache(maxsize=64)
def bases_of(n: int, k: int) -> NDArray[np.bool_]:
    """Which columns belong to each k-subset, in lexicographic order, shape (C(n, k), n)."""
    subsets = np.array(list(combinations(range(n), k)))
    inside = np.zeros((len(subsets), n), np.bool_)
    inside[np.arange(len(subsets))[:, None], subsets] = True
    return inside


@kernel()
def _fill(base, x, step, scale, start, entry_of, factor_of, block, lane):  # type: ignore[no-untyped-def]
    for e in range(len(base)):
        block[e, lane] = base[e]
    for i in range(len(x)):
        value = x[i] + scale * step[i]
        for t in range(start[i], start[i + 1]):
            block[entry_of[t], lane] += value * factor_of[t]


@kernel()
def _polish(  # type: ignore[no-untyped-def]
    base, rows, start, entry_of, factor_of, x, least, most, zero, is_check, subsets, radius,
    least_radius,
    most_steps, most_pieces, room, tables,
):  # fmt: skip
    """Move x downhill; returns log h and the number of steps."""
    n, d = tables[0], len(x)
    block, found = np.empty((rows * n, LANES)), np.empty((1, LANES))
    matrix, step = np.empty((rows, n)), np.zeros(d)
    pieces = np.empty((most_pieces, 2), np.int64)
    low, high = np.empty(d), np.empty(d)
    values, slopes = np.empty(2 * most_pieces), np.empty((2 * most_pieces, d))
    height, steps = np.inf, 0
    while steps < most_steps:
        steps += 1
        _fill(base, x, step, 0.0, start, entry_of, factor_of, block, 0)
        for i in range(rows):
            for j in range(n):
                matrix[i, j] = block[i * n + j, 0]
        margin = np.exp(-min(_SPREAD * radius * 4.0, 2.0))
        top, count = active_pieces(matrix, zero, margin, most_pieces, pieces, tables)
        if not np.isfinite(top) or top <= 2.0 + 1e-12:
            return np.log(max(top - 1.0, 1.0)), steps
        size = piece_slopes(
            matrix, is_check, pieces, count, subsets, start, entry_of, factor_of, values, slopes
        )
        if not size:
            return np.log(top - 1.0), steps
        if not np.isfinite(height):
            height = np.log(top - 1.0)
        # Scaled, so that the program's tolerance is one of the radius.
        highest = -np.inf
        for i in range(size):
            highest = max(highest, values[i])
        for i in range(size):
            values[i] = (values[i] - highest) / radius
        for i in range(d):
            # A step may be doubled below, but not over a limit.
            low[i] = min(1.0, max(x[i] - least[i], 0.0) / radius)
            high[i] = min(1.0, max(most[i] - x[i], 0.0) / radius)
        promised = minimax_step(values[:size], slopes[:size], low, high, step)
        if -promised * radius < _GAIN:
            return height, steps
        longest = 1.0
        for i in range(d):
            room_left = max(most[i] - x[i], 0.0) if step[i] > 0.0 else max(x[i] - least[i], 0.0)
            if abs(step[i]) * radius * 2.0 > room_left:
                longest = 0.0
        for lane in range(LANES):
            scale = radius * 2.0 ** (longest - lane)
            _fill(base, x, step, scale, start, entry_of, factor_of, block, lane)
        block_heights(block, found, 0, zero, 0.0, room, tables)
        best, lowest = -1, height - 0.01 * min(-promised * radius, 1.0) * 2.0**-6
        for lane in range(LANES):
            value = np.log(max(found[0, lane] - 1.0, 1.0))
            if value < lowest:
                best, lowest = lane, value
        if best < 0:
            radius *= 2.0 ** (2 - LANES)
        else:
            scale = radius * 2.0 ** (longest - best)
            for i in range(d):
                x[i] = min(max(x[i] + scale * step[i], least[i]), most[i])
            height = lowest
            radius = 2.0 * scale if best <= 1 else scale
            radius = min(radius, 0.5)
        if radius < least_radius:
            break
    return height, steps


def polish(
    program: HeightProgram,
    chart: Chart,
    x: Float,
    *,
    radius: float = _FIRST_RADIUS,
    least_radius: float = _LEAST_RADIUS,
    most_steps: int = 300,
    least: Float | None = None,
    most: Float | None = None,
    zero: float = ZERO,
) -> tuple[float, Float, int]:
    """Polish a code within a chart: each step solves a linear program over all tying pieces.

    Args:
        program: for n, k, m.
        chart: of matrices that the program takes.
        x: where to start, shape (d,).
        radius: how far the first step may go in each coordinate.
        least_radius: where to end.
        most_steps: linear programs to solve, at most.
        least: the least value of each coordinate, shape (d,).
        most: the largest value of each coordinate.
        zero: the fraction of the largest minor that counts as zero.

    Returns:
        The height, the coordinates, and how many steps it took.
    """
    x = np.array(x, np.float64)
    least = np.full(len(x), -np.inf) if least is None else np.asarray(least, np.float64)
    most = np.full(len(x), np.inf) if most is None else np.asarray(most, np.float64)
    start, entry_of, factor_of = chart.sparse
    log_height, steps = _polish(
        chart.base.ravel(), program.rows, start, entry_of, factor_of, x, least, most, zero,
        program.is_check, bases_of(program.n, program.k), radius, least_radius, most_steps,
        _MOST_PIECES, program.new_room(), program.tables,
    )  # fmt: skip
    return float(np.exp(log_height)), x, int(steps)
