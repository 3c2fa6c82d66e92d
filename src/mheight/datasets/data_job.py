"""Drawing a data set in shards: the same samples as `generate`, to the last bit.

A shard is some batches of the random stream of a group.  Whoever computes it passes over the
batches before it, which are drawn but not labelled: that costs a small part of their heights.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets.ensembles import (
    EnsembleName,
    Generated,
    batch_size,
    check_asked,
    drawn_batches,
    generated,
)
from mheight.heights.choosing import predicted_seconds
from mheight.jobs import JobFolder, Task
from mheight.tiers import Group, Groups

__all__ = ["DataJob", "data_shard"]

_SHARD_SECONDS = 8.0
_MOST_BATCHES = 16
_SPARE = 1.1  # codes drawn at first for each one wanted, since some heights are infinite
_STEPS = {"searched": 300.0}  # heights for each code


class DataJob:
    """The shards of one data set.

    Args:
        ensemble: one of `ENSEMBLES`.
        per_group: samples a group.
        seed: a non-negative integer.
        groups: what is drawn.

    Raises:
        InvalidDataError: an argument is out of range.
    """

    def __init__(self, ensemble: EnsembleName, per_group: int, seed: int, groups: Groups) -> None:
        check_asked(ensemble, per_group, seed)
        self.ensemble, self.per_group, self.seed, self.groups = ensemble, per_group, seed, groups
        self._spans = [self._batches(group) for group in groups]

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything that matters, as plain values."""
        return {
            "ensemble": self.ensemble,
            "per_group": self.per_group,
            "seed": self.seed,
            "groups": [list(group) for group in self.groups],
        }

    @property
    def seconds(self) -> float:
        """About how long all of it takes on one core."""
        return self.per_group * sum(map(self._each, self.groups))

    def first_tasks(self, job: JobFolder) -> Iterator[Task]:
        """What will do, unless many heights are infinite."""
        number = 0
        for place, span in enumerate(self._spans):
            codes = span * batch_size(self.ensemble)
            for part in range(max(1, ceil(self.per_group * _SPARE / codes))):
                yield self._task(job, number, place, part)
                number += 1

    def more_tasks(self, job: JobFolder) -> list[Task]:
        """What is still to be done after all these; empty where nothing is."""
        found = job.found()
        have, parts, number = Counter[int](), Counter[int](), 0
        tasks = list(self.first_tasks(job))
        while True:
            for task in tasks:
                place = task.arguments[2]
                have[place] += len(_Piece.read(found[task.shard.number]).heights)
                parts[place] += 1
                number = task.shard.number + 1
            short = [place for place in range(len(self.groups)) if have[place] < self.per_group]
            tasks = [
                self._task(job, number + i, place, parts[place]) for i, place in enumerate(short)
            ]
            if not all(task.shard.number in found for task in tasks):
                return tasks
            if not tasks:
                job.complete(number)
                return []

    def gathered(self, job: JobFolder) -> Generated:
        """The data set of a finished job."""
        by_place: dict[int, list[_Piece]] = {}
        for path in job.require_complete():
            piece = _Piece.read(path)
            by_place.setdefault(piece.place, []).append(piece)
        drawn = []
        for place in range(len(self.groups)):
            pieces = sorted(by_place[place], key=lambda one: one.first)
            parity = np.concatenate([one.parity for one in pieces])[: self.per_group]
            heights = np.concatenate([one.heights for one in pieces])[: self.per_group]
            at = np.concatenate([one.at + one.first for one in pieces])
            drawn.append((parity.astype(np.float64), heights, int(at[self.per_group - 1]) + 1))
        return generated(self.ensemble, self.per_group, self.seed, self.groups, drawn)

    def _each(self, group: Group) -> float:
        """Seconds a code, about; the same on every machine."""
        return _STEPS.get(self.ensemble, 1.0) * predicted_seconds(group.n, group.k, 1, "lattice")

    def _batches(self, group: Group) -> int:
        """Batches of a shard."""
        size = batch_size(self.ensemble)
        wanted = ceil(self.per_group * _SPARE / size)
        return max(1, int(min(wanted, _MOST_BATCHES, _SHARD_SECONDS / (size * self._each(group)))))

    def _task(self, job: JobFolder, number: int, place: int, part: int) -> Task:
        group, span = self.groups[place], self._spans[place]
        shard = job.shard(number, {"place": place, "first": part * span, "batches": span})
        codes = span * batch_size(self.ensemble)
        return Task(
            shard, data_shard,
            (self.ensemble, group, place, self.seed, part * span, span),
            f"group {self.groups.names[place]}, codes from {part * codes}", codes,
            codes * self._each(group),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Piece:
    """What a shard holds: codes of finite height of some batches of one group.

    Attributes:
        parity: shape (N, k, n-k); integers of a byte where that is exact.
        heights: shape (N,).
        at: shape (N,), where they stand among the codes of the batches.
        place: of the group.
        first: number of the first code of the batches.
    """

    parity: NDArray[Any]
    heights: NDArray[np.float64]
    at: NDArray[np.int64]
    place: int
    first: int

    @classmethod
    def read(cls, path: Path) -> _Piece:
        """The piece that a shard holds."""
        with np.load(path, allow_pickle=False) as held:
            return cls(
                held["parity"], held["heights"], held["at"], int(held["place"]), int(held["first"])
            )

    def to_bytes(self) -> bytes:
        """As a NumPy archive."""
        sink = io.BytesIO()
        np.savez(
            sink, parity=self.parity, heights=self.heights, at=self.at,
            place=np.array(self.place), first=np.array(self.first),
        )  # fmt: skip
        return sink.getvalue()


def data_shard(
    ensemble: EnsembleName, group: Group, place: int, seed: int, first: int, count: int
) -> bytes:
    """A shard: the codes of finite height of some batches, and where they stand there."""
    parity, heights = drawn_batches(ensemble, group, place, seed, first, count)
    at = np.flatnonzero(np.isfinite(heights))
    kept = parity[at]
    small = kept.astype(np.int8)
    exact = small if (small == kept).all() else kept
    return _Piece(exact, heights[at], at, place, first * batch_size(ensemble)).to_bytes()
