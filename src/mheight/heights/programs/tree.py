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

import numpy as np

from mheight.codes.compiling import kernel
from mheight.heights.programs.proven_bounds import measure, negligible, node_bound
from mheight.heights.programs.simplex import drop, drop_value

__all__ = ["DONE", "INFINITE", "LINE", "RUNNING", "advance", "bound", "expand"]

RUNNING, DONE, INFINITE = 0, 1, 2

LINE = 1e-10
"""What exceeds the best value by less than this, relatively, is not searched for."""


@kernel()
def expand(  # type: ignore[no-untyped-def]
    depth, target, tables, bases, words, opens, promised, errors, bounds, order, quick, counts
):  # fmt: skip
    """List the children of the node at `depth`: the rows to drop, best first.

    A child's order is by the bound of `drop_value`, kept in `quick[depth, :, 0]` with the
    value beside it; at the last level nothing in the child is above the bound.
    """
    table, basis = tables[depth], bases[depth]
    zero = negligible(table, target)
    count = 0
    for row in range(len(basis)):
        if abs(table[row, target]) <= zero or promised[depth, basis[row]]:
            continue
        value, limit = drop_value(
            table, errors[depth], words[depth], opens[depth], bounds, target, row
        )  # fmt: skip
        at = count
        while at > 0 and quick[depth, at - 1, 0] < limit:
            quick[depth, at, 0] = quick[depth, at - 1, 0]
            quick[depth, at, 1] = quick[depth, at - 1, 1]
            order[depth, at] = order[depth, at - 1]
            at -= 1
        quick[depth, at, 0], quick[depth, at, 1] = limit, value
        order[depth, at] = row
        count += 1
    counts[depth] = count


@kernel()
def _push(depth, tables, bases, signs, words, opens, promised, errors):  # type: ignore[no-untyped-def]
    """Copy a node one level up the stack."""
    # Loops, since a compiler takes three seconds over slices that are assigned.
    k, n = tables.shape[1:]
    for i in range(k):
        bases[depth + 1, i] = bases[depth, i]
        signs[depth + 1, i] = signs[depth, i]
        for j in range(n):
            tables[depth + 1, i, j] = tables[depth, i, j]
    for j in range(n):
        words[depth + 1, j] = words[depth, j]
        opens[depth + 1, j] = opens[depth, j]
        promised[depth + 1, j] = promised[depth, j]
    for j in range(n + 1):
        errors[depth + 1, j] = errors[depth, j]


@kernel()
def advance(  # type: ignore[no-untyped-def]
    place, drops, target, record, budget, width,
    tables, bases, signs, words, opens, promised, errors, bounds, order, quick, counts, nexts,
    measured, dropped, found, high, low, blur, weights, corner,
):  # fmt: skip
    """Go on with the search; returns its state and the nodes solved.

    `place[0]` is the depth, -1 when the search is done; `drops` = m - 1 constraints are
    dropped in all; `record` holds the best value and the largest bound of what was solved
    or passed over; `budget` nodes are solved before coming back; `width` children are tried
    at each node (fewer than all make a dive).  The arrays that follow are the stack, one
    entry for each of `drops` + 1 levels.  `dropped` holds the columns dropped on the way to
    the node; `found` is filled with their number at the best node, and these.  The last
    five are the matrix R (see `mheight.heights.programs.enclosure`), its sums, and where it is the
    identity.
    """
    nodes = 0
    while place[0] >= 0:
        depth = place[0]
        if nexts[depth] >= min(counts[depth], width):
            place[0] -= 1
            continue
        if nodes >= budget:
            return RUNNING, nodes
        child = nexts[depth]
        row = order[depth, child]
        nexts[depth] += 1
        last = depth + 1 == drops
        line = record[0] * (1.0 + LINE)
        if last and quick[depth, child, 0] <= line:
            record[1] = max(record[1], quick[depth, child, 0])
            nexts[depth] = counts[depth]  # the rest are no better
            continue
        if last and quick[depth, child, 1] <= line:
            # It would be below, but for rounding: look closer.
            if not measured[depth]:
                measure(high, blur, weights, tables[depth], bases[depth], errors[depth])
                measured[depth] = True
            _, limit = drop_value(
                tables[depth], errors[depth], words[depth], opens[depth], bounds, target, row
            )  # fmt: skip
            if limit <= line:
                record[1] = max(record[1], limit)
                continue
        _push(depth, tables, bases, signs, words, opens, promised, errors)
        for earlier in range(child):
            promised[depth + 1, bases[depth, order[depth, earlier]]] = True
        dropped[depth] = bases[depth, row]
        value, _ = drop(
            tables[depth + 1], bases[depth + 1], errors[depth + 1], signs[depth + 1],
            words[depth + 1], opens[depth + 1], bounds, target, row,
        )  # fmt: skip
        nodes += 1
        if value < np.inf:
            limit = node_bound(
                value, line, high, low, blur, weights, corner, tables[depth + 1],
                bases[depth + 1], target, errors[depth + 1], promised[depth + 1], last,
            )  # fmt: skip
            record[1] = max(record[1], limit)
            value = min(value, limit)
        if value > record[0]:
            record[0] = value
            found[0] = depth + 1
            for i in range(depth + 1):
                found[1 + i] = dropped[i]
            if value == np.inf:
                return INFINITE, nodes
        if not last:
            place[0] += 1
            nexts[depth + 1] = 0
            measured[depth + 1] = False
            expand(
                depth + 1, target, tables, bases, words, opens, promised, errors, bounds,
                order, quick, counts,
            )  # fmt: skip
    return DONE, nodes


