"""How soon a search from nothing meets known heights: seconds of one core, five seeds each.

    python benchmarks/design.py [--seeds 5] [--most 60]

Time is that of the process, so that what else a machine does counts for little; compiling is
done before.  A search that does not meet its goal within `--most` seconds counts as inf.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time

from mheight.design import search
from mheight.kernels.threads import set_threads
from mheight.tiers import COURSE_9

REAL = {(9, 4, 5): 15.73, (9, 5, 4): 18.57, (9, 6, 3): 15.92}
INTEGER = dict(zip(COURSE_9, (2, 3, 6, 25, 3, 6, 29, 5, 34), strict=True))


def seconds_to(n: int, k: int, m: int, entries: str, goal: float, seed: int, most: float):
    """CPU seconds until the height is at most the goal (inf if later than `most`), and it."""
    begun = time.process_time()
    result = search(
        n, k, m, entries=entries, rounds=10**6, seed=seed, good_enough=goal * (1 + 1e-9),
        stop=lambda: time.process_time() - begun > most,
    )  # fmt: skip
    spent = time.process_time() - begun
    return (spent if result.status in ("good enough", "bound met") else math.inf), result.height


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--most", type=float, default=60.0, help="CPU seconds of a search")
    parser.add_argument("--entries", choices=("real", "integer"), help="only these")
    arguments = parser.parse_args()
    set_threads(1)
    for entries in ("real", "integer"):
        search(9, 4, 5, entries=entries, rounds=8)  # compiles
        search(9, 6, 2, entries=entries, rounds=8)
    print("entries   n k m      goal   median s      each")
    total = [0.0] * arguments.seeds
    goals = [("real", *size, goal) for size, goal in REAL.items()]
    goals += [("integer", *group, float(goal)) for group, goal in INTEGER.items()]
    goals = [goal for goal in goals if arguments.entries in (None, goal[0])]
    for entries, n, k, m, goal in goals:
        runs = [
            seconds_to(n, k, m, entries, goal, seed, arguments.most)
            for seed in range(arguments.seeds)
        ]
        each = "  ".join(f"{spent:.1f} ({height:.4f})" for spent, height in runs)
        median = statistics.median(spent for spent, _ in runs)
        print(f"{entries:<8} {n:>2} {k} {m} {goal:9.2f}  {median:9.2f}      {each}", flush=True)
        if entries == "integer":
            total = [t + spent for t, (spent, _) in zip(total, runs, strict=True)]
    if arguments.entries != "real":
        print(f"all nine integer tasks: median {statistics.median(total):.1f} s")


if __name__ == "__main__":
    main()
