"""Integer codes [I | P] whose P a random pair of signed permutations leaves as it is.

    python benchmarks/design_symmetric.py results/symmetric 8:4 10:4 12:6 --seconds 600 --seed 1

P has a value for each orbit of its entries.  Small random values are drawn, the best of them are
improved by steps of 1 and 2, first in the orbits, then in single entries, and every height of
every code is compared with the catalogue.  What is better is written as `mheight design` writes
it; `mheight table --merge` takes it in.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import mheight
from mheight.catalogue import Catalogue, shipped
from mheight.catalogue.found import judged, write_found
from mheight.cli.console import errors_in_one_line

Float = NDArray[np.float64]
Int = NDArray[np.int64]

BOUND = 100
ORDERS = (2, 3, 4, 5, 6, 7, 8)
MOST_ORBITS = 14
DRAWN = {9: 2000, 10: 600, 11: 150, 12: 60}
STEPS = 40


@dataclass
class Search:
    """A search over codes of some sizes, beside what is known."""

    folder: Path
    seed: int
    known: Catalogue
    start: float = field(default_factory=time.monotonic)
    best: dict[tuple[int, int, int], float] = field(default_factory=dict)

    def heights(self, P: Float) -> Float:
        """All heights of a batch of P, shape (N, k, r); what is better is kept."""
        k, r = P.shape[1:]
        identity = np.broadcast_to(np.eye(k), (len(P), k, k))
        heights = mheight.height_profile(np.concatenate([identity, P], axis=2))
        for m in range(1, r + 1):
            i = int(np.argmin(heights[:, m - 1]))
            self._keep(P[i], m, float(heights[i, m - 1]))
        return heights

    def _keep(self, P: Float, m: int, height: float) -> None:
        k, r = P.shape
        n = k + r
        reached = self.known.entries[n, k, m, "integer"].number
        if height >= min(self.best.get((n, k, m), np.inf), reached) * (1 - 1e-9):
            return
        matrix = np.concatenate([np.eye(k), P], axis=1).astype(int)
        found = judged(
            tuple(map(tuple, matrix.tolist())), m, entries="integer", bound=BOUND, seed=self.seed,
            method="symmetric integers", seconds=round(time.monotonic() - self.start, 1),
            date=date.today().isoformat(),
        )  # fmt: skip
        if found is not None:
            write_found(self.folder, found)
            self.best[n, k, m] = found.height
            print(f"[{n}, {k}] h_{m}: {reached:.6g} -> {found.height:.6g}", flush=True)

    def improve(self, P: Float, m: int, directions: Float, pairs: bool) -> Float:
        """Steps of 1 and 2 along directions, shape (d, k, r), while h_m falls."""
        d = len(directions)
        steps = np.concatenate([s * np.eye(d) for s in (1, -1, 2, -2)])
        if pairs:
            a, b = np.triu_indices(d, 1)
            for s in (1, -1):
                for t in (1, -1):
                    both = np.zeros((len(a), d))
                    both[np.arange(len(a)), a], both[np.arange(len(a)), b] = s, t
                    steps = np.concatenate([steps, both])
        moves = np.tensordot(steps, directions, 1)
        height = np.inf
        for _ in range(STEPS):
            near = P + moves
            near = near[np.abs(near).max(axis=(1, 2)) <= BOUND]
            heights = self.heights(near)[:, m - 1]
            i = int(np.argmin(heights))
            if heights[i] >= height * (1 - 1e-12):
                break
            P, height = near[i], float(heights[i])
        return P


def signed_permutation(size: int, order: int, rng: np.random.Generator) -> tuple[Int, Int]:
    """Where each place goes and its sign: cycles whose lengths divide the order."""
    to, sign = np.arange(size), np.ones(size, np.int64)
    places, at = rng.permutation(size), 0
    while at < size:
        lengths = [d for d in range(1, order + 1) if order % d == 0 and d <= size - at]
        length = max(lengths) if rng.random() < 0.7 else int(rng.choice(lengths))
        cycle = places[at : at + length]
        to[cycle] = np.roll(cycle, -1)
        if rng.random() < 0.3:
            sign[cycle[-1]] = -1
        at += length
    return to, sign


def orbits(k: int, r: int, order: int, count: int, rng: np.random.Generator) -> Float:
    """Directions of the P that some random pairs of signed permutations leave as they are."""
    pairs = [
        (signed_permutation(k, order, rng), signed_permutation(r, order, rng)) for _ in range(count)
    ]
    known = np.zeros((k, r), np.bool_)
    out = []
    for first in np.ndindex(k, r):
        if known[first]:
            continue
        direction, fits = np.zeros((k, r)), True
        direction[first], open_ = 1.0, [first]
        while open_:
            i, j = open_.pop()
            for (over, s), (to, t) in pairs:
                place, value = (over[i], to[j]), direction[i, j] * s[i] * t[j]
                if direction[place] == 0.0:
                    direction[place] = value
                    open_.append(place)
                fits &= bool(direction[place] == value)
        known |= direction != 0.0
        if fits:
            out.append(direction)
    return np.array(out).reshape(-1, k, r)


def main() -> None:
    """Search until time is over."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("sizes", nargs="+", metavar="N:K")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    errors_in_one_line()
    warnings.simplefilter("ignore", mheight.AccuracyWarning)
    asked.folder.mkdir(parents=True, exist_ok=True)
    sizes = [tuple(map(int, text.split(":"))) for text in asked.sizes]
    rng = np.random.default_rng(asked.seed)
    search = Search(asked.folder, asked.seed, shipped())
    while time.monotonic() - search.start < asked.seconds:
        n, k = sizes[rng.integers(len(sizes))]
        r = n - k
        count = 1 if rng.random() < 0.7 else 2
        directions = orbits(k, r, int(rng.choice(ORDERS)), count, rng)
        d = len(directions)
        if not 0 < d <= MOST_ORBITS:
            continue
        top = int(rng.choice([1, 2, 3, 4, 6]))
        drawn = rng.integers(-top, top + 1, (DRAWN.get(max(n, 9), 30), d))
        P = np.tensordot(drawn.astype(float), directions, 1)
        heights = search.heights(P)
        for m in rng.permutation(np.arange(2, r + 1))[:2]:
            reached = search.known.entries[n, k, int(m), "integer"].number
            for i in np.argsort(heights[:, m - 1])[:3]:
                if heights[i, m - 1] > 2.5 * reached:
                    break
                better = search.improve(P[i], int(m), directions, d <= 8)
                near = search.heights(better[None])[0, m - 1]
                if near <= 1.3 * reached:
                    search.improve(better, int(m), np.eye(k * r).reshape(-1, k, r), False)


if __name__ == "__main__":
    main()
