"""Exact heights of samples: labels cost microseconds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mheight.codes import equivalence_classes, minor_spectrum, systematic_generators
from mheight.datasets.samples import Samples
from mheight.heights import height_profile

__all__ = ["exact_heights", "orbit_numbers", "relabelled"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_CHUNK = 65536


def exact_heights(samples: Samples, progress: Callable[[int], None] | None = None) -> Float:
    """The exact m-height of each sample, shape (N,); `inf` where it is infinite.

    Args:
        samples: with or without heights; those are not looked at.
        progress: called with the number of samples done since the last call.
    """
    out = np.empty(len(samples))
    for _, index, parity in samples.by_dimension():
        for start in range(0, len(index), _CHUNK):
            rows = index[start : start + _CHUNK]
            profiles = height_profile(systematic_generators(parity[start : start + _CHUNK]))
            out[rows] = profiles[np.arange(len(rows)), samples.m[rows] - 1]
            if progress is not None:
                progress(len(rows))
    return out


def relabelled(samples: Samples) -> Samples:
    """The same samples with their exact heights."""
    return samples.with_heights(exact_heights(samples))


def orbit_numbers(samples: Samples) -> Int:
    """A number for each sample that two samples share when their codes are equivalent.

    The height index m does not count: the same code under two m is one orbit.  Codes
    count as equivalent when their sorted absolute minors agree (see
    `mheight.codes.equivalence_classes`).

    Returns:
        Shape (N,).
    """
    orbits = np.empty(len(samples), dtype=np.int64)
    offset = 0
    for _, index, parity in samples.by_dimension():
        classes = equivalence_classes(minor_spectrum(systematic_generators(parity)))
        orbits[index] = classes + offset
        offset += int(classes.max()) + 1
    return orbits
