"""A hunt for wrong heights among codes of small integers, which are full of ties.

A million or more random codes with entries of at most 3 in magnitude, n from 3 to 9, not
only systematic.  Their float profiles are compared
 - where two heights of a code agree to 1e-6 or one is 1 to 1e-6, and a random sample
   besides: with exact rational arithmetic;
 - a random sample: with the linear programs of the definition, solved by HiGHS.
Reports the largest relative error and the number of wrong finite/infinite verdicts, and
fails if there is one.

Then real matrices that rounding makes hard: integers with noise, mixed by matrices of
condition up to 1e7 and rounded to decimals.  Every height below 1e12 must be right to
1e-6 or warned of; those that are neither are counted.

    make hunt
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

import mheight
from mheight.heights.certificate import rounded

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from matrices import near_integers
from programs import HeightPrograms

SHAPES = [(n, k) for n in range(3, 10) for k in range(1, n)]


def random_codes(rng: np.random.Generator, count: int, n: int, k: int) -> np.ndarray:
    """Half of them systematic, half with any entries; entries up to 1, 2 or 3."""
    largest = rng.integers(1, 4, size=(count, 1, 1))
    codes = np.rint(rng.uniform(-largest - 0.499, largest + 0.499, size=(count, k, n)))
    codes[: count // 2, :, :k] = np.eye(k)
    return codes[np.linalg.matrix_rank(codes) == k] + 0.0


def near_ties(profiles: np.ndarray) -> np.ndarray:
    """Codes with two finite heights that agree to 1e-6, or one that is 1 to 1e-6."""
    with np.errstate(invalid="ignore"):
        gaps = np.abs(np.diff(profiles, axis=1)) / profiles[:, :-1]
    return (gaps < 1e-6).any(axis=1) | (np.abs(profiles - 1.0) < 1e-6).any(axis=1)


def compare(ours: np.ndarray, exact: np.ndarray) -> tuple[float, int]:
    wrong = int((np.isinf(ours) != np.isinf(exact)).sum())
    finite = np.isfinite(ours) & np.isfinite(exact)
    error = np.abs(ours[finite] - exact[finite]) / exact[finite]
    return float(error.max(initial=0.0)), wrong


def hunt_decimals(rng: np.random.Generator, count: int) -> list[str]:
    """Float profiles of hard matrices against exact arithmetic on the same floats."""
    codes = warned = 0
    silent = []
    while codes < count:
        G = near_integers(rng)
        try:
            exact = np.array([rounded(h) for h in mheight.exact_profile(G)])
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                ours = mheight.height_profile(G)
        except mheight.MheightError:
            continue  # dependent rows
        codes += 1
        warned += bool(caught)
        sound = np.isclose(ours, exact, rtol=1e-6) | (exact >= 1e12)
        if not caught and not sound.all():
            silent.append(float(exact[~sound].min()))
    lines = [f"hard decimal matrices: {codes:,}, warned of: {warned:,}"]
    lines.append(f"heights below 1e12 neither right to 1e-6 nor warned of: {len(silent)}")
    if silent:
        lines[-1] += f", the smallest {min(silent):.1e}"
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--exact", type=int, default=60_000, help="random codes done exactly")
    parser.add_argument("--programs", type=int, default=1_500, help="random codes for HiGHS")
    parser.add_argument("--decimals", type=int, default=50_000, help="hard decimal matrices")
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    each = -(-options.codes * 21 // (20 * len(SHAPES)))  # some are of lower rank
    done: Counter[str] = Counter()
    worst = {"rational": 0.0, "HiGHS": 0.0}
    for n, k in SHAPES:
        codes = random_codes(rng, each, n, k)
        profiles = mheight.height_profile(codes)
        done["codes"] += len(codes)
        done["infinite heights"] += int(np.isinf(profiles).sum())
        ties = near_ties(profiles)
        done["near ties"] += int(ties.sum())
        chosen = np.zeros(len(codes), dtype=bool)
        chosen[rng.choice(len(codes), options.exact // len(SHAPES), replace=False)] = True
        for i in np.flatnonzero(ties | chosen):
            exact = np.array([float(h) for h in mheight.exact_profile(codes[i].astype(int))])
            error, wrong = compare(profiles[i], exact)
            worst["rational"] = max(worst["rational"], error)
            done["wrong verdicts"] += wrong
            done["done exactly"] += 1
        for i in rng.choice(len(codes), options.programs // len(SHAPES), replace=False):
            programs = np.maximum(HeightPrograms(codes[i]).profile(), 1.0)
            error, wrong = compare(profiles[i], programs)
            worst["HiGHS"] = max(worst["HiGHS"], error)
            done["wrong verdicts"] += wrong
            done["done by HiGHS"] += 1
        print(f"[{n}, {k}]: {len(codes):,} codes", file=sys.stderr, flush=True)
    for name, count in done.items():
        print(f"{name}: {count:,}")
    for name, error in worst.items():
        print(f"largest relative error against {name}: {error:.1e}")
    for line in hunt_decimals(rng, options.decimals):
        print(line)
    if done["wrong verdicts"] or worst["rational"] > 1e-12 or worst["HiGHS"] > 1e-6:
        sys.exit("a wrong height was found")


if __name__ == "__main__":
    main()
