"""Integer codes [I | P], |P| <= 100, by searches that annealing does not replace.

    python benchmarks/design_integers.py results/integers --rows 8:5:2 --most 4
    python benchmarks/design_integers.py results/integers --dives 10:6:4 --most 4 --seconds 10
    python benchmarks/design_integers.py results/integers --bases 10:3:6 10:4:4 --seconds 30

Rows: all P with entries up to --most, row by row.  P without a row is a shortened code, whose
height is no larger, so that a set of rows that does not come below the best is given up with
all that contain it.  It ends with the least height there is at that size.

Dives: the same for more rows than can be gone through: rows are added at random, those of small
heights rather, until none is left that stays below the best.

Bases: integer matrices near the best real code, in random bases and sizes.  As long as the
height stays below the best, entries change by 1 towards a least minor; where a minor divides
all others, the code is [I | P] of integers on those columns.

What is better than the catalogue is written as `mheight design` writes it; `mheight table
--merge` takes it in.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue import Catalogue, shipped
from mheight.catalogue.found import judged, write_found
from mheight.cli.console import errors_in_one_line
from mheight.design.searching.kernel import height_program, heights

Float = NDArray[np.float64]
Int = NDArray[np.int64]

BOUND = 100
BELOW = 1 - 1e-9
PAIRS = 200_000
SIZES = (1.0, 12.0)
WALK = 60
SPREAD = 0.15


@dataclass
class Best:
    """The best of one (n, k, m), beside the catalogue."""

    n: int
    k: int
    m: int
    folder: Path
    known: Catalogue
    method: str
    seed: int

    def __post_init__(self) -> None:
        self.start = self.height = self.known.entries[self.n, self.k, self.m, "integer"].number
        self.began = time.process_time()

    @property
    def seconds(self) -> float:
        """CPU seconds since it began."""
        return time.process_time() - self.began

    def heights(self, G: Float) -> Float:
        """h_m of a batch of integer matrices, shape (N, k', n')."""
        k, n = G.shape[1:]
        return heights(height_program(n, k, self.m, is_check=False), G, 0.0)

    def keep(self, P: Float) -> None:
        """Take a P in if its exact height is better."""
        matrix = np.concatenate([np.eye(self.k), P], axis=1).astype(int)
        found = judged(
            tuple(map(tuple, matrix.tolist())), self.m, entries="integer", bound=BOUND,
            seed=self.seed, method=self.method, seconds=round(self.seconds, 1),
            date=date.today().isoformat(),
        )  # fmt: skip
        if found is not None and found.height < self.height * BELOW:
            self.height = found.height
            write_found(self.folder, found)
            print(f"[{self.n}, {self.k}] h_{self.m}: {self.start:.6g} -> {found.height:.6g} = "
                  f"{found.certificate.height}, {self.seconds:.1f} s CPU", flush=True)  # fmt: skip


# --- rows ----------------------------------------------------------------------------------


def systematic(P: Float) -> Float:
    """[I | P] of a batch of P, shape (N, k, r)."""
    identity = np.broadcast_to(np.eye(P.shape[1]), (len(P), P.shape[1], P.shape[1]))
    return np.concatenate([identity, P], axis=2)


def all_rows(best: Best, most: int) -> Float:
    """The rows up to sign whose [r+1, 1] code is below the best."""
    values = range(-most, most + 1)
    rows = [
        row
        for row in itertools.product(values, repeat=best.n - best.k)
        if next((x for x in row if x), 0) > 0
    ]
    table = np.array(rows, np.float64)
    return table[best.heights(systematic(table[:, None, :])) < best.height * BELOW]


def least_images(rows: Float) -> Int:
    """For each row the least number of a row that permuted columns with signs make of it."""
    number = {tuple(row): i for i, row in enumerate(rows.astype(int).tolist())}
    out = np.arange(len(rows))
    for i, row in enumerate(np.sort(np.abs(rows), axis=1).astype(int).tolist()):
        images = itertools.product(*[(x, -x) if x else (x,) for x in row])
        for signed in images:
            for image in set(itertools.permutations(signed)):
                out[i] = min(out[i], number.get(image, len(rows)))
    return out


def search_rows(best: Best, most: int) -> None:
    """The least height of all P with entries up to `most`, if it is below the best.

    For m > 1, where equal rows are no use: they make a word of weight 2.
    """
    rows = all_rows(best, most)
    first, second = np.triu_indices(len(rows), 1)
    fits = np.zeros((len(rows), len(rows)), np.bool_)
    for at in range(0, len(first), PAIRS):
        a, b = first[at : at + PAIRS], second[at : at + PAIRS]
        pairs = np.stack([rows[a], rows[b]], axis=1)
        fits[a, b] = best.heights(systematic(pairs)) < best.height * BELOW
    fits |= fits.T
    least = least_images(rows)
    looked = 0

    def grow(chosen: list[int], further: Int) -> None:
        nonlocal looked
        if not len(further):
            return
        size = len(chosen) + 1
        P = np.stack([rows[[*chosen, i]] for i in further])
        found = best.heights(systematic(P)) if size > 2 else np.zeros(len(P))
        looked += len(P)
        if size == best.k:
            best.keep(P[int(np.argmin(found))])
            return
        further = further[found < best.height * BELOW]
        for i, row in enumerate(further):
            rest = further[i + 1 :]
            rest = rest[fits[row, rest]]
            if len(rest) + size >= best.k:
                grow([*chosen, int(row)], rest)

    for row in np.flatnonzero(least == np.arange(len(rows))):
        # Some row of the code has a least image that no other row's is below.
        grow([int(row)], np.flatnonzero(fits[row] & (least >= row)))
    print(f"[{best.n}, {best.k}] h_{best.m}: no P with entries up to {most} is below "
          f"{best.height:.6g}; {len(rows)} rows, {looked} codes, {best.seconds:.1f} s CPU",
          flush=True)  # fmt: skip


# --- dives ---------------------------------------------------------------------------------


def search_dives(best: Best, most: int, seconds: float) -> None:
    """P with entries up to `most`, a row after the other at random, until time is over."""
    rng = np.random.default_rng(best.seed)
    rows = all_rows(best, most)
    dives = 0
    while best.seconds < seconds and len(rows):
        dives += 1
        chosen = [int(rng.integers(len(rows)))]
        further = np.arange(len(rows))
        while len(further):
            begun = np.broadcast_to(rows[chosen], (len(further), *rows[chosen].shape))
            P = np.concatenate([begun, rows[further][:, None]], axis=1)
            found = best.heights(systematic(P))
            if len(chosen) + 1 == best.k:
                best.keep(P[int(np.argmin(found))])
                break
            fits = found < best.height * BELOW
            further, found = further[fits], found[fits]
            if not len(further):
                break
            at = int(np.argmin(np.log(found) + rng.exponential(SPREAD, size=len(found))))
            if rng.random() < 0.3:
                at = int(rng.integers(len(further)))
            chosen.append(int(further[at]))
    print(f"[{best.n}, {best.k}] h_{best.m}: {best.height:.6g} after {dives} dives, {len(rows)} "
          f"rows, {best.seconds:.0f} s CPU", flush=True)  # fmt: skip


# --- bases ---------------------------------------------------------------------------------


def as_systematic(best: Best, G: Float, columns: Int) -> None:
    """Keep the [I | P] of an integer matrix on each k columns whose minor divides all."""
    minors = np.rint(np.linalg.det(np.moveaxis(G[:, columns], 1, 0))).astype(np.int64)
    divisor = np.gcd.reduce(np.abs(minors))
    if divisor == 0:
        return
    for i in np.flatnonzero(np.abs(minors) == divisor):
        basis = columns[i]
        rest = np.setdiff1d(np.arange(best.n), basis)
        P = np.linalg.solve(G[:, basis], G[:, rest])
        if np.abs(P - np.rint(P)).max() < 1e-6 and np.abs(P).max() <= BOUND + 0.5:
            best.keep(np.rint(P) + 0.0)
            return


def descend(best: Best, G: Float, moves: Float) -> tuple[Float, float]:
    """Entries changed by 1 until the height is below the best, or no change lowers it."""
    height = float(best.heights(G[None])[0])
    while height >= best.height * BELOW:
        found = best.heights(G + moves)
        i = int(np.argmin(found))
        if not found[i] < height * (1 - 1e-12):
            break
        G, height = G + moves[i], float(found[i])
    return G, height


def search_bases(best: Best, seconds: float) -> None:
    """Integer matrices near the best real code until time is over."""
    n, k = best.n, best.k
    rng = np.random.default_rng(best.seed)
    real = np.linalg.qr(np.asarray(best.known.entries[n, k, best.m, "real"].G).T)[0].T
    columns = np.array(list(itertools.combinations(range(n), k)))
    unit = np.eye(k * n).reshape(k * n, k, n)
    moves = np.concatenate([unit, -unit])
    while best.seconds < seconds:
        bases = rng.normal(size=(64, k, k))
        near = (np.linalg.qr(bases)[0] if rng.random() < 0.5 else bases) @ real
        near /= np.abs(near).max(axis=(1, 2), keepdims=True)
        near = np.rint(near * np.exp(rng.uniform(*np.log(SIZES), size=(64, 1, 1))))
        G, height = descend(best, near[int(np.argmin(best.heights(near)))], moves)
        if height >= best.height * BELOW:
            continue
        as_systematic(best, G, columns)
        for _ in range(WALK):
            around = G + moves
            around = around[best.heights(around) < best.height * BELOW]
            if not len(around):
                break
            minors = np.abs(np.linalg.det(np.moveaxis(around[:, :, columns], 2, 1)))
            least = np.where(minors > 0.5, minors, np.inf).min(axis=1)
            for i in np.argsort(least)[:3]:
                as_systematic(best, around[i], columns)
            G = around[int(np.argmin(np.log(least) + rng.exponential(0.7, size=len(least))))]
    print(f"[{n}, {k}] h_{best.m}: {best.height:.6g} after {best.seconds:.0f} s CPU", flush=True)


def main() -> None:
    """Search."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", nargs="*", default=[], metavar="N:K:M")
    parser.add_argument("--dives", nargs="*", default=[], metavar="N:K:M")
    parser.add_argument("--most", type=int, default=3, help="entry of --rows and --dives")
    parser.add_argument("--bases", nargs="*", default=[], metavar="N:K:M")
    parser.add_argument("--seconds", type=float, default=30.0, help="of CPU, each but --rows")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    errors_in_one_line()
    asked.folder.mkdir(parents=True, exist_ok=True)
    known = shipped()
    ways = (("rows", asked.rows), ("dives", asked.dives), ("rounded in bases", asked.bases))
    for method, sizes in ways:
        for text in sizes:
            n, k, m = map(int, text.split(":"))
            best = Best(n, k, m, asked.folder, known, method, asked.seed)
            if method == "rows":
                search_rows(best, asked.most)
            elif method == "dives":
                search_dives(best, asked.most, asked.seconds)
            else:
                search_bases(best, asked.seconds)


if __name__ == "__main__":
    main()
