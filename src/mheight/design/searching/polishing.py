"""Polishing: successive linear programs down to a local minimum of a height."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.lanes import LANES
from mheight.design.searching.charts import Chart
from mheight.design.searching.kernel import ZERO, HeightProgram, block_heights
from mheight.design.searching.minimax import minimax_step
from mheight.design.searching.pieces import active_pieces, piece_slopes
from mheight.kernels.compiling import kernel

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


class Effort(NamedTuple):
    """How far, how finely and for how long is polished."""

    radius: float  # how far the first step may go in each coordinate
    least_radius: float  # where to end
    most_steps: int  # linear programs to solve, at most
    zero: float  # the fraction of the largest minor that counts as zero


@kernel()
def _fill(x, step, scale, chart, block, lane):  # type: ignore[no-untyped-def]
    """The matrix at x + scale * step, into a lane of the block.

    Args:
        x: shape (d,).
        step: shape (d,).
        scale: how many steps.
        chart: `ByDirection`.
        block: shape (rows * n, LANES), filled in one lane.
        lane: of the matrix.
    """
    for e in range(len(chart.base)):
        block[e, lane] = chart.base[e]
    for i in range(len(x)):
        value = x[i] + scale * step[i]
        for t in range(chart.start[i], chart.start[i + 1]):
            block[chart.entry_of[t], lane] += value * chart.factor_of[t]


@kernel()
def _scale(values, size, radius):  # type: ignore[no-untyped-def]
    """Values from the highest down, so scaled that a tolerance is one of the radius.

    Args:
        values: shape (most,), logarithms of pieces; changed, the first `size` of them.
        size: how many there are.
        radius: how far a step may go.
    """
    highest = -np.inf
    for i in range(size):
        highest = max(highest, values[i])
    for i in range(size):
        values[i] = (values[i] - highest) / radius


@kernel()
def _is_double_possible(x, step, radius, least, most):  # type: ignore[no-untyped-def]
    """Whether twice the step stays within the limits.

    Args:
        x: shape (d,), where the step starts.
        step: shape (d,), in radii.
        radius: the unit of the step.
        least: shape (d,), limits of x.
        most: shape (d,), likewise.
    """
    for i in range(len(x)):
        room_left = max(most[i] - x[i], 0.0) if step[i] > 0.0 else max(x[i] - least[i], 0.0)
        if abs(step[i]) * radius * 2.0 > room_left:
            return False
    return True


@kernel()
def _lowest(found, lowest):  # type: ignore[no-untyped-def]
    """The lane of the least log h below a value, or -1; and that log h.

    Args:
        found: shape (1, LANES), by `block_heights`.
        lowest: the value.
    """
    best = -1
    for lane in range(LANES):
        value = np.log(max(found[0, lane] - 1.0, 1.0))
        if value < lowest:
            best, lowest = lane, value
    return best, lowest


@kernel()
def _polish(x, least, most, chart, subsets, effort, room, tables):  # type: ignore[no-untyped-def]
    """Move x downhill; returns log h and the number of steps.

    Args:
        x: shape (d,), where to start; changed.
        least: shape (d,), limits of x.
        most: shape (d,), likewise.
        chart: `ByDirection`.
        subsets: shape (C(n, k), n), of `bases_of`.
        effort: `Effort`.
        room: shape (`HeightProgram.room`, LANES), to work in.
        tables: `Tables`.
    """
    n, rows, d = tables.n, tables.rows, len(x)
    block, found = np.empty((rows * n, LANES)), np.empty((1, LANES))
    matrix, step = np.empty((rows, n)), np.zeros(d)
    pieces = np.empty((_MOST_PIECES, 2), np.int64)
    low, high = np.empty(d), np.empty(d)
    values, slopes = np.empty(2 * _MOST_PIECES), np.empty((2 * _MOST_PIECES, d))
    height, steps, radius = np.inf, 0, effort.radius
    while steps < effort.most_steps:
        steps += 1
        _fill(x, step, 0.0, chart, block, 0)
        for i in range(rows):
            for j in range(n):
                matrix[i, j] = block[i * n + j, 0]
        margin = np.exp(-min(_SPREAD * radius * 4.0, 2.0))
        top, count = active_pieces(matrix, effort.zero, margin, pieces, tables)
        if not np.isfinite(top) or top <= 2.0 + 1e-12:
            return np.log(max(top - 1.0, 1.0)), steps
        size = piece_slopes(matrix, tables.is_check, pieces, count, subsets, chart, values, slopes)
        if not size:
            return np.log(top - 1.0), steps
        if not np.isfinite(height):
            height = np.log(top - 1.0)
        _scale(values, size, radius)
        for i in range(d):
            # A step may be doubled below, but not over a limit.
            low[i] = min(1.0, max(x[i] - least[i], 0.0) / radius)
            high[i] = min(1.0, max(most[i] - x[i], 0.0) / radius)
        promised = minimax_step(values[:size], slopes[:size], low, high, step)
        if -promised * radius < _GAIN:
            return height, steps
        longest = 1.0 if _is_double_possible(x, step, radius, least, most) else 0.0
        for lane in range(LANES):
            _fill(x, step, radius * 2.0 ** (longest - lane), chart, block, lane)
        block_heights(block, found, 0, effort.zero, 0.0, room, tables)
        best, lowest = _lowest(found, height - 0.01 * min(-promised * radius, 1.0) * 2.0**-6)
        if best < 0:
            radius *= 2.0 ** (2 - LANES)
        else:
            scale = radius * 2.0 ** (longest - best)
            for i in range(d):
                x[i] = min(max(x[i] + scale * step[i], least[i]), most[i])
            height = lowest
            radius = 2.0 * scale if best <= 1 else scale
            radius = min(radius, 0.5)
        if radius < effort.least_radius:
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
    effort = Effort(float(radius), float(least_radius), most_steps, float(zero))
    log_height, steps = _polish(
        x, least, most, chart.by_direction, bases_of(program.n, program.k), effort,
        program.new_room(), program.tables,
    )  # fmt: skip
    return float(np.exp(log_height)), x, int(steps)
