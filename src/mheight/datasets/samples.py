"""`Samples`: rows (n, k, m, P) of codes of some groups, with or without their heights."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes import real_array, systematic_generators
from mheight.errors import InvalidDataError
from mheight.tiers import LONGEST_GROUP, Groups

__all__ = ["Samples", "checked_sample", "positions_by_shape"]

_LARGEST_SIZE = 10**6  # of n, k and m; also keeps messages short

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Samples:
    """N samples of some groups, stored column by column.

    Attributes:
        n: shape (N,), length of the code.
        k: shape (N,), its dimension.
        m: shape (N,), index of the height.
        parity: shape (N, groups.largest_parity), P row by row, zero-padded.
        heights: shape (N,), the m-heights, or None for unlabelled samples.
        sample_id: shape (N,), a number for each sample, unique within its data set.
        groups: those that the samples may be of; each sample is of one of them.
    """

    n: Int
    k: Int
    m: Int
    parity: Float
    heights: Float | None
    sample_id: Int
    groups: Groups

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Any],
        heights: Sequence[float] | None = None,
        *,
        groups: Groups | None = None,
        where: str = "samples",
        first: int = 0,
        names: Sequence[str] | None = None,
    ) -> Samples:
        """Build from rows `[n, k, m, P]`, checking each.

        Args:
            rows: one `[n, k, m, P]` a sample, P of shape (k, n-k).
            heights: one height a sample, each at least 1 (infinite allowed), or None.
            groups: those that are allowed; None for `Groups.around` of what comes.
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
        sizes = np.empty((3, len(rows)), dtype=np.int64)
        matrices = []
        for i, row in enumerate(rows):
            name = f"{where}, sample {first + i}" if names is None else names[i]
            *sizes[:, i], matrix = checked_sample(row, name, groups, of_a_group=True)
            matrices.append(matrix)
        groups = Groups.around(*sizes) if groups is None else groups
        parity = np.zeros((len(rows), groups.largest_parity))
        for i, matrix in enumerate(matrices):
            parity[i, : matrix.size] = matrix.ravel()
        numbers = np.arange(first, first + len(rows), dtype=np.int64)
        samples = cls(sizes[0], sizes[1], sizes[2], parity, None, numbers, groups)
        if heights is None:
            return samples
        values = real_array(heights)
        if values is None:
            raise InvalidDataError(f"{where}: heights must be numbers")
        return samples.with_heights(values, where=where)

    @classmethod
    def of_code(
        cls, groups: Groups, n: int, k: int, m: Int, parity: Float, sample_id: Int
    ) -> Samples:
        """Unlabelled samples of codes of one shape.

        Args:
            groups: those that the samples are of.
            n: length of the codes.
            k: their dimension.
            m: shape (N,).
            parity: shape (N, k, n-k).
            sample_id: shape (N,).
        """
        padded = np.zeros((len(m), groups.largest_parity))
        padded[:, : k * (n - k)] = parity.reshape(len(m), k * (n - k))
        filled = np.ones(len(m), dtype=np.int64)
        return cls(n * filled, k * filled, m, padded, None, sample_id, groups)

    def __len__(self) -> int:
        return len(self.k)

    @property
    def group(self) -> Int:
        """Shape (N,), position of each sample's group in `groups`."""
        return self.groups.positions(self.n, self.k, self.m)

    def within(self, groups: Groups, *, where: str = "samples") -> Samples:
        """The same samples as samples of other groups.

        Raises:
            InvalidDataError: a sample is of none of these.
        """
        if groups == self.groups:
            return self
        outside = np.flatnonzero(groups.positions(self.n, self.k, self.m) < 0)
        if len(outside):
            i = int(outside[0])
            sizes = int(self.n[i]), int(self.k[i]), int(self.m[i])
            raise InvalidDataError(f"{where}, sample {i}: {groups.refusal(*sizes)}")
        width = min(groups.largest_parity, self.groups.largest_parity)
        parity = np.zeros((len(self), groups.largest_parity))
        parity[:, :width] = self.parity[:, :width]
        return replace(self, parity=parity, groups=groups)

    def only(self, groups: Groups) -> Samples:
        """The samples that are of these groups, as samples of them; perhaps none."""
        if groups == self.groups:
            return self
        return self.take(groups.positions(self.n, self.k, self.m) >= 0).within(groups)

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
        return Samples(
            self.n[index],
            self.k[index],
            self.m[index],
            self.parity[index],
            None if self.heights is None else self.heights[index],
            self.sample_id[index],
            self.groups,
        )

    def by_shape(self) -> Iterator[tuple[tuple[int, int], Int, Float]]:
        """For each (n, k) present: that, positions of its samples, their P, shape (.., k, n-k)."""
        for (n, k), index in positions_by_shape(self.n, self.k):
            yield (n, k), index, self.of_shape(n, k, index)

    def of_shape(self, n: int, k: int, index: Int) -> Float:
        """P of samples of codes [n, k] at these positions, shape (.., k, n-k)."""
        return self.parity[index, : k * (n - k)].reshape(-1, k, n - k)

    def blocks(self, at_most: int | None = None) -> Iterator[tuple[Int, Float]]:
        """P of all samples, those of one (n, k) at a time.

        Args:
            at_most: samples at a time; None for all of that shape.

        Yields:
            Their positions, and matrices of shape (.., k, n-k).
        """
        for _, index, parity in self.by_shape():
            step = at_most or len(index)
            for start in range(0, len(index), step):
                rows = slice(start, start + step)
                yield index[rows], parity[rows]

    def generators(self, at_most: int | None = None) -> Iterator[tuple[Int, Float]]:
        """[I | P] of all samples, shape (.., k, n); otherwise as `blocks`."""
        for index, parity in self.blocks(at_most):
            yield index, systematic_generators(parity)

    def matrix(self, i: int) -> Float:
        """P of sample i, shape (k, n-k)."""
        k, redundancy = int(self.k[i]), int(self.n[i] - self.k[i])
        return self.parity[i, : k * redundancy].reshape(k, redundancy)

    def counts(self) -> dict[str, int]:
        """Samples in each group, by the group's name, in the order of `groups`."""
        count = np.bincount(self.group, minlength=len(self.groups))
        return {name: int(c) for name, c in zip(self.groups.names, count, strict=True)}

    @staticmethod
    def concatenate(parts: Sequence[Samples], *, renumber: bool = False) -> Samples:
        """All samples of all parts, in order; `renumber` gives new sample numbers 0, 1, ...

        Parts of other groups than the first part's come out as samples of the groups of all.
        """
        groups = parts[0].groups
        if any(part.groups != groups for part in parts):
            groups = Groups.together(part.groups for part in parts)
            parts = [part.within(groups) for part in parts]
        labelled = all(part.heights is not None for part in parts)
        ids = np.concatenate([part.sample_id for part in parts])
        return Samples(
            np.concatenate([part.n for part in parts]),
            np.concatenate([part.k for part in parts]),
            np.concatenate([part.m for part in parts]),
            np.concatenate([part.parity for part in parts]),
            np.concatenate([part.labels for part in parts]) if labelled else None,
            np.arange(len(ids), dtype=np.int64) if renumber else ids,
            groups,
        )


