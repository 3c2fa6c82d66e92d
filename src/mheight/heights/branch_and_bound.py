"""One height of a long code, by branch and bound on linear programs."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes.compiling import work_clock
from mheight.errors import InvalidCodeError
from mheight.heights.simplex import crash, expel, reduced_table
from mheight.heights.solution import EXACT_TO, Solution, Status
from mheight.heights.tree import RUNNING, advance, bound, expand
from mheight.heights.witness import build_certificate, infinite_bounds

__all__ = ["Progress", "branch_and_bound"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

Progress = Callable[[int, int, float, float], None]
"""Called with targets done, targets in all, and the bounds so far."""

_PERTURBATION = 1e-9
_ROUNDING = 1e-12  # of a value summed from a tableau
_WORST_GROWTH = 1e6  # largest entry of a tableau whose values are right to 1e-9
_SLICE = 2000  # nodes between two looks at the clock


@dataclass
class _Stack:
    """The stack of the search, one entry a level."""

    tables: Float
    bases: Int
    signs: Float
    words: Float
    opens: Flags
    promised: Flags
    order: Int
    quick: Float
    counts: Int
    nexts: Int
    dropped: Int
    place: Int = field(default_factory=lambda: np.full(1, -1))

    @classmethod
    def of(cls, k: int, n: int, drops: int) -> _Stack:
        levels = drops + 1
        return cls(
            tables=np.empty((levels, k, n)),
            bases=np.empty((levels, k), np.int64),
            signs=np.empty((levels, k)),
            words=np.empty((levels, n)),
            opens=np.empty((levels, n), np.bool_),
            promised=np.zeros((levels, n), np.bool_),
            order=np.empty((levels, k), np.int64),
            quick=np.empty((levels, k)),
            counts=np.zeros(levels, np.int64),
            nexts=np.zeros(levels, np.int64),
            dropped=np.zeros(max(drops, 1), np.int64),
        )


@dataclass
class _Root:
    """The optimal vertex of one target with nothing dropped."""

    target: int
    table: Float
    basis: Int
    signs: Float
    word: Float
    open_: Flags
    value: float
    upper: float = float("inf")


class _Search:
    def __init__(self, G: Float, m: int) -> None:
        self.G, self.m = G, m
        self.k, self.n = G.shape
        self.drops = m - 1
        rng = np.random.default_rng(0)
        self.bounds = 1.0 + _PERTURBATION * rng.uniform(1.0, 2.0, self.n)
        self.stack = _Stack.of(self.k, self.n, self.drops)
        self.basis = np.empty(self.k, np.int64)
        self.growth = np.zeros(1)
        self.table = reduced_table(np.ascontiguousarray(G), self.basis, self.growth)
        self.incumbent = 0.0
        self.best: tuple[int, list[int]] | None = None  # target and dropped columns
        self.infinite = False
        self.nodes = 0
        self.found = np.zeros(self.drops + 1, np.int64)

    def root(self, target: int) -> _Root | None:
        """The root of a target; None where its column is zero."""
        if not self.G[:, target].any():
            return None
        table, basis = self.table.copy(), self.basis.copy()
        allowed = np.ones(self.n, np.bool_)
        allowed[target] = False
        root = _Root(
            target, table, basis, np.empty(self.k), np.empty(self.n), allowed, float("inf")
        )
        if expel(table, basis, self.growth, allowed):
            root.open_ = allowed.copy()
            root.open_[basis] = False
            root.value, _ = crash(
                table, basis, self.growth, root.signs, root.word, root.open_, self.bounds, target
            )
        self.nodes += 1
        self.improve(root.value, target, [])
        return root

    def improve(self, value: float, target: int, dropped: list[int]) -> None:
        """Note a better value, and whether it is infinite."""
        if value > self.incumbent:
            self.incumbent, self.best = value, (target, dropped)
        self.infinite = self.infinite or np.isinf(value)

    def load(self, root: _Root) -> None:
        """Put a root on the stack."""
        s = self.stack
        s.tables[0], s.bases[0], s.signs[0] = root.table, root.basis, root.signs
        s.words[0], s.opens[0] = root.word, root.open_
        s.promised[0] = False
        s.place[0], s.nexts[0] = 0, 0
        self._expand(0, root.target)

    def _expand(self, depth: int, target: int) -> None:
        s = self.stack
        expand(
            depth, target, s.tables, s.bases, s.words, s.opens, s.promised,
            self.bounds, s.order, s.quick, s.counts,
        )  # fmt: skip

    def advance(self, target: int, width: int, budget: int) -> bool:
        """Go on with the loaded root; True when it is done."""
        s = self.stack
        state, value, nodes = advance(
            s.place, self.drops, target, self.incumbent, budget, width,
            s.tables, s.bases, s.signs, s.words, s.opens, s.promised, self.bounds,
            s.order, s.quick, s.counts, s.nexts, s.dropped, self.found, self.growth,
        )  # fmt: skip
        self.nodes += nodes
        if value > self.incumbent:
            self.improve(value, target, self.found[1 : 1 + self.found[0]].tolist())
        return bool(state != RUNNING)

    def refine(self, root: _Root, groups: int, limit: Callable[[], Status | None]) -> Status | None:
        """Lower the upper bound of a target by dropping groups of a basis at a time.

        Returns why it was left before the bound was known, None if it is.
        """
        if self.drops == 0:
            root.upper = root.value
            return None
        self.load(root)
        s = self.stack
        worst = np.full(1, root.value)
        while s.place[0] >= 0:
            self.nodes += bound(
                s.place, self.drops, root.target, worst, groups, _SLICE,
                s.tables, s.bases, s.signs, s.words, s.opens, s.promised, self.bounds,
                s.order, s.quick, s.counts, s.nexts, self.growth,
            )  # fmt: skip
            if s.place[0] >= 0 and (reason := limit()) is not None:
                return reason
        root.upper = min(root.upper, float(worst[0]))
        return None

    def stages(self) -> list[int]:
        """Numbers of groups to try in turn before the search itself."""
        levels = self.drops - 1
        if levels <= 0:
            return [1]
        # Fewer groups than this leave too few columns to span.
        spare = self.n - 2 - self.k
        largest = spare // levels
        if largest < 1:
            return []
        groups = -(-self.k // largest)
        out: list[int] = []
        while groups < self.k and (not out or groups**levels * 8 < comb(self.k + 1, levels + 1)):
            out.append(groups)
            groups *= 2
        return out


def branch_and_bound(
    G: Float,
    m: int,
    *,
    time_limit: float | None = None,
    node_limit: int | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """The m-height of one code, or bounds when a limit stops the search; no validation.

    Args:
        G: shape (k, n), 1 <= k < n, rank k, finite.
        m: 1 <= m <= n - k.
        time_limit: seconds.
        node_limit: linear programs.
        progress: told of targets done and bounds.
        stop: asked now and then whether to stop.
    """
    start = work_clock()
    search = _Search(G, m)

    def limit() -> Status | None:
        if stop is not None and stop():
            return "stopped"
        if time_limit is not None and work_clock() - start > time_limit:
            return "time limit"
        if node_limit is not None and search.nodes >= node_limit:
            return "node limit"
        return None

    roots: list[_Root] = []
    reason: Status | None = None
    unseen = 0.0
    for target in range(search.n):
        if target and (reason := limit()) is not None:
            unseen = float("inf")
            break
        root = search.root(target)
        if root is not None:
            roots.append(root)
    # Dives first, for a good value to prune by; then bounds, worst target first.
    for root in roots:
        if search.drops and not search.infinite and (reason := reason or limit()) is None:
            search.load(root)
            search.advance(root.target, 1, search.drops)
    watched = not (progress is None and stop is None and time_limit is None and node_limit is None)
    stages = search.stages() if watched or m == 1 else []
    for root in roots:
        if stages and not search.infinite and (reason := reason or limit()) is None:
            reason = search.refine(root, stages[0], limit)
    heap = [(-root.upper, root.target, 1, root) for root in roots]
    heapq.heapify(heap)
    while heap and not search.infinite and reason is None:
        upper, target, stage, root = heap[0]
        if -upper <= search.incumbent:
            break
        if progress is not None:
            progress(len(roots) - len(heap), len(roots), search.incumbent, -upper)
        if stage < len(stages):
            reason = search.refine(root, stages[stage], limit)
            heapq.heapreplace(heap, (-root.upper, target, stage + 1, root))
        else:
            search.load(root)
            while not search.advance(root.target, search.k, _SLICE):
                if (reason := limit()) is not None:
                    break
            else:
                heapq.heappop(heap)
        reason = reason or limit()
    if unseen == 0.0 and (not heap or -heap[0][0] <= search.incumbent):
        reason = None
    left = -heap[0][0] if heap and reason is not None else 0.0
    upper = float("inf") if search.infinite else max(search.incumbent, unseen, left)
    return _conclude(search, upper, reason, start)


def _conclude(search: _Search, upper: float, reason: Status | None, start: float) -> Solution:
    if search.best is None:
        raise InvalidCodeError("the rows of G must be independent: all columns are zero")
    target, dropped = search.best
    kept = _kept(search, target, dropped)
    certificate = build_certificate(search.G, search.m, target, kept)
    lower = float(certificate.height)
    upper = max(upper * (1.0 + _ROUNDING), lower)
    tight = upper - lower <= EXACT_TO * lower
    if np.isinf(lower):
        lower, upper = infinite_bounds(search.G, search.m, kept, certificate)
        tight = bool(np.isinf(lower))
    elif search.growth[0] > _WORST_GROWTH:
        # Entries of the tableaux have lost too many digits for an upper bound.
        tight, upper = False, float("inf")
    status: Status = "exact" if tight else (reason or "rounding")
    return Solution(
        n=search.n, k=search.k, m=search.m, lower=lower, upper=upper, status=status,
        certificate=certificate, method="branch-and-bound", nodes=search.nodes,
        seconds=work_clock() - start,
    )  # fmt: skip


def _kept(search: _Search, target: int, dropped: list[int]) -> list[int]:
    """N - m positions T among those kept; those that are left out are the largest free ones."""
    kept = [j for j in range(search.n) if j != target and j not in dropped]
    surplus = len(kept) - (search.n - search.m)
    if surplus == 0:
        return kept
    certificate = build_certificate(search.G, search.m - surplus, target, kept)
    basis = certificate.information_set or ()
    magnitudes = np.abs(np.array(certificate.codeword, dtype=np.float64))
    free = sorted((j for j in kept if j not in basis), key=lambda j: -magnitudes[j])
    left_out = set(free[:surplus])
    return [j for j in kept if j not in left_out]
