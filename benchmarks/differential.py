"""Heights of a million codes by every route, against rational arithmetic.

Codes are given as G, P or H, in chunks of one shape and one kind of entries: small, middling
and large integers (beyond 2^53 too), floats, decimals and powers of two of all sizes, columns
and rows of very different scale, nearly dependent rows, parallel and zero columns, fractions.
For every code the profile of the batch is compared with `exact_profile` of the matrix as it
was given; for a share also the profile of the code alone, and `find_height` and its
certificate for one m.

Wrong is a height that differs by more than the promised 1e-8 (`find_height`: 1e-9), or a
verdict of finite or infinite that is not the exact one, where no doubt is said.  By the rule
of docs/heights.md a height above 1e12 of a matrix of rounded decimals or other floats of many
digits may be called infinite: such are counted apart.

One code and the same code in its batch must agree, to twice the promised accuracy, wherever
neither says a doubt; both must say dependent rows or neither.

    make hunt                                                 # all of it
    python benchmarks/differential.py --codes 20000 --seed 7  # other codes
    python benchmarks/differential.py --entries decimals --lengths 6 7 8 9 10 --alone 1

Ctrl-C prints what was found so far.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import mheight
from mheight.codes.given import GivenMatrices, given_matrices
from mheight.codes.linear_code import LinearCode
from mheight.codes.minors.rounding import ACCURACY
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import rounded
from mheight.heights.doubts import Profiles
from mheight.heights.finding import solved
from mheight.heights.profile import profile_with_doubts

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from matrices import near_integers

LARGEST_CERTAIN = 1e12
"""A larger height of floats may be called infinite without a doubt, by the rule."""

CHUNK = 64
LENGTHS = [3, 4, 5, 6] * 5 + [7, 7, 8, 9]  # rational arithmetic takes 1 ms for n = 9

Rng = np.random.Generator
Shape = tuple[int, int, int]


def integers(largest: float) -> Callable[[Rng, Shape], np.ndarray]:
    """Whole numbers of every size up to a bound."""

    def draw(rng: Rng, shape: Shape) -> np.ndarray:
        sizes = largest ** rng.random(shape)
        return np.rint(rng.uniform(-1, 1, shape) * sizes).astype(np.int64)

    return draw


def sparse(draw: Callable[[Rng, Shape], np.ndarray]) -> Callable[[Rng, Shape], np.ndarray]:
    """Many zeros, and columns that are multiples of others."""

    def drawn(rng: Rng, shape: Shape) -> np.ndarray:
        matrices = draw(rng, shape) * (rng.random(shape) < 0.6)
        for matrix in matrices:
            if shape[2] > 1 and rng.random() < 0.5:
                a, b = rng.choice(shape[2], 2, replace=False)
                matrix[:, a] = matrix[:, b] * int(rng.integers(-3, 4))
        return matrices

    return drawn


def scaled_decimals(largest: int) -> Callable[[Rng, Shape], np.ndarray]:
    """One digit times a power of ten from 1e-3 to 1e3; of the digits 0, 1, 2 a fifth is zero."""

    def draw(rng: Rng, shape: Shape) -> np.ndarray:
        digits = rng.integers(-largest, largest + 1, shape)
        powers = rng.integers(-3, 4, digits.size)
        texts = (f"{d}e{e}" for d, e in zip(digits.flat, powers, strict=True))
        return np.array([float(text) for text in texts]).reshape(shape)

    return draw


def all_sizes(rng: Rng, shape: Shape) -> np.ndarray:
    return 10.0 ** rng.uniform(-8, 8, shape) * rng.choice([-1.0, 1], shape)


def scaled_columns(rng: Rng, shape: Shape) -> np.ndarray:
    """Small integers, with columns and rows times powers of ten, as far as 1e-150 at times."""
    far = 150 if rng.random() < 0.2 else 6
    columns = 10.0 ** rng.integers(-far, far + 1, (shape[0], 1, shape[2]))
    rows = 10.0 ** rng.integers(-6, 7, (shape[0], shape[1], 1))
    return rng.integers(-5, 6, shape) * columns * rows


def powers_of_two(rng: Rng, shape: Shape) -> np.ndarray:
    """Small integers times powers of two, exact in float64."""
    return np.ldexp(rng.integers(-3, 4, shape).astype(float), rng.integers(-40, 41, shape))


def nearly_dependent(rng: Rng, shape: Shape) -> np.ndarray:
    """Rows and columns that differ in late digits only."""
    matrices = rng.integers(-4, 5, shape).astype(float)
    matrices[:, -1] = matrices[:, 0] + 10.0 ** rng.integers(-12, 0) * matrices[:, -1]
    if shape[2] > 1:
        matrices[:, :, -1] = matrices[:, :, 0] * (1 + 10.0 ** rng.integers(-12, 0))
    return matrices


def half_noise(rng: Rng, shape: Shape) -> np.ndarray:
    """The near integers of the tests, where their shape allows."""
    out = rng.standard_normal(shape)
    for i in range(shape[0]):
        G = near_integers(rng)
        a, b = min(len(G), shape[1]), min(G.shape[1], shape[2])
        out[i, :a, :b] = G[:a, :b]
    return out


def fractions(rng: Rng, shape: Shape) -> np.ndarray:
    """Quotients of small integers."""
    above, below = rng.integers(-9, 10, shape), rng.integers(1, 10, shape)
    values = [Fraction(int(p), int(q)) for p, q in zip(above.flat, below.flat, strict=True)]
    return np.array(values, dtype=object).reshape(shape)


ENTRIES: dict[str, Callable[[Rng, Shape], np.ndarray]] = {
    "integers to 3": integers(4),
    "integers to 1000": integers(1e3),
    "integers to 1e8": integers(1e8),
    "integers to 9e16": integers(9e16),
    "sparse integers to 1000": sparse(integers(1e3)),
    "sparse integers to 1e10": sparse(integers(1e10)),
    "normal floats": lambda rng, shape: rng.standard_normal(shape),
    "sparse floats": sparse(lambda rng, shape: rng.standard_normal(shape)),
    "decimals from 1e-3 to 2e3": scaled_decimals(2),
    "decimals from 1e-3 to 9e3": scaled_decimals(9),
    "floats from 1e-8 to 1e8": all_sizes,
    "scaled rows and columns": scaled_columns,
    "powers of two": powers_of_two,
    "nearly dependent": nearly_dependent,
    "integers with noise": half_noise,
    "fractions": fractions,
}


class Hunt:
    """Counts, and the first codes that came out wrong."""

    def __init__(
        self,
        alone: float,
        searched: float,
        entries: Sequence[str] = (),
        lengths: Sequence[int] = (),
    ) -> None:
        self.alone, self.searched = alone, searched
        self.entries, self.lengths = list(entries or ENTRIES), list(lengths or LENGTHS)
        self.counts: Counter[str] = Counter()
        self.by_entries: dict[str, Counter[str]] = {name: Counter() for name in ENTRIES}
        self.worst = {"batch": 0.0, "alone": 0.0, "find_height": 0.0}
        self.wrong: list[str] = []

    def chunk(self, rng: Rng) -> None:
        """One batch of codes by all routes."""
        kind = str(rng.choice(["G", "P", "H"]))
        name = str(rng.choice(self.entries))
        n = int(rng.choice(self.lengths))
        k = int(rng.integers(1, n))
        rows = {"G": (k, n), "P": (k, n - k), "H": (n - k, n)}[kind]
        given = given_matrices(ENTRIES[name](rng, (CHUNK, *rows)), kind)
        good = np.flatnonzero(given.ranks() == given.values.shape[1])
        if not len(good):
            return
        given = GivenMatrices(
            kind, given.values[good],
            {at: given.exact[i] for at, i in enumerate(good.tolist()) if i in given.exact},
        )  # fmt: skip
        found = profile_with_doubts(given)
        doubtful = found.doubtful
        tally = self.by_entries[name]
        for i in range(len(given)):
            exact = mheight.exact_profile(given.generator(i))
            tally["codes"] += 1
            self.counts[kind] += 1
            tally["doubtful"] += int(doubtful[i])
            if not doubtful[i]:
                self.compare("batch", found.heights[i], exact, given, i, name)
            if rng.random() < self.alone:
                one = profile_with_doubts(given.alone(i))
                self.counts["alone"] += 1
                if one.is_certain:
                    self.compare("alone", one.heights, exact, given, i, name)
                self.agree(found.heights[i], not doubtful[i], one, given, i, name)
            if rng.random() < self.searched:
                self.search(given, i, int(rng.integers(1, n - k + 1)), exact, name)

    def compare(
        self, route: str, ours: np.ndarray, exact: tuple[Any, ...], given: GivenMatrices,
        i: int, name: str,
    ) -> None:  # fmt: skip
        """Profiles by a route against the exact one."""
        truth = np.array([rounded(h) for h in exact])
        apart = np.isinf(ours) != np.isinf(truth)
        by_rule = apart & np.isinf(ours) & (truth >= LARGEST_CERTAIN) & (not given.is_meant(i))
        self.counts["called infinite by the rule"] += bool(by_rule.any()) and route == "batch"
        both = np.isfinite(ours) & np.isfinite(truth)
        error = float((np.abs(ours[both] - truth[both]) / truth[both]).max(initial=0.0))
        if (apart & ~by_rule).any() or error > ACCURACY:
            self.note(route, name, given, i, f"{ours.tolist()} for {truth.tolist()}")
        else:
            self.worst[route] = max(self.worst[route], error)

    def agree(
        self, batch: np.ndarray, is_certain: bool, one: Profiles, given: GivenMatrices,
        i: int, name: str,
    ) -> None:  # fmt: skip
        """A profile of the batch against that of the code alone, and their doubts."""
        if is_certain != one.is_certain:
            self.counts["in doubt in the batch or alone only"] += 1
        if not (is_certain and one.is_certain):
            return
        with np.errstate(invalid="ignore"):
            apart = np.abs(batch - one.heights) > 2 * ACCURACY * one.heights
        if (np.isinf(batch) != np.isinf(one.heights)).any() or apart.any():
            self.note("batch and alone", name, given, i,
                      f"{batch.tolist()} and {one.heights.tolist()}")  # fmt: skip

    def search(
        self, given: GivenMatrices, i: int, m: int, exact: tuple[Any, ...], name: str
    ) -> None:
        """`find_height` of one code, its bounds and its certificate."""
        code = LinearCode.from_given(given.alone(i))
        solution = solved(code, m)
        truth = exact[m - 1]
        self.counts["find_height"] += 1
        proved = mheight.verify(solution.certificate, code)
        if not proved or not solution.lower <= truth <= solution.upper:
            self.note("find_height", name, given, i, f"m = {m}: {solution} for {rounded(truth)}")
        elif solution.is_exact and truth != np.inf:
            error = abs(Fraction(solution.lower) - Fraction(truth)) / Fraction(truth)
            self.worst["find_height"] = max(self.worst["find_height"], rounded(error))
            if error > 1e-9:
                self.note("find_height", name, given, i, f"m = {m}: {solution}, {rounded(truth)}")
        self.counts["find_height not exact"] += not solution.is_exact

    def note(self, route: str, name: str, given: GivenMatrices, i: int, text: str) -> None:
        """A wrong height."""
        self.counts[f"wrong: {route}"] += 1
        self.by_entries[name]["wrong"] += 1
        if len(self.wrong) < 10:
            entries = [[str(x) for x in row] for row in given.rows(i)]
            shown = entries if i in given.exact else given.values[i].tolist()
            self.wrong.append(f"{route}, {name}, {given.kind} = {shown}: {text}")

    @property
    def codes(self) -> int:
        """Codes so far."""
        return sum(tally["codes"] for tally in self.by_entries.values())

    def report(self) -> None:
        """What was found, on standard output."""
        print(f"{'entries':28} {'codes':>9} {'in doubt':>9} {'wrong':>6}")
        for name in self.entries:
            tally = self.by_entries[name]
            print(f"{name:28} {tally['codes']:9,} {tally['doubtful']:9,} {tally['wrong']:6,}")
        print(f"{self.codes:,} codes: {', '.join(f'{self.counts[k]:,} as {k}' for k in 'GPH')}")
        print(f"alone: {self.counts['alone']:,}, find_height: {self.counts['find_height']:,}, "
              f"of which not exact: {self.counts['find_height not exact']:,}")  # fmt: skip
        print(f"called infinite by the rule: {self.counts['called infinite by the rule']:,}")
        print("in doubt in the batch or alone only: "
              f"{self.counts['in doubt in the batch or alone only']:,}")  # fmt: skip
        for route, error in self.worst.items():
            print(f"largest relative error, {route}: {error:.1e}")
        wrong = {k: v for k, v in self.counts.items() if k.startswith("wrong")}
        print(f"wrong where no doubt is said: {sum(wrong.values())} {wrong or ''}")
        for line in self.wrong:
            print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", type=float, default=0.02, help="share also done alone")
    parser.add_argument("--searched", type=float, default=0.01, help="share for find_height")
    parser.add_argument("--entries", nargs="+", metavar="KIND", default=list(ENTRIES),
                        help="kinds of entries, by their name or its beginning")  # fmt: skip
    parser.add_argument("--lengths", nargs="+", type=int, metavar="N", default=LENGTHS)
    options = parser.parse_args()
    entries = [name for name in ENTRIES if name.startswith(tuple(options.entries))]
    if not entries or min(options.lengths) < 2:
        parser.error(f"entries are of {list(ENTRIES)}, lengths at least 2")
    # Also where a shell started this in the background, with interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hunt = Hunt(options.alone, options.searched, entries, options.lengths)
    start, chunk, told = time.monotonic(), 0, 0
    try:
        while hunt.codes < options.codes:
            # Each chunk has a seed of its own, so that one can be done again alone.
            try:
                hunt.chunk(np.random.default_rng([options.seed, chunk]))
            except InvalidCodeError as error:
                hunt.counts["wrong: refused"] += 1
                hunt.wrong.append(f"chunk {chunk}: {error}")
            chunk += 1
            if hunt.codes >= told + 10_000:
                told = hunt.codes
                seconds = time.monotonic() - start
                wrong = sum(v for k, v in hunt.counts.items() if k.startswith("wrong"))
                left = seconds * (options.codes - told) / max(told, 1)
                print(f"{told:,} codes in {seconds:.0f} s, {left:.0f} s left, wrong: {wrong}",
                      file=sys.stderr, flush=True)  # fmt: skip
    except KeyboardInterrupt:
        print("interrupted")
    hunt.report()
    if any(k.startswith("wrong") for k in hunt.counts):
        sys.exit("a wrong height was found")


if __name__ == "__main__":
    main()
