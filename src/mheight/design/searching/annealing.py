"""Annealing over matrices of a few values: eight chains side by side, each height exact."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.lanes import LANES
from mheight.design.searching.charts import Chart
from mheight.design.searching.kernel import HeightProgram, block_heights
from mheight.kernels.compiling import kernel

__all__ = ["CHAINS", "anneal"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

CHAINS = LANES
"""Chains that one call runs."""

_HOT, _COLD = 0.2, 0.015  # temperatures, for log h
_FLOOR = 0.2  # what a zero minor counts as, where m = n-k


class Schedule(NamedTuple):
    """How the chains are run."""

    hot: float  # the first temperature, for log h
    cold: float  # the last one
    steps: int  # changes to try in each chain
    zero: float  # the fraction of the largest minor that counts as zero
    floor: float  # what a zero minor counts as where ties count; 0 where they don't
    seed: int  # of NumPy's generator as Numba has it


@kernel()
def _moved(at, opposite):  # type: ignore[no-untyped-def]
    """Another value for a coordinate: a few steps away, its negative, or any.

    Args:
        at: the number of its level.
        opposite: shape (L,), the level nearest to the negative of each.

    Returns:
        The number of a level, which may be the same.
    """
    kind = np.random.random()
    if kind < 0.65:
        size = 1
        while np.random.random() < 0.3:
            size += 1
        new = at + (size if np.random.random() < 0.5 else -size)
    elif kind < 0.8:
        new = opposite[at]
    else:
        new = np.random.randint(0, len(opposite))
    return min(max(new, 0), len(opposite) - 1)


@kernel()
def _add(block, lane, change, i, chart):  # type: ignore[no-untyped-def]
    """Change one coordinate of a chain's matrix.

    Args:
        block: shape (rows * n, LANES), the matrices; changed in one lane.
        lane: of the chain.
        change: what is added to the coordinate.
        i: the coordinate.
        chart: `ByDirection`.
    """
    for t in range(chart.start[i], chart.start[i + 1]):
        block[chart.entry_of[t], lane] += change * chart.factor_of[t]


@kernel()
def _fill(block, x, levels, chart):  # type: ignore[no-untyped-def]
    """The matrices of all chains, from their coordinates.

    Args:
        block: shape (rows * n, LANES), filled.
        x: shape (LANES, d), numbers of levels.
        levels: shape (L,), values of a coordinate.
        chart: `ByDirection`.
    """
    for e in range(len(chart.base)):
        for lane in range(LANES):
            block[e, lane] = chart.base[e]
    for lane in range(LANES):
        for i in range(x.shape[1]):
            _add(block, lane, levels[x[lane, i]], i, chart)


@kernel()
def _energy(found, lane, floor):  # type: ignore[no-untyped-def]
    """Log h of a chain, and what it is to lower: that, or the mean with its ties.

    Args:
        found: shape (2, LANES), by `block_heights`; the second row only if `floor` is positive.
        lane: of the chain.
        floor: of `Schedule`.
    """
    height = np.log(max(found[0, lane] - 1.0, 1.0))
    return height, 0.125 * np.log(found[1, lane]) if floor > 0.0 else height


@kernel()
def _keep(x, lane, best):  # type: ignore[no-untyped-def]
    """Note where a chain is as its best.

    Args:
        x: shape (LANES, d), numbers of levels.
        lane: of the chain.
        best: shape (LANES, d), filled in one row.
    """
    for i in range(x.shape[1]):
        best[lane, i] = x[lane, i]


@kernel()
def _move(lane, x, block, chart, levels, opposite, moves, before):  # type: ignore[no-untyped-def]
    """Change one coordinate of a chain, or two; note which, and what they were.

    Args:
        lane: of the chain.
        x: shape (LANES, d), numbers of levels; changed in one row.
        block: shape (rows * n, LANES), the matrices; changed in one lane.
        chart: `ByDirection`.
        levels: shape (L,), values of a coordinate.
        opposite: shape (L,), the level nearest to the negative of each.
        moves: shape (LANES, 2), filled in one row: two coordinates, the first changed before the
            second, which may be left as it was.
        before: shape (LANES, 2), filled in one row: the numbers of their levels before each change.
    """
    two = np.random.random() < 0.3
    for part in range(2):
        i = np.random.randint(0, x.shape[1])
        moves[lane, part], before[lane, part] = i, x[lane, i]
        if part == 0 or two:
            new = _moved(x[lane, i], opposite)
            change = levels[new] - levels[x[lane, i]]
            x[lane, i] = new
            _add(block, lane, change, i, chart)


@kernel()
def _anneal(  # type: ignore[no-untyped-def]
    x, chart, levels, opposite, schedule, room, tables, best, best_heights
):
    """Run the chains from the rows of x; fill the best of each, and its log h.

    Args:
        x: shape (LANES, d), numbers of levels; changed.
        chart: `ByDirection`.
        levels: shape (L,), values of a coordinate.
        opposite: shape (L,), the level nearest to the negative of each.
        schedule: `Schedule`.
        room: shape (`HeightProgram.room`, LANES), to work in.
        tables: `Tables`.
        best: shape (LANES, d), filled with numbers of levels.
        best_heights: shape (LANES,), filled.
    """
    zero, floor = schedule.zero, schedule.floor
    np.random.seed(schedule.seed)
    block, found = np.empty((len(chart.base), LANES)), np.empty((2, LANES))
    _fill(block, x, levels, chart)
    block_heights(block, found, 0, zero, floor, room, tables)
    energies = np.empty(LANES)
    for lane in range(LANES):
        best_heights[lane], energies[lane] = _energy(found, lane, floor)
        _keep(x, lane, best)
    moves, before = np.empty((LANES, 2), np.int64), np.empty((LANES, 2), np.int64)
    cooling = (schedule.cold / schedule.hot) ** (1.0 / schedule.steps)
    temperature = schedule.hot
    for step in range(schedule.steps):
        temperature *= cooling
        if zero > 0.0 and step % 64 == 0:  # sums of other than integers are rounded
            _fill(block, x, levels, chart)
        for lane in range(LANES):
            _move(lane, x, block, chart, levels, opposite, moves, before)
        block_heights(block, found, 0, zero, floor, room, tables)
        for lane in range(LANES):
            height, energy = _energy(found, lane, floor)
            if height < best_heights[lane]:
                best_heights[lane] = height
                _keep(x, lane, best)
            rise = energy - energies[lane]
            if not rise > 0.0 or np.random.random() < np.exp(-rise / temperature):
                energies[lane] = energy
                continue
            for part in range(1, -1, -1):
                i = moves[lane, part]
                change = levels[before[lane, part]] - levels[x[lane, i]]
                x[lane, i] = before[lane, part]
                _add(block, lane, change, i, chart)


def anneal(
    program: HeightProgram,
    chart: Chart,
    levels: Float,
    x: Float,
    rng: np.random.Generator,
    *,
    steps: int = 20_000,
    hot: float = _HOT,
    cold: float = _COLD,
    zero: float = 0.0,
) -> tuple[Float, Float]:
    """Anneal eight matrices of a chart on log h_m, the temperature falling from `hot`.

    Args:
        program: for n, k, m.
        chart: of matrices that the program takes.
        levels: values that a coordinate may have, increasing.
        x: where the chains start, shape (8, d); each coordinate begins at the nearest level.
        rng: source of randomness.
        steps: changes to try in each chain.
        hot: the first temperature.
        cold: the last one.
        zero: the fraction of the largest minor that counts as zero; 0, for integers, is exact.

    Returns:
        The least height of each chain (infinite if all were), and its coordinates.
    """
    levels = np.asarray(levels, np.float64)
    places = np.abs(levels[None, :] - np.asarray(x, np.float64).reshape(-1, 1)).argmin(axis=1)
    opposite = np.abs(levels[None, :] + levels[:, None]).argmin(axis=1)
    at = places.reshape(x.shape).astype(np.int64)
    best, heights = np.empty_like(at), np.empty(LANES)
    floor = _FLOOR * float(np.abs(levels).max() <= 1e3 and not zero)
    if program.m < program.n - program.k:
        floor = 0.0
    schedule = Schedule(hot, cold, steps, zero, floor, int(rng.integers(2**32)))
    _anneal(
        at, chart.by_direction, levels, opposite, schedule, program.new_room(), program.tables,
        best, heights,
    )  # fmt: skip
    return np.exp(heights), levels[best]
