"""Search for good codes of many sizes, on several processes; stopped, it goes on.

    python benchmarks/design_sweep.py results/design --seconds 2400 --workers 2
    python benchmarks/design_sweep.py results/design --targets heights.json --report

Best codes are files of the folder, one for each n, k, m and kind of entries; what a search
needs to go on is in its folder `searches`.  With --targets, a JSON file of heights to tie or
beat ({"heights": [{"n": 9, "k": 4, "m": 5, "real": 15.72, "integer": 25}]}), those come first
that are not tied yet.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import time
from pathlib import Path

from mheight.catalogue.found import found_codes
from mheight.cli.console import errors_in_one_line
from mheight.design.searching.sweep import TIED, all_goals, sweep
from mheight.errors import InvalidDataError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=2400.0, help="wall time")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--least", type=int, default=4, help="shortest length")
    parser.add_argument("--longest", type=int, default=12, help="longest length")
    parser.add_argument("--targets", type=Path, help="heights to tie or beat")
    parser.add_argument("--only-targets", action="store_true", help="nothing else")
    parser.add_argument("--missing", action="store_true", help="only targets not tied yet")
    parser.add_argument("--report", action="store_true", help="only say what stands")
    arguments = parser.parse_args()
    errors_in_one_line()
    known = {} if arguments.targets is None else read_targets(arguments.targets)
    if arguments.report:
        report(arguments.folder, known)
        return
    lengths = set(range(arguments.least, arguments.longest + 1))
    goals = all_goals(sorted(lengths), known)
    # Beyond the longest length, what the targets name.
    goals += [
        goal
        for goal in all_goals(sorted({n for n, *_ in known} - lengths), known)
        if math.isfinite(goal.height)
    ]
    if arguments.only_targets:
        goals = [goal for goal in goals if math.isfinite(goal.height)]
    if arguments.missing:
        reached = {(f.n, f.k, f.m, f.entries): f.height for f in found_codes(arguments.folder)}
        goals = [
            goal
            for goal in goals
            if math.isfinite(goal.height)
            and reached.get((goal.n, goal.k, goal.m, goal.entries), math.inf) > goal.height * TIED
        ]
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.append(number))
    begun = time.monotonic()

    def tell(name: str, before: float, after: float, tied: int, wanted: int) -> None:
        if after < before * (1.0 - 1e-12):
            step = f"{before:12.6f} -> {after:12.6f}"
            at = f"{time.monotonic() - begun:7.0f} s"
            print(f"{at}  {name:<24} {step}  tied {tied}/{wanted}", flush=True)

    sweep(
        goals, arguments.folder, seconds=arguments.seconds, workers=arguments.workers,
        seed=arguments.seed, report=tell, stop=lambda: bool(asked),
    )  # fmt: skip
    report(arguments.folder, known)


def read_targets(path: Path) -> dict[tuple[int, int, int, str], float]:
    """Heights by (n, k, m, entries)."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["heights"]
        return {
            (int(row["n"]), int(row["k"]), int(row["m"]), kind): float(row[kind])
            for row in rows
            for kind in ("real", "integer")
            if kind in row
        }
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidDataError(f"{path}: not a file of heights: {error}") from None


def report(folder: Path, known: dict[tuple[int, int, int, str], float]) -> None:
    """How many targets are tied or beaten, by length and kind of entries; what is missing."""
    found = {(f.n, f.k, f.m, f.entries): f for f in found_codes(folder)}
    print(f"{len(found)} codes in {folder}")
    missing = []
    for n in sorted({key[0] for key in known}):
        for kind in ("real", "integer"):
            keys = [key for key in known if key[0] == n and key[3] == kind]
            reached = [found[key].height if key in found else math.inf for key in keys]
            heights = list(zip(reached, (known[key] for key in keys), strict=True))
            tied = sum(h <= target * TIED for h, target in heights)
            # Targets are given to six decimals.
            beaten = sum(h < target - 1e-6 * target - 1e-6 for h, target in heights)
            if keys:
                print(f"n = {n:2} {kind:<8} tied or beaten {tied} of {len(keys)}, beaten {beaten}")
            missing += [
                f"  {key}: {h:.6f}, wanted {target:.6f}"
                for key, (h, target) in zip(keys, heights, strict=True)
                if h > target * TIED
            ]
    if missing:
        print("not tied:")
        print("\n".join(missing))


if __name__ == "__main__":
    main()
