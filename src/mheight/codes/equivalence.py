"""Whether two codes are equivalent: the same up to the order and the signs of positions.

Row operations leave the orthogonal projection onto the row space, `Q = G^T (G G^T)^-1 G`, as
it is.  A permutation and signs of columns permute and sign the rows and columns of Q alike.
So two codes are equivalent exactly when some signed permutation takes one projection to the
other: an isomorphism of two weighted graphs on n vertices, found position by position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import ArrayLike, NDArray

from mheight.codes.linear_code import LinearCode
from mheight.codes.rationals import Matrix, rational_matrix
from mheight.errors import InvalidCodeError

__all__ = ["EQUIVALENCE_TOLERANCE", "Equivalence", "equivalence"]

EQUIVALENCE_TOLERANCE = 1e-9
"""Projections of codes that are equivalent up to rounding agree to this; entries are at most 1."""

MAX_STEPS = 1_000_000
"""Pairs of positions that are tried before the question is left open."""

Float = NDArray[np.float64]
Relation = Literal["equivalent", "equivalent up to rounding", "different"]


@dataclass(frozen=True)
class Equivalence:
    """How two codes stand to each other.

    Attributes:
        relation: `equivalent` and `different` are proved, in fractions; `equivalent up to
            rounding` says that the projections onto the codes agree to
            `EQUIVALENCE_TOLERANCE`, and not exactly.
        order: position i of the second code is position `order[i]` of the first; None where
            they are different.
        signs: and is multiplied by `signs[i]`, 1 or -1; None likewise.
        reason: one sentence.
    """

    relation: Relation
    order: tuple[int, ...] | None
    signs: tuple[int, ...] | None
    reason: str

    def __bool__(self) -> bool:
        return self.relation != "different"


def equivalence(
    A: LinearCode | ArrayLike | Sequence[Any],
    B: LinearCode | ArrayLike | Sequence[Any],
    *,
    max_steps: int = MAX_STEPS,
) -> Equivalence:
    """Whether B is A with its positions in another order and some signs changed.

    Equivalent codes have the same heights; codes of the same heights need not be equivalent.
    Entries are taken as the numbers that they are: floats as binary fractions, texts such as
    "1/3" as what they say.

    Args:
        A: a `LinearCode` or a generator matrix, shape (k, n), rank k.
        B: likewise.
        max_steps: pairs of positions to try.

    Raises:
        InvalidCodeError: no code, or the question is still open after `max_steps`.

    Examples:
        >>> found = equivalence([[1, 2, 3]], [["3", "-1", "2"]])
        >>> found.relation, found.order, found.signs
        ('equivalent', (2, 0, 1), (1, -1, 1))
        >>> equivalence([[1, 2, 3]], [[1, 2, 2]]).reason
        'no position of the first code is like position 0 of the second'
    """
    first, second = rational_matrix(A, "A"), rational_matrix(B, "B")
    shapes = [(len(G[0]), len(G)) for G in (first, second)]
    projections = [_projection(G, name) for G, name in ((first, "A"), (second, "B"))]
    if shapes[0] != shapes[1]:
        return Equivalence(
            "different", None, None, "an [{}, {}] code and an [{}, {}] code".format(
                *shapes[0], *shapes[1])
        )  # fmt: skip
    found, reason = _matched(*_ranked(*projections), 0.0, max_steps)
    if found is not None:
        return Equivalence("equivalent", *found, "the second is the first, in this order and signs")
    rounded = [np.array([[float(x) for x in row] for row in Q]) for Q in projections]
    found, _ = _matched(rounded[0], rounded[1], EQUIVALENCE_TOLERANCE, max_steps)
    if found is not None:
        order, signs = list(found[0]), np.array(found[1])
        moved = rounded[0][np.ix_(order, order)] * np.outer(signs, signs)
        apart = float(np.abs(moved - rounded[1]).max())
        return Equivalence(
            "equivalent up to rounding", *found,
            f"the projections onto the codes differ by at most {apart:.1g}, and are not the same",
        )  # fmt: skip
    return Equivalence("different", None, None, reason)


def _projection(G: Matrix, name: str) -> list[list[Fraction]]:
    """`G^T (G G^T)^-1 G` without rounding."""
    entries = [[fmpq(x.numerator, x.denominator) for x in row] for row in G]
    generator = fmpq_mat(entries)
    rank = generator.rank()
    if rank < len(G):
        raise InvalidCodeError(
            f"the rows of {name} must be independent: rank {len(G)} wanted, got {rank}"
        )
    turned = generator.transpose()
    # Reduced first: the entries of G G^T would be twice as long.
    projection = turned * (generator * turned).solve(generator)
    n = len(G[0])
    table = projection.table()
    return [[Fraction(int(table[i][j].p), int(table[i][j].q)) for j in range(n)] for i in range(n)]


def _ranked(A: list[list[Fraction]], B: list[list[Fraction]]) -> tuple[Float, Float]:
    """Small whole numbers in place of fractions, which are equal where these are."""
    values = sorted({abs(x) for Q in (A, B) for row in Q for x in row} | {Fraction(0)})
    place = {x: float(i) for i, x in enumerate(values)}

    def ranks(Q: list[list[Fraction]]) -> Float:
        return np.array([[place[x] if x > 0 else -place[-x] for x in row] for row in Q])

    return ranks(A), ranks(B)


Match = tuple[tuple[int, ...], tuple[int, ...]]


def _matched(A: Float, B: Float, tolerance: float, max_steps: int) -> tuple[Match | None, str]:
    """An order and signs that take A to B, or why there are none.

    Args:
        A: symmetric, shape (n, n).
        B: likewise.
        tolerance: by how much entries may differ.
        max_steps: pairs of positions to try.

    Raises:
        InvalidCodeError: not decided by then.
    """
    n = len(A)
    # Sorting moves no entry by more than the entries differ, so this loses no match.
    of_a, of_b = np.sort(np.abs(A), axis=1), np.sort(np.abs(B), axis=1)
    alike = (np.abs(of_b[:, None, :] - of_a[None, :, :]) <= tolerance).all(axis=2)
    alike &= np.abs(np.diag(B)[:, None] - np.diag(A)[None, :]) <= tolerance
    lonely = np.flatnonzero(~alike.any(axis=1))
    if len(lonely):
        return None, f"no position of the first code is like position {lonely[0]} of the second"
    wanted = _search_order(B, alike, tolerance)
    chosen: list[int] = []
    signs: list[int] = []
    tried = [0] * n  # candidates looked at, by depth
    steps = 0
    while len(chosen) < n:
        at = wanted[len(chosen)]
        before = wanted[: len(chosen)]
        here = len(chosen)
        found = False
        while not found and tried[here] < 2 * n:
            candidate, sign = tried[here] // 2, 1 - 2 * (tried[here] % 2)
            tried[here] += 1
            if not alike[at, candidate] or candidate in chosen:
                continue
            steps += 1
            if steps > max_steps:
                raise InvalidCodeError(
                    f"whether the codes are equivalent is not decided after {max_steps:,} steps"
                )
            links = A[candidate, chosen] * np.array(signs) * sign
            found = bool((np.abs(links - B[at, before]) <= tolerance).all())
            # Where no link fixes the sign, both do, or neither: one is enough.
            if sign < 0 and found and bool((np.abs(B[at, before]) <= tolerance).all()):
                found = False
        if found:
            chosen.append(candidate)
            signs.append(sign)
            continue
        if not chosen:
            return None, "no order and signs of positions take one to the other"
        tried[here] = 0
        chosen.pop()
        signs.pop()
    order, sign_of = [0] * n, [0] * n
    for at, candidate, sign in zip(wanted, chosen, signs, strict=True):
        order[at], sign_of[at] = candidate, sign
    return (tuple(order), tuple(sign_of)), ""


def _search_order(B: Float, alike: NDArray[np.bool_], tolerance: float) -> list[int]:
    """Positions of B, those first that have few candidates and links to the ones before."""
    n = len(B)
    linked = np.abs(B) > tolerance
    left, out = set(range(n)), list[int]()
    while left:
        best = min(left, key=lambda i: (-int(linked[i, out].sum()), int(alike[i].sum()), i))
        out.append(best)
        left.remove(best)
    return out
