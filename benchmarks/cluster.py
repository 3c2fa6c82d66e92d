"""What shards and workers cost, over the plain loop and over one process.

Goals: 10^8 heights at [9, 4] in at most 1.05 times the time of the plain loop; [64, 32] m = 5 on
two workers 1.8 times as fast as in one process.

    python benchmarks/cluster.py shards --heights 100000000
    python benchmarks/cluster.py search --n 64 --k 32 --m 5
    python benchmarks/cluster.py rates

On a machine that others use too, wall time says little: processor seconds are shown beside it.
For the search, `critical` is what the thread that asks computes itself, and what workers compute
divided by their number: what one height takes where each has a core to itself, but for what Dask's
own threads take.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from mheight.cli.console import errors_in_one_line
from mheight.codes.given import given_matrices
from mheight.evaluation import render
from mheight.heights.finding import solved
from mheight.heights.output.rows import profile_rows
from mheight.heights.output.shards import shard_bytes
from mheight.jobs.addresses import cluster_name
from mheight.jobs.cluster import Cluster
from mheight.jobs.crew import ClusterCrew
from mheight.kernels.threads import set_threads

CODES = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("what", choices=("shards", "search", "rates"))
    parser.add_argument("--heights", type=int, default=100_000_000)
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--k", type=int, default=32)
    parser.add_argument("--m", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    errors_in_one_line()
    if arguments.what == "shards":
        shards(arguments.heights, arguments.workers)
    elif arguments.what == "rates":
        rates()
    else:
        search(arguments.n, arguments.k, arguments.m, arguments.workers)


def shards(heights: int, workers: int) -> None:
    """The command line, both ways, on the same file."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = folder / "codes.npy"
        count = heights // 5
        rng = np.random.default_rng(0)
        codes = np.lib.format.open_memmap(path, "w+", np.int8, (count, 4, 5))
        for start in range(0, count, CODES):
            stop = min(start + CODES, count)
            codes[start:stop] = rng.integers(-100, 101, (stop - start, 4, 5))
        codes.flush()
        command = ["heights", str(path), "-P", "-o"]
        run([*command, str(folder / "warm")] if count <= 1000 else [*warm(folder), "warm.parquet"])
        rows = []
        for name, more in (
            ("plain loop, one file", ["plain.parquet"]),
            ("shards, this process", ["here"]),
            (f"shards, {workers} local workers", ["there", "--cluster", f"local:{workers}"]),
        ):
            wall, spent = run([*command, str(folder / more[0]), *more[1:]])
            rows.append([name, wall, spent])
        same = all(
            one.read_bytes() == (folder / "there" / "shards" / one.name).read_bytes()
            for one in (folder / "here" / "shards").iterdir()
        )
        base_wall, base_spent = rows[0][1:]
        cells = [
            [name, f"{wall:.1f}", f"{wall / base_wall:.2f}", f"{spent:.1f}",
             f"{spent / base_spent:.2f}"]
            for name, wall, spent in rows
        ]  # fmt: skip
        header = [f"{heights:,} heights at [9, 4]", "wall s", "ratio", "processor s", "ratio"]
        print(render("", header, cells))
        print(f"same bytes: {same}")
        shutil.rmtree(folder / "there")


def warm(folder: Path) -> list[str]:
    """Kernels are loaded, and compiled if they are not, before anything is timed."""
    np.save(folder / "few.npy", np.ones((100, 1, 2), np.int8))
    return ["heights", str(folder / "few.npy"), "-P", "-o", str(folder)]


def run(arguments: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a command with all its processes."""
    if arguments[-1] == "warm.parquet":
        arguments[-2:] = [str(Path(arguments[-2]) / "warm.parquet")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "mheight", *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - begun, spent


class Counted(ClusterCrew):
    """A crew that adds up the seconds its workers compute."""

    seconds = 0.0

    def take(self) -> tuple[int, Any] | None:
        """As any crew, with the seconds counted."""
        done = super().take()
        self.seconds += 0.0 if done is None else done[1][0]
        return done


def search(n: int, k: int, m: int, workers: int) -> None:
    """One height: by one process, then by workers."""
    G = np.random.default_rng(0).standard_normal((k, n))
    small = np.random.default_rng(0).standard_normal((16, 32))
    options: dict[str, Any] = {"method": "branch-and-bound", "progress": lambda *_: None}
    solved(small, 4, **options)
    begun, wall = time.thread_time(), time.monotonic()
    alone = solved(G, m, **options)
    alone_spent, alone_wall = time.thread_time() - begun, time.monotonic() - wall
    with Cluster(cluster_name(f"local:{workers}"), print) as cluster:
        crew = Counted(cluster)
        solved(small, 4, crew=crew, **options)
        crew.seconds = 0.0
        begun, wall = time.thread_time(), time.monotonic()
        shared = solved(G, m, crew=crew, **options)
        spent, shared_wall = time.thread_time() - begun, time.monotonic() - wall
    critical = spent + crew.seconds / workers
    print(f"[{n}, {k}] m = {m}: {alone}")
    same = (alone.lower, alone.upper, alone.certificate, alone.nodes) == (
        shared.lower, shared.upper, shared.certificate, shared.nodes,
    )  # fmt: skip
    print(f"the same bounds, codeword and count of programs: {same}")
    header = ["", "wall s", "asking s", "all workers s", "critical s", "faster"]
    rows = [
        ["one process", f"{alone_wall:.1f}", f"{alone_spent:.1f}", "", f"{alone_spent:.1f}", ""],
        [
            f"{workers} workers", f"{shared_wall:.1f}", f"{spent:.1f}", f"{crew.seconds:.1f}",
            f"{critical:.1f}", f"{alone_spent / critical:.2f}",
        ],
    ]  # fmt: skip
    print(render("", header, rows))


LENGTHS = ((9, 4, 100_000), (12, 6, 5000), (14, 7, 500), (16, 8, 100), (20, 10, 2))
SEARCHES = ((32, 16, 4), (64, 32, 4), (64, 32, 5))
CORES = (10, 100, 1000)


def rates() -> None:
    """Processor seconds a code on one core, written as a shard, and what clusters do in an hour."""
    set_threads(1)
    rng = np.random.default_rng(0)
    rows = []
    for n, k, count in LENGTHS:
        P = given_matrices(rng.integers(-100, 101, (count, k, n - k)), "P", (3,))
        shard_bytes([profile_rows(0, P)])  # kernels are loaded before anything is timed
        begun = time.process_time()
        shard_bytes([profile_rows(0, P)])
        rows.append((f"[{n}, {k}], all heights", (time.process_time() - begun) / count))
    for n, k, m in SEARCHES:
        G = rng.standard_normal((k, n))
        begun = time.process_time()
        solved(G, m, method="branch-and-bound", progress=lambda *_: None)
        rows.append((f"[{n}, {k}], h_{m}", time.process_time() - begun))
    cells = [
        [name, f"{each:.2g}", *(f"{cores * 3600 / each:.1e}" for cores in CORES)]
        for name, each in rows
    ]
    header = ["", "s a code", *(f"{cores:,} cores" for cores in CORES)]
    print(render("codes in an hour, computed from one core", header, cells))


if __name__ == "__main__":
    main()
