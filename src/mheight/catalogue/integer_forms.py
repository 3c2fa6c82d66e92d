"""A rational code as [I | P] with small whole numbers in P, where it has such a form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from mheight.catalogue.exact_code import ExactCode
from mheight.codes.algebra.exact_matrices import echelon

__all__ = ["INTEGER_BOUND", "integer_form", "is_integer_form"]

INTEGER_BOUND = 100
"""Largest magnitude of an entry of P in an integer code of the catalogue."""

_TRIES = 40


def is_integer_form(rows: Sequence[Sequence[object]]) -> bool:
    """Whether a matrix is [I | P] with integers of magnitude at most `INTEGER_BOUND` in P."""
    k = len(rows)
    return all(isinstance(x, int) for row in rows for x in row) and all(
        (row[j] == int(i == j)) if j < k else abs(row[j]) <= INTEGER_BOUND  # type: ignore[arg-type]
        for i, row in enumerate(rows)
        for j in range(len(row))
    )


def integer_form(code: ExactCode) -> list[list[int]] | None:
    """[I | P] of an equivalent code, the columns in another order; None if none is found.

    P is whole for an information set B exactly where the minor of every B' that differs from B
    in one column is a multiple of that of B.  Sets of the smallest minors are tried.

    Args:
        code: of fractions; any entry that is a float ends the attempt.
    """
    rows = code.fractions
    if rows is None or any(isinstance(x, float) for row in code.rows for x in row):
        return None
    if is_integer_form(code.rows):
        return [[int(x) for x in row] for row in rows]
    G, k, n = code.floats(), code.k, code.n
    sets = list(combinations(range(n), k))
    minors = np.abs(np.linalg.det(np.stack([G[:, B] for B in map(list, sets)])))
    alive = np.flatnonzero(minors > 1e-9 * minors.max())
    for at in alive[np.argsort(minors[alive], kind="stable")][:_TRIES]:
        B = list(sets[at])
        rest = [j for j in range(n) if j not in B]
        near = np.linalg.solve(G[:, B], G[:, rest])
        if np.abs(near).max() > INTEGER_BOUND + 0.5 or np.abs(near - near.round()).max() > 1e-6:
            continue
        reduced, pivots = echelon(rows, [*B, *rest])
        places = [pivots.index(b) for b in B]
        P = [[reduced[i][j] for j in rest] for i in places]
        if all(x.denominator == 1 and abs(x) <= INTEGER_BOUND for row in P for x in row):
            return [
                [*(int(i == j) for j in range(k)), *(int(x) for x in row)]
                for i, row in enumerate(P)
            ]
    return None
