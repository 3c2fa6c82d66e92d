"""The report of a run as text, and of several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mheight.datasets import AuditReport
from mheight.evaluation.calibration import Coverage
from mheight.evaluation.criteria import EXPECTED
from mheight.evaluation.run_report import LEAKED, RunReport
from mheight.evaluation.tables import criteria_table, render, scores_table
from mheight.metrics import Scores
from mheight.tiers import COURSE_9

__all__ = ["comparison_text", "report_text"]

_INVALID = (
    "INVALID: {reason}\n"
    "The leaked figure measures memory, not generalisation; cite the clean one.\n"
)


def report_text(report: RunReport) -> str:
    """The report of one run, top to bottom."""
    scores = dict(report.scores)
    if not report.valid:
        scores = {"clean validation": scores.pop("validation"), **scores}
    training = report.training
    lines = [f"{report.name}: {report.description}"]
    if not report.valid:
        lines.append(_INVALID.format(reason=report.invalid_reason))
    lines += [
        f"data: {report.data.summary}",
        f"network: {report.model.name} on {report.features}, "
        f"{report.model.parameters:,} parameters",
        f"training: {training.epochs} epochs, {training.minutes:.1f} minutes, "
        f"best epoch {training.best_epoch}, ended: {training.stopped_because}",
        "",
        scores_table("Scores", scores),
        criteria_table("Criteria", report.criteria),
        *_expected(report),
        _interval_line(report.intervals),
        _audit_table(report.audit),
    ]
    if not report.finished:
        lines.append("PROVISIONAL: the run is not finished; --resume goes on with it")
    verdict = f"{_met(report, ' of ')} criteria met"
    if not report.valid:
        verdict += "; the run is INVALID by its protocol, whatever they say"
    lines.append(verdict)
    return "\n".join(lines) + "\n"


def _met(report: RunReport, between: str) -> str:
    """How many of the criteria that can be measured are met."""
    met, measured = report.criteria_met
    return f"{met}{between}{measured}"


def _expected(report: RunReport) -> list[str]:
    """What the description of Run 7 expects, beside what was measured."""
    if not report.valid or len(report.validation_sets) != 1:
        return []
    (found,) = report.validation.values()
    if found.among != COURSE_9:
        return []  # what is expected is said of these groups
    rows = []
    for what, (low, high) in EXPECTED.items():
        value = found.overall if what == "overall" else found.tiers[what]
        if value is None:
            continue
        verdict = "better" if value < low else "as expected" if value <= high else "worse"
        wanted = f"{low:.2f} to {high:.2f}" if low else f"< {high:.2f}"
        rows.append([what, wanted, f"{value:.4f}", verdict])
    return [render("Expected by the description of Run 7", ["", "expected", "measured", ""], rows)]


def comparison_text(reports: Sequence[RunReport], notes: Sequence[str] = ()) -> str:
    """Runs side by side, per group, on the validation figure that is valid for each.

    Args:
        reports: the first is the run in question.
        notes: lines printed below.
    """
    columns: dict[str, Scores] = {}
    for report in reports:
        if not report.valid:
            leaked = report.scores[LEAKED]
            columns[_fresh(f"{report.name} leaked (INVALID)", columns)] = leaked
        name = report.name if report.valid else f"{report.name} clean"
        for one, scores in report.validation.items():
            label = f"{name}, {one}" if len(report.validation_sets) > 1 else name
            columns[_fresh(label, columns)] = scores
    facts = [
        [
            report.name,
            report.data.summary,
            f"{report.data.validation_rows:,}",
            f"{report.model.parameters:,}",
            report.epochs_told,
            f"{report.training.minutes:.1f}",
            f"{report.gap:.4f}",
            _met(report, "/") if report.valid else "INVALID",
        ]
        for report in reports
    ]
    header = ["run", "data", "validation", "parameters", "epochs", "minutes", "gap", "criteria"]
    lines = [
        scores_table("log2-MSE on each run's own validation", columns, counts=False),
        render("Runs", header, facts),
    ]
    if len({report.data.validation_sha256 for report in reports}) > 1:
        lines.append("The runs were validated on different samples: compare with care.")
    if len({scores.among for scores in columns.values()}) > 1:
        lines.append(
            "The runs are of different groups: tiers, balanced and overall are means over each "
            "run's own; groups that both have compare."
        )
    lines += notes
    return "\n".join(lines) + "\n"


def _interval_line(intervals: Coverage) -> str:
    if intervals.overall is None or intervals.median_width is None:
        return "Too few validation rows to measure intervals\n"
    return (
        f"Intervals of level {intervals.level:g}, calibrated on half of validation, held "
        f"{intervals.overall:.3f} of the exact heights in the other half "
        f"({intervals.rows:,} rows); median width {intervals.median_width:.3f} in log2\n"
    )


def _fresh(name: str, taken: Mapping[str, Any]) -> str:
    count, fresh = 2, name
    while fresh in taken:
        fresh, count = f"{name} #{count}", count + 1
    return fresh


def _audit_table(audit: AuditReport) -> str:
    title = (
        f"Leak audit: {audit.training_originals:,} training originals, "
        f"{audit.training_rows:,} rows with copies, {audit.validation_rows:,} validation rows"
    )
    rows = [
        [check.name, check.question, str(check.found), "pass" if check.passed else "FAIL"]
        for check in audit.checks
    ]
    return render(title, ["check", "looked for", "found", ""], rows)
