"""`Samples`: rows (n, k, m, P) of length-9 codes, with or without their heights."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes import real_array
from mheight.errors import InvalidDataError
from mheight.tiers import CODE_LENGTH, GROUPS, group_index

__all__ = ["PADDED_ENTRIES", "Samples", "checked_sample"]

PADDED_ENTRIES = 20
"""Entries of P, row by row, padded with zeros: k (9 - k) is 20, 20 and 18."""

_LARGEST_SIZE = 10**6  # of n, k and m; also keeps messages short

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Samples:
    """N samples of the nine groups, stored column by column.

    Attributes:
        k: shape (N,), dimension of the code.
        m: shape (N,), index of the height.
        parity: shape (N, 20), P row by row, zero-padded.
        heights: shape (N,), the m-heights, or None for unlabelled samples.
        sample_id: shape (N,), a number for each sample, unique within its data set.
    """

    k: Int
    m: Int
    parity: Float
    heights: Float | None
    sample_id: Int

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Any],
        heights: Sequence[float] | None = None,
        *,
        where: str = "samples",
        first: int = 0,
        names: Sequence[str] | None = None,
    ) -> Samples:
        """Build from rows `[n, k, m, P]`, checking each.

        Args:
            rows: one `[n, k, m, P]` a sample, P of shape (k, n-k).
            heights: one height a sample, each at least 1 (infinite allowed), or None.
            where: name of the source, used in messages.
            first: number of the first sample in its source.
            names: what messages call each sample; None for its number.

        Raises:
            InvalidDataError: a row breaks a rule; the text names it.
        """
        if not len(rows):
            raise InvalidDataError(f"{where}: at least one sample is needed, got none")
        if heights is not None and len(heights) != len(rows):
            raise InvalidDataError(
                f"{where}: one height a sample is needed, got {len(rows)} samples "
                f"and {len(heights)} heights"
            )
        k = np.empty(len(rows), dtype=np.int64)
        m = np.empty(len(rows), dtype=np.int64)
        parity = np.zeros((len(rows), PADDED_ENTRIES))
        for i, row in enumerate(rows):
            name = f"{where}, sample {first + i}" if names is None else names[i]
            _, k[i], m[i], matrix = checked_sample(row, name, of_a_group=True)
            parity[i, : matrix.size] = matrix.ravel()
        samples = cls(k, m, parity, None, np.arange(first, first + len(rows), dtype=np.int64))
        if heights is None:
            return samples
        values = real_array(heights)
        if values is None:
            raise InvalidDataError(f"{where}: heights must be numbers")
        return samples.with_heights(values, where=where)

    def __len__(self) -> int:
        return len(self.k)

    @property
    def n(self) -> Int:
        """Shape (N,), the length of each code: 9."""
        return np.full(len(self.k), CODE_LENGTH)

    @property
    def group(self) -> Int:
        """Shape (N,), position of each sample's group in `GROUPS`."""
        lookup = np.full((CODE_LENGTH, CODE_LENGTH), -1, dtype=np.int64)
        for index, (k, m) in enumerate(GROUPS):
            lookup[k, m] = index
        return lookup[self.k, self.m]

    @property
    def log2_heights(self) -> Float:
        """Shape (N,), log2 of the heights: what a network learns."""
        return np.asarray(np.log2(self.labels))

    @property
    def labels(self) -> Float:
        """The heights, shape (N,).

        Raises:
            InvalidDataError: the samples have none.
        """
        if self.heights is None:
            raise InvalidDataError("these samples carry no heights; label them first")
        return self.heights

    def with_heights(self, heights: Float, *, where: str = "samples") -> Samples:
        """The same samples with these heights, each checked to be at least 1."""
        if heights.shape != self.k.shape:
            raise InvalidDataError(
                f"{where}: heights must have shape {self.k.shape}, got {heights.shape}"
            )
        bad = ~(heights >= 1.0)  # also true for NaN
        if bad.any():
            i = int(np.flatnonzero(bad)[0])
            raise InvalidDataError(
                f"{where}: a height is at least 1, got {heights[i]} at sample {i} "
                f"({int(bad.sum())} such)"
            )
        return replace(self, heights=heights)

    def with_claims(self, heights: Float) -> Samples:
        """The same samples with heights that somebody gave, right or wrong, shape (N,)."""
        if heights.shape != self.k.shape:
            raise InvalidDataError(f"heights must have shape {self.k.shape}, got {heights.shape}")
        return replace(self, heights=heights.astype(np.float64))

    def take(self, index: Int | Bool) -> Samples:
        """The samples at these positions, or where a mask is true."""
        heights = None if self.heights is None else self.heights[index]
        return Samples(
            self.k[index], self.m[index], self.parity[index], heights, self.sample_id[index]
        )

    def by_dimension(self) -> Iterator[tuple[int, Int, Float]]:
        """For each k present: k, the positions of its samples, their P, shape (N_k, k, 9-k)."""
        for k in np.unique(self.k):
            index = np.flatnonzero(self.k == k)
            redundancy = CODE_LENGTH - int(k)
            matrices = self.parity[index, : int(k) * redundancy].reshape(-1, int(k), redundancy)
            yield int(k), index, matrices

    def matrix(self, i: int) -> Float:
        """P of sample i, shape (k, 9-k)."""
        k = int(self.k[i])
        return self.parity[i, : k * (CODE_LENGTH - k)].reshape(k, CODE_LENGTH - k)

    def counts(self) -> dict[str, int]:
        """Samples in each group, by the group's name, in the order of `GROUPS`."""
        count = np.bincount(self.group, minlength=len(GROUPS))
        return {str(group): int(c) for group, c in zip(GROUPS, count, strict=True)}

    @staticmethod
    def concatenate(parts: Sequence[Samples], *, renumber: bool = False) -> Samples:
        """All samples of all parts, in order; `renumber` gives new sample numbers 0, 1, ..."""
        labelled = all(part.heights is not None for part in parts)
        ids = np.concatenate([part.sample_id for part in parts])
        return Samples(
            np.concatenate([part.k for part in parts]),
            np.concatenate([part.m for part in parts]),
            np.concatenate([part.parity for part in parts]),
            np.concatenate([part.labels for part in parts]) if labelled else None,
            np.arange(len(ids), dtype=np.int64) if renumber else ids,
        )


