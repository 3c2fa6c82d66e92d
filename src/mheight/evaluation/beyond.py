"""Intervals for groups that a network never saw: wider than those that were calibrated.

Nothing can be promised where there are no rows, so the rule is made as if lengths had been
missing, and tried on the rows of those lengths.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mheight.evaluation.bins import Bin, bins_of, widened, wider_by
from mheight.tiers import Groups

__all__ = ["calibrate_beyond"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_LEAST_ROWS = 19  # of a group
_MOST_BINS = 24


def calibrate_beyond(
    log2_true: Float, log2_predicted: Float, group: Int, groups: Groups, level: float
) -> tuple[Bin, ...]:
    """Bins for groups that are not among these.

    They are those of all rows together, widened by the least share of their width with which,
    for each length in turn, bins made without that length hold a share `level` of the rows of
    each of its groups; and bins made from the shorter lengths alone, where those are two or
    more, the same of every group as long or longer.

    Args:
        log2_true: shape (N,), finite.
        log2_predicted: shape (N,).
        group: shape (N,), positions in the groups.
        groups: those that there are.
        level: between 0 and 1.

    Returns:
        The bins; none unless groups of two lengths have 19 rows or more each.
    """
    counts = np.bincount(group, minlength=len(groups))
    kept = counts[group] >= _LEAST_ROWS
    errors, predicted, group = (log2_true - log2_predicted)[kept], log2_predicted[kept], group[kept]
    n = np.array([each.n for each in groups])[group]
    lengths = np.unique(n)
    if len(lengths) < 2:
        return ()

    def needed(known: NDArray[np.bool_], asked: NDArray[np.bool_]) -> float:
        bins = bins_of(errors[known], predicted[known], level, _MOST_BINS)
        return max(
            wider_by(errors[asked & own], predicted[asked & own], bins, level)
            for own in (group == i for i in np.unique(group[asked]))
        )

    everything = np.ones(len(n), dtype=np.bool_)
    shares = [0.0, needed(everything, everything)]
    shares += [needed(n != length, n == length) for length in lengths]
    shares += [needed(n < length, n >= length) for length in lengths[2:]]
    return widened(bins_of(errors, predicted, level, _MOST_BINS), max(shares))
