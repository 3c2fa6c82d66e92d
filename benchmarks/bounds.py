"""Bounds of single heights: are they true, and how good is the lower one?

Without an option: [24, 12] codes of normal entries, whose heights the lattice knows, and a
[64, 32] code, each searched for a given time: the lower bound as a part of the height.

    make benchmark-long

With --hunt: a hundred thousand codes with two columns that are parallel but for rounding.
Branch and bound's lower and upper bound of each height must lie on their own side of what
rational arithmetic says, to the last digit, and agree to 1e-9 where the status is "exact".

    make hunt
"""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from pathlib import Path

import numpy as np

import mheight
from mheight.evaluation import render
from mheight.heights.programs.branch_and_bound import branch_and_bound
from mheight.heights.solution import EXACT_TO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from matrices import nearly_parallel


def hunt(codes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    done: Counter[str] = Counter()
    widest = 0.0
    for _ in range(codes):
        G = nearly_parallel(rng)
        for m, height in enumerate(mheight.exact_profile(G), start=1):
            found = branch_and_bound(G, m)
            done["heights"] += 1
            done[found.status] += 1
            sound = found.lower <= height <= found.upper
            if found.is_exact and height < np.inf:
                gap = float(Fraction(found.upper) / Fraction(found.lower) - 1)
                widest = max(widest, gap)
                sound = sound and gap <= EXACT_TO
            if not sound:
                done["wrong"] += 1
                print(f"wrong: m = {m}, {found.lower!r} {found.upper!r}, G = {G.tolist()}")
    print(f"codes with two nearly parallel columns: {codes:,}")
    for name, count in done.items():
        print(f"{name}: {count:,}")
    print(f"widest gap between exact bounds: {widest:.1e}")
    if done["wrong"]:
        sys.exit("a bound is on the wrong side")


def known_rows(codes: int, seconds: float) -> list[list[str]]:
    """Lower bounds over heights: dives first, as `find_height` does, and the search alone."""
    parts: dict[int, dict[bool, list[float]]] = {}
    rng = np.random.default_rng(0)
    for _ in range(codes):
        G = rng.standard_normal((12, 24))
        profile = mheight.height_profile(G)
        for m in range(5, 13):
            for dives in (True, False):
                with nullcontext() if dives else _search_alone():
                    found = mheight.find_height(G, m, method="branch-and-bound", time_limit=seconds)
                part = parts.setdefault(m, {}).setdefault(dives, [])
                part.append(found.lower / profile[m - 1])
    return [
        [f"{m}"]
        + [
            cell
            for part in (both[True], both[False])
            for cell in (f"{min(part):.3f}", f"{np.median(part):.3f}")
        ]
        for m, both in parts.items()
    ]


@contextmanager
def _search_alone() -> Iterator[None]:
    """Branch and bound without the dives that come before it."""
    room = importlib.import_module("mheight.heights.programs.branch_and_bound")
    kept = room.are_worthwhile
    room.are_worthwhile = lambda *_: False
    try:
        yield
    finally:
        room.are_worthwhile = kept


def long_rows(seconds: float) -> list[list[str]]:
    rng = np.random.default_rng(0)
    rng.standard_normal((12, 24))
    G = rng.standard_normal((32, 64))
    rows = []
    for m in (6, 8, 16):
        found = mheight.find_height(G, m, time_limit=seconds)
        rows.append([f"{m}", f"{found.lower:.4g}", f"{found.nodes:,}", found.status])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hunt", action="store_true", help="true bounds, instead of good ones")
    parser.add_argument("--codes", type=int, default=100_000, help="of the hunt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--known", type=int, default=5, help="[24, 12] codes")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each height of those")
    parser.add_argument("--long", type=float, default=30.0, help="seconds for each of [64, 32]")
    options = parser.parse_args()
    warnings.simplefilter("ignore", mheight.errors.AccuracyWarning)
    if options.hunt:
        hunt(options.codes, options.seed)
        return
    mheight.find_height(np.random.default_rng(1).standard_normal((12, 24)), 6, time_limit=0.5)
    header = ["m", "dives: least", "median", "search alone: least", "median"]
    title = f"Lower bound over the height, [24, 12], {options.seconds:g} s each"
    print(render(title, header, known_rows(options.known, options.seconds)))
    header = ["m", "lower bound", "programs", "status"]
    print(render(f"[64, 32], {options.long:g} s each", header, long_rows(options.long)))


if __name__ == "__main__":
    main()
