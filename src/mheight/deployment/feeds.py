"""What a network is called with: checked sizes, and the inputs of each call."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Samples
from mheight.deployment.bundle import OUTPUT
from mheight.deployment.onnx_reading import Network, read_network
from mheight.deployment.onnx_shapes import Work, check_network, work_of
from mheight.features import FittedFeatures, GroupedInputs, Inputs
from mheight.features.grouped import FittedGroups
from mheight.features.incidences import incidences
from mheight.features.log_minors import CodeMinors
from mheight.tiers import Group, Groups

__all__ = ["ANY_LENGTH", "Feed", "Feeds", "feeds_of"]

Feed = tuple[dict[str, Any], NDArray[np.int64]]
"""Inputs of one call, and the row that each of its outputs belongs to, or -1."""

ANY_LENGTH = {
    "minors": ("rows", "subsets"), "members": ("places", "circuits"), "inside": ("pairs", "width"),
}  # fmt: skip
"""Inputs of a network for codes of any length, and what their axes are."""

_GROUP_ROWS = 64  # rows of each group in a call: what they need fits into a cache
_ONE_GROUP_ROWS = 64
_CACHED = 2**21  # numbers of a call for one group, where a row doesn't need more
_VECTOR_ROWS = 1024
_ROWS = 16384
_ENTRIES = 2**20  # minors that lie ready at a time


class Feeds(Protocol):
    """How a network is called."""

    groups: Groups
    """Those that it predicts."""

    measures: bool
    """Whether `some` measures the minors on its way."""

    def some(
        self, samples: Samples, statistics: NDArray[np.float64] | None = None
    ) -> Iterator[list[Feed]]:
        """Calls for all samples, which are of `groups`, as many at a time as memory allows.

        Args:
            samples: N samples.
            statistics: shape (N, 3), filled with what `code_statistics` says of each code if the
                network reads what that takes (`measures`).
        """


def feeds_of(content: bytes, features: FittedFeatures, reach: Groups) -> Feeds:
    """How to call a network, after a look at what it will do.

    Args:
        content: an ONNX file.
        features: what it reads.
        reach: the groups that it is for.

    Raises:
        ValueError: it isn't one of our networks, or does too much for a single row.
    """
    network = read_network(content)
    any_length = {port.name for port in network.inputs} == set(ANY_LENGTH)
    if any_length and isinstance(features, FittedGroups) and features.features.name == "minors":
        return _AnyLength(network, features, reach)
    if reach != features.groups:
        raise ValueError("a network with an input for each group is for these groups alone")
    return _Fixed(network, features)


class _Fixed:
    """A network that reads one array, or one for each group it was trained on."""

    def __init__(self, network: Network, features: FittedFeatures) -> None:
        check_network(network, features.shapes, OUTPUT)
        self.measures = features.measures
        self.groups = features.groups
        self._features = features
        self._rows = self._allowed(network, features)

    @staticmethod
    def _allowed(network: Network, features: FittedFeatures) -> int:
        """How many rows, of each group if there are groups, it may be given at once."""
        grouped = isinstance(features, FittedGroups)
        rows = _GROUP_ROWS if grouped else _VECTOR_ROWS
        answers = len(features.groups) if grouped else 1
        while True:
            shapes = {name: (rows, *shape) for name, shape in features.shapes.items()}
            work = work_of(network, shapes)
            if work.answer != (rows * answers, 1):
                raise ValueError(f"{rows} rows give an answer of shape {work.answer}")
            if work.allowed:
                return rows
            if rows == 1:
                raise ValueError(
                    f"one row takes {work.numbers:,} numbers and {work.products:,} products"
                )
            rows //= 2

    def some(
        self, samples: Samples, statistics: NDArray[np.float64] | None = None
    ) -> Iterator[list[Feed]]:
        """See `Feeds`."""
        group_of_row = samples.group
        for start in range(0, len(samples), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(samples)))
            measured = None if statistics is None else statistics[rows[0] : rows[-1] + 1]
            inputs = self._features.encode(samples.take(rows), measured)
            yield [
                (arrays, np.where(places >= 0, rows[places], -1))
                for arrays, places in self._calls(inputs, group_of_row[rows])
            ]

    def _calls(self, inputs: Inputs, group: NDArray[np.int64]) -> Iterator[Feed]:
        if not isinstance(inputs, GroupedInputs):
            for batch in inputs.batches(np.arange(len(inputs)), self._rows):
                yield batch.arrays, batch.rows
            return
        names = inputs.names
        members = [np.flatnonzero(group == i) for i in range(len(names))]
        longest = max(map(len, members))
        for start in range(0, longest, self._rows):
            feed, places = {}, []
            for name, those in zip(names, members, strict=True):
                block = inputs.block(name)
                own = those[start : start + self._rows]
                if len(own):
                    values = block[start : start + self._rows]
                else:
                    # The network wants every group: one row that nobody reads.
                    values, own = np.zeros((1, *block.shape[1:])), np.array([-1])
                feed[name] = np.ascontiguousarray(values, dtype=np.float32)
                places.append(own)
            yield feed, np.concatenate(places)


class _AnyLength:
    """A network that reads the minors of codes of one group, and what belongs together."""

    measures = True

    def __init__(self, network: Network, features: FittedGroups, groups: Groups) -> None:
        check_network(network, dict.fromkeys(ANY_LENGTH, (None,)), OUTPUT)
        self.groups = groups
        self._network = network
        self._allowed: dict[Group, int] = {}
        self._rows(features.groups[0])  # the others before their first call

    def _rows(self, group: Group) -> int:
        """How many rows of a group it may be given at once."""
        if group in self._allowed:
            return self._allowed[group]
        rows = _ONE_GROUP_ROWS
        while True:
            work = self._work(group, rows)
            if work.allowed and (rows == 1 or work.numbers <= _CACHED):
                break
            if rows == 1:
                raise ValueError(
                    f"one row of {group} takes {work.numbers:,} numbers and {work.products:,} "
                    "products"
                )
            rows //= 2
        # Shapes may go by the rows, so fewer of them could make more.
        for fewer in range(1, rows):
            if not self._work(group, fewer).allowed:
                raise ValueError(f"{fewer} rows of {group} take more than {rows}")
        self._allowed[group] = rows
        return rows

    def _work(self, group: Group, rows: int) -> Work:
        n, k, m = group
        slots = (k + 1) * comb(n, k + 1)
        members = (k + 1, comb(n, k + 1))
        inside = (comb(n, m - 1) * (n - m + 1), comb(n - m, k))
        work = work_of(
            self._network,
            {"minors": (rows, comb(n, k)), "members": members, "inside": inside},
            {"members": (0, comb(n, k) - 1), "inside": (0, slots - 1)},
            by_rows=True,
        )
        if work.answer != (rows, 1):
            raise ValueError(f"{rows} rows give an answer of shape {work.answer}")
        return work

    def some(
        self, samples: Samples, statistics: NDArray[np.float64] | None = None
    ) -> Iterator[list[Feed]]:
        """See `Feeds`."""
        group_of_row = samples.group
        for index in np.unique(group_of_row).tolist():
            group = self.groups[index]
            size = self._rows(group)
            members, inside = incidences(*group)
            rows = np.flatnonzero(group_of_row == index)
            step = max(size, min(_ROWS, _ENTRIES // comb(group.n, group.k)) // size * size)
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                codes = CodeMinors(samples.of_shape(group.n, group.k, part))
                if statistics is not None:
                    statistics[part] = codes.statistics
                block = codes.logs
                yield [
                    (
                        {"minors": block[at : at + size], "members": members, "inside": inside},
                        part[at : at + size],
                    )
                    for at in range(0, len(part), size)
                ]
