"""Work on one root of a search: what it takes travels to other processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import thread_time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.heights.programs.proven_bounds import Enclosed, measure, node_bound, start_errors
from mheight.heights.programs.simplex import Vertex, crash, expel
from mheight.heights.programs.tree import LINE, RUNNING, advance, bound, expand, new_stack
from mheight.heights.solution import Status
from mheight.kernels.compiling import kernel

__all__ = ["Core", "Found", "Limit", "Root", "Work", "errand"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

Limit = Callable[[], Status | None]
"""Why the search is to stop, None if it is not."""

_SLICE = 2000  # nodes between two looks at the clock
_ALL = 2**62


@kernel()
def _solve(R, v, allowed, target):  # type: ignore[no-untyped-def]
    """Move a vertex to the optimal one; returns whether the allowed columns span, and its value.

    Args:
        R: `Enclosed`.
        v: `Vertex`, changed; its `open_` must mark the allowed columns.
        allowed: shape (n,), the columns that are kept.
        target: a.
    """
    if not expel(v.table, v.basis, v.errors, allowed):
        return False, np.inf
    for column in v.basis:
        v.open_[column] = False
    value, _ = crash(v, target)
    measure(R, v.table, v.basis, v.errors)
    return True, value


@dataclass
class Root:
    """One target with nothing dropped: its value, a bound of all below, and its vertex if kept."""

    target: int
    vertex: Vertex | None
    value: float = float("inf")
    upper: float = float("inf")


class Core(NamedTuple):
    """The matrix of a search, and how many constraints it drops.

    Attributes:
        R: the matrix.
        bounds: shape (n,), of the magnitudes of a codeword at kept positions.
        drops: m - 1.
    """

    R: Enclosed
    bounds: Float
    drops: int


class Found(NamedTuple):
    """What a part of a target came to.

    Attributes:
        best: the best value; the one that was given if there is none better.
        passed: the largest bound of what was solved or passed over.
        dropped: columns of the best value, if it is better.
        nodes: linear programs.
    """

    best: float
    passed: float
    dropped: list[int]
    nodes: int


class Work:
    """Takes roots on step by step, with the best value so far.

    Args:
        core: what is searched.
        incumbent: the best value so far.
    """

    def __init__(self, core: Core, incumbent: float = 0.0) -> None:
        self.core = core
        self.R, self.bounds, self.drops = core
        self.k, self.n = self.R.high.shape
        self.stack = new_stack(self.k, self.n, self.drops, self.bounds)
        self.record = np.array([incumbent, 0.0])  # the best value; a bound of all looked at
        self.best: tuple[int, list[int]] | None = None  # target and dropped columns
        self.infinite = False
        self.nodes = 0
        self.found = np.zeros(self.drops + 1, np.int64)
        self.errors = np.empty(self.n + 1)
        start_errors(self.R.high, self.R.blur, self.errors)

    @property
    def incumbent(self) -> float:
        """The best value so far."""
        return float(self.record[0])

    @property
    def line(self) -> float:
        """A target that is bounded by this need not be searched."""
        return self.incumbent * (1.0 + LINE)

    def improve(self, value: float, target: int, dropped: list[int]) -> None:
        """Note a better value, and whether it is infinite."""
        if value > self.incumbent:
            self.record[0], self.best = value, (target, dropped)
        self.infinite = self.infinite or np.isinf(value)

    def vertex(self, target: int) -> tuple[Vertex, float | None]:
        """The optimal vertex of a target and its value; None where the other columns don't span."""
        allowed = np.ones(self.n, np.bool_)
        allowed[target] = False
        v = Vertex(
            self.R.high.copy(), self.R.corner.copy(), self.errors.copy(), np.empty(self.k),
            np.empty(self.n), allowed.copy(), self.bounds,
        )  # fmt: skip
        spans, value = _solve(self.R, v, allowed, target)
        return v, float(value) if spans else None

    def load(self, root: Root) -> Vertex:
        """Put a root on the stack; returns its vertex."""
        s, v = self.stack, root.vertex or self.vertex(root.target)[0]
        s.tables[0], s.bases[0], s.signs[0] = v.table, v.basis, v.signs
        s.words[0], s.opens[0], s.errors[0] = v.word, v.open_, v.errors
        s.promised[0] = False
        s.place[0], s.nexts[0], s.measured[0] = 0, 0, False
        expand(0, root.target, s)
        return v

    def advance(self, target: int, width: int, budget: int) -> bool:
        """Go on with the loaded root; True when it is done."""
        before = self.incumbent
        state, nodes = advance(
            self.drops, target, budget, width, self.stack, self.R, self.record, self.found
        )
        self.nodes += nodes
        if self.incumbent > before:
            self.best = target, self.found[1 : 1 + self.found[0]].tolist()
            self.infinite = bool(np.isinf(self.incumbent))
        return bool(state != RUNNING)

    def exhaust(self, root: Root, limit: Limit, first: int = 0, last: int = _ALL) -> Status | None:
        """Search a target to its end; returns why it was left before that, None if it was not.

        Args:
            root: of the target.
            limit: asked now and then.
            first: of the children of the root.
            last: behind the last child.
        """
        self.load(root)
        self.stack.nexts[0] = first
        self.stack.counts[0] = min(self.stack.counts[0], last)
        while not self.advance(root.target, self.k, _SLICE):
            if (reason := limit()) is not None:
                return reason
        return None

    def refine(
        self, root: Root, groups: int, limit: Limit, first: int = 0, last: int = _ALL
    ) -> Status | None:
        """Lower the upper bound of a target by dropping groups of a basis at a time.

        Returns why it was left before the bound was known, None if it is.

        Args:
            root: of the target.
            groups: how many; more make a better bound.
            limit: asked now and then.
            first: of the groups that the root drops.
            last: behind the last of them; the bound is the largest of those of all parts.
        """
        if self.drops == 0:
            return None
        vertex = self.load(root)
        self.stack.nexts[0] = first
        place = self.stack.place
        worst = np.empty(1)
        worst[0] = node_bound(
            root.value, self.line, self.R, vertex.table, vertex.basis, root.target, vertex.errors,
            self.stack.promised[0], False,
        )  # fmt: skip
        while place[0] >= 0:
            self.nodes += bound(
                self.drops, root.target, _SLICE, groups, last, self.line, self.stack, self.R,
                worst,
            )  # fmt: skip
            if place[0] >= 0 and (reason := limit()) is not None:
                return reason
        root.upper = min(root.upper, float(worst[0]))
        return None


def _never() -> Status | None:
    return None


Piece = tuple[str, Root, float, int, int, int]
"""What to do, root, best value so far, groups, the first branch and the one behind the last."""


def errand(core: Core, pieces: list[Piece]) -> tuple[float, list[Any]]:
    """What a worker does: seconds of the processor, and for each piece what it comes to.

    That is for `refine` the bound of `Work.refine` and its programs, for `exhaust` a `Found`.
    """
    begun = thread_time()
    out: list[Any] = []
    for name, root, incumbent, groups, first, last in pieces:
        work = Work(core, incumbent)
        own = replace(root, upper=float("inf"))
        if name == "refine":
            work.refine(own, groups, _never, first, last)
            out.append((own.upper, work.nodes))
        else:
            work.exhaust(own, _never, first, last)
            dropped = [] if work.best is None else work.best[1]
            out.append(Found(work.incumbent, float(work.record[1]), dropped, work.nodes))
    return thread_time() - begun, out
