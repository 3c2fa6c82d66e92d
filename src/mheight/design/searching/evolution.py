"""Evolution: CMA-ES on log h_m in a chart of codes, all of it in one compiled loop.

The matrix adaptation variant (Beyer and Sendhoff, "Simplify your covariance matrix
adaptation evolution strategy", IEEE Trans. Evol. Comput. 21(5), 2017), which needs no
eigenvectors: what is left around the heights of a generation costs less than they do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.codes.compiling import kernel
from mheight.codes.minors.lanes import LANES
from mheight.design.searching.charts import Chart
from mheight.design.searching.kernel import ZERO, HeightProgram, block_heights

__all__ = ["evolve"]

Float = NDArray[np.float64]


@kernel()
def _evaluate(  # type: ignore[no-untyped-def]
    base, start, direction_of, factor_of, points, zero, block, found, room, fitness, tables
):
    """Log h_m of the codes at some points, shape (d, population)."""
    population = points.shape[1]
    for first in range(0, population, LANES):
        for e in range(len(base)):
            for lane in range(LANES):
                block[e, lane] = base[e]
            for t in range(start[e], start[e + 1]):
                i, factor = direction_of[t], factor_of[t]
                for lane in range(LANES):
                    block[e, lane] += factor * points[i, first + lane]
        block_heights(block, found, 0, zero, 0.0, room, tables)
        for lane in range(LANES):
            value = found[0, lane]
            fitness[first + lane] = np.log(max(value - 1.0, 1.0)) if value == value else np.inf


@kernel()
def _evolve(  # type: ignore[no-untyped-def]
    base, rows, start, direction_of, factor_of, mean, sigma, population, generations, patience,
    zero, seed, room, tables, best,
):  # fmt: skip
    """Fill `best` with the best point; returns its log h and the generations that were made."""
    n, d = tables[0], len(mean)
    np.random.seed(seed)
    parents = population // 2
    weights = np.empty(parents)
    total, squares = 0.0, 0.0
    for i in range(parents):
        weights[i] = np.log(parents + 0.5) - np.log(i + 1.0)
        total += weights[i]
    for i in range(parents):
        weights[i] /= total
        squares += weights[i] * weights[i]
    mass = 1.0 / squares
    c_path = (mass + 2.0) / (d + mass + 5.0)
    c_one = 2.0 / ((d + 1.3) ** 2 + mass)
    c_many = min(1.0 - c_one, 2.0 * (mass - 2.0 + 1.0 / mass) / ((d + 2.0) ** 2 + mass))
    damping = 1.0 + c_path + 2.0 * max(0.0, np.sqrt((mass - 1.0) / (d + 1.0)) - 1.0)
    usual = np.sqrt(d) * (1.0 - 1.0 / (4.0 * d) + 1.0 / (21.0 * d * d))
    M, path, Mp = np.zeros((d, d)), np.zeros(d), np.empty(d)
    for i in range(d):
        M[i, i] = 1.0
    z, y = np.empty((d, population)), np.empty((d, population))
    points, fitness = np.empty((d, population)), np.empty(population)
    chosen = np.empty((parents, d))
    block, found = np.empty((rows * n, LANES)), np.empty((1, LANES))
    lowest, improved, generation = np.inf, 0, 0
    while generation < generations:
        generation += 1
        for i in range(d):
            for j in range(population):
                z[i, j] = np.random.standard_normal()
        for i in range(d):
            for j in range(population):
                y[i, j] = 0.0
            for h in range(d):
                factor = M[i, h]
                for j in range(population):
                    y[i, j] += factor * z[h, j]
            for j in range(population):
                points[i, j] = mean[i] + sigma * y[i, j]
        _evaluate(
            base, start, direction_of, factor_of, points, zero, block, found, room, fitness, tables
        )
        order = np.argsort(fitness)
        if fitness[order[0]] < lowest:
            if fitness[order[0]] < lowest - 1e-5 * abs(lowest) - 1e-9 or lowest == np.inf:
                improved = generation
            lowest = fitness[order[0]]
            for i in range(d):
                best[i] = points[i, order[0]]
        # The mean, the path of its steps, the matrix.
        norm = 0.0
        for i in range(d):
            move, mean_z = 0.0, 0.0
            for w in range(parents):
                move += weights[w] * y[i, order[w]]
                mean_z += weights[w] * z[i, order[w]]
            mean[i] += sigma * move
            path[i] = (1.0 - c_path) * path[i] + np.sqrt(mass * c_path * (2.0 - c_path)) * mean_z
            norm += path[i] * path[i]
        for i in range(d):
            total = 0.0
            for h in range(d):
                total += M[i, h] * path[h]
            Mp[i] = total
        # Parents side by side, so that the inner loop below is over neighbours in memory.
        for w in range(parents):
            j, factor = order[w], 0.5 * c_many * weights[w]
            for h in range(d):
                chosen[w, h] = factor * z[h, j]
        keep = 1.0 - 0.5 * c_one - 0.5 * c_many
        for i in range(d):
            for h in range(d):
                M[i, h] = keep * M[i, h] + 0.5 * c_one * Mp[i] * path[h]
            for w in range(parents):
                factor = y[i, order[w]]
                for h in range(d):
                    M[i, h] += factor * chosen[w, h]
        sigma *= np.exp(c_path / damping * (np.sqrt(norm) / usual - 1.0))
        if generation - improved > patience or lowest <= 1e-12:
            break
        if not sigma < 1e6:
            break
    return lowest, generation


def evolve(
    program: HeightProgram,
    chart: Chart,
    x: Float,
    rng: np.random.Generator,
    *,
    sigma: float = 0.5,
    population: int = 32,
    generations: int = 1000,
    patience: int = 40,
    zero: float = ZERO,
) -> tuple[float, Float, int]:
    """CMA-ES on log h_m in a chart; infinite heights are infinite.

    Args:
        program: for n, k, m.
        chart: of matrices that the program takes, with d > 0.
        x: the first mean, shape (d,).
        rng: source of randomness.
        sigma: the first spread.
        population: codes of a generation, a multiple of 8.
        generations: at most.
        patience: generations without progress after which it ends.
        zero: the fraction of the largest minor that counts as zero.

    Returns:
        The least height met (infinite if all were), its coordinates, and how many
        generations were made.
    """
    best = np.array(x, np.float64)
    start, direction_of, factor_of = chart.by_entry
    log_height, made = _evolve(
        chart.base.ravel(), program.rows, start, direction_of, factor_of, best.copy(), sigma,
        population, generations, patience, zero, int(rng.integers(2**32)), program.new_room(),
        program.tables, best,
    )  # fmt: skip
    return float(np.exp(log_height)), best, int(made)
