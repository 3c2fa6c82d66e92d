"""What the report of a run says, and the remarks on the runs beside it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata

import numpy as np

import mheight
from mheight.datasets import content_hash
from mheight.evaluation import Criterion, RunReport, judge
from mheight.evaluation.calibration import Coverage
from mheight.evaluation.run_report import DataUsed, Network, Seeds, Training
from mheight.experiments.config import RunConfig, config_values
from mheight.experiments.preparation import PreparedData
from mheight.experiments.shipped import BASELINES
from mheight.metrics import Scores
from mheight.training.fit import FitOutcome

__all__ = ["notes", "run_report"]

_PACKAGES = ("numpy", "numba", "keras", "jax", "scikit-learn", "pyarrow", "matplotlib")

_INVALID_REASON = (
    "rows were augmented before they were split, so copies of validation codes are in "
    "training (Run 6's protocol)"
)


def run_report(
    config: RunConfig,
    data: PreparedData,
    scores: dict[str, Scores],
    outcome: FitOutcome,
    parameters: int,
    held: Coverage,
) -> RunReport:
    """What was measured, on what, by what.

    Args:
        config: of the run.
        data: audited.
        scores: by name, as in the report.
        outcome: of training.
        parameters: of the network.
        held: the share of exact heights that intervals hold.
    """
    gap, criteria = _judged(config, data, scores)
    return RunReport(
        name=config.name,
        description=config.description,
        finished=outcome.stopped_because != "not yet: report so far",
        valid=not config.invalid_protocol,
        invalid_reason=_INVALID_REASON if config.invalid_protocol else None,
        succeeded=not config.invalid_protocol and all(c.passed is not False for c in criteria),
        scores=scores,
        validation_sets=tuple(data.clean),
        groups=data.validation.samples.groups,
        gap=gap,
        criteria=criteria,
        audit=data.audit,
        data=DataUsed(
            data.summary,
            data.provenance,
            sum(len(samples) for samples in data.clean.values()),
            tuple(content_hash(samples) for samples in data.clean.values()),
        ),
        features=config.features.name,
        model=Network(config.model.name, parameters),
        training=Training(
            len(outcome.records),
            outcome.best_epoch,
            outcome.stopped_because,
            sum(record.seconds for record in outcome.records) / 60,
        ),
        config=config_values(config),
        seeds=Seeds(config.seed, config.data.seed),
        versions={
            "mheight": mheight.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
        intervals=held,
    )


def _judged(
    config: RunConfig, data: PreparedData, scores: dict[str, Scores]
) -> tuple[float, tuple[Criterion, ...]]:
    """The gap between validation and training originals, and the criteria."""
    validation = {name: scores[name] for name in data.clean}
    mean = np.mean([found.overall for found in validation.values()])
    gap = float(mean - scores["training originals"].overall)
    remark = f"{data.audit.validation_rows:,} validation originals"
    if config.invalid_protocol:
        remark = "rows augmented before the split"
    criteria = judge(
        validation,
        gap if data.stream is None else None,
        data.audit.passed,
        remark,
        config.criteria,
    )
    return gap, criteria


def notes(report: RunReport, others: Sequence[RunReport]) -> list[str]:
    """Which runs to compare with are not there, or were not trained here."""
    present = {one.name for one in (report, *others)}
    notes = [
        f"{name}: no finished run beside this one; mheight train runs/{name}.toml makes one."
        for name in BASELINES
        if name not in present
    ]
    notes += [
        f"{other.name}: as shipped with mheight, not trained here; "
        f"mheight train runs/{other.name}.toml trains it."
        for other in others
        if other.shipped
    ]
    return notes
