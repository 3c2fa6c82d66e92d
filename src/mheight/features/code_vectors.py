"""Vectors that describe a code: raw P, the projection onto the code, the minor spectrum."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

from mheight.codes import minor_spectrum
from mheight.datasets import Samples
from mheight.features.standardised import VectorFeatures
from mheight.tiers import Groups

__all__ = ["gram", "raw_p", "spectrum"]

Float = NDArray[np.float64]

_FLOOR = -24.0
_CHUNK = 16384


def _longest(groups: Groups) -> int:
    return max(groups.lengths)


def _most_minors(groups: Groups) -> int:
    return max(comb(n, k) for n, k, _ in groups)


def _projections(samples: Samples) -> Float:
    """|Pi| for the orthogonal projection Pi onto the code, in an order of its own.

    Pi does not depend on which generator matrix the code is given by; signs and the
    order of the columns change it, so magnitudes are taken, those off the diagonal sorted
    within each row, and the rows sorted, diagonal first.  Rows and columns that shorter
    codes have not are zero.
    """
    out = np.zeros((len(samples), _longest(samples.groups), _longest(samples.groups)))
    for index, generators in samples.generators(_CHUNK):
        n = generators.shape[2]
        basis, _ = np.linalg.qr(generators.swapaxes(1, 2))
        magnitudes = np.abs(basis @ basis.swapaxes(1, 2))
        diagonal = np.einsum("rii->ri", magnitudes).copy()
        np.einsum("rii->ri", magnitudes)[:] = -1.0  # sorted to the end, and dropped
        rows = -np.sort(-magnitudes, axis=2)
        rows[:, :, 1:] = rows[:, :, :-1]
        rows[:, :, 0] = diagonal
        # Rounding errors must not decide the order; the shift keeps ratios off the edges.
        keys = np.rint(rows * 1e8 + 0.1414213562373095)
        order = np.lexsort(-keys.transpose(2, 0, 1)[::-1], axis=-1)
        out[index, :n, :n] = np.take_along_axis(rows, order[:, :, None], 1)
    return out.reshape(len(samples), -1)


def _spectra(samples: Samples) -> Float:
    """Log2 of the sorted absolute minors over the largest, padded with the floor."""
    out = np.full((len(samples), _most_minors(samples.groups)), _FLOOR)
    for rows, generators in samples.generators(_CHUNK):
        minors = minor_spectrum(generators)
        out[rows, : minors.shape[1]] = np.log2(np.maximum(minors, 2.0**_FLOOR))
    return out


raw_p = VectorFeatures("P", lambda groups: groups.largest_parity, lambda samples: samples.parity)
"""P row by row, zero-padded to that of the largest: changes with every symmetry of the code."""

gram = VectorFeatures("projection", lambda groups: _longest(groups) ** 2, _projections)
"""Magnitudes of the projection onto the code: invariant, and free of minors."""

spectrum = VectorFeatures("minors", _most_minors, _spectra)
"""Sorted log2 minors: invariant, but which columns a minor belongs to is lost."""
