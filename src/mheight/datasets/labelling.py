"""Exact heights of samples: labels cost microseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mheight.codes import equivalence_classes, minor_spectrum
from mheight.datasets.samples import Samples
from mheight.heights import Profiles, profile_with_doubts
from mheight.heights.doubts import Doubt, doubt_text, warn_of

__all__ = [
    "ExactHeights",
    "exact_heights",
    "exact_labels",
    "labels_of_blocks",
    "orbit_numbers",
    "relabelled",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_CHUNK = 65536


@dataclass(frozen=True, eq=False)
class ExactHeights:
    """Exact heights of samples, and what of them is in doubt.

    Attributes:
        heights: shape (N,); `inf` where the height is infinite.
        doubts: what rounding leaves open; `code` is the row of the sample.
    """

    heights: Float
    doubts: tuple[Doubt, ...] = ()

    @property
    def doubtful(self) -> NDArray[np.bool_]:
        """Which heights are in doubt, shape (N,)."""
        found = np.zeros(len(self.heights), dtype=np.bool_)
        found[[doubt.code for doubt in self.doubts]] = True
        return found

    @property
    def texts(self) -> NDArray[np.str_]:
        """A sentence for each height in doubt, else an empty one, shape (N,)."""
        by_row: dict[int, list[Doubt]] = {}
        for doubt in self.doubts:
            by_row.setdefault(doubt.code, []).append(doubt)
        return np.array([doubt_text(by_row.get(i, ())) or "" for i in range(len(self.heights))])

    def text(self, first: int = 0) -> str | None:
        """What is in doubt in the first such row, None if nothing is; `first` numbers row 0."""
        if not self.doubts:
            return None
        row = self.doubts[0].code
        text = doubt_text(doubt for doubt in self.doubts if doubt.code == row)
        return f"sample {first + row}: {text}"


def exact_labels(samples: Samples, progress: Callable[[int], None] | None = None) -> ExactHeights:
    """The exact m-height of each sample, with what is in doubt; nothing is warned of.

    Args:
        samples: with or without heights; those are not looked at.
        progress: called with the number of samples done since the last call.
    """
    blocks = samples.generators(_CHUNK)
    found = ((index, profile_with_doubts(generators)) for index, generators in blocks)
    return labels_of_blocks(samples.m, found, progress)


def labels_of_blocks(
    m: Int, found: Iterable[tuple[Int, Profiles]], progress: Callable[[int], None] | None = None
) -> ExactHeights:
    """The height that each sample asks for, out of the profiles of their codes.

    Args:
        m: shape (N,), which height; beyond those of a profile it is infinite.
        found: positions of samples and the profiles of their codes, block by block, all of them.
        progress: called with the number of samples of each block.
    """
    out = np.empty(len(m))
    doubts: list[Doubt] = []
    for index, profiles in found:
        known = profiles.heights.shape[1]
        asked = m[index]
        heights = profiles.heights[np.arange(len(index)), np.minimum(asked, known) - 1]
        out[index] = np.where(asked <= known, heights, np.inf)
        for doubt in profiles.doubts:
            row = int(index[doubt.code])
            if m[row] <= known and doubt.concerns(int(m[row])):
                doubts.append(replace(doubt, code=row))
        if progress is not None:
            progress(len(index))
    return ExactHeights(out, tuple(sorted(doubts, key=lambda doubt: doubt.code)))


def exact_heights(samples: Samples, progress: Callable[[int], None] | None = None) -> Float:
    """The exact m-height of each sample, shape (N,); `inf` where it is infinite.

    An `AccuracyWarning` counts what is in doubt; `exact_labels` has it as values.

    Args:
        samples: with or without heights; those are not looked at.
        progress: called with the number of samples done since the last call.
    """
    found = exact_labels(samples, progress)
    warn_of(found.doubts, len(samples))
    return found.heights


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
    for index, generators in samples.generators():
        classes = equivalence_classes(minor_spectrum(generators))
        orbits[index] = classes + offset
        offset += int(classes.max()) + 1
    return orbits
