"""Height profiles and single heights, with validated input."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, inf
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode, as_generators
from mheight.codes.checks import ranks
from mheight.codes.minors import systematic_codes
from mheight.errors import InvalidCodeError
from mheight.heights.accuracy import settle_doubts
from mheight.heights.doubts import Doubt, Profiles, warn_of
from mheight.heights.kernel import profiles
from mheight.heights.orders import height_index
from mheight.heights.packed import MAX_LENGTH, packed_profile

__all__ = ["height_profile", "lattice_route", "m_height", "profile_with_doubts", "systematic_form"]

MAX_LATTICE_SETS = 2_000_000
"""Largest lattice (sets T for one target) that tables are made for."""

_MOST_TABLE_SETS = 400_000  # beyond, a lattice of eight codes no longer fits a cache
_FEW_CODES = 4  # fewer do not fill the lanes

Float = NDArray[np.float64]


def height_profile(G: LinearCode | ArrayLike | Sequence[Any]) -> Float:
    """All heights h_1 ... h_{n-k} of one code, or of each code of a batch.

    The m-height of a code is the largest ratio |c|(0) / |c|(m) over its nonzero
    codewords c, where |c|(0) >= |c|(1) >= ... are the sorted magnitudes.  It is
    infinite exactly when m is at least the minimum distance.

    For integer matrices in the exact range of float64 it is decided exactly whether a
    height is finite; otherwise a minor counts as zero below 1e-12 of its bound (see
    `mheight.codes.minors.ZERO_TOLERANCE`).  A code that this leaves in
    doubt is brought to a better generator matrix in rational arithmetic and done again; if
    doubt remains, an `AccuracyWarning` says so; `profile_with_doubts` returns the doubts as
    values instead.  `exact_profile` rounds nothing.

    Args:
        G: a `LinearCode`, a generator matrix of shape (k, n), or a batch of shape
            (N, k, n), each of rank k.

    Returns:
        Float64 array of shape (n-k,), or (N, n-k) for a batch; entry m-1 is h_m,
        at least 1, `inf` where the height is infinite.

    Raises:
        InvalidCodeError: wrong shape, an entry that is not finite, dependent rows, or
            a code too long for the lattice of minors (n > 26, unless n - k is small).

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020; the formula by
        minors is explained in `mheight.heights.lattice`.

    Examples:
        >>> height_profile([[1, 0, 1, 1], [0, 1, 1, 2]])
        array([2., 3.])
    """
    found = profile_with_doubts(G)
    warn_of(found.doubts, found.codes)
    return found.heights


def profile_with_doubts(G: LinearCode | ArrayLike | Sequence[Any]) -> Profiles:
    """Height profiles as `height_profile` computes them, and what of them is in doubt.

    Nothing is warned of: whoever asks for the doubts is to pass them on.

    Args:
        G: as for `height_profile`.

    Returns:
        `Profiles`: the heights, and a `Doubt` for each thing that rounding leaves open, with
        the number of its code.

    Raises:
        InvalidCodeError: as for `height_profile`.

    Examples:
        >>> found = profile_with_doubts([[[1, 0, 1, 1], [0, 1, 1, 2]],
        ...                              [[1, 0, 1, 1], [0, 1, 1, 1 + 3e-13]]])
        >>> found.doubtful
        array([False,  True])
        >>> found.doubts_of(1)[0].text[:40]
        'h_2 = 6.7e+12 for exactly these entries '
    """
    matrices = G.G if isinstance(G, LinearCode) else as_generators(G)
    single = matrices.ndim == 2
    batch = np.ascontiguousarray(matrices[None] if single else matrices)
    count, k, n = batch.shape
    doubts: tuple[Doubt, ...] = ()
    if n == k:
        out = np.empty((count, 0))
        suspects = np.arange(count)
    else:
        if not count or lattice_route(n, k, count) == "table":
            if count and n > MAX_LENGTH:
                # Few rows to expand are a must: a code of high rate goes by its P.
                batch = np.array([systematic_form(G, i, single) for i, G in enumerate(batch)])
            out, doubtful = profiles(batch, systematic_codes(batch))
        else:
            out, doubtful = _one_by_one(batch)
        if doubtful.any():
            doubts = settle_doubts(batch, doubtful, out)
        # Without k independent columns every minor is 0 and every height infinite.
        suspects = np.flatnonzero(np.isinf(out[:, 0]))
        suspects = suspects[np.isinf(out[suspects]).all(axis=1)]
    if len(suspects):
        _check_rank(batch, suspects, single)
    return Profiles(out[0] if single else out, doubts)


def systematic_form(G: Float, index: int = 0, single: bool = True) -> Float:
    """`[I | P]` of an equivalent code, whose heights are the same.

    Raises:
        InvalidCodeError: dependent rows.
    """
    try:
        code = LinearCode(G)
    except InvalidCodeError as error:
        raise error if single else InvalidCodeError(f"code {index}: {error}") from None
    return np.hstack([np.eye(code.k), code.P])


def _one_by_one(batch: Float) -> tuple[Float, NDArray[np.bool_]]:
    results = [packed_profile(G, witnesses=False) for G in batch]
    heights = np.array([r.heights for r in results])
    return heights, np.array([r.is_doubtful for r in results])


def m_height(G: LinearCode | ArrayLike | Sequence[Any], m: int) -> float | Float:
    """The m-height of one code, or of each code of a batch.

    Args:
        G: as for `height_profile`.
        m: 1 <= m < n; beyond n-k every height is infinite.

    Returns:
        A float for one code, shape (N,) for a batch; at least 1, possibly `inf`.

    Raises:
        InvalidCodeError: as for `height_profile`, or m outside 1..n-1.

    Examples:
        >>> m_height([[1, 0, 1, 1], [0, 1, 1, 2]], 2)
        3.0
    """
    matrices = G.G if isinstance(G, LinearCode) else as_generators(G)
    k, n = matrices.shape[-2:]
    m = height_index(m, n)
    if m > n - k:
        batch = matrices.reshape(-1, k, n)
        _check_rank(batch, np.arange(len(batch)), matrices.ndim == 2)
        return inf if matrices.ndim == 2 else np.full(len(batch), inf)
    found = profile_with_doubts(G)
    warn_of([doubt for doubt in found.doubts if doubt.concerns(m)], found.codes)
    profile = found.heights
    return float(profile[m - 1]) if profile.ndim == 1 else profile[:, m - 1]


def lattice_route(n: int, k: int, count: int = 1) -> Literal["table", "packed"]:
    """Which kernel suits so many [n, k] codes: side by side by tables, or one by one.

    Raises:
        InvalidCodeError: the lattice of such codes does not fit either.
    """
    sets = sum(comb(n - 1, size) for size in range(k, n))
    if n <= MAX_LENGTH and (count < _FEW_CODES or sets > _MOST_TABLE_SETS):
        return "packed"
    if sets <= MAX_LATTICE_SETS:
        return "table"
    raise InvalidCodeError(
        f"a full profile needs n <= {MAX_LENGTH} or a lattice of at most {MAX_LATTICE_SETS:,} "
        f"sets; an [{n}, {k}] code has {sets:,}; for one height with a small m, use find_height"
    )


def _check_rank(batch: Float, suspects: NDArray[np.int64], single: bool) -> None:
    k = batch.shape[1]
    found = ranks(batch[suspects])
    if (found < k).any():
        first = int(np.flatnonzero(found < k)[0])
        where = "" if single else f" in code {suspects[first]}"
        raise InvalidCodeError(
            f"the rows of G must be independent: rank {k} wanted, got {found[first]}{where}"
        )
