"""Minimum distance: the smallest weight of a codeword, from which on heights are infinite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.algebra.exact_matrices import exact_rank
from mheight.errors import InvalidCodeError
from mheight.heights.choosing import distance_is_counted
from mheight.heights.doubts import Doubt, DoubtKind, warn_of
from mheight.heights.profile import profile_with_doubts

__all__ = ["MAX_COLUMN_SETS", "distance_with_doubts", "minimum_distance"]

MAX_COLUMN_SETS = 2_000_000
"""How many sets of columns `minimum_distance` looks at before it gives up; minutes at most."""

_TOLERANCE = 1e-10
"""A column counts as within the span of others at a distance below this part of its length,
plus what rounding may do to it, in coordinates where the matrix has orthonormal rows."""

_NOISE, _MOST_NOISE = 1e-14, 1e-9
"""Rounding of those coordinates: the first times the condition of G, at most the second."""

_ROUNDED = 1e-14
"""Columns this near to dependent are so but for rounding of their entries."""

Float = NDArray[np.float64]


def minimum_distance(
    G: LinearCode | ArrayLike | Sequence[Any], *, limit: int = MAX_COLUMN_SETS
) -> int:
    """The minimum distance d of a code: the least number of nonzero entries of a codeword.

    Heights h_m are finite for m < d and infinite from m = d on, so a short code has
    d = 1 + the number of finite heights in its profile.  For a longer one d is the
    smallest number of dependent columns of a parity-check matrix, found by looking at
    the sets of 0, 1, 2, ... columns and what they span; or n minus the largest number of
    columns of G in a hyperplane, where fewer sets do for that.  In general the problem
    is NP-hard.

    For matrices of integers, fractions and texts such as "1/3" every dependence found among
    rounded numbers is confirmed exactly.  For others an `AccuracyWarning` says what rounding
    leaves open.

    Args:
        G: a `LinearCode` or a generator matrix of shape (k, n), rank k.
        limit: how many sets of columns to look at, for codes too long for a profile.

    Returns:
        d, from 1 to n-k+1 (Singleton's bound); 1 for the whole space, k = n.

    Raises:
        InvalidCodeError: not a generator matrix, or more sets than the limit are needed.

    Reference:
        Tillmann and Pfetsch, "The Computational Complexity of the Restricted Isometry
        Property, the Nullspace Property, and Related Concepts in Compressed Sensing",
        arXiv 1205.2081 (d is the spark of a parity-check matrix).

    Examples:
        >>> minimum_distance([[1, 0, 1, 1], [0, 1, 1, 2]])
        3
    """
    distance, doubts = distance_with_doubts(G, limit=limit)
    warn_of(doubts)
    return distance


def distance_with_doubts(
    G: LinearCode | ArrayLike | Sequence[Any], *, limit: int = MAX_COLUMN_SETS
) -> tuple[int, tuple[Doubt, ...]]:
    """The minimum distance as `minimum_distance` finds it, and what of it is in doubt.

    Args:
        G: as for `minimum_distance`.
        limit: likewise.

    Returns:
        d, and what rounding leaves open; nothing is warned of.
    """
    if isinstance(limit, bool) or not isinstance(limit, int | np.integer) or limit < 1:
        raise InvalidCodeError(f"limit must be a positive integer, got {limit!r}")
    code = G if isinstance(G, LinearCode) else LinearCode(G)
    if code.k == code.n:
        return 1, ()
    if distance_is_counted(code.n):
        found = profile_with_doubts(code)
        # Digits of a finite height do not matter here.
        doubts = tuple(d for d in found.doubts if d.kind is not DoubtKind.SMALL_MINOR)
        return 1 + int(np.isfinite(found.heights).sum()), doubts
    words = _Words(code)
    distance = _by_enumeration(code, int(limit), words)
    near = Doubt(0, DoubtKind.NEAR_DEPENDENCE, value=words.gap)
    return distance, (near,) if words.gap else ()


def _by_enumeration(code: LinearCode, limit: int, words: _Words) -> int:
    n, k = code.n, code.k
    generator, check, noise = _orthonormal(code)
    hyperplanes = comb(n, k - 1)
    examined = 0
    for weight in range(1, n - k + 1):
        examined += comb(n, weight - 1)
        if examined > min(limit, hyperplanes):
            break
        if _has_word_of_weight(check, noise, weight, words):
            return weight
    else:
        return n - k + 1
    if hyperplanes <= limit:
        return n - _most_zeros(generator, noise, words)
    needed = min(hyperplanes, sum(comb(n, size) for size in range(n - k)))
    raise InvalidCodeError(
        f"the minimum distance of this [{n}, {k}] code is at least {weight}; to find it, up to "
        f"{needed} sets of columns must be looked at, more than the limit of {limit}"
    )


def _orthonormal(code: LinearCode) -> tuple[Float, Float, float]:
    """Generator and parity-check matrices with orthonormal rows, and the noise in them.

    Returns:
        Shape (k, n); shape (n-k, n); how far rounding may have moved a column.
    """
    is_check = code.given.is_check
    matrix = code.given.expanded[0]
    scaled = matrix / np.abs(matrix).max(axis=1, keepdims=True)
    _, values, basis = np.linalg.svd(scaled)
    noise = (
        min(_NOISE * float(values[0] / values[-1]), _MOST_NOISE)
        if values[-1] > 0.0
        else _MOST_NOISE
    )
    own, other = basis[: len(matrix)], basis[len(matrix) :]
    return (other, own, noise) if is_check else (own, other, noise)


def _spans(
    columns: Float, noise: float, size: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """All sets of `size` columns, in chunks: which columns, and which lie in their span.

    A set that is dependent gets a space of dimension `size` that contains it.

    Args:
        columns: shape (rows, n), size <= rows.
        noise: how far rounding may have moved a column.
        size: number of columns in a set.

    Yields:
        Arrays of shape (N, size) and (N, n).
    """
    rows, n = columns.shape
    near = _TOLERANCE * np.linalg.norm(columns, axis=0) + noise
    chunk = max(1, 1_000_000 // (rows * n))
    sets = combinations(range(n), size)
    while listed := list(islice(sets, chunk)):
        chosen = np.array(listed, dtype=np.int64).reshape(len(listed), size)
        basis, _ = np.linalg.qr(columns[:, chosen].transpose(1, 0, 2))
        beside = columns - basis @ (basis.transpose(0, 2, 1) @ columns)
        inside = np.linalg.norm(beside, axis=1) <= near
        np.put_along_axis(inside, chosen, True, axis=1)
        yield chosen, inside


def _has_word_of_weight(check: Float, noise: float, weight: int, words: _Words) -> bool:
    """Whether some `weight` columns of H are dependent, if no fewer are."""
    for chosen, inside in _spans(check, noise, weight - 1):
        for row in np.flatnonzero(inside.sum(axis=1) >= weight):
            support = np.isin(np.arange(check.shape[1]), chosen[row])
            for j in np.flatnonzero(inside[row] & ~support):
                zeros = ~support
                zeros[j] = False
                if words.vanish(np.flatnonzero(zeros)):
                    return True
    return False


def _most_zeros(generator: Float, noise: float, words: _Words) -> int:
    """The largest number of columns of G in one hyperplane."""
    most = 0
    for chosen, inside in _spans(generator, noise, len(generator) - 1):
        for row in np.flatnonzero(inside.sum(axis=1) > most):
            zeros = np.flatnonzero(inside[row])
            if not words.vanish(zeros):
                # The span of independent columns is a hyperplane: test one column at a time.
                # Dependent ones may be passed over: other sets span the same hyperplanes.
                near = [j for j in zeros if words.vanish(np.append(chosen[row], j))]
                zeros = np.array([j for j in near if words.vanish(np.array(near))], dtype=np.int64)
            most = max(most, len(zeros))
    return most


class _Words:
    """Confirms dependences of columns exactly where entries are meant so; trusts others.

    Attributes:
        gap: how far from dependent the columns were that were trusted, relatively, where
            rounding of the entries does not explain it; 0 where there were none.
    """

    def __init__(self, code: LinearCode) -> None:
        self._k, self._n = code.k, code.n
        self._is_check = code.given.is_check
        self._rows = code.given.rows() if self._is_check else code.exact_generator
        self._are_meant = code.given.is_meant()
        self._basis = _even(code.given.expanded[0])
        self.gap = 0.0

    def vanish(self, positions: NDArray[np.int64]) -> bool:
        """Whether a codeword other than 0 vanishes at these positions."""
        chosen = {int(j) for j in positions}
        if self._is_check:
            # It is a dependence of the other columns of H.
            chosen = set(range(self._n)) - chosen
        columns = sorted(chosen)
        independent = len(columns) if self._is_check else self._k
        found = exact_rank(tuple(tuple(row[j] for j in columns) for row in self._rows))
        if found < independent or self._are_meant:
            return found < independent
        values = np.linalg.svd(self._basis[:, columns], compute_uv=False)
        gap = float(values[-1] / values[0])
        if gap > _ROUNDED:
            self.gap = max(self.gap, gap)
        return True


def _even(matrix: Float) -> Float:
    """The matrix with rows and columns of like size."""
    scaled = matrix / np.abs(matrix).max(axis=1, keepdims=True)
    lengths = np.linalg.norm(scaled, axis=0)
    return np.asarray(scaled / np.where(lengths > 0.0, lengths, 1.0))
