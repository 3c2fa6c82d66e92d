"""Height profiles and single heights, with validated input."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode, as_generators
from mheight.codes.checks import ranks
from mheight.codes.minors import systematic_codes
from mheight.errors import InvalidCodeError
from mheight.heights.kernel import profiles

__all__ = ["height_profile", "m_height"]

MAX_LATTICE_SETS = 2_000_000
"""Largest lattice (sets T for one target) that the kernel takes on."""

Float = NDArray[np.float64]


def height_profile(G: LinearCode | ArrayLike | Sequence[Any]) -> Float:
    """All heights h_1 ... h_{n-k} of one code, or of each code of a batch.

    The m-height of a code is the largest ratio |c|_(0) / |c|_(m) over its nonzero
    codewords c, where |c|_(0) >= |c|_(1) >= ... are the sorted magnitudes.  It is
    infinite exactly when m is at least the minimum distance.

    For integer matrices in the exact range of float64 it is decided exactly whether a
    height is finite; otherwise a minor counts as zero below 1e-11 of Hadamard's bound
    (see `mheight.codes.minors.ZERO_TOLERANCE`).

    Args:
        G: a `LinearCode`, a generator matrix of shape (k, n), or a batch of shape
            (N, k, n), each of rank k.

    Returns:
        Float64 array of shape (n-k,), or (N, n-k) for a batch; entry m-1 is h_m,
        at least 1, `inf` where the height is infinite.

    Raises:
        InvalidCodeError: wrong shape, an entry that is not finite, dependent rows, or
            a code too long for the lattice of minors.

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020; the formula by
        minors is explained in `mheight.heights.lattice`.

    Example:
        >>> height_profile([[1, 0, 1, 1], [0, 1, 1, 2]])
        array([2., 3.])
    """
    matrices = G.G if isinstance(G, LinearCode) else as_generators(G)
    single = matrices.ndim == 2
    batch = matrices[None] if single else matrices
    _, k, n = batch.shape
    if n == k:
        out = np.empty((len(batch), 0))
        suspects = np.arange(len(batch))
    else:
        _check_size(n, k)
        out = profiles(np.ascontiguousarray(batch), systematic_codes(batch))
        # Without k independent columns every minor is 0 and every height infinite.
        suspects = np.flatnonzero(np.isinf(out[:, 0]))
    _check_rank(batch, suspects, single)
    return out[0] if single else out


def m_height(G: LinearCode | ArrayLike | Sequence[Any], m: int) -> float | Float:
    """The m-height of one code, or of each code of a batch.

    Args:
        G: as for `height_profile`.
        m: 1 <= m <= n-k.

    Returns:
        A float for one code, shape (N,) for a batch; at least 1, possibly `inf`.

    Raises:
        InvalidCodeError: as for `height_profile`, or m outside 1..n-k.

    Example:
        >>> m_height([[1, 0, 1, 1], [0, 1, 1, 2]], 2)
        3.0
    """
    matrices = G.G if isinstance(G, LinearCode) else as_generators(G)
    k, n = matrices.shape[-2:]
    if isinstance(m, bool) or not isinstance(m, int | np.integer) or not 1 <= m <= n - k:
        raise InvalidCodeError(f"m must be an integer in 1..n-k = 1..{n - k}, got {m!r}")
    profile = height_profile(G)
    return float(profile[m - 1]) if profile.ndim == 1 else profile[:, m - 1]


def _check_size(n: int, k: int) -> None:
    sets = sum(comb(n - 1, size) for size in range(k, n))
    if sets > MAX_LATTICE_SETS:
        raise InvalidCodeError(
            f"an [{n}, {k}] code has {sets} sets in its lattice, "
            f"more than the {MAX_LATTICE_SETS} that fit"
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
