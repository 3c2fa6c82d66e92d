"""Annealing over matrices of a few values: eight chains side by side, each height exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.codes.compiling import kernel
from mheight.codes.minors.lanes import LANES
from mheight.design.searching.charts import Chart
from mheight.design.searching.kernel import HeightProgram, block_heights

__all__ = ["CHAINS", "anneal"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

CHAINS = LANES
"""Chains that one call runs."""

_HOT, _COLD = 0.2, 0.015  # temperatures, for log h
_FLOOR = 0.2  # what a zero minor counts as, where m = n-k


@kernel()
def _moved(at, opposite):  # type: ignore[no-untyped-def]
    """Another value for a coordinate: a few steps away, its negative, or any."""
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
def _add(block, lane, change, i, start, entry_of, factor_of):  # type: ignore[no-untyped-def]
    for t in range(start[i], start[i + 1]):
        block[entry_of[t], lane] += change * factor_of[t]


@kernel()
def _fill(block, base, x, levels, start, entry_of, factor_of):  # type: ignore[no-untyped-def]
    for e in range(len(base)):
        for lane in range(LANES):
            block[e, lane] = base[e]
    for lane in range(LANES):
        for i in range(x.shape[1]):
            _add(block, lane, levels[x[lane, i]], i, start, entry_of, factor_of)


@kernel()
def _anneal(  # type: ignore[no-untyped-def]
    base, rows, start, entry_of, factor_of, levels, opposite, x, hot, cold, steps, zero,
    floor, seed, room, tables, best, best_heights,
):  # fmt: skip
    """Run the chains from the rows of x; fill the best of each, and its log h."""
    n, d = tables[0], x.shape[1]
    np.random.seed(seed)
    block, found = np.empty((rows * n, LANES)), np.empty((2, LANES))
    _fill(block, base, x, levels, start, entry_of, factor_of)
    block_heights(block, found, 0, zero, floor, room, tables)
    energies = np.empty(LANES)
    for lane in range(LANES):
        best_heights[lane] = np.log(max(found[0, lane] - 1.0, 1.0))
        energies[lane] = 0.125 * np.log(found[1, lane]) if floor > 0.0 else best_heights[lane]
        for i in range(d):
            best[lane, i] = x[lane, i]
    moves = np.empty((LANES, 2), np.int64)
    before = np.empty((LANES, 2), np.int64)
    cooling = (cold / hot) ** (1.0 / steps)
    temperature = hot
    for step in range(steps):
        temperature *= cooling
        if zero > 0.0 and step % 64 == 0:  # sums of other than integers are rounded
            _fill(block, base, x, levels, start, entry_of, factor_of)
        for lane in range(LANES):
            two = np.random.random() < 0.3
            for part in range(2):
                i = np.random.randint(0, d)
                moves[lane, part], before[lane, part] = i, x[lane, i]
                if part == 0 or two:
                    new = _moved(x[lane, i], opposite)
                    change = levels[new] - levels[x[lane, i]]
                    x[lane, i] = new
                    _add(block, lane, change, i, start, entry_of, factor_of)
        block_heights(block, found, 0, zero, floor, room, tables)
        for lane in range(LANES):
            height = np.log(max(found[0, lane] - 1.0, 1.0))
            energy = 0.125 * np.log(found[1, lane]) if floor > 0.0 else height
            if height < best_heights[lane]:
                best_heights[lane] = height
                for i in range(d):
                    best[lane, i] = x[lane, i]
            rise = energy - energies[lane]
            if not rise > 0.0 or np.random.random() < np.exp(-rise / temperature):
                energies[lane] = energy
                continue
            for part in range(1, -1, -1):
                i = moves[lane, part]
                change = levels[before[lane, part]] - levels[x[lane, i]]
                x[lane, i] = before[lane, part]
                _add(block, lane, change, i, start, entry_of, factor_of)


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
    start, entry_of, factor_of = chart.sparse
    floor = _FLOOR * float(np.abs(levels).max() <= 1e3 and not zero)
    _anneal(
        chart.base.ravel(), program.rows, start, entry_of, factor_of, levels, opposite, at, hot,
        cold, steps, zero, floor if program.m == program.n - program.k else 0.0,
        int(rng.integers(2**32)), program.new_room(), program.tables, best, heights,
    )  # fmt: skip
    return np.exp(heights), levels[best]
