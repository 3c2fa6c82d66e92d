"""What the codes were like that a network learnt from, and which others are not like them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Samples, TrainingView, require_training
from mheight.errors import InvalidDataError
from mheight.features.log_minors import STATISTICS, CodeMinors
from mheight.tiers import Groups

__all__ = ["FOREIGN", "Domain", "code_statistics"]

Float = NDArray[np.float64]

FOREIGN = "group not trained on"
"""Flag of a code of another group."""

_NAMES = (*STATISTICS, "height")
_CHUNK = 16384
_LARGEST = 1e9


def code_statistics(samples: Samples) -> Float:
    """What domains go by: what the minors of each code are like, shape (N, 3) (`CodeMinors`)."""
    out = np.empty((len(samples), len(STATISTICS)))
    for index, parity in samples.blocks(_CHUNK):
        out[index] = CodeMinors(parity).statistics
    return out


@dataclass(frozen=True, eq=False)
class Domain:
    """Ranges, over the codes that a network learnt from, of what describes a code.

    Attributes:
        groups: those that codes may be of.
        low: shape (groups, 4), for each group the least value of each of: log2 of the smallest
            minor that is not zero over the largest; zero minors; mean log2 of the others;
            log2 of the height.
        high: the largest values.
    """

    groups: Groups
    low: Float
    high: Float

    @classmethod
    def fit(cls, view: TrainingView) -> Domain:
        """Ranges over training originals; a group that is missing has an empty range."""
        samples = require_training(view, "fitting the domain").samples
        values = np.column_stack([code_statistics(samples), samples.log2_heights])
        low, high = _empty(samples.groups)
        for i in range(len(samples.groups)):
            rows = values[samples.group == i]
            if len(rows):
                low[i], high[i] = rows.min(axis=0), rows.max(axis=0)
        return cls(samples.groups, low, high)

    def outside(
        self, samples: Samples, log2_predicted: Float, statistics: Float | None = None
    ) -> NDArray[np.str_]:
        """Why each sample lies outside, as words separated by commas; empty if it doesn't.

        Args:
            samples: N samples.
            log2_predicted: shape (N,), their predicted log2 heights.
            statistics: of `code_statistics`, where they are known already.
        """
        if statistics is None:
            statistics = code_statistics(samples)
        values = np.column_stack([statistics, log2_predicted])
        group = self.groups.positions(samples.n, samples.k, samples.m)
        # What is no number is inside of nothing.
        inside = (values >= self.low[group] - 1e-9) & (values <= self.high[group] + 1e-9)
        beyond = ~inside
        reasons = np.full(len(samples), "", dtype="U80")
        reasons[group < 0] = FOREIGN
        beyond[group < 0] = False
        for row in np.flatnonzero(beyond.any(axis=1)):
            reasons[row] = ", ".join(
                name for name, out in zip(_NAMES, beyond[row], strict=True) if out
            )
        return reasons

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: by group and by what is measured, [least, largest]."""
        return {
            name: {
                what: [float(self.low[i, j]), float(self.high[i, j])]
                for j, what in enumerate(_NAMES)
            }
            for i, name in enumerate(self.groups.names)
            if np.isfinite(self.low[i]).all()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], groups: Groups) -> Domain:
        """The inverse of `as_dict`, for these groups.

        Raises:
            InvalidDataError: something else.
        """
        if not set(values) <= set(groups.names):
            raise InvalidDataError("ranges by the names of groups are needed")
        low, high = _empty(groups)
        for i, name in enumerate(groups.names):
            if name not in values:
                continue
            ranges = values[name]
            if not isinstance(ranges, dict) or set(ranges) != set(_NAMES):
                raise InvalidDataError(f"{name}: a range of each of {', '.join(_NAMES)} is needed")
            low[i], high[i] = np.array([_range(ranges[what], name, what) for what in _NAMES]).T
        return cls(groups, low, high)


def _empty(groups: Groups) -> tuple[Float, Float]:
    return np.full((len(groups), 4), np.inf), np.full((len(groups), 4), -np.inf)


def _range(value: Any, group: str, what: str) -> tuple[float, float]:
    """Least and largest of what is measured."""
    if (
        not isinstance(value, list)
        or len(value) != 2
        or any(type(x) not in (int, float) or not abs(x) <= _LARGEST for x in value)
        or not value[0] <= value[1]
    ):
        raise InvalidDataError(f"{group}: {what} must be [least, largest], got {value!r:.60}")
    return float(value[0]), float(value[1])