@kernel()
def _drop_group(table, basis, errors, signs, word, open_, bounds, target, columns):  # type: ignore[no-untyped-def]
    """Drop several constraints of one basis; returns the value."""
    value = -1.0
    for column in columns:
        row = -1
        for i in range(len(basis)):
            if basis[i] == column:
                row = i
        if row < 0:
            open_[column] = False  # it left the basis by itself
            continue
        value, _ = drop(table, basis, errors, signs, word, open_, bounds, target, row)
        if value == np.inf:
            break
    return value


@kernel()
def bound(  # type: ignore[no-untyped-def]
    place, drops, target, worst, line, groups, budget,
    tables, bases, signs, words, opens, promised, errors, bounds, order, quick, counts, nexts,
    high, low, blur, weights, corner,
):  # fmt: skip
    """Go on with an upper bound of what a loaded target reaches; returns the programs solved.

    The columns of a basis are dealt into `groups`, and whole groups are dropped where the
    search drops one column, since no more can be lost that way.  The last drop is bounded
    by its first pivot.  `worst[0]` starts as a bound of what the target reaches with nothing
    dropped, and is the bound once `place[0]`, the depth, is -1; the root is loaded on the
    stack.  Bounds up to `line` need not be better.  After `budget` programs the stack is
    left as it is, to be taken up again.
    """
    programs = 0
    while place[0] >= 0:
        depth = place[0]
        if depth == drops - 1:
            if counts[depth]:
                if quick[depth, 0, 0] > max(line, quick[depth, 0, 1] * (1.0 + LINE)):
                    measure(high, blur, weights, tables[depth], bases[depth], errors[depth])
                    expand(
                        depth, target, tables, bases, words, opens, promised, errors, bounds,
                        order, quick, counts,
                    )  # fmt: skip
                worst[0] = max(worst[0], quick[depth, 0, 0])
            place[0] -= 1
            continue
        part = nexts[depth]
        if part >= min(groups, counts[depth]) or worst[0] == np.inf:
            place[0] -= 1
            continue
        if programs >= budget:
            return programs
        nexts[depth] += 1
        _push(depth, tables, bases, signs, words, opens, promised, errors)
        # The most harmful constraints are spread over the groups.
        columns = np.empty((counts[depth] - part + groups - 1) // groups, np.int64)
        for i in range(len(columns)):
            columns[i] = bases[depth, order[depth, part + i * groups]]
        reached = _drop_group(
            tables[depth + 1], bases[depth + 1], errors[depth + 1], signs[depth + 1],
            words[depth + 1], opens[depth + 1], bounds, target, columns,
        )  # fmt: skip
        programs += len(columns)
        if reached < np.inf:
            reached = node_bound(
                reached, line, high, low, blur, weights, corner, tables[depth + 1],
                bases[depth + 1], target, errors[depth + 1], promised[depth + 1], False,
            )  # fmt: skip
        worst[0] = max(worst[0], reached)
        if worst[0] == np.inf:
            place[0] = -1
            break
        place[0] += 1
        nexts[place[0]] = 0
        expand(
            place[0], target, tables, bases, words, opens, promised, errors, bounds,
            order, quick, counts,
        )  # fmt: skip
    return programs
