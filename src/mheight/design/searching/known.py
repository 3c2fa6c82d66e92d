"""Codes that the catalogue holds, as starts of a search: by themselves and by the rules."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue import best_code
from mheight.design.searching.neighbours import Key, starts_from
from mheight.design.searching.systematic import systematic_generator
from mheight.errors import InvalidCodeError

__all__ = ["known_starts", "neighbouring"]

Float = NDArray[np.float64]


def neighbouring(n: int, k: int, m: int) -> list[Key]:
    """Sizes whose codes give [n, k] codes with a bound on h_m, and neighbouring m."""
    return [
        (n, k, m), (n + 1, k + 1, m), (n, k + 1, m), (n + 1, k, m + 1), (n - 1, k, m),
        (n, k, m - 1), (n, k, m + 1),
    ]  # fmt: skip


@lru_cache(maxsize=4096)
def _catalogued(n: int, k: int, m: int, kind: str) -> Float | None:
    """The catalogue's code as [I | P]; None where it has none."""
    try:
        entry = best_code(n, k, m, kind)
    except InvalidCodeError:
        return None
    G = np.asarray(entry.G, np.float64)
    return systematic_generator(G, False)


def known_starts(n: int, k: int, m: int, entries: str, bound: int | None = None) -> list[Float]:
    """Matrices [I | P] from the catalogue for a search to begin with.

    Args:
        n: length.
        k: dimension.
        m: index of the height.
        entries: "real", which integer ones serve too, or "integer".
        bound: for integers, the largest magnitude in P.
    """
    starts: list[Float] = []
    for kind in ("integer",) if entries == "integer" else ("real", "integer"):
        known = {}
        for key in neighbouring(n, k, m):
            G = _catalogued(*key, kind)
            if G is not None:
                known[key] = G
        if (n, k, m) in known:
            starts.append(known[n, k, m])
        starts += list(starts_from(known, n, k, m))
    if entries == "integer":
        return [G for G in starts if _fits(G, k, bound)]
    return starts


def _fits(G: Float, k: int, bound: int | None) -> bool:
    P = G[:, k:]
    within = bound is None or bool(np.abs(P).max() <= bound)
    return within and bool((np.rint(P) == P).all() and (G[:, :k] == np.eye(k)).all())
