"""`best_code`: the best code that is known for (n, k, m)."""

from __future__ import annotations

from typing import Any

from mheight.catalogue.beyond import LONGEST_FAMILY, family_entry
from mheight.catalogue.entries import KINDS, Entry
from mheight.catalogue.files import LONGEST_ENTRY, shipped_length
from mheight.codes.checks import is_integer
from mheight.errors import InvalidCodeError

__all__ = ["best_code"]


def best_code(n: int, k: int, m: int, kind: str = "real") -> Entry:
    """The best code of the catalogue for (n, k, m): the least h_m that is known.

    Args:
        n: length, 2 to 16; up to 64 for families: k = 1, 2, n-2, n-1, and n >= k(m+1).
        k: dimension, 1 <= k < n.
        m: index of the height, 1 <= m <= n-k; beyond, every height is infinite.
        kind: "real", or "integer" for [I | P] with integers of magnitude at most 100 in P.

    Returns:
        An `Entry`: `height` as text, `number` as a float, the matrix `G`, the `certificate`,
        the lower `bound`, `status`, and how the code is made, `record.code.chain`.

    Raises:
        InvalidCodeError: numbers out of range.

    Examples:
        >>> entry = best_code(6, 3, 3)
        >>> entry.height, entry.status
        ('2+sqrt(5)', 'proved')
    """
    for name, value in (("n", n), ("k", k), ("m", m)):
        if not is_integer(value):
            raise InvalidCodeError(f"{name} must be an integer, got {value!r}")
    if kind not in KINDS:
        raise InvalidCodeError(f"kind must be 'real' or 'integer', got {kind!r}")
    if not 2 <= n <= LONGEST_FAMILY:
        raise InvalidCodeError(f"n must be in 2..{LONGEST_FAMILY}, got {n}")
    if not 1 <= k < n:
        raise InvalidCodeError(f"k must be in 1..n-1 = 1..{n - 1}, got {k}")
    if not 1 <= m <= n - k:
        raise InvalidCodeError(
            f"m must be in 1..n-k = 1..{n - k}, beyond which every height is infinite; got {m}"
        )
    if n > LONGEST_ENTRY:
        return family_entry(n, k, m, "integer" if kind == "integer" else "real")
    key: tuple[Any, ...] = (n, k, m, kind)
    entry = shipped_length(n).entries.get(key)
    if entry is None:
        raise InvalidCodeError(f"no {kind} [{n}, {k}] code with finite h_{m} is in the catalogue")
    return entry
