"""Codes from codes of neighbouring sizes, with heights no larger: what a sweep begins with.

Each keeps the form [I | P], and integers integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["starts_from"]

Float = NDArray[np.float64]
Key = tuple[int, int, int]


def starts_from(known: Mapping[Key, Float], n: int, k: int, m: int) -> Iterator[Float]:
    """Generator matrices of [n, k] codes from known ones [I | P] by (n, k, m).

    Shortening of [n+1, k+1] and subcodes of [n, k+1] have an h_m no larger; a column repeated
    in [n-1, k] too; a code of [n+1, k] without a column has an h_m no larger than the other's
    h_(m+1).  A code good for a neighbouring m is another start.

    Args:
        known: best codes.
        n: length.
        k: dimension.
        m: index of the height.
    """
    if (n + 1, k + 1, m) in known:
        G = known[n + 1, k + 1, m]
        for i in range(k + 1):
            yield np.delete(np.delete(G, i, axis=0), i, axis=1)
    if (n, k + 1, m) in known:
        G = known[n, k + 1, m]
        for i in range(k + 1):
            smaller = np.delete(G, i, axis=0)
            order = [j for j in range(n) if j != i]
            yield smaller[:, [*order, i]]
    if (n + 1, k, m + 1) in known:
        G = known[n + 1, k, m + 1]
        for j in range(k, n + 1):
            yield np.delete(G, j, axis=1)
    if (n - 1, k, m) in known:
        G = known[n - 1, k, m]
        for j in range(n - 1):
            yield np.concatenate([G, G[:, j : j + 1]], axis=1)
    for other in (m - 1, m + 1):
        if (n, k, other) in known:
            yield known[n, k, other]
