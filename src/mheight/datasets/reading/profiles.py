"""Heights that come several to a sample: which of them is h_m."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from mheight.datasets.reading.rows import Row, sized
from mheight.errors import InvalidDataError

__all__ = ["height_among"]


def height_among(values: Sequence[float], row: Row, where: str) -> float:
    """The m-height of a sample in a list of heights that was given for it.

    Such a list is h_1, h_2, ... up to h_(n-k), perhaps with infinities behind, as every later
    height is infinite; or the same behind h_0 = 1; or the height alone with an infinity behind.
    Where a list can be read in two of these ways, they must agree on h_m.

    Args:
        values: as given, at least one.
        row: the sample.
        where: its place, for messages.

    Raises:
        InvalidDataError: it can be read in no such way, or in two that differ.

    Examples:
        >>> row = Row(4, 2, 2, [[1, 1], [1, 2]])
        >>> height_among([2.0, 3.0, math.inf], row, "sample 0")
        3.0
        >>> height_among([1.0, 2.0, 3.0, math.inf], row, "sample 0")
        3.0
    """
    if row.m is None:
        raise InvalidDataError(f"{where}: several heights are given, and no m says which")
    n, k, m, _ = sized(row, where)
    last, m = int(n) - int(k), int(m)
    found = {
        reading[m - 1] if m <= len(reading) else math.inf
        for reading in _readings(list(values), last)
        if m >= 1
    }
    if _ends_in_infinity(values) and len(values) == 2 and 1 <= m <= last:
        found.add(values[0])
    if len(found) == 1:
        return found.pop()
    shown = ", ".join(f"{value:g}" for value in values[:8]) + (", ..." if len(values) > 8 else "")
    verdict = "can be read in two ways" if found else "is no list of heights"
    raise InvalidDataError(
        f"{where}: [{shown}] {verdict} for n-k = {last}: one height is needed, or h_1 to "
        f"h_(n-k) with infinities behind"
    )


def _readings(values: list[float], last: int) -> list[list[float]]:
    """The lists from h_1 on that it can be."""
    readings = [values, values[1:]] if values[0] == 1.0 else [values]
    return [
        reading
        for reading in readings
        if len(reading) >= last
        and all(value >= 1.0 for value in reading)
        and all(a <= b * (1 + 1e-9) for a, b in pairwise(reading))
        and all(math.isinf(value) for value in reading[last:])
    ]


def _ends_in_infinity(values: Sequence[float]) -> bool:
    return math.isinf(values[-1]) and not math.isinf(values[0])
