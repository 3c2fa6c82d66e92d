"""Where the time of a batch at n = 9 goes: the parts of the kernel, and other kinds of codes.

make benchmark
"""

from __future__ import annotations

import time

import numba
import numpy as np

import mheight
from mheight.codes import systematic_generators
from mheight.codes.minors.batches import block_minors, minor_room
from mheight.codes.minors.expansion import fill_block
from mheight.codes.minors.lanes import LANES, aligned_rows
from mheight.codes.minors.subsets import minor_table
from mheight.evaluation import render
from mheight.heights.lattice import batches
from mheight.heights.lattice.tables import height_lattice
from mheight.kernels.threads import set_threads

BLOCKS = 2000


@numba.njit
def fill(times, G, dual, block, tolerance):
    for r in range(times):
        fill_block(G, r % 64 * LANES, dual, block, tolerance)


@numba.njit
def expand(times, terms, room):
    for _ in range(times):
        block_minors(terms, room)


@numba.njit
def sum_and_invert(times, p, tables, sums, inverses):
    for _ in range(times):
        batches._sum_circuits(p, tables, sums)
        batches._invert(p, inverses)


@numba.njit
def sweep(times, p, inverses, sums, tables, values, best):
    for _ in range(times):
        best[:] = 0.0
        batches._sweep(p, inverses, sums, tables, values, best)


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
    dual = n - k < k
    table, tables = minor_table(n, k, dual), height_lattice(n, k).sweep
    terms, room = table.terms, minor_room(aligned_rows(table.room), table.rows * n, table.terms)
    p, inverses = room.minors, aligned_rows(len(terms.order))
    sums = aligned_rows(len(tables.circuits) // (k + 1))
    values = aligned_rows(int(tables.level_start[-1]))
    best = aligned_rows(len(tables.level_start) - 1)
    jobs = [
        lambda: fill(BLOCKS, G, dual, room.block, room.tolerance),
        lambda: expand(BLOCKS, terms, room),
        lambda: sum_and_invert(BLOCKS, p, tables, sums, inverses),
        lambda: sweep(BLOCKS, p, inverses, sums, tables, values, best),
    ]
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
