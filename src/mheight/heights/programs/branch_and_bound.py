"""One height of a long code, by branch and bound on linear programs."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mheight.codes.rationals import Matrix
from mheight.errors import InvalidCodeError
from mheight.heights.programs.dives import are_worthwhile
from mheight.heights.programs.search import Search
from mheight.heights.programs.shared import Crew, SharedSearch
from mheight.heights.programs.vertices import (
    certify_vertex,
    loose_certificate,
    optimal_vertex,
)
from mheight.heights.programs.work import Limit, Root
from mheight.heights.solution import EXACT_TO, Solution, Status
from mheight.kernels.compiling import work_clock

__all__ = ["Progress", "branch_and_bound"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

Progress = Callable[[int, int, float, float], None]
"""Called with targets done, targets in all, and the bounds so far."""

_DIVING = 0.3  # of the time, at most


_Entry = tuple[float, int, int, Root]
"""A target that is not done: minus its bound, itself, the next stage of bounds, its root."""


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
    crew: Crew | None = None,
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
        crew: workers that look at targets and branches; with or without, the result is the same.
    """
    start = work_clock()
    if crew is None:
        search = Search(G, m, exact, better)
    else:
        search = SharedSearch(G, m, exact, better, crew)

    def limit() -> Status | None:
        if stop is not None and stop():
            return "stopped"
        if time_limit is not None and work_clock() - start > time_limit:
            return "time limit"
        if node_limit is not None and search.nodes >= node_limit:
            return "node limit"
        return None

    roots, reason = _roots(search, limit)
    unseen = 0.0 if reason is None else float("inf")
    # Dives first, for a good value to prune by; then bounds, worst target first.
    if are_worthwhile(search.k, search.n, search.drops) and not search.infinite and reason is None:
        roots.sort(key=lambda root: -root.value)
        share = float("inf") if time_limit is None else _DIVING * time_limit
        search.dive([root.target for root in roots], limit, lambda: work_clock() - start < share)
    watched = not (progress is None and stop is None and time_limit is None and node_limit is None)
    stages = search.stages() if watched or m == 1 else []
    if reason is None:
        reason = _first_looks(search, roots, stages, limit)
    heap = [(-root.upper, root.target, 1, root) for root in roots]
    heapq.heapify(heap)
    if reason is None:
        reason = _best_first(search, heap, stages, limit, progress)
    if unseen == 0.0 and _is_done(search, heap):
        reason = None
    left = -heap[0][0] if heap else 0.0
    upper = float("inf") if search.infinite else max(float(search.record[1]), unseen, left)
    return _conclude(search, upper, reason, start)


def _roots(search: Search, limit: Limit) -> tuple[list[Root], Status | None]:
    """The roots of all targets, or of the first ones and why there are no more."""
    roots: list[Root] = []
    for target in range(search.n):
        if target and (reason := limit()) is not None:
            return roots, reason
        root = search.root(target)
        if root is not None:
            roots.append(root)
    return roots, None


def _first_looks(
    search: Search, roots: list[Root], stages: list[int], limit: Limit
) -> Status | None:
    """One descent from each root, then the coarsest bound of each; why it was left early."""
    for root in roots:
        if not search.drops or search.infinite:
            break
        if (reason := limit()) is not None:
            return reason
        search.load(root)
        search.advance(root.target, 1, search.drops)
    search.expect([(-root.upper, root.target, 0, root) for root in roots], stages)
    for root in roots:
        if not stages or search.infinite:
            break
        if (reason := limit()) is not None:
            return reason
        if (reason := search.refine(root, stages[0], limit)) is not None:
            return reason
    return None


def _best_first(
    search: Search,
    heap: list[_Entry],
    stages: list[int],
    limit: Limit,
    progress: Progress | None,
) -> Status | None:
    """Look at the target of the largest bound, until none can beat the best value.

    Its bound is refined stage by stage, then it is searched.  Returns why it was left early.
    """
    roots = len(heap)
    search.expect(heap, stages)
    while heap and not search.infinite and not _is_done(search, heap):
        upper, target, stage, root = heap[0]
        if progress is not None:
            progress(roots - len(heap), roots, search.incumbent, -upper)
        if stage < len(stages):
            reason = search.refine(root, stages[stage], limit)
            heapq.heapreplace(heap, (-root.upper, target, stage + 1, root))
        else:
            reason = search.exhaust(root, limit)
            if reason is None:
                heapq.heappop(heap)
        if reason is None:
            reason = limit()
        if reason is not None:
            return reason
    return None


def _is_done(search: Search, heap: list[_Entry]) -> bool:
    """Whether no target can beat the best value."""
    return not heap or -heap[0][0] <= search.line or not search.drops


def _conclude(search: Search, upper: float, reason: Status | None, start: float) -> Solution:
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


def _vertex(search: Search, target: int, kept: list[int]) -> tuple[list[int], Float] | None:
    """Basis and signs of the optimal vertex with these kept; None if they do not span."""
    allowed = np.zeros(search.n, np.bool_)
    allowed[kept] = True
    found = optimal_vertex(search.R.high, search.R.corner, target, allowed)
    return None if found is None else (found[0].tolist(), found[1])


def _kept(search: Search, target: int, dropped: list[int]) -> list[int]:
    """N - m positions T among those kept; those that are left out are the largest free ones."""
    kept = [j for j in range(search.n) if j != target and j not in dropped]
    surplus = len(kept) - (search.n - search.m)
    if surplus == 0:
        return kept
    vertex = _vertex(search, target, kept)
    if vertex is None:
        return kept[surplus:]
    basis, signs = vertex
    high = search.R.high
    word = np.linalg.lstsq(high[:, basis].T, signs)[0] @ high
    free = sorted((j for j in kept if j not in basis), key=lambda j: -abs(word[j]))
    left_out = set(free[:surplus])
    return [j for j in kept if j not in left_out]
