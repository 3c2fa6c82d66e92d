"""Minors of codes, their log2, and what they are like: each made once for a block of codes."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mheight.codes import absolute_minors, systematic_generators
from mheight.kernels.compiling import for_work, kernel
from mheight.kernels.threads import in_ranges

__all__ = ["STATISTICS", "ZERO", "CodeMinors", "log_minors"]

Float = NDArray[np.float64]

ZERO = -200.0
"""Log2 that stands for a minor of zero; smaller ones are cut off here."""

STATISTICS = ("smallest minor", "zero minors", "spread of the minors")
"""What is measured of a code's minors, in this order."""

_SECONDS = 6e-9  # for each minor


@kernel(error_model="numpy")
def _fill(minors, logs, statistics, first, last):  # type: ignore[no-untyped-def]
    """Logs and statistics of the codes from `first` to `last`; each has a minor that is not 0.

    Args:
        minors: shape (N, C(n, k)), absolute minors.
        logs: shape (N, C(n, k)), filled: log2 of each over the largest, at least `ZERO`.
        statistics: shape (N, 3), filled: the least log2 that is not of a zero, how many are zero,
            and the mean log2 of the others.
        first: a code.
        last: behind the last of them.
    """
    count = minors.shape[1]
    for code in range(first, last):
        top = 0.0
        for i in range(count):
            top = max(top, minors[code, i])
        least, total, zeros = 0.0, 0.0, 0
        for i in range(count):
            if minors[code, i] == 0.0:
                zeros += 1
                logs[code, i] = ZERO
                continue
            value = np.log2(minors[code, i] / top)
            least = min(least, value)
            total += value
            logs[code, i] = max(value, ZERO)
        statistics[code, 0] = least
        statistics[code, 1] = zeros
        statistics[code, 2] = total / (count - zeros)


class CodeMinors:
    """N codes of one shape, and what is read from their minors, made when first asked for.

    Examples:
        >>> codes = CodeMinors(np.array([[[1.0, 2.0], [0.0, 4.0]]]))
        >>> codes.absolute.tolist()
        [[1.0, 0.0, 4.0, 1.0, 2.0, 4.0]]
        >>> codes.logs.tolist()
        [[-2.0, -200.0, 0.0, -2.0, -1.0, 0.0]]
        >>> codes.statistics.tolist()
        [[-2.0, 1.0, -1.0]]
    """

    def __init__(self, parity: Float) -> None:
        """Codes by their P, shape (N, k, n-k), finite."""
        self.parity = parity

    @cached_property
    def absolute(self) -> Float:
        """All absolute minors, in lexicographic order, shape (N, C(n, k))."""
        return absolute_minors(systematic_generators(self.parity))

    @property
    def logs(self) -> NDArray[np.float32]:
        """Log2 of them over the largest, at least `ZERO`, shape (N, C(n, k))."""
        return self._measured[0]

    @property
    def statistics(self) -> Float:
        """What they are like (`STATISTICS`), shape (N, 3)."""
        return self._measured[1]

    @cached_property
    def _measured(self) -> tuple[NDArray[np.float32], Float]:
        return log_minors(self.absolute)


def log_minors(minors: Float) -> tuple[NDArray[np.float32], Float]:
    """Log2 of all absolute minors over the largest.

    Args:
        minors: shape (N, C(n, k)), not negative, not all zero.

    Returns:
        The logs, shape (N, C(n, k)), at least `ZERO`; and of each code, shape (N, 3), log2
        of the smallest minor that is not zero, how many are zero, and the mean log2 of the
        others.

    Examples:
        >>> logs, statistics = log_minors(np.array([[1.0, 0.0, 4.0, 1.0, 2.0, 4.0]]))
        >>> statistics.tolist()
        [[-2.0, 1.0, -1.0]]
    """
    logs = np.empty(minors.shape, np.float32)
    statistics = np.empty((len(minors), len(STATISTICS)))
    seconds = _SECONDS * minors.size
    fill = for_work(_fill, seconds)

    def work(first: int, last: int) -> None:
        fill(minors, logs, statistics, first, last)

    in_ranges(work, len(minors), seconds)
    return logs, statistics
