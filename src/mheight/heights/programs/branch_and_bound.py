"""One height of a long code, by branch and bound on linear programs."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes.compiling import of_one_form, work_clock
from mheight.codes.rationals import Matrix, rational_matrix
from mheight.errors import InvalidCodeError
from mheight.heights.programs.dives import Dives, are_worthwhile
from mheight.heights.programs.enclosure import Enclosure, enclose
from mheight.heights.programs.proven_bounds import measure, node_bound, start_errors
from mheight.heights.programs.simplex import crash, expel, reduced_table
from mheight.heights.programs.tree import LINE, RUNNING, advance, bound, expand
from mheight.heights.programs.vertices import (
    IntegerRows,
    certify_vertex,
    integer_rows,
    loose_certificate,
    optimal_vertex,
)
from mheight.heights.solution import EXACT_TO, Solution, Status

__all__ = ["Progress", "branch_and_bound"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

Progress = Callable[[int, int, float, float], None]
"""Called with targets done, targets in all, and the bounds so far."""

_PERTURBATION = 1e-10
_DIVING = 0.3  # of the time, at most
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
    errors: Float
    order: Int
    quick: Float
    counts: Int
    nexts: Int
    measured: Flags
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
            errors=np.empty((levels, n + 1)),
            order=np.empty((levels, k), np.int64),
            quick=np.empty((levels, k, 2)),
            counts=np.zeros(levels, np.int64),
            nexts=np.zeros(levels, np.int64),
            measured=np.zeros(levels, np.bool_),
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
    errors: Float
    value: float = float("inf")
    upper: float = float("inf")


class _Search:
    def __init__(self, G: Float, m: int, exact: Matrix | None, better: Float | None) -> None:
        enclosure = _enclosed(G, exact, G if better is None else better)
        self.G, self.m, self.exact = G, m, exact
        self.k, self.n = G.shape
        self.drops = m - 1
        rng = np.random.default_rng(0)
        self.bounds: Float = np.add(1.0, _PERTURBATION * rng.uniform(1.0, 2.0, self.n))
        self.stack = _Stack.of(self.k, self.n, self.drops)
        self.R = (
            enclosure.high, enclosure.low, enclosure.blur,
            np.abs(enclosure.high).sum(axis=0), enclosure.basis,
        )  # fmt: skip
        self.errors = np.empty(self.n + 1)
        start_errors(enclosure.high, enclosure.blur, self.errors)
        self.record = np.zeros(2)  # the best value, and what bounds all that was looked at
        self.best: tuple[int, list[int]] | None = None  # target and dropped columns
        self.infinite = False
        self.nodes = 0
        self.found = np.zeros(self.drops + 1, np.int64)

    @property
    def rows(self) -> IntegerRows:
        """The matrix in whole numbers."""
        return integer_rows(rational_matrix(self.G) if self.exact is None else self.exact)

    @property
    def incumbent(self) -> float:
        """The best value so far."""
        return float(self.record[0])

    @property
    def line(self) -> float:
        """A target that is bounded by this need not be searched."""
        return self.incumbent * (1.0 + LINE)

    def root(self, target: int) -> _Root | None:
        """The root of a target; None where its column is zero."""
        high, _, _, _, corner = self.R
        if not self.G[:, target].any():
            return None
        allowed = np.ones(self.n, np.bool_)
        allowed[target] = False
        root = _Root(
            target, high.copy(), corner.copy(), np.empty(self.k), np.empty(self.n), allowed,
            self.errors.copy(),
        )  # fmt: skip
        if expel(root.table, root.basis, root.errors, allowed):
            root.open_ = allowed.copy()
            root.open_[root.basis] = False
            value, _ = crash(
                root.table, root.basis, root.errors, root.signs, root.word, root.open_,
                self.bounds, target,
            )  # fmt: skip
            measure(high, self.R[2], self.R[3], root.table, root.basis, root.errors)
            limit = node_bound(
                value, 0.0, *self.R, root.table, root.basis, target, root.errors,
                self.stack.promised[0], self.drops == 0,
            )  # fmt: skip
            self.record[1] = max(self.record[1], limit)
            root.value = min(value, limit)
            if self.drops == 0:
                root.upper = limit
        self.nodes += 1
        self.improve(root.value, target, [])
        return root

    def improve(self, value: float, target: int, dropped: list[int]) -> None:
        """Note a better value, and whether it is infinite."""
        if value > self.incumbent:
            self.record[0], self.best = value, (target, dropped)
        self.infinite = self.infinite or np.isinf(value)

    def load(self, root: _Root) -> None:
        """Put a root on the stack."""
        s = self.stack
        s.tables[0], s.bases[0], s.signs[0] = root.table, root.basis, root.signs
        s.words[0], s.opens[0], s.errors[0] = root.word, root.open_, root.errors
        s.promised[0] = False
        s.place[0], s.nexts[0], s.measured[0] = 0, 0, False
        self._expand(0, root.target)

    def _expand(self, depth: int, target: int) -> None:
        s = self.stack
        expand(
            depth, target, s.tables, s.bases, s.words, s.opens, s.promised, s.errors,
            self.bounds, s.order, s.quick, s.counts,
        )  # fmt: skip

    def advance(self, target: int, width: int, budget: int) -> bool:
        """Go on with the loaded root; True when it is done."""
        s = self.stack
        before = self.incumbent
        state, nodes = advance(
            s.place, self.drops, target, self.record, budget, width,
            s.tables, s.bases, s.signs, s.words, s.opens, s.promised, s.errors, self.bounds,
            s.order, s.quick, s.counts, s.nexts, s.measured, s.dropped, self.found, *self.R,
        )  # fmt: skip
        self.nodes += nodes
        if self.incumbent > before:
            self.best = target, self.found[1 : 1 + self.found[0]].tolist()
            self.infinite = bool(np.isinf(self.incumbent))
        return bool(state != RUNNING)

    def refine(self, root: _Root, groups: int, limit: Callable[[], Status | None]) -> Status | None:
        """Lower the upper bound of a target by dropping groups of a basis at a time.

        Returns why it was left before the bound was known, None if it is.
        """
        if self.drops == 0:
            return None
        self.load(root)
        s = self.stack
        limit_of_root = node_bound(
            root.value, self.line, *self.R, root.table, root.basis, root.target, root.errors,
            s.promised[0], False,
        )  # fmt: skip
        worst = np.full(1, limit_of_root)
        while s.place[0] >= 0:
            self.nodes += bound(
                s.place, self.drops, root.target, worst, self.line, groups, _SLICE,
                s.tables, s.bases, s.signs, s.words, s.opens, s.promised, s.errors, self.bounds,
                s.order, s.quick, s.counts, s.nexts, *self.R,
            )  # fmt: skip
            if s.place[0] >= 0 and (reason := limit()) is not None:
                return reason
        root.upper = min(root.upper, float(worst[0]))
        return None

    def dive(
        self, targets: list[int], limit: Callable[[], Status | None], time_left: Callable[[], bool]
    ) -> None:
        """Raise the best value by dives from each target, and exchanges."""
        dives = Dives(self.R[0], self.R[4], self.bounds, self.drops)
        high, _, blur, weights, _ = self.R

        def note(value: float, target: int, dropped: Int) -> None:
            if value <= self.incumbent:
                return
            tables, bases = dives.stack[:2]
            if value < np.inf:
                measure(high, blur, weights, tables[0], bases[0], dives.errors)
                most = node_bound(
                    value, self.line, *self.R, tables[0], bases[0], target, dives.errors,
                    self.stack.promised[0], True,
                )  # fmt: skip
                value = min(value, most)
            self.improve(value, target, dropped[1 : 1 + dropped[0]].tolist())

        def enough(programs: int) -> bool:
            self.nodes += programs
            return limit() is not None or not time_left()

        dives.run(targets, note, enough)

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
    exact: Matrix | None = None,
    better: Float | None = None,
    time_limit: float | None = None,
    node_limit: int | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """The m-height of one code, or bounds when a limit stops the search; no validation.

    Args:
        G: shape (k, n), 1 <= k < n, rank k, finite.
        m: 1 <= m <= n - k.
        exact: the matrix in fractions, where G is it rounded.
        better: a matrix of the same code, up to rounding, if G is ill-conditioned.
        time_limit: seconds.
        node_limit: linear programs.
        progress: told of targets done and bounds.
        stop: asked now and then whether to stop.
    """
    start = work_clock()
    search = _Search(G, m, exact, better)

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
    if are_worthwhile(search.k, search.n, search.drops) and not search.infinite and reason is None:
        roots.sort(key=lambda root: -root.value)
        share = float("inf") if time_limit is None else _DIVING * time_limit
        search.dive([root.target for root in roots], limit, lambda: work_clock() - start < share)
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
        if -upper <= search.line or not search.drops:
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
    if unseen == 0.0 and (not heap or -heap[0][0] <= search.line or not search.drops):
        reason = None
    left = -heap[0][0] if heap else 0.0
    upper = float("inf") if search.infinite else max(float(search.record[1]), unseen, left)
    return _conclude(search, upper, reason, start)


def _enclosed(G: Float, exact: Matrix | None, better: Float) -> Enclosure:
    """R for an information set chosen by complete pivoting, rows at like size."""
    k, n = G.shape
    basis = np.full(k, -1)
    sizes = np.abs(better).max(axis=1, keepdims=True)
    scaled = of_one_form(better / np.where(sizes > 0.0, sizes, 1.0))
    reduced_table(scaled, basis, np.zeros(n + 1))
    found = enclose(G, basis, exact) if (basis >= 0).all() else None
    if found is None:
        raise InvalidCodeError(
            f"the rows of G must be independent: of rank {k}, and clearly so in float64"
        )
    return found


def _conclude(search: _Search, upper: float, reason: Status | None, start: float) -> Solution:
    if search.best is None:
        raise InvalidCodeError("the rows of G must be independent: all columns are zero")
    target, dropped = search.best
    kept = _kept(search, target, dropped)
    vertex = _vertex(search, target, kept)
    if vertex is None:
        certificate = loose_certificate(search.rows, search.m, kept)
    else:
        certificate = certify_vertex(search.rows, search.m, kept, *vertex)
    lower = float(certificate.height)
    upper = max(upper, lower)
    tight = bool(np.isinf(lower)) or upper - lower <= EXACT_TO * lower
    status: Status = "exact" if tight else (reason or "rounding")
    return Solution(
        n=search.n, k=search.k, m=search.m, lower=lower, upper=upper, status=status,
        certificate=certificate, method="branch-and-bound", nodes=search.nodes,
        seconds=work_clock() - start,
    )  # fmt: skip


def _vertex(search: _Search, target: int, kept: list[int]) -> tuple[list[int], Float] | None:
    """Basis and signs of the optimal vertex with these kept; None if they do not span."""
    allowed = np.zeros(search.n, np.bool_)
    allowed[kept] = True
    high, _, _, _, corner = search.R
    found = optimal_vertex(high, corner, target, allowed)
    return None if found is None else (found[0].tolist(), found[1])


def _kept(search: _Search, target: int, dropped: list[int]) -> list[int]:
    """N - m positions T among those kept; those that are left out are the largest free ones."""
    kept = [j for j in range(search.n) if j != target and j not in dropped]
    surplus = len(kept) - (search.n - search.m)
    if surplus == 0:
        return kept
    vertex = _vertex(search, target, kept)
    if vertex is None:
        return kept[surplus:]
    basis, signs = vertex
    high = search.R[0]
    word = np.linalg.lstsq(high[:, basis].T, signs)[0] @ high
    free = sorted((j for j in kept if j not in basis), key=lambda j: -abs(word[j]))
    left_out = set(free[:surplus])
    return [j for j in kept if j not in left_out]
