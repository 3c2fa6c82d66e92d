"""Long codes: full profiles by the lattice, single heights by branch and bound.

Goals: one [20, 10] profile under 0.5 s and 1 GB, one [24, 12] under 20 s and 6 GB; all of
[32, 16], m = 2..4, under 5 s and 200 times faster than the m C(n, m) linear programs of
the definition (HiGHS, warm-started, extrapolated from a sample); [64, 32], m = 2, 3,
under 20 s; an exact rational profile at n = 9 under 50 ms; `mheight heights` on one code
under 1.5 s in its second start.

    make benchmark-long
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from math import comb
from statistics import median

import highspy
import numpy as np

import mheight
from mheight.evaluation import render

PROFILE = """
import json, resource, time
import numpy as np
import mheight
n, k, kind = {n}, {k}, "{kind}"
rng = np.random.default_rng(0)
P = rng.integers(-100, 101, (k, n - k))
G = np.hstack([np.eye(k), P]) if kind == "integer" else rng.standard_normal((k, n))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
mheight.height_profile(G)
first = time.perf_counter() - start
start = time.perf_counter()
mheight.height_profile(G)
again = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([first, again, peak / 1024]))
"""


def profile_row(n: int, k: int, kind: str) -> list[str]:
    code = PROFILE.format(n=n, k=k, kind=kind)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    first, again, peak = json.loads(run.stdout)
    return [f"[{n}, {k}]", kind, f"{first:.3f}", f"{again:.3f}", f"{peak:,.0f}"]


def program_seconds(G: np.ndarray, m: int, sample: int = 60) -> float:
    """Seconds of one linear program of the definition, a median over a sample."""
    k, n = G.shape
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("presolve", "off")
    free = np.full(k, highspy.kHighsInf)
    model.addVars(k, -free, free)
    for j in range(n):
        model.addRow(-1.0, 1.0, k, np.arange(k, dtype=np.int32), G[:, j])
    model.changeObjectiveSense(highspy.ObjSense.kMaximize)
    rng = np.random.default_rng(0)
    times = []
    for _ in range(sample):
        outside = rng.choice(n, m, replace=False)
        for j in outside:
            model.changeRowBounds(int(j), -highspy.kHighsInf, highspy.kHighsInf)
        start = time.perf_counter()
        model.changeColsCost(k, np.arange(k, dtype=np.int32), G[:, outside[0]])
        model.run()
        times.append(time.perf_counter() - start)
        for j in outside:
            model.changeRowBounds(int(j), -1.0, 1.0)
    return median(times)


def search_rows() -> list[list[str]]:
    rows = []
    mheight.find_height(np.random.default_rng(1).standard_normal((3, 8)), 3)  # compiled
    for n, k, ms in [(32, 16, (2, 3, 4, 5, 6)), (64, 32, (2, 3, 4, 5)), (128, 64, (2, 3))]:
        G = np.random.default_rng(0).standard_normal((k, n))
        for m in ms:
            start = time.perf_counter()
            solution = mheight.find_height(G, m, method="branch-and-bound")
            seconds = time.perf_counter() - start
            programs = m * comb(n, m)
            definition = programs * program_seconds(G, m)
            rows.append(
                [
                    f"[{n}, {k}]", f"{m}", f"{solution.lower:.6g}", solution.status,
                    f"{solution.nodes:,}", f"{seconds:.3f}", f"{programs:,}",
                    f"{definition:,.0f}", f"{definition / seconds:,.0f}",
                ]
            )  # fmt: skip
    return rows


def exact_rows() -> list[list[str]]:
    rng = np.random.default_rng(0)
    rows = []
    for n, k in [(9, 4), (9, 5), (9, 6), (12, 6), (16, 8), (20, 10)]:
        G = np.hstack([np.eye(k), rng.integers(-100, 101, (k, n - k))]).astype(int).tolist()
        mheight.exact_profile(G)
        times = []
        for _ in range({9: 50, 20: 1}.get(n, 5)):
            start = time.perf_counter()
            mheight.exact_profile(G)
            times.append(time.perf_counter() - start)
        rows.append([f"[{n}, {k}]", f"{1e3 * min(times):.2f}"])
    return rows


def start_seconds() -> float:
    command = [sys.executable, "-m", "mheight", "heights", "1 0 1 1; 0 1 1 2"]
    times = []
    for _ in range(4):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def main() -> None:
    profiles = [
        profile_row(n, k, kind)
        for n, k in [(16, 8), (20, 10), (22, 11), (24, 12), (24, 6), (24, 18), (26, 13)]
        for kind in ("integer", "real")
    ]
    header = ["code", "entries", "first call s", "again s", "peak MiB"]
    print(render("One full profile by the lattice of minors", header, profiles))
    header = ["code", "m", "h_m", "status", "programs", "s", "m C(n,m)", "HiGHS s", "times"]
    print(render("One height by branch and bound, Gaussian G", header, search_rows()))
    print(render("Exact rational profiles", ["code", "ms"], exact_rows()))
    print(f"`mheight heights` on one code, second start: {start_seconds():.2f} s (goal 1.5)")


if __name__ == "__main__":
    main()
