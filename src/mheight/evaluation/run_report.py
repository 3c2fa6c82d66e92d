"""The report of a run as a value: what was measured, on what, by what."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, TypeAdapter, ValidationError

from mheight.datasets import AuditReport
from mheight.errors import InvalidDataError
from mheight.evaluation.calibration import Coverage
from mheight.evaluation.criteria import Criterion
from mheight.metrics import Scores
from mheight.tiers import Groups

__all__ = ["LEAKED", "DataUsed", "Network", "RunReport", "Seeds", "Training"]

LEAKED = "leaked validation"
"""Name of the scores on rows that copies of training codes reached."""


def _scores(values: Any) -> Scores:
    try:
        return Scores.from_dict(values)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidDataError(f"scores are needed, as they are written down ({error})") from None


StoredScores = Annotated[Scores, PlainValidator(_scores)]
StoredGroups = Annotated[Groups, PlainValidator(Groups.from_dict)]


@dataclass(frozen=True)
class DataUsed:
    """The data of a run.

    Attributes:
        summary: one line.
        provenance: how it came to be, as the data set says.
        validation_rows: of all clean validation sets.
        validation_sha256: of the content of each.
    """

    summary: str
    provenance: dict[str, Any]
    validation_rows: int
    validation_sha256: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """Name of the network, and how many numbers are trained."""

    name: str
    parameters: int


@dataclass(frozen=True)
class Training:
    """How training went: epochs done, the best of them, why it ended, how long it took."""

    epochs: int
    best_epoch: int
    stopped_because: str
    minutes: float


@dataclass(frozen=True)
class Seeds:
    """Of the run (split, copies, network) and of the codes drawn."""

    run: int
    data: int


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What there is to say of a run; `report.json` is this, written down.

    Attributes:
        name: of the run.
        description: one line.
        finished: whether training ended; if not, all figures are provisional.
        valid: whether the protocol keeps validation codes out of training.
        invalid_reason: why not.
        succeeded: valid, and no criterion failed.
        scores: by name: the clean validation sets, "training originals" and, of an invalid
            run, `LEAKED`.
        validation_sets: names of the clean ones among the scores.
        groups: those that validation has; None in a report from before groups were data.
        gap: overall on validation minus overall on training originals.
        criteria: each with what came.
        audit: of the data.
        data: what it was trained and validated on.
        features: name of the feature set.
        model: the network.
        training: how it went.
        config: the settings, as a run file has them.
        seeds: of everything random.
        versions: by package.
        intervals: their share of exact heights, on the half of validation that they were not
            calibrated on.
        shipped: whether it came with the package and was not trained here; not written down.
    """

    name: str
    description: str
    finished: bool
    valid: bool
    invalid_reason: str | None
    succeeded: bool
    scores: dict[str, StoredScores]
    validation_sets: tuple[str, ...]
    groups: StoredGroups | None = None
    gap: float
    criteria: tuple[Criterion, ...]
    audit: AuditReport
    data: DataUsed
    features: str
    model: Network
    training: Training
    config: dict[str, Any]
    seeds: Seeds
    versions: dict[str, str]
    intervals: Coverage
    shipped: bool = False

    @property
    def validation(self) -> dict[str, Scores]:
        """The scores on the clean validation sets, by name."""
        return {name: self.scores[name] for name in self.validation_sets}

    @property
    def criteria_met(self) -> tuple[int, int]:
        """How many of the criteria that can be measured are met, and how many these are."""
        measured = [one.passed for one in self.criteria if one.passed is not None]
        return sum(measured), len(measured)

    @property
    def epochs_told(self) -> str:
        """How many epochs, with a word where there are more to come."""
        return f"{self.training.epochs}" + ("" if self.finished else " so far")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        values = {
            "name": self.name,
            "description": self.description,
            "finished": self.finished,
            "valid": self.valid,
            "invalid_reason": self.invalid_reason,
            "succeeded": self.succeeded,
            "scores": {name: self._plain(one) for name, one in self.scores.items()},
            "validation_sets": list(self.validation_sets),
        }
        if self.groups is not None:
            values["groups"] = self.groups.as_dict()
        return values | {
            "gap": self.gap,
            "criteria": [one.as_dict() for one in self.criteria],
            "audit": self.audit.as_dict(),
            "data": {**asdict(self.data), "validation_sha256": list(self.data.validation_sha256)},
            "features": self.features,
            "model": asdict(self.model),
            "training": asdict(self.training),
            "config": self.config,
            "seeds": asdict(self.seeds),
            "versions": self.versions,
            "intervals": self.intervals.as_dict(),
        }

    def _plain(self, scores: Scores) -> dict[str, Any]:
        values = scores.as_dict()
        if self.groups is None:  # as it was written then: tiers by rule
            del values["tier_of"]
        return values

    @classmethod
    def from_json(cls, text: str | bytes) -> RunReport:
        """A report from the text of `report.json`.

        Raises:
            InvalidDataError: something else; says what comes first.
        """
        try:
            report: RunReport = TypeAdapter(cls).validate_json(text, strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise InvalidDataError(f"{where}: {first['msg']}" if where else first["msg"]) from None
        for name in (*report.validation_sets, *(() if report.valid else (LEAKED,))):
            if name not in report.scores:
                raise InvalidDataError(f"scores: there are none of {name!r:.40}")
        return report
