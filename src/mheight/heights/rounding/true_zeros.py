"""Whether the minors that floating point takes for zero are zero."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb, lcm

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from mheight.codes.given import GivenMatrices
from mheight.codes.minors.batches import absolute_minors

__all__ = ["zeros_are_true"]

Float = NDArray[np.float64]

_MOST_ZEROS = 5000
"""Determinants of one code that are not dearer than all its heights in fractions."""

_MOST_SETS = 20_000  # of columns, as rational arithmetic takes on
_MOST_MINORS = 2**21  # kept at a time


def zeros_are_true(given: GivenMatrices, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether every minor that counts as zero is exactly zero, by its determinant in integers.

    Minors are taken for zero as in the kernels of heights, but for those within rounding of
    the limit, which these kernels doubt themselves.

    Args:
        given: N matrices.
        chosen: shape (C,), numbers of matrices.

    Returns:
        Shape (C,).  False also where entries are not floats, codes are long, or many minors
        vanish.
    """
    out = np.zeros(len(chosen), dtype=np.bool_)
    plain = np.flatnonzero([int(i) not in given.exact for i in chosen])
    matrices = given.expanded
    _, rows, n = matrices.shape
    if not len(plain) or comb(n, rows) > _MOST_SETS:
        return out
    sets = _sets(n, rows)
    step = max(1, _MOST_MINORS // len(sets))
    for start in range(0, len(plain), step):
        part = plain[start : start + step]
        minors = absolute_minors(matrices[chosen[part]])
        for at, found in zip(part.tolist(), minors, strict=True):
            zeros = np.flatnonzero(found == 0.0)
            if len(zeros) <= _MOST_ZEROS:
                out[at] = _vanish(matrices[int(chosen[at])], sets[zeros])
    return out


@lru_cache(maxsize=8)
def _sets(n: int, size: int) -> NDArray[np.int8]:
    """Subsets of columns in lexicographic order, one a row."""
    return np.array(list(combinations(range(n), size)), dtype=np.int8)


def _vanish(matrix: Float, sets: NDArray[np.int8]) -> bool:
    """Whether the determinants of sets of columns are all zero."""
    rows = []
    for row in matrix.tolist():
        ratios = [x.as_integer_ratio() for x in row]
        common = lcm(*(bottom for _, bottom in ratios))
        rows.append([top * (common // bottom) for top, bottom in ratios])
    return all(
        fmpz_mat([[row[j] for j in chosen] for row in rows]).det() == 0 for chosen in sets.tolist()
    )