def checked_sample(
    row: Any, where: str, *, of_a_group: bool = False
) -> tuple[int, int, int, Float]:
    """n, k, m and P, shape (k, n-k), of a row `[n, k, m, P]`, whatever its length.

    Args:
        row: the sample.
        where: its place, for messages.
        of_a_group: whether only the nine groups of n = 9 are allowed.

    Raises:
        InvalidDataError: the row breaks a rule.
    """
    if not isinstance(row, list | tuple) or len(row) != 4:
        raise InvalidDataError(f"{where}: a sample is a list [n, k, m, P], got {_short(row)}")
    n, k, m = (_as_int(value, name, where) for value, name in zip(row[:3], "nkm", strict=True))
    if not 1 <= k < n:
        raise InvalidDataError(f"{where}: k must lie in 1..n-1, got n = {n}, k = {k}")
    if not 1 <= m < n:
        raise InvalidDataError(f"{where}: m must lie in 1..n-1 = 1..{n - 1}, got {m}")
    if of_a_group and m > n - k:
        raise InvalidDataError(
            f"{where}: every height with m > n-k = {n - k} is infinite, got m = {m}"
        )
    if of_a_group and (n != CODE_LENGTH or group_index(k, m) is None):
        known = " ".join(str(group) for group in GROUPS)
        raise InvalidDataError(
            f"{where}: n = {n}, (k,m) = ({k},{m}) is not one of the groups of n = 9: {known}; "
            "mheight heights computes the height of any sample"
        )
    matrix = real_array(row[3])
    if matrix is None:
        raise InvalidDataError(f"{where}: P must be an array of numbers")
    if matrix.shape != (k, n - k):
        raise InvalidDataError(
            f"{where}: P must have shape (k, n-k) = ({k}, {n - k}), got {matrix.shape}"
        )
    if not np.isfinite(matrix).all():
        raise InvalidDataError(f"{where}: P must be finite, got NaN or infinity")
    return n, k, m, matrix


def _as_int(value: Any, name: str, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InvalidDataError(f"{where}: {name} must be an integer, got {_short(value)}")
    number: Any = value
    if not (abs(number) < _LARGEST_SIZE and float(number).is_integer()):
        raise InvalidDataError(f"{where}: {name} must be an integer, got {_short(value)}")
    return int(value)


def _short(value: Any) -> str:
    if isinstance(value, int) and int(value).bit_length() > 128:
        return "an integer of many digits"
    text = reprlib.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
