"""Numba kernel: depth-first search over the constraints that are dropped, for one target.

`h_m` of a target is the largest f(K) over sets K that leave out m-1 positions besides
the target (see `mheight.heights.programs.simplex`).  To exceed f(K), one of the columns of its
optimal basis with a nonzero multiplier must be dropped; the i-th child drops the i-th of
them and promises to keep the earlier ones, so no set is visited twice.  The last level
is not solved unless the first pivot of a child can exceed the best known value.

The search keeps its stack in arrays, so it can be left and taken up again.
(Setting: Matousek, "On geometric optimization with few violated constraints", 1995.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.heights.programs.proven_bounds import measure, negligible, node_bound
from mheight.heights.programs.simplex import Vertex, drop, drop_value
from mheight.kernels.compiling import kernel

__all__ = [
    "DONE",
    "INFINITE",
    "LINE",
    "RUNNING",
    "Stack",
    "advance",
    "bound",
    "expand",
    "new_stack",
]

RUNNING, DONE, INFINITE = 0, 1, 2

LINE = 1e-10
"""What exceeds the best value by less than this, relatively, is not searched for."""


class Stack(NamedTuple):
    """The stack of the search, one entry for each of its L = m levels."""

    # The node of a level, an optimal vertex (see `mheight.heights.programs.simplex`):
    tables: NDArray[np.float64]  # (L, k, n), its tableau
    bases: NDArray[np.int64]  # (L, k), its basic columns
    signs: NDArray[np.float64]  # (L, k), the bound that each of them sits on, 1 or -1
    words: NDArray[np.float64]  # (L, n), its codeword
    opens: NDArray[np.bool_]  # (L, n), the columns kept outside the basis
    errors: NDArray[np.float64]  # (L, n+1), bounds of the residuals of the tableau
    measured: NDArray[np.bool_]  # (L,), whether `errors` are by `measure`
    promised: NDArray[np.bool_]  # (L, n), the columns that earlier siblings have dropped
    # Its children, best first:
    order: NDArray[np.int64]  # (L, k), the rows that they drop
    quick: NDArray[np.float64]  # (L, k, 2), a bound of each, and its value after one step
    counts: NDArray[np.int64]  # (L,), how many they are
    nexts: NDArray[np.int64]  # (L,), the next one to look at
    # Of the search as a whole:
    bounds: NDArray[np.float64]  # (n,), of the magnitudes of a codeword at kept positions
    dropped: NDArray[np.int64]  # (L,), the columns dropped on the way to the node
    place: NDArray[np.int64]  # (1,), the depth; -1 when the search is done


def new_stack(k: int, n: int, drops: int, bounds: NDArray[np.float64]) -> Stack:
    """An empty stack for `drops` = m - 1 constraints to be dropped."""
    levels = drops + 1
    return Stack(
        tables=np.empty((levels, k, n)),
        bases=np.empty((levels, k), np.int64),
        signs=np.empty((levels, k)),
        words=np.empty((levels, n)),
        opens=np.empty((levels, n), np.bool_),
        errors=np.empty((levels, n + 1)),
        measured=np.zeros(levels, np.bool_),
        promised=np.zeros((levels, n), np.bool_),
        order=np.empty((levels, k), np.int64),
        quick=np.empty((levels, k, 2)),
        counts=np.zeros(levels, np.int64),
        nexts=np.zeros(levels, np.int64),
        bounds=bounds,
        dropped=np.zeros(levels, np.int64),
        place=np.full(1, -1),
    )


@kernel()
def _node(depth, stack):  # type: ignore[no-untyped-def]
    """The node of a level, a `Vertex`.

    Args:
        depth: the level.
        stack: `Stack`.
    """
    return Vertex(
        stack.tables[depth], stack.bases[depth], stack.errors[depth], stack.signs[depth],
        stack.words[depth], stack.opens[depth], stack.bounds,
    )  # fmt: skip


@kernel()
def expand(depth, target, stack):  # type: ignore[no-untyped-def]
    """List the children of the node at `depth`: the rows to drop, best first.

    A child's order is by the bound of `drop_value`, kept in `quick[depth, :, 0]` with the
    value beside it; at the last level nothing in the child is above the bound.

    Args:
        depth: the level.
        target: a.
        stack: `Stack`; order, quick and counts of the level are filled.
    """
    node = _node(depth, stack)
    table, basis = node.table, node.basis
    order, quick = stack.order, stack.quick
    zero = negligible(table, target)
    count = 0
    for row in range(len(basis)):
        if abs(table[row, target]) <= zero or stack.promised[depth, basis[row]]:
            continue
        value, limit = drop_value(node, target, row)
        at = count
        while at > 0 and quick[depth, at - 1, 0] < limit:
            quick[depth, at, 0] = quick[depth, at - 1, 0]
            quick[depth, at, 1] = quick[depth, at - 1, 1]
            order[depth, at] = order[depth, at - 1]
            at -= 1
        quick[depth, at, 0], quick[depth, at, 1] = limit, value
        order[depth, at] = row
        count += 1
    stack.counts[depth] = count


@kernel()
def _push(depth, stack):  # type: ignore[no-untyped-def]
    """Copy a node one level up the stack.

    Args:
        depth: the level of the node.
        stack: `Stack`, changed at the next level.
    """
    # Loops, since a compiler takes three seconds over slices that are assigned.
    k, n = stack.tables.shape[1:]
    for i in range(k):
        stack.bases[depth + 1, i] = stack.bases[depth, i]
        stack.signs[depth + 1, i] = stack.signs[depth, i]
        for j in range(n):
            stack.tables[depth + 1, i, j] = stack.tables[depth, i, j]
    for j in range(n):
        stack.words[depth + 1, j] = stack.words[depth, j]
        stack.opens[depth + 1, j] = stack.opens[depth, j]
        stack.promised[depth + 1, j] = stack.promised[depth, j]
    for j in range(n + 1):
        stack.errors[depth + 1, j] = stack.errors[depth, j]


@kernel()
def _drop_row(depth, target, row, stack):  # type: ignore[no-untyped-def]
    """Drop the constraint of a row of the node at `depth`; returns the new value.

    Args:
        depth: the level.
        target: a.
        row: of the tableau of the node.
        stack: `Stack`, changed at this level.
    """
    value, _ = drop(_node(depth, stack), target, row)
    return value


@kernel()
def _bounded(value, line, depth, target, stack, R, last):  # type: ignore[no-untyped-def]
    """A bound of what the node at `depth` reaches (see `node_bound`).

    Args:
        value: of the node.
        line: what the bound need not be better than.
        depth: the level.
        target: a.
        stack: `Stack`.
        R: `Enclosed`.
        last: whether nothing more is dropped.
    """
    return node_bound(
        value, line, R, stack.tables[depth], stack.bases[depth], target, stack.errors[depth],
        stack.promised[depth], last,
    )  # fmt: skip


@kernel()
def advance(drops, target, budget, width, stack, R, record, found):  # type: ignore[no-untyped-def]
    """Go on with the search; returns its state and the nodes solved.

    Args:
        drops: m - 1, the constraints that are dropped in all.
        target: a.
        budget: nodes to solve before coming back.
        width: children tried at each node; fewer than all make a dive.
        stack: `Stack`, with the root loaded and expanded.
        R: `Enclosed`.
        record: shape (2,), the best value and the largest bound of what was solved or passed
            over.
        found: shape (m,), filled: how many columns are dropped at the best node, and these.
    """
    place, bases, order, quick = stack.place, stack.bases, stack.order, stack.quick
    nodes = 0
    while place[0] >= 0:
        depth = place[0]
        if stack.nexts[depth] >= min(stack.counts[depth], width):
            place[0] -= 1
            continue
        if nodes >= budget:
            return RUNNING, nodes
        child = stack.nexts[depth]
        row = order[depth, child]
        stack.nexts[depth] += 1
        last = depth + 1 == drops
        line = record[0] * (1.0 + LINE)
        if last and quick[depth, child, 0] <= line:
            record[1] = max(record[1], quick[depth, child, 0])
            stack.nexts[depth] = stack.counts[depth]  # the rest are no better
            continue
        if last and quick[depth, child, 1] <= line:
            # It would be below, but for rounding: look closer.
            if not stack.measured[depth]:
                measure(R, stack.tables[depth], bases[depth], stack.errors[depth])
                stack.measured[depth] = True
            _, limit = drop_value(_node(depth, stack), target, row)
            if limit <= line:
                record[1] = max(record[1], limit)
                continue
        _push(depth, stack)
        for earlier in range(child):
            stack.promised[depth + 1, bases[depth, order[depth, earlier]]] = True
        stack.dropped[depth] = bases[depth, row]
        value = _drop_row(depth + 1, target, row, stack)
        nodes += 1
        if value < np.inf:
            limit = _bounded(value, line, depth + 1, target, stack, R, last)
            record[1] = max(record[1], limit)
            value = min(value, limit)
        if value > record[0]:
            record[0] = value
            found[0] = depth + 1
            for i in range(depth + 1):
                found[1 + i] = stack.dropped[i]
            if value == np.inf:
                return INFINITE, nodes
        if not last:
            place[0] += 1
            stack.nexts[depth + 1] = 0
            stack.measured[depth + 1] = False
            expand(depth + 1, target, stack)
    return DONE, nodes


@kernel()
def _drop_group(depth, target, columns, stack):  # type: ignore[no-untyped-def]
    """Drop several constraints of the basis of the node at `depth`; returns the value.

    Args:
        depth: the level.
        target: a.
        columns: shape (size,), the basic columns to drop.
        stack: `Stack`, changed at this level.
    """
    basis, value = stack.bases[depth], -1.0
    for column in columns:
        row = -1
        for i in range(len(basis)):
            if basis[i] == column:
                row = i
        if row < 0:
            stack.opens[depth, column] = False  # it left the basis by itself
            continue
        value = _drop_row(depth, target, row, stack)
        if value == np.inf:
            break
    return value


@kernel()
def bound(drops, target, budget, groups, last, line, stack, R, worst):  # type: ignore[no-untyped-def]
    """Go on with an upper bound of what a loaded target reaches; returns the programs solved.

    The columns of a basis are dealt into groups, and whole groups are dropped where the
    search drops one column, since no more can be lost that way.  The last drop is bounded
    by its first pivot.

    Args:
        drops: m - 1.
        target: a.
        budget: programs after which the stack is left as it is, to be taken up again.
        groups: how many.
        last: of the groups that the root drops, those before this one only.
        line: bounds up to this need not be better.
        stack: `Stack`, with the root loaded and expanded; done once its `place` is -1.
        R: `Enclosed`.
        worst: shape (1,); starts as a bound of what the target reaches with nothing dropped,
            and is the bound at the end.
    """
    place, bases, order, quick = stack.place, stack.bases, stack.order, stack.quick
    programs = 0
    while place[0] >= 0:
        depth = place[0]
        count = stack.counts[depth]
        if depth == drops - 1:
            if count:
                if quick[depth, 0, 0] > max(line, quick[depth, 0, 1] * (1.0 + LINE)):
                    measure(R, stack.tables[depth], bases[depth], stack.errors[depth])
                    expand(depth, target, stack)
                worst[0] = max(worst[0], quick[depth, 0, 0])
            place[0] -= 1
            continue
        part = stack.nexts[depth]
        if part >= min(groups, count) or worst[0] == np.inf or (depth == 0 and part >= last):
            place[0] -= 1
            continue
        if programs >= budget:
            return programs
        stack.nexts[depth] += 1
        _push(depth, stack)
        # The most harmful constraints are spread over the groups.
        columns = np.empty((count - part + groups - 1) // groups, np.int64)
        for i in range(len(columns)):
            columns[i] = bases[depth, order[depth, part + i * groups]]
        reached = _drop_group(depth + 1, target, columns, stack)
        programs += len(columns)
        if reached < np.inf:
            reached = _bounded(reached, line, depth + 1, target, stack, R, False)
        worst[0] = max(worst[0], reached)
        if worst[0] == np.inf:
            place[0] = -1
            break
        place[0] += 1
        stack.nexts[place[0]] = 0
        expand(place[0], target, stack)
    return programs
