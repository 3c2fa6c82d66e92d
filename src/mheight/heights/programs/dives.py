"""Numba kernel: good sets of dropped constraints, greedily and by exchanges.

A dive drops, m-1 times, the tight constraint whose loss gains most.  Then, one after the
other, each dropped constraint is kept again and the best one dropped in its place, as long
as that gains.  Last, some of those dropped from a good target are taken back at random, and
all that again.  What comes out is a set of positions, for which the linear program is solved
anew: nothing here has to be right to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.heights.programs.proven_bounds import negligible
from mheight.heights.programs.simplex import (
    Vertex,
    crash,
    drop,
    drop_value,
    expel,
    pivot,
    reoptimise,
)
from mheight.kernels.compiling import kernel

__all__ = ["Dives", "are_worthwhile", "search_programs"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_FEASIBLE = 1e-9
_MOST_STEPS = 50  # of the dual simplex method, times k
_GAIN = 1e-9  # relative, of an exchange
_PART = 0.02  # of the programs of the search, at most, are for dives
_EACH = 0.7  # programs for each of the k n (m-1) constraints that dives look at
_FAVOUR = 6.0  # kicks go to the best targets: their mean rank


CURRENT, WIDER, TRIAL, BEST = 0, 1, 2, 3
"""The vertices at work: the current one, one that keeps a constraint more, a trial, the best."""


class Vertices(NamedTuple):
    """Four vertices of one target (see `mheight.heights.programs.simplex`), and room."""

    tables: NDArray[np.float64]  # (4, k, n), the tableau of each
    bases: NDArray[np.int64]  # (4, k), its basic columns
    signs: NDArray[np.float64]  # (4, k), the bound that each of them sits on, 1 or -1
    words: NDArray[np.float64]  # (4, n), its codeword
    opens: NDArray[np.bool_]  # (4, n), the columns kept outside the basis
    errors: NDArray[np.float64]  # (n+1,), bounds of the residuals of the last tableau
    bounds: NDArray[np.float64]  # (n,), of the magnitudes of a codeword at kept positions
    order: NDArray[np.int64]  # (k,), rows that may be dropped, best first
    quick: NDArray[np.float64]  # (k,), the value of each after one step


def _vertices(k: int, n: int, bounds: Float) -> Vertices:
    levels = BEST + 1
    return Vertices(
        tables=np.empty((levels, k, n)),
        bases=np.empty((levels, k), np.int64),
        signs=np.empty((levels, k)),
        words=np.empty((levels, n)),
        opens=np.empty((levels, n), np.bool_),
        errors=np.ones(n + 1),
        bounds=bounds,
        order=np.empty(k, np.int64),
        quick=np.empty(k),
    )


@kernel()
def _vertex(which, at):  # type: ignore[no-untyped-def]
    """One of the four vertices, a `Vertex`.

    Args:
        which: its number, `CURRENT` to `BEST`.
        at: `Vertices`.
    """
    return Vertex(
        at.tables[which], at.bases[which], at.errors, at.signs[which], at.words[which],
        at.opens[which], at.bounds,
    )  # fmt: skip


@kernel()
def _copy(source, to, at):  # type: ignore[no-untyped-def]
    """Copy a vertex over another.

    Args:
        source: the number of the one.
        to: the number of the other.
        at: `Vertices`, changed.
    """
    k, n = at.tables.shape[1:]
    for i in range(k):
        at.bases[to, i] = at.bases[source, i]
        at.signs[to, i] = at.signs[source, i]
        for j in range(n):
            at.tables[to, i, j] = at.tables[source, i, j]
    for j in range(n):
        at.words[to, j] = at.words[source, j]
        at.opens[to, j] = at.opens[source, j]


@kernel()
def _restore(v, target, column):  # type: ignore[no-untyped-def]
    """Keep `column` again: dual simplex steps from an optimal vertex to the optimal one.

    Args:
        v: `Vertex`, changed.
        target: a.
        column: one that was dropped.
    """
    table, basis, signs = v.table, v.basis, v.signs
    word, open_, bounds = v.word, v.open_, v.bounds
    k, n = table.shape
    open_[column] = True
    for j in range(n):
        word[j] = 0.0
        for i in range(k):
            word[j] += signs[i] * bounds[basis[i]] * table[i, j]
    for _ in range(_MOST_STEPS * k):
        worst, entering = _FEASIBLE, -1
        for j in range(n):
            if open_[j] and abs(word[j]) - bounds[j] > worst:
                worst, entering = abs(word[j]) - bounds[j], j
        if entering < 0:
            break
        side = 1.0 if word[entering] > 0.0 else -1.0
        least, row, size = np.inf, -1, 0.0
        for i in range(k):
            rate = side * signs[i] * table[i, entering]
            if rate > 1e-9:
                step = max(signs[i] * table[i, target], 0.0) / rate
                if step < least or (step == least and rate > size):
                    least, row, size = step, i, rate
        if row < 0:
            break
        leaving = basis[row]
        pivot(table, basis, v.errors, row, entering)
        shift = side * bounds[entering] - word[entering]
        for j in range(n):
            word[j] += shift * table[row, j]
        signs[row] = side
        word[entering] = side * bounds[entering]
        open_[entering] = False
        open_[leaving] = True
    reoptimise(v, target)


@kernel()
def _drop_best(source, target, to_beat, at):  # type: ignore[no-untyped-def]
    """Drop what gains most from a vertex, if that beats a value; the result is `BEST`.

    Args:
        source: the number of the vertex, which is kept.
        target: a.
        to_beat: the value.
        at: `Vertices`; `TRIAL`, `BEST`, errors, order and quick are overwritten.

    Returns:
        The value, or `to_beat`; the column, -1 where nothing beats it; and the programs solved.
    """
    order, quick = at.order, at.quick
    v, trial = _vertex(source, at), _vertex(TRIAL, at)
    table, basis = v.table, v.basis
    zero = negligible(table, target)
    count = 0
    for row in range(len(basis)):
        if abs(table[row, target]) <= zero:
            continue
        value, _ = drop_value(v, target, row)
        place = count
        while place > 0 and quick[place - 1] < value:
            quick[place], order[place] = quick[place - 1], order[place - 1]
            place -= 1
        quick[place], order[place] = value, row
        count += 1
    column, programs = -1, 0
    for i in range(count):
        if quick[i] <= to_beat:  # its first step bounds a child
            break
        _copy(source, TRIAL, at)
        value, _ = drop(trial, target, order[i])
        programs += 1
        if value > to_beat:
            to_beat, column = value, basis[order[i]]
            _copy(TRIAL, BEST, at)
    return to_beat, column, programs


@kernel()
def _deepen(drops, dropped, value, target, at):  # type: ignore[no-untyped-def]
    """Drop one constraint after the other from `CURRENT`, until `drops` are dropped.

    Args:
        drops: m - 1.
        dropped: shape (m,), how many are dropped, and these; changed.
        value: of `CURRENT`.
        target: a.
        at: `Vertices`, changed.

    Returns:
        The value and the programs solved.
    """
    programs = 0
    while dropped[0] < drops and value < np.inf:
        at.errors[-1] = 0.0
        value, column, solved = _drop_best(CURRENT, target, value, at)
        programs += solved
        if column < 0:
            break
        dropped[0] += 1
        dropped[dropped[0]] = column
        if value < np.inf:
            _copy(BEST, CURRENT, at)
    return value, programs


@kernel()
def _exchange(dropped, value, target, at):  # type: ignore[no-untyped-def]
    """Exchange each dropped constraint in turn for a better one.

    Args:
        dropped: shape (m,), how many are dropped, and these; changed.
        value: of `CURRENT`.
        target: a.
        at: `Vertices`, changed.

    Returns:
        The value and the programs solved.
    """
    programs = 0
    for place in range(1, dropped[0] + 1):
        at.errors[-1] = 0.0
        _copy(CURRENT, WIDER, at)
        _restore(_vertex(WIDER, at), target, dropped[place])
        better, column, solved = _drop_best(WIDER, target, value * (1.0 + _GAIN), at)
        programs += 1 + solved
        if column >= 0:
            value, dropped[place] = better, column
            if value == np.inf:
                break
            _copy(BEST, CURRENT, at)
    return value, programs


class Dives:
    """Dives from the targets of one matrix; each keeps where it has got to.

    Args:
        high: shape (k, n), the tableau of `corner`.
        corner: shape (k,).
        bounds: shape (n,), of the magnitudes of a codeword at kept positions.
        drops: m - 1.
    """

    def __init__(self, high: Float, corner: Int, bounds: Float, drops: int) -> None:
        self.high, self.corner, self.drops = high, corner, drops
        k, n = high.shape
        self.at = _vertices(k, n, bounds)
        self.current: Vertex = _vertex(CURRENT, self.at)
        self.programs = 0

    @property
    def reached(self) -> tuple[Float, Int, Float]:
        """Tableau, basis and bounds of the residuals of the optimal vertex of the last value."""
        return self.current.table, self.current.basis, self.current.errors

    def value(self, target: int, dropped: Int) -> float:
        """Solve anew with these constraints dropped; `CURRENT` is the optimal vertex."""
        v = self.current
        v.table[:], v.basis[:] = self.high, self.corner
        allowed = np.ones(len(v.bounds), np.bool_)
        allowed[target] = False
        allowed[dropped[1 : 1 + dropped[0]]] = False
        v.errors[:] = 1.0
        if not expel(v.table, v.basis, v.errors, allowed):
            return float("inf")
        v.open_[:] = allowed
        v.open_[v.basis] = False
        value, _ = crash(v, target)
        return float(value)

    def deepen(self, target: int, dropped: Int) -> tuple[float, int]:
        """Drop until m-1 are dropped; `dropped` is filled.  Returns the value and the programs."""
        value = self.value(target, dropped)
        _, programs = _deepen(self.drops, dropped, value, target, self.at)
        return self.value(target, dropped), programs + 2

    def exchange(self, target: int, dropped: Int) -> tuple[float, int]:
        """Exchange each dropped constraint once, if that gains; as `deepen`."""
        value = self.value(target, dropped)
        _, programs = _exchange(dropped, value, target, self.at)
        return self.value(target, dropped), programs + 2

    def run(
        self,
        targets: Sequence[int],
        note: Callable[[float, int, Int], None],
        limit: Callable[[int], bool],
    ) -> None:
        """Dive from each target, exchange, and kick.

        Args:
            targets: those first that promise most.
            note: told of each value, its target and what is dropped, `dropped[0]` positions.
            limit: told of programs solved, and asked whether to stop.
        """
        found: list[tuple[float, int, Int]] = []
        for target in targets:
            state = self._improved(target, np.zeros(self.drops + 1, np.int64), note, limit)
            if state is None:
                return
            found.append(state)
        rng = np.random.default_rng(0)
        k, n = self.high.shape
        most = _PART * search_programs(k, n, self.drops)
        while found and self.programs < most:
            found.sort(key=lambda state: -state[0])
            at = min(int(rng.exponential(_FAVOUR)), len(found) - 1)
            value, target, dropped = found[at]
            kept = dropped[0] - int(rng.integers(1, self.drops // 2 + 2))
            other = np.zeros_like(dropped)
            other[0] = max(kept, 0)
            other[1 : 1 + other[0]] = rng.permutation(dropped[1 : 1 + dropped[0]])[: other[0]]
            state = self._improved(target, other, note, limit)
            if state is None:
                return
            if state[0] > value:
                found[at] = state

    def _improved(
        self,
        target: int,
        dropped: Int,
        note: Callable[[float, int, Int], None],
        limit: Callable[[int], bool],
    ) -> tuple[float, int, Int] | None:
        """What dropping and exchanging come to; None if there is no time, or no bound."""
        value, programs = self.deepen(target, dropped)
        while True:
            self.programs += programs
            note(value, target, dropped)
            if limit(programs) or value == np.inf:
                return None
            before = value
            value, programs = self.exchange(target, dropped)
            if value <= before * (1.0 + _GAIN):
                return before, target, dropped


def search_programs(k: int, n: int, drops: int) -> float:
    """About how many linear programs the search with so many drops solves."""
    if drops == 0:
        return float(n)
    return 1.6 * n * min(comb(k + drops - 1, drops - 1), comb(n - 1, drops))


def are_worthwhile(k: int, n: int, drops: int) -> bool:
    """Whether dives cost little beside the search that they prepare."""
    return drops > 1 and _EACH * k * n * drops < _PART * search_programs(k, n, drops)
