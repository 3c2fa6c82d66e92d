"""Codes of regular matroids: cut and cycle spaces of graphs, and R10.

The matrices are unimodular: every maximal minor is 0, 1 or -1.  Then s(B+a)/p(B) counts the
bases in B+a, so that every finite height is a whole number from 1 to k, with a meaning:

    h_m = max over a and m-1 other deleted columns of (the shortest circuit through a in what is
    left) - 1,

infinite where there is no circuit.  In a cut space a column is an edge and a circuit a cycle:
h_m is the longest of the shortest detours between the ends of an edge a, once a and any m-1
other edges are deleted.  In a cycle space a circuit is a bond.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import combinations

from mheight.catalogue.chains import Chain
from mheight.catalogue.exact_code import ExactCode
from mheight.errors import InvalidCodeError

__all__ = ["GRAPHS", "Edges", "cut_space", "cycle_space", "detour_heights", "graph", "r10"]

Edges = list[tuple[int, int]]


def cut_space(edges: Sequence[Sequence[int]]) -> ExactCode:
    """The [edges, vertices - 1] code of potential differences in a connected graph.

    Args:
        edges: pairs of vertices 0, 1, ...; several edges between two vertices are allowed.

    Raises:
        InvalidCodeError: a loop, or a graph that is not connected.

    Examples:
        >>> cut_space(graph("complete", 5))
        ExactCode([10, 4])
    """
    held = _checked(edges)
    vertices = 1 + max(max(edge) for edge in held)
    rows = [[int(x == v) - int(y == v) for x, y in held] for v in range(1, vertices)]
    return ExactCode(rows, Chain.made("cut_space", edges=[list(e) for e in held]))


def cycle_space(edges: Sequence[Sequence[int]]) -> ExactCode:
    """The [edges, edges - vertices + 1] code of circulations in a connected graph.

    Its rows are the cycles that the edges outside a spanning tree close.

    Examples:
        >>> cycle_space(graph("complete", 5))
        ExactCode([10, 6])
    """
    held = _checked(edges)
    paths = _tree(held)
    rows = []
    for e, (x, y) in enumerate(held):
        if e in paths.used:
            continue
        row = [0] * len(held)
        row[e] = 1
        for vertex, sign in ((y, -1), (x, 1)):  # along e from x to y, back from y to x
            while paths.edge[vertex] is not None:
                at = paths.edge[vertex]
                u, v = held[at]
                row[at] += sign if v == vertex else -sign
                vertex = u if v == vertex else v
        rows.append(row)
    if not rows:
        raise InvalidCodeError("a tree has no cycles")
    return ExactCode(rows, Chain.made("cycle_space", edges=[list(e) for e in held]))


class _Tree:
    def __init__(self) -> None:
        self.edge: dict[int, int] = {}
        self.used: set[int] = set()


def _tree(edges: Edges) -> _Tree:
    """For each vertex the edge towards vertex 0, found breadth first."""
    tree = _Tree()
    tree.edge = {0: None}  # type: ignore[dict-item]
    queue = deque([0])
    while queue:
        here = queue.popleft()
        for e, pair in enumerate(edges):
            if here in pair:
                there = pair[1] if pair[0] == here else pair[0]
                if there not in tree.edge:
                    tree.edge[there] = e
                    tree.used.add(e)
                    queue.append(there)
    return tree


def _checked(edges: Sequence[Sequence[int]]) -> Edges:
    held = [(int(x), int(y)) for x, y in edges]
    if not held or any(x == y or min(x, y) < 0 for x, y in held):
        raise InvalidCodeError("edges must be pairs of different vertices 0, 1, ..., at least one")
    vertices = 1 + max(max(edge) for edge in held)
    if len(_tree(held).edge) != vertices:
        raise InvalidCodeError(f"the graph of {len(held)} edges on {vertices} vertices must be "
                               "connected")  # fmt: skip
    return held


def detour_heights(edges: Sequence[Sequence[int]]) -> list[int | None]:
    """The heights of a cut space by paths alone: h_1, ..., as long as they are finite.

    Args:
        edges: as for `cut_space`.

    Returns:
        h_m for m = 1 ... n-k; None once some m-1 deleted edges leave no detour.

    Examples:
        >>> detour_heights(graph("complete", 5))
        [2, 2, 2, None, None, None]
    """
    held = _checked(edges)
    n, k = len(held), max(max(e) for e in held)
    out: list[int | None] = []
    for m in range(1, n - k + 1):
        longest = 0
        for a in range(n):
            for more in combinations([e for e in range(n) if e != a], m - 1):
                left = [edge for e, edge in enumerate(held) if e != a and e not in more]
                steps = _distance(left, *held[a])
                if steps is None:
                    return out + [None] * (n - k - len(out))
                longest = max(longest, steps)
        out.append(longest)
    return out


def _distance(edges: Edges, start: int, end: int) -> int | None:
    known, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        if here == end:
            return known[here]
        for x, y in edges:
            for there in (y,) if x == here else (x,) if y == here else ():
                if there not in known:
                    known[there] = known[here] + 1
                    queue.append(there)
    return None


def r10() -> ExactCode:
    """The [10, 5] code of R10, the regular matroid that neither a graph nor a dual gives.

    Reference:
        Seymour, "Decomposition of regular matroids", J. Combin. Theory B 28, 1980; the signs
        as in Oxley, "Matroid Theory".

    Examples:
        >>> r10()
        ExactCode([10, 5])
    """
    first = [-1, 1, 0, 0, 1]
    rows = [
        [*(int(i == j) for j in range(5)), *(first[(j - i) % 5] for j in range(5))]
        for i in range(5)
    ]
    return ExactCode(rows, Chain.made("r10"))


def graph(name: str, *sizes: int) -> Edges:
    """The edges of a graph.

    Args:
        name: one of `GRAPHS`: `complete` (vertices), `bipartite` (two sides), `wheel` (rim),
            `prism` (rim), `moebius` (a ladder of so many rungs, closed with a twist), `petersen`,
            `octahedron`, `cube`, `circulant` (vertices, then steps).
        sizes: as said.

    Raises:
        InvalidCodeError: another name, or sizes that do not fit.

    Examples:
        >>> len(graph("petersen")), graph("bipartite", 2, 2)
        (15, [(0, 2), (0, 3), (1, 2), (1, 3)])
    """
    if name not in GRAPHS:
        raise InvalidCodeError(f"a graph is one of {', '.join(GRAPHS)}, got {name!r}")
    try:
        return GRAPHS[name](*sizes)
    except TypeError:
        raise InvalidCodeError(f"the graph {name} does not take sizes {sizes}") from None


def _complete(n: int) -> Edges:
    return list(combinations(range(n), 2))


def _bipartite(a: int, b: int) -> Edges:
    return [(x, a + y) for x in range(a) for y in range(b)]


def _wheel(n: int) -> Edges:
    return [(0, i) for i in range(1, n + 1)] + [(i, i % n + 1) for i in range(1, n + 1)]


def _prism(n: int) -> Edges:
    rims = [(s + i, s + (i + 1) % n) for s in (0, n) for i in range(n)]
    return rims + [(i, n + i) for i in range(n)]


def _moebius(n: int) -> Edges:
    return [(i, (i + 1) % (2 * n)) for i in range(2 * n)] + [(i, i + n) for i in range(n)]


def _petersen() -> Edges:
    outer = [(i, (i + 1) % 5) for i in range(5)]
    return outer + [(i, i + 5) for i in range(5)] + [(5 + i, 5 + (i + 2) % 5) for i in range(5)]


def _octahedron() -> Edges:
    return [(x, y) for x, y in combinations(range(6), 2) if y - x != 3]


def _cube() -> Edges:
    return [(x, x ^ bit) for x in range(8) for bit in (1, 2, 4) if not x & bit]


def _circulant(n: int, *steps: int) -> Edges:
    edges = {tuple(sorted((i, (i + s) % n))) for s in steps for i in range(n)}
    return sorted((a, b) for a, b in edges)


GRAPHS: dict[str, Callable[..., Edges]] = {
    "complete": _complete,
    "bipartite": _bipartite,
    "wheel": _wheel,
    "prism": _prism,
    "moebius": _moebius,
    "petersen": _petersen,
    "octahedron": _octahedron,
    "cube": _cube,
    "circulant": _circulant,
}
