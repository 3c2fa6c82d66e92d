"""The manifest of a bundle as a value: read once, written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mheight.deployment.checked_json import (
    COUNT,
    MAYBE_COUNT,
    MAYBE_NUMBER,
    MAYBE_TRUTH,
    NUMBER,
    TEXT,
    check,
)
from mheight.errors import InvalidDataError
from mheight.metrics import Scores
from mheight.tiers import COURSE_9, LONGEST_GROUP, Groups, Tier

if TYPE_CHECKING:
    from mheight.evaluation.criteria import Criterion

__all__ = [
    "FORMAT",
    "IntervalFacts",
    "Manifest",
    "Measured",
    "NetworkFacts",
    "Parity",
    "TrainingFacts",
]

FORMAT = 1
"""Version of the layout; a bundle of another one is refused."""

_SCORES = {
    "overall": NUMBER,
    "tiers": {tier.value: MAYBE_NUMBER for tier in Tier},
    "groups": Mapping,
    "counts": Mapping,
}
_MEASURED = {
    "data": TEXT, "scores": _SCORES, "coverage": MAYBE_NUMBER, "flagged": MAYBE_COUNT,
}  # fmt: skip
_FIELDS: dict[str, Any] = {
    "name": TEXT,
    "description": TEXT,
    "created": TEXT,
    "mheight": TEXT,
    "features": TEXT,
    "network": {"name": TEXT, "parameters": COUNT, "inputs": Mapping},
    "training": {
        "data": TEXT, "epochs": COUNT, "best_epoch": COUNT, "minutes": NUMBER, "audit": TEXT,
    },
    "criteria": [{"name": TEXT, "passed": MAYBE_TRUTH}],
    "metrics": [Mapping],
    "intervals": {"level": NUMBER, "overall": MAYBE_NUMBER, "rows": COUNT},
    "versions": Mapping,
    "parity": {"rows": COUNT, "batches": [COUNT], "largest_difference": NUMBER},
}  # fmt: skip
"""What readers rely on."""


@dataclass(frozen=True)
class NetworkFacts:
    """The network: its name, how many numbers were trained, the axes of each input."""

    name: str
    parameters: int
    inputs: Mapping[str, Sequence[str | int]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        inputs = {name: list(axes) for name, axes in self.inputs.items()}
        return {"name": self.name, "parameters": self.parameters, "inputs": inputs}


@dataclass(frozen=True)
class TrainingFacts:
    """How the network was trained.

    Attributes:
        data: one line.
        epochs: that were done.
        best_epoch: whose weights these are.
        minutes: that it took.
        audit: how many codes were looked at for leaks.
        config: the settings of the run; None where the bundle doesn't say.
    """

    data: str
    epochs: int
    best_epoch: int
    minutes: float
    audit: str
    config: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "data": self.data,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "minutes": self.minutes,
            "audit": self.audit,
            "config": self.config,
        }


@dataclass(frozen=True)
class Measured:
    """What a model was measured to do on one set of data.

    Attributes:
        data: its name.
        scores: of the predictions.
        coverage: share of exact heights that intervals held; None where that was not measured.
        flagged: codes unlike those of training; None likewise.
        written: all this as it stands in the file, with what later or earlier versions write
            besides: what is shown to programs, and what is written again.
    """

    data: str
    scores: Scores
    coverage: float | None
    flagged: int | None
    written: Mapping[str, Any]

    @classmethod
    def of(cls, data: str, scores: Scores, coverage: float | None, flagged: int | None) -> Measured:
        """From what was measured now."""
        written = {
            "data": data, "scores": scores.as_dict(), "coverage": coverage, "flagged": flagged,
        }  # fmt: skip
        return cls(data, scores, coverage, flagged, written)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], groups: Groups, where: str) -> Measured:
        """From plain values.

        Args:
            values: what a manifest says.
            groups: those of the scores where they don't say so themselves.
            where: the place in the file, for messages.

        Raises:
            ValueError: a score is missing, or of another type.
        """
        check(values, _MEASURED, where)
        scores = values["scores"]
        try:
            if "tier_of" in scores:
                groups = Groups.from_dict(scores["tier_of"])
        except InvalidDataError as error:
            raise ValueError(f"{where}.scores: {error}") from None
        for what, wanted in (("groups", MAYBE_NUMBER), ("counts", COUNT)):
            check(scores[what], dict.fromkeys(groups.names, wanted), f"{where}.scores.{what}")
        read = Scores(
            groups, {name: scores["groups"][name] for name in groups.names}, scores["tiers"],
            scores["overall"], scores.get("balanced"),
            {name: scores["counts"][name] for name in groups.names},
        )  # fmt: skip
        return cls(values["data"], read, values["coverage"], values["flagged"], values)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dict(self.written)


@dataclass(frozen=True)
class IntervalFacts:
    """What the intervals were measured to hold.

    Attributes:
        level: share of exact heights that they are meant to hold.
        overall: the share that they held; None without rows.
        rows: that this was measured on.
    """

    level: float
    overall: float | None
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"level": self.level, "overall": self.overall, "rows": self.rows}


@dataclass(frozen=True)
class Parity:
    """How far the exported network was from the trained one.

    Attributes:
        rows: other codes that both were asked about.
        batches: how many at a time.
        largest_difference: in log2 height.
    """

    rows: int
    batches: tuple[int, ...]
    largest_difference: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rows": self.rows,
            "batches": list(self.batches),
            "largest_difference": self.largest_difference,
        }


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Where a bundle comes from, on what it was measured, versions.

    Attributes:
        name: of the run that trained the network.
        description: one line.
        created: year-month-day.
        mheight: version that exported it.
        features: name of the feature set.
        groups: that the network was trained on; None in bundles from before there were others
            than those of the course.
        longest: it predicts all groups of n up to this besides; None for no others.
        network: the network.
        training: how it was trained.
        criteria: each with what came.
        metrics: on each set of data.
        intervals: of its predictions.
        versions: of what trained it, by package.
        parity: with the trained network; None until that is checked.
    """

    name: str
    description: str
    created: str
    mheight: str
    features: str
    groups: Groups | None
    longest: int | None
    network: NetworkFacts
    training: TrainingFacts
    criteria: tuple[Criterion, ...]
    metrics: tuple[Measured, ...]
    intervals: IntervalFacts
    versions: Mapping[str, str]
    parity: Parity | None

    @property
    def trained(self) -> Groups:
        """The groups that the network was trained on."""
        return COURSE_9 if self.groups is None else self.groups

    @property
    def reached(self) -> Groups:
        """The groups that it predicts: those of training, then all up to some length.

        Raises:
            ValueError: `longest` is no such length.
        """
        trained, longest = self.trained, self.longest
        if longest is None:
            return trained
        if type(longest) is not int or not max(trained.lengths) <= longest <= LONGEST_GROUP:
            raise ValueError(
                f"longest must lie in {max(trained.lengths)}..{LONGEST_GROUP}, got {longest!r:.40}"
            )
        return Groups.together([trained, Groups.up_to(longest)])

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Manifest:
        """From plain values; fields that are not known are left out.

        Raises:
            ValueError: a field that readers of a bundle rely on is missing, or of another type.
        """
        check(values, _FIELDS, "")
        try:
            groups = Groups.from_dict(values["groups"]) if "groups" in values else None
        except InvalidDataError as error:
            raise ValueError(f"groups: {error}") from None
        network, training = values["network"], values["training"]
        held, parity = values["intervals"], values["parity"]
        _check_members(network["inputs"], list, "network.inputs")
        _check_members(values["versions"], str, "versions")
        found = cls(
            **{name: values[name] for name in _PLAIN},
            groups=groups,
            longest=values.get("longest"),
            network=NetworkFacts(network["name"], network["parameters"], network["inputs"]),
            training=TrainingFacts(
                training["data"], training["epochs"], training["best_epoch"],
                training["minutes"], training["audit"], training.get("config"),
            ),
            criteria=tuple(_criterion(one) for one in values["criteria"]),
            metrics=tuple(
                Measured.from_dict(one, COURSE_9 if groups is None else groups, f"metrics[{i}]")
                for i, one in enumerate(values["metrics"])
            ),
            intervals=IntervalFacts(held["level"], held["overall"], held["rows"]),
            versions=values["versions"],
            parity=Parity(
                parity["rows"], tuple(parity["batches"]), parity["largest_difference"]
            ),
        )  # fmt: skip
        _ = found.reached  # says what is wrong with `longest`
        return found

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in _PLAIN},
            **({} if self.groups is None else {"groups": self.groups.as_dict()}),
            **({} if self.longest is None else {"longest": self.longest}),
            "network": self.network.as_dict(),
            "training": self.training.as_dict(),
            "criteria": [one.as_dict() for one in self.criteria],
            "metrics": [one.as_dict() for one in self.metrics],
            "intervals": self.intervals.as_dict(),
            "versions": dict(self.versions),
            **({} if self.parity is None else {"parity": self.parity.as_dict()}),
        }


_PLAIN = ("name", "description", "created", "mheight", "features")


def _criterion(values: Mapping[str, Any]) -> Criterion:
    from mheight.evaluation.criteria import Criterion  # with all of evaluation: only when used

    return Criterion(
        values["name"], values.get("wanted", ""), values.get("value"), values["passed"],
        values.get("remark", ""),
    )  # fmt: skip


def _check_members(values: Mapping[str, Any], kind: type, where: str) -> None:
    for name, value in values.items():
        if len(name) > 200 or not isinstance(value, kind):
            raise ValueError(f"{where}.{name[:40]} is of another type")
