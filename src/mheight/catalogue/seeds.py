"""All codes that the constructions give up to a length: what the catalogue starts from."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from mheight.catalogue.chains import Chain
from mheight.catalogue.closure import BestCodes, heights_of
from mheight.catalogue.constructions import (
    abelian,
    conference,
    cut_space,
    cycle_space,
    difference_set,
    disjunct_checks,
    graph,
    net_checks,
    polygon,
    polygon_dual,
    r10,
    repetition_sum,
    roots,
    single_parity,
    solid,
    vandermonde,
)
from mheight.catalogue.constructions.solids import SOLIDS
from mheight.catalogue.constructions.waves import conjugate_pairs
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.integer_forms import INTEGER_BOUND
from mheight.catalogue.rules import dual
from mheight.errors import InvalidCodeError

__all__ = [
    "SHAPES",
    "abelian_choices",
    "constructed",
    "offer_abelian",
    "offer_random_integers",
]

_GRAPHS: list[tuple[str | int, ...]] = [
    *(("complete", n) for n in (3, 4, 5, 6)),
    *(("bipartite", a, b) for a in (2, 3, 4) for b in range(a, 9)),
    *(("wheel", n) for n in range(3, 9)),
    *(("prism", n) for n in (3, 4, 5)),
    *(("moebius", n) for n in (3, 4, 5)),
    ("petersen",), ("octahedron",), ("cube",),
    *(("circulant", n, 1, s) for n in range(5, 9) for s in range(2, n // 2 + 1)),
]  # fmt: skip


def constructed(longest: int) -> Iterator[ExactCode]:
    """Codes of every construction with n up to a longest, but the abelian ones.

    Args:
        longest: at most 16.
    """
    for code in _all():
        if code.k < code.n <= longest:
            yield code


def _all() -> Iterator[ExactCode]:
    for n in range(2, 17):
        yield single_parity(n)
        yield repetition_sum([n])
        if n > 2:
            yield polygon(n)
        if n > 3:
            yield polygon_dual(n)
        for k in range(2, n // 2 + 1):
            sizes = [n // k + int(i < n % k) for i in range(k)]
            yield repetition_sum(sizes)
        for k in range(2, min(n - 1, 6)):
            yield vandermonde(n, k)
    for name in SOLIDS:
        yield solid(name)
        yield dual(solid(name))
    systems = (("A", 3), ("A", 4), ("A", 5), ("B", 2), ("B", 3), ("B", 4), ("D", 3),
               ("D", 4))  # fmt: skip
    for kind, rank in systems:
        yield roots(kind, rank)
        yield dual(roots(kind, rank))
    for q in (5, 9, 13):
        yield conference(q)
    yield difference_set()
    yield difference_set(complement=True)
    yield r10()
    for graph_name, *numbers in _GRAPHS:
        edges = graph(str(graph_name), *(int(x) for x in numbers))
        yield cut_space(edges)
        yield cycle_space(edges)
    yield from _nets()


def _nets() -> Iterator[ExactCode]:
    for sides, slopes in (((2, 3), 0), ((3, 3), 0), ((3, 3), 1), ((2, 4), 0), ((2, 5), 0),
                          ((3, 4), 0), ((3, 5), 0), ((4, 4), 0), ((2, 2, 2), 0), ((2, 2, 3), 0),
                          ((2, 2, 4), 0), ((2, 2, 2, 2), 0)):  # fmt: skip
        try:
            yield disjunct_checks(net_checks(sides, slopes))
        except InvalidCodeError:
            continue  # only the word 0


def abelian_choices(
    shape: list[int], twist: list[int], most: int = 5000, seed: int = 1
) -> Iterator[list[list[int]]]:
    """Sets of frequencies of an abelian group, one of each conjugate pair.

    All of them if there are at most `most` that differ by more than a shift of all frequencies
    has shown; else that many at random.

    Args:
        shape: orders of the cyclic groups.
        twist: 0 or 1 for each.
        most: sets to give.
        seed: of the choice.
    """
    pairs = conjugate_pairs(shape, twist)
    count = 2 ** len(pairs) - 2
    if count <= most:
        for size in range(1, len(pairs)):
            for chosen in combinations(pairs, size):
                yield [f for f, _ in chosen]
        return
    rng = np.random.default_rng(seed)
    for _ in range(most):
        size = int(rng.integers(1, len(pairs)))
        yield [pairs[i][0] for i in sorted(rng.choice(len(pairs), size, replace=False))]


def _twists(shape: list[int]) -> list[list[int]]:
    """No axis twisted, the first, the first two, ..., as long as they are of even order."""
    out = [[0] * len(shape)]
    for t in range(1, len(shape) + 1):
        if shape[t - 1] % 2:
            break
        out.append([int(i < t) for i in range(len(shape))])
    return out


_PRODUCTS = [
    [2, 2], [2, 4], [2, 2, 2], [3, 3], [2, 6], [4, 4], [2, 8], [2, 2, 3], [2, 2, 4], [2, 2, 2, 2],
]  # fmt: skip

SHAPES: list[tuple[list[int], list[int]]] = [
    *(([n], [e]) for n in range(3, 17) for e in (0, 1)),
    *((shape, twist) for shape in _PRODUCTS for twist in _twists(shape)),
]
"""Groups of order at most 16, with twists of some axes of even order."""


def offer_abelian(best: BestCodes, shape: list[int], twist: list[int]) -> int:
    """Offer the codes of `abelian_choices`, compared in floats before any is made.

    Returns:
        How many were best for something.
    """
    by_size: dict[int, list[list[list[int]]]] = {}
    rows = {tuple(f): abelian(shape, [f], twist=twist).floats()
            for f, _ in conjugate_pairs(shape, twist)}  # fmt: skip
    n = math.prod(shape)
    for chosen in abelian_choices(shape, twist):
        k = sum(len(rows[tuple(f)]) for f in chosen)
        if k < n:
            by_size.setdefault(k, []).append(chosen)
    count = 0
    for k, choices in sorted(by_size.items()):
        matrices = np.stack([np.vstack([rows[tuple(f)] for f in chosen]) for chosen in choices])
        heights = heights_of(matrices)
        for m in range(1, n - k + 1):
            i = int(np.argmin(heights[:, m - 1]))
            if best.promises(n, k, heights[i].tolist(), ("real", "integer")):
                code = abelian(shape, choices[i], twist=twist)
                count += bool(best.offer(code, "construction", "construction"))
            tied = best.best.get((n, k, m, "real"))
            if tied is not None and abs(heights[i, m - 1] - tied.heights[m - 1]) < 1e-9:
                best.reached.setdefault((n, k, m, "real"), set()).add("construction")
    return count


def offer_random_integers(
    best: BestCodes, n: int, k: int, rng: np.random.Generator, seconds: float
) -> int:
    """Offer codes [I | P] of random integers, then of P changed in one entry while that helps.

    Fills what no construction gives, above all h_{n-k}, which wants every minor nonzero.

    Args:
        best: the table.
        n: length.
        k: dimension.
        rng: of the integers.
        seconds: for each m.

    Returns:
        How many heights became smaller.
    """
    count, eye = 0, np.eye(k)
    batch = 256 if n < 13 else 64
    for m in range(1, n - k + 1):
        end = time.monotonic() + seconds
        held, value = None, math.inf
        size = INTEGER_BOUND if m == n - k else 9
        while time.monotonic() < end:
            if held is None:
                P = rng.integers(-size, size + 1, (batch, k, n - k))
            else:
                P = np.repeat(held[None], batch, axis=0)
                for _ in range(int(rng.integers(1, 3))):
                    at = rng.integers(0, k, batch), rng.integers(0, n - k, batch)
                    moved = P[np.arange(batch), *at] + rng.integers(-3, 4, batch)
                    P[np.arange(batch), *at] = np.clip(moved, -INTEGER_BOUND, INTEGER_BOUND)
            whole = np.concatenate([np.broadcast_to(eye, (batch, k, k)), P], axis=2)
            heights = heights_of(whole)[:, m - 1]
            i = int(np.argmin(heights))
            if heights[i] < value:
                held, value = P[i].copy(), float(heights[i])
        if held is not None and value < best.known(n, k, m, "integer"):
            rows = np.hstack([eye, held]).astype(int).tolist()
            code = ExactCode(rows, Chain.given("search", method="random integers"))
            count += len(best.offer(code, "random integers, changed one by one", "search"))
    return count
