"""Samples of codes of any length, for exact heights; no group is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mheight.codes import systematic_generators
from mheight.datasets.labelling import ExactHeights, labels_of_blocks
from mheight.datasets.sample_files import sample_rows
from mheight.datasets.samples import checked_sample, positions_by_shape
from mheight.datasets.storage import load_dataset
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.heights import Profiles, profile_with_doubts

__all__ = ["AnySamples", "exact_labels_of_any", "read_any_samples"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_ENTRIES = 2**21  # of matrices that are worked on at a time


@dataclass(frozen=True, eq=False)
class AnySamples:
    """N samples (n, k, m, P) of any length.

    Attributes:
        n: shape (N,), length of the code.
        k: shape (N,), its dimension.
        m: shape (N,), index of the height.
        matrices: P of each, shape (k, n-k).
        heights: shape (N,), as somebody gave them, or None.
        sample_id: shape (N,), a number for each.
        where: the source, for messages.
    """

    n: Int
    k: Int
    m: Int
    matrices: tuple[Float, ...]
    heights: Float | None
    sample_id: Int
    where: str

    def __len__(self) -> int:
        return len(self.n)

    def generators(self) -> Iterator[tuple[Int, Float]]:
        """Positions of samples of one shape, and their [I | P], some at a time."""
        for (n, k), index in positions_by_shape(self.n, self.k):
            step = max(1, _ENTRIES // (k * (n - k)))
            for start in range(0, len(index), step):
                part = index[start : start + step]
                yield part, systematic_generators(np.stack([self.matrices[i] for i in part]))


def read_any_samples(
    path: Path, labels: Path | None = None, *, label: str | None = None
) -> AnySamples:
    """All samples of a file or a data set folder, with the heights that were given.

    Args:
        path: as for `mheight.datasets.sample_blocks`; each sample says its m.
        labels: a file of heights.
        label: the column or key of heights; `none` for none; None to go by its name.

    Raises:
        InvalidDataError: what is there can't be read, or breaks a rule.
    """
    path = Path(path)
    if path.is_dir() and labels is None:
        samples = load_dataset(path).samples
        return AnySamples(
            samples.n,
            samples.k,
            samples.m,
            tuple(samples.matrix(i) for i in range(len(samples))),
            samples.heights,
            samples.sample_id,
            str(path),
        )
    rows, heights, numbers = [], [], []
    for i, (row, height, number) in enumerate(sample_rows(path, labels, label=label)):
        rows.append(checked_sample(row, f"{path}, sample {i}"))
        heights.append(height)
        numbers.append(number)
    given = None if None in heights else np.array(heights, dtype=np.float64)
    n, k, m = np.array([row[:3] for row in rows], dtype=np.int64).T
    matrices = tuple(row[3] for row in rows)
    return AnySamples(n, k, m, matrices, given, np.array(numbers), str(path))


def exact_labels_of_any(
    samples: AnySamples, progress: Callable[[int], None] | None = None
) -> ExactHeights:
    """The exact m-height of each sample, with what is in doubt; nothing is warned of.

    Args:
        samples: with or without heights; those are not looked at.
        progress: called with the number of samples done since the last call.

    Raises:
        InvalidDataError: a code is too long for all its heights at once.
    """
    return labels_of_blocks(samples.m, _profiles(samples), progress)


def _profiles(samples: AnySamples) -> Iterator[tuple[Int, Profiles]]:
    for index, generators in samples.generators():
        try:
            yield index, profile_with_doubts(generators)
        except InvalidCodeError as error:
            raise InvalidDataError(
                f"{samples.where}, sample {index[0]}: {error}; mheight heights -m searches for "
                "one height of a matrix"
            ) from None
