"""Evolution: CMA-ES on log h_m in a chart of codes, all of it in one compiled loop.

The matrix adaptation variant (Beyer and Sendhoff, "Simplify your covariance matrix
adaptation evolution strategy", IEEE Trans. Evol. Comput. 21(5), 2017), which needs no
eigenvectors: what is left around the heights of a generation costs less than they do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.lanes import LANES
from mheight.design.searching.charts import Chart
from mheight.design.searching.kernel import ZERO, HeightProgram, block_heights
from mheight.kernels.compiling import kernel

__all__ = ["evolve"]

Float = NDArray[np.float64]


class Settings(NamedTuple):
    """How the evolution is run."""

    sigma: float  # the first spread
    population: int  # codes of a generation, a multiple of `LANES`
    generations: int  # at most
    patience: int  # generations without progress after which it ends
    zero: float  # the fraction of the largest minor that counts as zero
    seed: int  # of NumPy's generator as Numba has it


class Strategy(NamedTuple):
    """The constants of the method, in the names of its authors where they differ."""

    weights: Float  # (parents,), w_i of the best, falling, of sum 1
    mass: float  # mu_w, the parents that these weights are worth
    c_path: float  # c_s, of the path that steps make
    c_one: float  # c_1, of the path in the matrix
    c_many: float  # c_w, of the parents in it
    damping: float  # d_s, of the change of sigma
    usual: float  # the mean length of a normal vector


class Generation(NamedTuple):
    """Points of a generation, one a column, and what they come from."""

    mean: Float  # (d,), changed
    M: Float  # (d, d), the matrix that turns normal vectors into steps
    path: Float  # (d,), of the steps of the mean
    z: Float  # (d, population), normal vectors
    y: Float  # (d, population), M z
    points: Float  # (d, population), mean + sigma y
    fitness: Float  # (population,), log h
    Mp: Float  # (d,), M path
    chosen: Float  # (parents, d), z of the parents, weighted


@kernel()
def _strategy(d, population):  # type: ignore[no-untyped-def]
    """The constants of the method, a `Strategy`, as its authors recommend them.

    Args:
        d: coordinates.
        population: codes of a generation.
    """
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
    return Strategy(weights, mass, c_path, c_one, c_many, damping, usual)


@kernel()
def _first_generation(mean, population):  # type: ignore[no-untyped-def]
    """A `Generation` around a mean, with the identity as its matrix; points are yet to be drawn.

    Args:
        mean: shape (d,), which becomes part of it.
        population: codes of a generation.
    """
    d = len(mean)
    M = np.zeros((d, d))
    for i in range(d):
        M[i, i] = 1.0
    return Generation(
        mean, M, np.zeros(d),
        np.empty((d, population)), np.empty((d, population)), np.empty((d, population)),
        np.empty(population), np.empty(d), np.empty((population // 2, d)),
    )  # fmt: skip


@kernel()
def _draw(now, sigma):  # type: ignore[no-untyped-def]
    """Fill z, y and the points.

    Args:
        now: `Generation`.
        sigma: the spread.
    """
    d, population = now.z.shape
    z, y = now.z, now.y
    for i in range(d):
        for j in range(population):
            z[i, j] = np.random.standard_normal()
    for i in range(d):
        for j in range(population):
            y[i, j] = 0.0
        for h in range(d):
            factor = now.M[i, h]
            for j in range(population):
                y[i, j] += factor * z[h, j]
        for j in range(population):
            now.points[i, j] = now.mean[i] + sigma * y[i, j]


@kernel()
def _evaluate(now, chart, zero, block, found, room, tables):  # type: ignore[no-untyped-def]
    """Log h_m of the codes at the points, infinite where it is not a number.

    Args:
        now: `Generation`, whose fitness is filled.
        chart: `ByEntry`.
        zero: the fraction of the largest minor that counts as zero.
        block: shape (rows * n, LANES), to work in.
        found: shape (1, LANES), to work in.
        room: shape (`HeightProgram.room`, LANES), to work in.
        tables: `Tables`.
    """
    base, start, points = chart.base, chart.start, now.points
    for first in range(0, points.shape[1], LANES):
        for e in range(len(base)):
            for lane in range(LANES):
                block[e, lane] = base[e]
            for t in range(start[e], start[e + 1]):
                i, factor = chart.direction_of[t], chart.factor_of[t]
                for lane in range(LANES):
                    block[e, lane] += factor * points[i, first + lane]
        block_heights(block, found, 0, zero, 0.0, room, tables)
        for lane in range(LANES):
            value = found[0, lane]
            height = np.log(max(value - 1.0, 1.0)) if value == value else np.inf
            now.fitness[first + lane] = height


@kernel()
def _adapt(now, order, sigma, strategy):  # type: ignore[no-untyped-def]
    """Move the mean to the best points, and fit the matrix to them; returns sigma.

    Args:
        now: `Generation`; mean, M and path are changed.
        order: shape (population,), its points, the lowest first.
        sigma: the spread so far.
        strategy: `Strategy`.
    """
    weights, mass, c_path = strategy.weights, strategy.mass, strategy.c_path
    c_one, c_many = strategy.c_one, strategy.c_many
    M, path, Mp, z, y, chosen = now.M, now.path, now.Mp, now.z, now.y, now.chosen
    d, parents = len(path), len(weights)
    norm = 0.0
    for i in range(d):
        move, mean_z = 0.0, 0.0
        for w in range(parents):
            move += weights[w] * y[i, order[w]]
            mean_z += weights[w] * z[i, order[w]]
        now.mean[i] += sigma * move
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
    return sigma * np.exp(c_path / strategy.damping * (np.sqrt(norm) / strategy.usual - 1.0))


@kernel()
def _evolve(mean, chart, settings, room, tables, best):  # type: ignore[no-untyped-def]
    """Fill `best` with the best point; returns its log h and the generations that were made.

    Args:
        mean: shape (d,), where to start; changed.
        chart: `ByEntry`.
        settings: `Settings`.
        room: shape (`HeightProgram.room`, LANES), to work in.
        tables: `Tables`.
        best: shape (d,), filled.
    """
    d = len(mean)
    np.random.seed(settings.seed)
    strategy, now = _strategy(d, settings.population), _first_generation(mean, settings.population)
    block, found = np.empty((len(chart.base), LANES)), np.empty((1, LANES))
    sigma = settings.sigma
    lowest, improved, generation = np.inf, 0, 0
    while generation < settings.generations:
        generation += 1
        _draw(now, sigma)
        _evaluate(now, chart, settings.zero, block, found, room, tables)
        order = np.argsort(now.fitness)
        least = now.fitness[order[0]]
        if least < lowest:
            if least < lowest - 1e-5 * abs(lowest) - 1e-9 or lowest == np.inf:
                improved = generation
            lowest = least
            for i in range(d):
                best[i] = now.points[i, order[0]]
        sigma = _adapt(now, order, sigma, strategy)
        if generation - improved > settings.patience or lowest <= 1e-12:
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
    settings = Settings(
        float(sigma), population, generations, patience, zero, int(rng.integers(2**32))
    )
    log_height, made = _evolve(
        best.copy(), chart.by_entry, settings, program.new_room(), program.tables, best
    )
    return float(np.exp(log_height)), best, int(made)
