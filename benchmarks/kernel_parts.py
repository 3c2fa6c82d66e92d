"""Where the time of a batch at n = 9 goes: the parts of the kernel, and other kinds of codes.

make benchmark
"""

from __future__ import annotations

import time

import numba
import numpy as np

import mheight
from mheight.codes import systematic_generators
from mheight.codes.minors.batches import block_minors
from mheight.codes.minors.expansion import fill_block
from mheight.codes.minors.lanes import LANES, aligned_rows
from mheight.codes.minors.subsets import minor_table
from mheight.codes.threads import set_threads
from mheight.evaluation import render
from mheight.heights.lattice import batches
from mheight.heights.lattice.tables import height_lattice

BLOCKS = 2000


@numba.njit
def fill(times, G, dual, block, tolerance):
    for r in range(times):
        fill_block(G, r % 64 * LANES, dual, block, tolerance)


@numba.njit
def expand(times, block, n, column, child, sizes, order, tolerance, spare, other, bounds, p, doubt):
    for _ in range(times):
        block_minors(
            block, n, column, child, sizes, order, tolerance, spare, other, bounds, p, doubt
        )


@numba.njit
def sum_and_invert(times, p, circuits, width, sums, inverses):
    for _ in range(times):
        batches._sum_circuits(p, circuits, width, sums)
        batches._invert(p, inverses)


@numba.njit
def sweep(times, p, inverses, sums, minor_of, circuit_of, start, children, width, n, values, best):
    for _ in range(times):
        best[:] = 0.0
        batches._sweep(
            p, inverses, sums, minor_of, circuit_of, start, children, width, n, values, best
        )


def best_microseconds(job, codes: int) -> str:
    job()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return f"{1e6 * min(seconds) / codes:.2f}"


def parts(n: int, k: int) -> list[str]:
    rng = np.random.default_rng(0)
    G = systematic_generators(rng.integers(-100, 101, (64 * LANES, k, n - k)).astype(float))
    dual, width = n - k < k, k + 1
    table, lattice = minor_table(n, k, dual), height_lattice(n, k)
    count, top = len(table.order), int(table.sizes.max())
    block, tolerance = aligned_rows(table.rows * n), aligned_rows(1)
    spare, other, doubt = aligned_rows(top), aligned_rows(top), aligned_rows(1)
    bounds, p, inverses = aligned_rows(count), aligned_rows(count), aligned_rows(count)
    sums = aligned_rows(len(lattice.circuits) // width)
    values = aligned_rows(int(lattice.level_start[-1]))
    best = aligned_rows(len(lattice.level_start) - 1)
    jobs = [
        lambda: fill(BLOCKS, G, dual, block, tolerance),
        lambda: expand(
            BLOCKS, block, n, table.column, table.child, table.sizes, table.order, tolerance,
            spare, other, bounds, p, doubt,
        ),
        lambda: sum_and_invert(BLOCKS, p, lattice.circuits, width, sums, inverses),
        lambda: sweep(
            BLOCKS, p, inverses, sums, lattice.minor_of, lattice.circuit_of,
            lattice.level_start, lattice.children, width, n, values, best,
        ),
    ]  # fmt: skip
    return [f"[{n}, {k}]", *(best_microseconds(job, BLOCKS * LANES) for job in jobs)]


def other_kinds(n: int, k: int) -> list[str]:
    rng = np.random.default_rng(1)
    real = rng.standard_normal((40_000, k, n))
    kinds = [np.rint(30 * real), systematic_generators(real[:, :, k:]), real]
    return [
        f"[{n}, {k}]",
        *(best_microseconds(lambda G=G: mheight.height_profile(G), len(G)) for G in kinds),
    ]


def main() -> None:
    set_threads(1)
    shapes = [(9, 4), (9, 5), (9, 6)]
    header = ["code", "reading the matrix", "minors", "sums, reciprocals", "sweep"]
    print(render("Parts of the kernel, us a code, one thread", header, [parts(*s) for s in shapes]))
    header = ["code", "dense integers", "[I | P], real P", "dense real"]
    rows = [other_kinds(*s) for s in shapes]
    print(render("Other kinds of codes, us a code, one thread", header, rows))


if __name__ == "__main__":
    main()
