"""The state of a search for one height: its matrix, its stack, and the best value so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes.algebra.exact_matrices import Matrix, as_fractions
from mheight.errors import InvalidCodeError
from mheight.heights.programs.dives import Dives
from mheight.heights.programs.enclosure import Enclosure, enclose
from mheight.heights.programs.proven_bounds import Enclosed, measure, node_bound
from mheight.heights.programs.simplex import reduced_table
from mheight.heights.programs.vertices import IntegerRows, integer_rows
from mheight.heights.programs.work import Core, Limit, Root, Work
from mheight.kernels.compiling import of_one_form

__all__ = ["Search"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PERTURBATION = 1e-10
_MOST_KEPT = 2**29  # bytes of tableaux; beyond, each is made anew when it is needed


class Search(Work):
    """A search for h_m of one code, which its methods take on step by step.

    Args:
        G: shape (k, n), rank k.
        m: index of the height.
        exact: the matrix in fractions, where G is it rounded.
        better: a matrix of the same code, up to rounding, if G is ill-conditioned.
    """

    def __init__(self, G: Float, m: int, exact: Matrix | None, better: Float | None) -> None:
        enclosure = _enclosed(G, exact, G if better is None else better)
        self.G, self.m, self.exact = G, m, exact
        rng = np.random.default_rng(0)
        bounds: Float = np.add(1.0, _PERTURBATION * rng.uniform(1.0, 2.0, G.shape[1]))
        R = Enclosed(
            enclosure.high, enclosure.low, enclosure.blur,
            np.abs(enclosure.high).sum(axis=0), enclosure.basis,
        )  # fmt: skip
        super().__init__(Core(R, bounds, m - 1))

    @property
    def rows(self) -> IntegerRows:
        """The matrix in whole numbers."""
        return integer_rows(as_fractions(self.G) if self.exact is None else self.exact)

    def root(self, target: int) -> Root | None:
        """The root of a target; None where its column is zero."""
        if not self.G[:, target].any():
            return None
        vertex, value = self.vertex(target)
        is_kept = self.n * vertex.table.nbytes <= _MOST_KEPT
        root = Root(target, vertex if is_kept else None)
        if value is not None:
            limit = node_bound(
                value, 0.0, self.R, vertex.table, vertex.basis, target, vertex.errors,
                self.stack.promised[0], self.drops == 0,
            )  # fmt: skip
            self.record[1] = max(self.record[1], limit)
            root.value = min(value, limit)
            if self.drops == 0:
                root.upper = limit
        self.nodes += 1
        self.improve(root.value, target, [])
        return root

    def dive(self, targets: list[int], limit: Limit, time_left: Callable[[], bool]) -> None:
        """Raise the best value by dives from each target, and exchanges."""
        dives = Dives(self.R.high, self.R.corner, self.bounds, self.drops)

        def note(value: float, target: int, dropped: Int) -> None:
            if value <= self.incumbent:
                return
            table, basis, errors = dives.reached
            if value < np.inf:
                measure(self.R, table, basis, errors)
                most = node_bound(
                    value, self.line, self.R, table, basis, target, errors,
                    self.stack.promised[0], True,
                )  # fmt: skip
                value = min(value, most)
            self.improve(value, target, dropped[1 : 1 + dropped[0]].tolist())

        def enough(programs: int) -> bool:
            self.nodes += programs
            return limit() is not None or not time_left()

        dives.run(targets, note, enough)

    def expect(self, heap: Iterable[tuple[float, int, int, Root]], stages: list[int]) -> None:
        """What will be asked for; nothing is done ahead here."""

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
