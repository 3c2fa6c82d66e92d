"""Intervals of a finished run, made anew from the predictions it kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mheight.datasets import Samples
from mheight.errors import RunFolderError
from mheight.evaluation import RunReport, calibration, report_text
from mheight.experiments import RunFolder, intervals
from mheight.experiments.trained_run import write_predictions
from mheight.files import write_json
from mheight.tiers import Groups

PAGES = Path(__file__).resolve().parents[3] / "docs" / "results" / "run7"
GROUPS = Groups.parse("9:4:2-3 10:5:3")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """As a run leaves it: intervals, report and predictions."""
    rng = np.random.default_rng(1)
    rows = [
        Samples.of_code(
            GROUPS, n, k, np.full(900, m), rng.normal(size=(900, k, n - k)), np.arange(900)
        )
        for n, k, m in GROUPS
    ]
    samples = Samples.concatenate(rows)
    said = rng.uniform(1.0, 9.0, len(samples)).astype(np.float32).astype(np.float64)
    samples = samples.with_heights(np.exp2(said + 0.1 * rng.standard_normal(len(samples)) ** 2))
    run = RunFolder(tmp_path / "run_test", "test")
    run.path.mkdir()
    write_json(run.features, {"name": "minors", "groups": GROUPS.as_dict()})
    write_predictions(samples, said, run.predictions)
    found = intervals.calibrate_run(run, 7, samples.log2_heights, said, samples.group, GROUPS)
    report = RunReport.from_json((PAGES / "pooled-course-7" / "report.json").read_bytes())
    write_json(run.report, replace(report, intervals=found).as_dict())
    return run


def test_the_same_rule_gives_the_same_files(folder: RunFolder) -> None:
    kept = [path.read_bytes() for path in (folder.calibration, folder.report)]
    folder.calibration.write_text("{}", encoding="utf-8")
    held = intervals.recalibrate(folder, 7)
    assert 0.85 < held.overall < 0.95
    assert [path.read_bytes() for path in (folder.calibration, folder.report)] == kept
    assert folder.read_report().intervals == held
    told = folder.report_text.read_text(encoding="utf-8")
    assert told == report_text(folder.read_report())
    assert f"held {held.overall:.3f} of the exact heights" in told


def test_another_rule_gives_others(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = folder.calibration.read_bytes()
    monkeypatch.setattr(calibration, "_MOST_BINS", 1)
    monkeypatch.setattr(calibration, "_MOST_SHARED", 1)
    before = folder.read_report()
    held = intervals.recalibrate(folder, 7)
    assert folder.calibration.read_bytes() != kept
    assert held != before.intervals
    assert folder.read_report() == replace(before, intervals=held)


@pytest.mark.parametrize("content", [b"", b"PAR1", None])
def test_predictions_that_are_damaged_or_gone_are_told(
    folder: RunFolder, content: bytes | None
) -> None:
    if content is None:
        folder.predictions.unlink()
    else:
        folder.predictions.write_bytes(content)
    kept = folder.calibration.read_bytes()
    with pytest.raises(RunFolderError, match=r"validation_predictions\.parquet: can't be read"):
        intervals.recalibrate(folder, 7)
    assert folder.calibration.read_bytes() == kept
