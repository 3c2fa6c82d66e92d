"""Heights of codes as rows, one a height, for tables and files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode
from mheight.codes.given import GivenMatrices
from mheight.codes.rationals import Matrix
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate, Number, rounded
from mheight.heights.doubts import Doubt, doubt_text
from mheight.heights.exact import exact_certificates, exact_profile, singleton_certificate
from mheight.heights.finding import certified, solved
from mheight.heights.orders import height_index
from mheight.heights.profile import as_given, m_height, profile_with_doubts
from mheight.heights.rounding.tolerance import checked_tolerance, counts_as_infinite, with_tolerance
from mheight.heights.solution import Solution

__all__ = [
    "NOT_REACHED",
    "HeightRows",
    "profile_rows",
    "rational_rows",
    "solution_rows",
    "witness_rows",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

NOT_REACHED = "not reached"
"""Status of a height that was not looked at before the time was over."""


@dataclass(frozen=True, eq=False)
class HeightRows:
    """Heights of codes, one row a height; the rows of a code follow each other.

    Attributes:
        code: shape (R,), number of the code in its source.
        n: shape (R,), length.
        k: shape (R,), dimension.
        m: shape (R,), index of the height.
        height: shape (R,), h_m, `inf` where infinite, NaN where only bounds are known.
        lower: shape (R,), h_m is at least this; None if all heights are known.
        upper: shape (R,), h_m is at most this; None likewise.
        status: R words as in `Solution`, or "not reached"; None likewise.
        exact: R numbers without rounding; None if there was rounding.
        certificates: R certificates, None for a height not reached; None if not asked for.
        doubts: what rounding leaves open, by the code's number in its source.
        zero_tolerance: codeword entries up to this part of the largest count as zero; None
            where no tolerance was asked for.
    """

    code: Int
    n: Int
    k: Int
    m: Int
    height: Float
    lower: Float | None = None
    upper: Float | None = None
    status: tuple[str, ...] | None = None
    exact: tuple[Number, ...] | None = None
    certificates: tuple[Certificate | None, ...] | None = None
    doubts: tuple[Doubt, ...] = ()
    zero_tolerance: float | None = None

    def __len__(self) -> int:
        return len(self.code)

    def by_code(self) -> Iterator[slice]:
        """The rows of each code."""
        edges = np.flatnonzero(np.diff(self.code)) + 1
        for start, end in pairwise([0, *edges.tolist(), len(self)]):
            if start < end:
                yield slice(start, end)

    def bounds(self, i: int) -> tuple[float, float, str]:
        """Lower and upper bound and status of a row, where a search found them."""
        if self.lower is None or self.upper is None or self.status is None:
            raise ValueError("these heights do not come from a search")
        return float(self.lower[i]), float(self.upper[i]), self.status[i]

    def doubts_of(self, code: int) -> tuple[Doubt, ...]:
        """What is in doubt in one code."""
        return tuple(doubt for doubt in self.doubts if doubt.code == code)

    @property
    def doubt_texts(self) -> list[str | None]:
        """R sentences, None where a height is not in doubt."""
        out: list[str | None] = [None] * len(self)
        if not self.doubts:
            return out
        by_code: dict[int, list[Doubt]] = {}
        for doubt in self.doubts:
            by_code.setdefault(doubt.code, []).append(doubt)
        for i in np.flatnonzero(np.isin(self.code, list(by_code))).tolist():
            m = int(self.m[i])
            out[i] = doubt_text(d for d in by_code[int(self.code[i])] if d.concerns(m))
        return out

    @cached_property
    def log2_height(self) -> Float:
        """Shape (R,), log2 of the heights; computed once, however many codes ask for their part."""
        if self.exact is None:
            return np.asarray(np.log2(self.height))
        return np.array([_log2(h) for h in self.exact])


def profile_rows(
    first: int,
    codes: GivenMatrices | Float,
    m: int | None = None,
    zero_tolerance: float | None = None,
) -> HeightRows:
    """Heights of a batch of codes.

    Args:
        first: number of the first code.
        codes: N matrices as they were given, or generator matrices, shape (N, k, n).
        m: only this height, 1 <= m < n; None for h_1 ... h_{n-k}.
        zero_tolerance: as for `height_profile`.

    Raises:
        InvalidCodeError: as for `height_profile`, or m out of range.
    """
    given = as_given(codes)
    count, k, n = len(given), given.k, given.n
    orders = _orders(m, n, k)
    # One code gets the kernel and the messages for one code.
    given = given.alone(0) if count == 1 else given
    doubts: tuple[Doubt, ...] = ()
    if orders[0] > n - k:
        heights = np.reshape(m_height(given, int(orders[0])), (count, 1))
    else:
        found = profile_with_doubts(given, zero_tolerance=zero_tolerance)
        heights, doubts = found.heights.reshape(count, n - k)[:, orders - 1], found.doubts
    return HeightRows(
        code=np.repeat(np.arange(first, first + count), len(orders)),
        n=np.full(heights.size, n),
        k=np.full(heights.size, k),
        m=np.tile(orders, count),
        height=np.ascontiguousarray(heights).ravel(),
        doubts=_renumbered(doubts, first, orders),
        zero_tolerance=checked_tolerance(zero_tolerance),
    )


def witness_rows(
    index: int,
    code: LinearCode | Float,
    m: int | None = None,
    zero_tolerance: float | None = None,
) -> HeightRows:
    """Heights of one code with certificates.

    Args:
        index: number of the code.
        code: the code, or a generator matrix of shape (k, n).
        m: only this height, 1 <= m < n; None for h_1 ... h_{n-k}.
        zero_tolerance: as for `height_profile`.
    """
    code = code if isinstance(code, LinearCode) else LinearCode(code)
    k, n = code.k, code.n
    orders = _orders(m, n, k)
    if orders[0] > n - k:
        chosen = [solved(code, int(orders[0]), zero_tolerance=zero_tolerance)]
    else:
        found = certified(code, zero_tolerance)
        chosen = [found[i - 1] for i in orders]
    heights = np.array([rounded(s.certificate.height) for s in chosen])
    return _of_one(
        index, n, k, orders, heights,
        certificates=tuple(s.certificate for s in chosen), doubts=_of_solutions(chosen, index),
        zero_tolerance=checked_tolerance(zero_tolerance),
    )  # fmt: skip


def rational_rows(
    index: int,
    G: Matrix,
    m: int | None = None,
    *,
    witness: bool = False,
    zero_tolerance: float | None = None,
) -> HeightRows:
    """Heights of one rational code, without rounding.

    Args:
        index: number of the code.
        G: rows of fractions, shape (k, n).
        m: only this height, 1 <= m < n; None for h_1 ... h_{n-k}.
        witness: whether to add certificates.
        zero_tolerance: as for `height_profile`.
    """
    zero = checked_tolerance(zero_tolerance)
    k, n = len(G), len(G[0])
    orders = _orders(m, n, k)
    chosen: tuple[Certificate, ...] | None = None
    if orders[0] > n - k:
        chosen = (singleton_certificate(G, int(orders[0])),)
    elif witness:
        found = exact_certificates(G)
        chosen = tuple(found[i - 1] for i in orders)
    if chosen is None:
        profile = exact_profile(G)
        exact = tuple(profile[i - 1] for i in orders)
    else:
        chosen = tuple(with_tolerance(c, zero) for c in chosen)
        exact = tuple(c.height for c in chosen)
    exact = tuple(math.inf if counts_as_infinite(h, zero) else h for h in exact)
    heights = np.array([rounded(h) for h in exact])
    certificates = chosen if witness else None
    return _of_one(
        index, n, k, orders, heights,
        exact=exact, certificates=certificates, zero_tolerance=zero,
    )  # fmt: skip


def solution_rows(
    index: int, solutions: Sequence[Solution], up_to: int, *, witness: bool = False
) -> HeightRows:
    """What a search found for one code.

    Args:
        index: number of the code.
        solutions: at least one, by m.
        up_to: the last m asked for; those without a solution count as not reached, and
            are at least the last one that has.
        witness: whether to add certificates.
    """
    last = solutions[-1]
    missing = range(last.m + 1, up_to + 1)
    found: list[Certificate | None] = [s.certificate for s in solutions]
    return _of_one(
        index,
        last.n,
        last.k,
        np.array([s.m for s in solutions] + list(missing)),
        np.array([s.height if s.is_exact else np.nan for s in solutions] + [np.nan] * len(missing)),
        lower=np.array([s.lower for s in solutions] + [last.lower] * len(missing)),
        upper=np.array([s.upper for s in solutions] + [np.inf] * len(missing)),
        status=tuple([s.status for s in solutions] + [NOT_REACHED] * len(missing)),
        certificates=tuple(found + [None] * len(missing)) if witness else None,
        doubts=_of_solutions(solutions, index),
        zero_tolerance=last.zero_tolerance,
    )


def _renumbered(doubts: Sequence[Doubt], first: int, orders: Int) -> tuple[Doubt, ...]:
    """The doubts about heights that were asked for, by the code's number in its source."""
    return tuple(
        replace(doubt, code=first + doubt.code)
        for doubt in doubts
        if any(doubt.concerns(m) for m in orders.tolist())
    )


def _of_solutions(solutions: Sequence[Solution], index: int) -> tuple[Doubt, ...]:
    found = dict.fromkeys(doubt for solution in solutions for doubt in solution.doubts)
    return tuple(replace(doubt, code=index) for doubt in found)


def _orders(m: int | None, n: int, k: int) -> Int:
    """The indices m asked for."""
    if m is not None:
        return np.array([height_index(m, n)])
    if n == k:
        raise InvalidCodeError(
            f"n > k is needed, got n = k = {n}: every height is infinite, as every m > n-k"
        )
    return np.arange(1, n - k + 1)


def _of_one(index: int, n: int, k: int, orders: Int, height: Float, **other: Any) -> HeightRows:
    count = len(orders)
    return HeightRows(
        np.full(count, index), np.full(count, n), np.full(count, k), orders, height, **other
    )


def _log2(height: Number) -> float:
    nearest = rounded(height)
    if isinstance(height, float) or math.isfinite(nearest):
        return math.log2(nearest)
    return math.log2(height.numerator) - math.log2(height.denominator)
