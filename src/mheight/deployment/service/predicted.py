"""Heights as a model predicts them: what is asked, and the answers until they become JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Samples
from mheight.deployment.manifest import Manifest
from mheight.evaluation.predictions import Predictions
from mheight.tiers import Group, Groups

__all__ = ["AskedCode", "AskedHeight", "Model", "PredictedCode", "PredictedHeight", "predicted"]

Float = NDArray[np.float64]


class Model(Protocol):
    """What the service asks of a predictor; `mheight.deployment.Predictor` is one."""

    manifest: Manifest
    card: str

    @property
    def groups(self) -> Groups:
        """Those that it predicts."""
        ...

    @property
    def trained(self) -> Groups:
        """Those that it was trained on."""
        ...

    def predict(self, samples: Samples) -> Predictions:
        """Predicted heights of samples, with intervals and flags."""
        ...


class AskedHeight(NamedTuple):
    """A height to predict: of which group, and P of the code."""

    group: Group
    P: Float


class AskedCode(NamedTuple):
    """A code whose heights are to be predicted.

    Attributes:
        orders: m of each, at least one.
        P: shape (k, n-k).
    """

    orders: Sequence[int]
    P: Float

    @property
    def n(self) -> int:
        """Length."""
        return sum(self.P.shape)

    @property
    def k(self) -> int:
        """Dimension."""
        return len(self.P)

    @property
    def heights(self) -> list[AskedHeight]:
        """Its heights one by one."""
        return [AskedHeight(Group(self.n, self.k, m), self.P) for m in self.orders]


class PredictedHeight(NamedTuple):
    """One predicted height.  There are many of these, and a named tuple is quickly made.

    Attributes:
        m: index of the height.
        log2: of the height; infinite where the height is, as the exact engine says.
        low: lower end of the interval of log2.
        high: upper end.
        flag: in what way the code is unlike those of training; mostly empty.
    """

    m: int
    log2: float
    low: float
    high: float
    flag: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which has no infinity."""
        return {
            "m": self.m,
            "height": _power(self.log2),
            "log2_height": self.log2 if math.isfinite(self.log2) else None,
            "low": _power(self.low),
            "high": _power(self.high),
            "infinite": math.isinf(self.log2),
            "flag": self.flag,
        }


@dataclass(frozen=True)
class PredictedCode:
    """What a request gets for one code.

    Attributes:
        n: length.
        k: dimension.
        heights: that were asked for, by m.
    """

    n: int
    k: int
    heights: tuple[PredictedHeight, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "n": self.n,
            "k": self.k,
            "predictions": [height.as_dict() for height in self.heights],
        }


def predicted(model: Model, asked: Sequence[AskedHeight]) -> list[PredictedHeight]:
    """Predictions of heights of any of the groups that a model knows, in one call."""
    found = model.predict(_samples(asked, model.groups))
    columns = zip(
        asked, found.log2_heights.tolist(), found.low.tolist(), found.high.tolist(),
        found.flags.tolist(), strict=True,
    )  # fmt: skip
    return [
        PredictedHeight(height.group.m, log2, low, high, str(flag))
        for height, log2, low, high, flag in columns
    ]


def _samples(asked: Sequence[AskedHeight], groups: Groups) -> Samples:
    """Samples of mixed groups, which hold every P in a row as long as the largest: padded."""
    parity = np.zeros((len(asked), groups.largest_parity))
    for row, height in zip(parity, asked, strict=True):
        row[: height.P.size] = height.P.ravel()
    n, k, m = np.array([height.group for height in asked], dtype=np.int64).T
    return Samples(n, k, m, parity, None, np.arange(len(asked)), groups)


def _power(log2: float) -> float | None:
    """The height; null where it is infinite or beyond any float."""
    return 2.0**log2 if log2 < 1024 else None
