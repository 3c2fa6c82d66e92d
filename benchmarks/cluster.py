"""What shards and workers cost, over the plain loop and over one process.

Goals: 10^8 heights at [9, 4] in at most 1.05 times the time of the plain loop; [64, 32] m = 5 on
two workers 1.8 times as fast as in one process.

    python benchmarks/cluster.py shards --heights 100000000
    python benchmarks/cluster.py search --n 64 --k 32 --m 5

On a machine that others use too, wall time says little: processor seconds of each process are
shown beside it.  `critical` is what the slowest way through takes: what the asking process
computes itself, and the busiest worker.
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
from mheight.evaluation import render
from mheight.heights.finding import solved
from mheight.jobs.addresses import cluster_name
from mheight.jobs.cluster import Cluster
from mheight.jobs.crew import ClusterCrew

CODES = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("what", choices=("shards", "search"))
    parser.add_argument("--heights", type=int, default=100_000_000)
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--k", type=int, default=32)
    parser.add_argument("--m", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    errors_in_one_line()
    if arguments.what == "shards":
        shards(arguments.heights, arguments.workers)
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


def search(n: int, k: int, m: int, workers: int) -> None:
    """One height: by one process, then by workers."""
    G = np.random.default_rng(0).standard_normal((k, n))
    small = np.random.default_rng(0).standard_normal((16, 32))
    options: dict[str, Any] = {"method": "branch-and-bound", "progress": lambda *_: None}
    solved(small, 4, **options)
    begun, wall = time.process_time(), time.monotonic()
    alone = solved(G, m, **options)
    alone_spent, alone_wall = time.process_time() - begun, time.monotonic() - wall
    with Cluster(cluster_name(f"local:{workers}"), print) as cluster:
        crew = ClusterCrew(cluster)
        solved(small, 4, crew=crew, **options)
        before = worker_seconds(cluster)
        begun, wall = time.process_time(), time.monotonic()
        shared = solved(G, m, crew=crew, **options)
        spent, shared_wall = time.process_time() - begun, time.monotonic() - wall
        after = worker_seconds(cluster)
    each = [after[name] - before[name] for name in after]
    critical = spent + max(each)
    print(f"[{n}, {k}] m = {m}: {alone}")
    same = (alone.lower, alone.upper, alone.certificate, alone.nodes) == (
        shared.lower, shared.upper, shared.certificate, shared.nodes,
    )  # fmt: skip
    print(f"the same bounds, codeword and count of programs: {same}")
    header = ["", "wall s", "processor s", "of each worker", "critical s", "faster"]
    rows = [
        ["one process", f"{alone_wall:.1f}", f"{alone_spent:.1f}", "", f"{alone_spent:.1f}", ""],
        [
            f"{workers} workers", f"{shared_wall:.1f}", f"{spent + sum(each):.1f}",
            ", ".join(f"{one:.1f}" for one in each), f"{critical:.1f}",
            f"{alone_spent / critical:.2f}",
        ],
    ]  # fmt: skip
    print(render("", header, rows))


def worker_seconds(cluster: Cluster) -> dict[str, float]:
    """Processor seconds of each worker so far."""
    found: dict[str, float] = cluster.ask_workers(time.process_time)
    return found


if __name__ == "__main__":
    main()
