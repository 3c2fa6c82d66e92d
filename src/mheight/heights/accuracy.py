"""What rounding can do to heights from minors, and saying so."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors import DOUBT, NOISE, ZERO_TOLERANCE
from mheight.errors import AccuracyWarning
from mheight.heights.packed import MAX_LENGTH, PackedProfile, packed_profile

__all__ = ["describe_doubt", "relative_error", "warn_of_doubt"]

_EPSILON = float(np.finfo(np.float64).eps)


def relative_error(least_kept: float, k: int, n: int) -> float:
    """A bound of the relative error of heights, from the least ratio of a minor to its permanent.

    The r rows of the expansion cost r products and r sums each, and so does each entry
    that was rounded before.  A minor counts twice, in s(A) and in p(B).

    Args:
        least_kept: least ratio of a nonzero minor to the permanent of magnitudes.
        k: dimension.
        n: length.
    """
    return 4.0 * min(k, n - k) * _EPSILON / least_kept


def describe_doubt(result: PackedProfile, k: int, n: int) -> str | None:
    """What rounding leaves in doubt in one profile, None if nothing."""
    texts = []
    if result.largest_dropped > NOISE:
        texts.append(
            f"a minor of {result.largest_dropped:.1g} of its permanent counts as zero (they do "
            f"below {ZERO_TOLERANCE:.0e} of a bound), so an infinite height may be finite and large"
        )
    if result.least_kept < DOUBT:
        error = relative_error(result.least_kept, k, n)
        texts.append(
            f"the smallest minor is {result.least_kept:.1g} of its permanent, so heights may be "
            f"off by a relative {error:.0e}"
        )
    return "; ".join(texts) or None


def warn_of_doubt(batch: NDArray[np.float64], doubtful: NDArray[np.bool_], single: bool) -> None:
    """Warn of codes whose minors rounding leaves in doubt.

    Args:
        batch: shape (N, k, n).
        doubtful: shape (N,).
        single: whether the user gave one code rather than a batch.
    """
    indices = np.flatnonzero(doubtful)
    _, k, n = batch.shape
    text = None
    if n <= MAX_LENGTH:
        first = packed_profile(np.ascontiguousarray(batch[indices[0]]), witnesses=False)
        text = describe_doubt(first, k, n)
    text = text or "a minor is close to the rounding error of its computation"
    where = "" if single else f"{len(indices)} of {len(batch)} codes; code {indices[0]}: "
    warnings.warn(
        f"{where}{text}; exact_profile computes without rounding", AccuracyWarning, stacklevel=3
    )
