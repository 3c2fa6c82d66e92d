"""Which m a height has: 1 <= m < n; from n-k+1 on every height is infinite."""

from __future__ import annotations

from typing import Any

from mheight.codes.checks import checked_integer

__all__ = ["height_index"]


def height_index(m: Any, n: int) -> int:
    """The index of a height, checked.

    |c|(m) is there for m < n.  Beyond n-k every h_m is infinite: some codeword vanishes on
    k-1 positions of an information set, so that at most n-k+1 entries are not 0.

    Args:
        m: what the user gave.
        n: length.

    Raises:
        InvalidCodeError: no integer in 1..n-1.
    """
    return checked_integer("m", m, 1, n - 1, "1..n-1 = ")