def positions_by_shape(n: Int, k: Int) -> Iterator[tuple[tuple[int, int], Int]]:
    """For each (n, k) that is present, in increasing order: that, and where it stands.

    Args:
        n: shape (N,), lengths of codes.
        k: shape (N,), their dimensions.

    Examples:
        >>> for shape, index in positions_by_shape(np.array([9, 6, 9]), np.array([4, 3, 4])):
        ...     print(shape, index)
        (6, 3) [1]
        (9, 4) [0 2]
    """
    # One number for both: sorting numbers is a tenth of the work of sorting rows.
    shapes = n * _LARGEST_SIZE + k
    for shape in np.unique(shapes).tolist():
        yield divmod(shape, _LARGEST_SIZE), np.flatnonzero(shapes == shape)


def checked_sample(
    row: Any, where: str, groups: Groups | None = None, *, of_a_group: bool = False
) -> tuple[int, int, int, Float]:
    """n, k, m and P, shape (k, n-k), of a row `[n, k, m, P]`.

    Args:
        row: the sample.
        where: its place, for messages.
        groups: those that are allowed; None for all.
        of_a_group: whether it must be of a group: m at most n-k, and n not too large.

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
    if groups is not None and groups.index(n, k, m) is None:
        raise InvalidDataError(f"{where}: {groups.refusal(n, k, m)}")
    if of_a_group and n > LONGEST_GROUP:
        raise InvalidDataError(
            f"{where}: groups go up to n = {LONGEST_GROUP}, got n = {n}; mheight heights -m "
            "searches for one height of any code, mheight bounds says what none can beat"
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
