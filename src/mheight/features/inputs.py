"""Rows as a network reads them, cut into batches of a fixed shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Batch", "GroupedInputs", "Inputs", "RowInputs"]

Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's input.

    Attributes:
        arrays: the network's inputs by name.
        rows: shape (B,); the row that each number of the network's output belongs to.
        real: shape (B,); false for rows that only fill the batch up to its shape.
    """

    arrays: dict[str, NDArray[Any]]
    rows: Int
    real: Bool


class Inputs(Protocol):
    """Rows as a network reads them."""

    def __len__(self) -> int: ...

    def batches(self, order: Int, size: int) -> Iterator[Batch]:
        """Cut rows into batches.

        Args:
            order: shape (M,), rows in the order to take them.
            size: rows a batch, about.

        Yields:
            Batches that together hold each row of `order` once as a real one.
        """

    def take(self, index: Int) -> Inputs:
        """The rows at these positions, shape (M,)."""

    def between(self, first: int, last: int) -> Inputs:
        """The rows from `first` up to `last`, without it: a view."""


class RowInputs(dict[str, NDArray[Any]]):
    """Arrays by name with one entry a row along the first axis."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self.values())))

    def batches(self, order: Int, size: int) -> Iterator[Batch]:
        """See `Inputs.batches`; the last batch is as short as it comes."""
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            arrays = {name: values[rows] for name, values in self.items()}
            yield Batch(arrays, rows, np.ones(len(rows), dtype=np.bool_))

    def take(self, index: Int) -> RowInputs:
        """See `Inputs.take`."""
        return RowInputs({name: values[index] for name, values in self.items()})

    def between(self, first: int, last: int) -> RowInputs:
        """See `Inputs.between`."""
        return RowInputs({name: values[first:last] for name, values in self.items()})


class GroupedInputs:
    """One array for each group (n, k, m), of that group's own shape.

    A network for such inputs returns its outputs group after group.  Every batch holds
    the groups in proportion, so all batches have one shape.
    """

    def __init__(self, blocks: dict[str, NDArray[Any]], group: Int) -> None:
        """Blocks of rows.

        Args:
            blocks: by the name of the group, shape (rows of the group, ...); of every group.
            group: shape (N,), index of each row's group.  The i-th row of a group is
                entry i of its block.
        """
        self._blocks = blocks
        self._group = group
        self._place = np.empty(len(group), dtype=np.int64)
        for index in range(len(blocks)):
            rows = np.flatnonzero(group == index)
            self._place[rows] = np.arange(len(rows))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._group)

    @property
    def names(self) -> list[str]:
        """Names of the groups' inputs, in their order."""
        return list(self._blocks)

    def block(self, name: str) -> NDArray[Any]:
        """The array of one group."""
        return self._blocks[name]

    def take(self, index: Int) -> GroupedInputs:
        """See `Inputs.take`."""
        group, place = self._group[index], self._place[index]
        blocks = {
            name: block[place[group == i]] for i, (name, block) in enumerate(self._blocks.items())
        }
        return GroupedInputs(blocks, group)

    def between(self, first: int, last: int) -> GroupedInputs:
        """See `Inputs.between`."""
        group = self._group[first:last]
        blocks = {}
        for i, (name, block) in enumerate(self._blocks.items()):
            before = int((self._group[:first] == i).sum())
            blocks[name] = block[before : before + int((group == i).sum())]
        return GroupedInputs(blocks, group)

    def group_batches(self, size: int) -> Iterator[tuple[str, Batch]]:
        """All rows, group by group: the input's name, and batches of `size` rows filled up."""
        for index, (name, block) in enumerate(self._blocks.items()):
            rows = np.flatnonzero(self._group == index)
            for start in range(0, len(rows), size):
                part = block[start : start + size]
                filled = np.concatenate([part, np.repeat(part[:1], size - len(part), axis=0)])
                own = rows[start : start + size]
                numbers = np.concatenate([own, np.repeat(own[:1], size - len(own))])
                yield name, Batch({name: filled}, numbers, np.arange(size) < len(own))

    def batches(self, order: Int, size: int) -> Iterator[Batch]:
        """See `Inputs.batches`; all batches have one shape, and are filled up to it."""
        steps = -(-len(order) // size)
        members = [order[self._group[order] == index] for index in range(len(self._blocks))]
        shares = [-(-len(rows) // steps) for rows in members]
        for step in range(steps):
            arrays, rows, real = {}, [], []
            for (name, block), own, share in zip(
                self._blocks.items(), members, shares, strict=True
            ):
                part = own[step * share : (step + 1) * share]
                filler = share - len(part)
                chosen = np.concatenate([part, np.repeat(own[:1], filler)])
                arrays[name] = block[self._place[chosen]]
                rows.append(chosen)
                real.append(np.arange(share) < len(part))
            yield Batch(arrays, np.concatenate(rows), np.concatenate(real))
