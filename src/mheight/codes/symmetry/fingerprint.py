"""What all equivalent codes share: the sorted absolute maximal minors.

Row operations multiply all maximal minors by one factor; column permutations and
signs permute them and flip signs.  So the sorted absolute minors, divided by the
largest, are the same for every code equivalent to a given one, whatever information
set its generator matrix was written in.  The height index m is not part of it.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from mheight.codes.minors.batches import absolute_minors

__all__ = ["equivalence_classes", "fingerprints", "minor_spectrum", "spectrum_names"]

SPECTRUM_TOLERANCE = 1e-8
"""Two spectra are the same where no entry differs by more (the largest entry is 1)."""

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def minor_spectrum(generators: Float) -> Float:
    """Sorted absolute minors over the largest, descending.

    Args:
        generators: shape (N, k, n), each of rank k.

    Returns:
        Shape (N, C(n, k)), first column 1.
    """
    minors = absolute_minors(generators)
    minors.sort(axis=1)
    minors = minors[:, ::-1]
    return np.ascontiguousarray(minors / minors[:, :1])


def fingerprints(generators: Float) -> list[str]:
    """A short hexadecimal name for each code, the same for equivalent codes.

    The spectrum is rounded at about 1e-8 before it is hashed, so rounding errors of a
    change of information set do not show, except in the rare case of an entry that
    falls within some 1e-15 of a rounding edge.  To group codes within one data set,
    use `equivalence_classes`, which has no such edge.

    Args:
        generators: shape (N, k, n).
    """
    _, k, n = generators.shape
    return spectrum_names(minor_spectrum(generators), n, k)


def spectrum_names(spectra: Float, n: int, k: int) -> list[str]:
    """The name of each code, from its spectrum.

    Args:
        spectra: shape (N, C(n, k)), as from `minor_spectrum`.
        n: length.
        k: dimension.
    """
    # The irrational shift keeps fractions with small denominators off the edges.
    rounded = np.rint(spectra * 1e8 + 0.1414213562373095).astype(np.int64)
    head = f"{n},{k};".encode()
    return [hashlib.sha256(head + row.tobytes()).hexdigest()[:32] for row in rounded]


def equivalence_classes(spectra: Float) -> Int:
    """Number the classes of codes whose spectra agree within `SPECTRUM_TOLERANCE`.

    Args:
        spectra: shape (N, C(n, k)) as from `minor_spectrum`, all of one (n, k).

    Returns:
        Shape (N,): a class number for each code, numbered from 0 by first appearance.
    """
    count, width = spectra.shape
    # One number per spectrum orders them; only neighbours in that order can agree.
    weights = np.sqrt(np.arange(1, width + 1, dtype=np.float64))
    key = spectra @ (weights / weights.sum())
    order = np.argsort(key, kind="stable")
    gaps = np.diff(key[order]) > SPECTRUM_TOLERANCE
    runs = np.split(order, np.flatnonzero(gaps) + 1)
    representative = np.arange(count)
    for run in runs:
        members = np.sort(run)
        while len(members) > 1:
            first, rest = members[0], members[1:]
            same = (np.abs(spectra[rest] - spectra[first]) <= SPECTRUM_TOLERANCE).all(axis=1)
            representative[rest[same]] = first
            members = rest[~same]
    _, classes = np.unique(representative, return_inverse=True)
    return classes.astype(np.int64)
