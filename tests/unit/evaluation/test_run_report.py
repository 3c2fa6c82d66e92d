"""Reports as files have them and as values; a damaged one is refused in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mheight.errors import InvalidDataError, RunFolderError
from mheight.evaluation import RunReport, comparison_text, report_text
from mheight.evaluation.run_report import LEAKED
from mheight.experiments import RunFolder
from mheight.experiments.shipped import BASELINES, shipped_reports
from mheight.files import write_json
from mheight.metrics import score
from mheight.tiers import COURSE_9, COURSE_21

PAGES = Path(__file__).resolve().parents[3] / "docs" / "results" / "run7"
STORED = sorted(PAGES.glob("*/report.json"))


@pytest.fixture
def report():
    return RunReport.from_json((PAGES / "unpooled-course-7" / "report.json").read_bytes())


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.parent.name)
def test_a_stored_report_is_written_as_it_was(path, tmp_path):
    stored = RunReport.from_json(path.read_bytes())
    write_json(tmp_path / "again.json", stored.as_dict())
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert report_text(stored) == path.with_name("report.txt").read_text(encoding="utf-8")


def test_there_are_stored_reports_from_before_groups_were_data_and_after():
    stored = [RunReport.from_json(path.read_bytes()) for path in STORED]
    assert len(stored) >= 4
    assert {report.groups is None for report in stored} == {True, False}


def test_groups_and_their_tiers_are_written_down(report):
    today = replace(report, groups=COURSE_9, shipped=True)
    values = today.as_dict()
    assert values["groups"] == values["scores"]["validation"]["tier_of"] == COURSE_9.as_dict()
    assert RunReport.from_json(json.dumps(values)) == replace(today, shipped=False)


@pytest.mark.parametrize("name", BASELINES)
def test_a_shipped_report_is_marked(name):
    (one,) = shipped_reports(name)
    assert (one.name, one.shipped) == (name, True)


def test_what_a_report_says(report):
    assert list(report.validation) == ["validation"]
    assert report.criteria_met == (6, 6)
    assert report.epochs_told == "13"
    so_far = replace(report, finished=False)
    assert so_far.epochs_told == "13 so far"
    assert "13 so far" in comparison_text([so_far])
    assert "PROVISIONAL" in report_text(so_far)


def test_an_invalid_run_shows_its_leaked_figure_as_such(report):
    scores = {**report.scores, LEAKED: report.scores["training originals"]}
    invalid = replace(report, valid=False, invalid_reason="copies came first", scores=scores)
    assert "INVALID: copies came first" in report_text(invalid)
    lines = comparison_text([report, invalid]).splitlines()
    header = next(line for line in lines if line.lstrip().startswith("log2-MSE  "))
    assert header.split() == ["log2-MSE", "run7", "run7", "leaked", "(INVALID)", "run7", "clean"]


def test_runs_on_different_samples_are_compared_with_care(report):
    other = replace(report, data=replace(report.data, validation_sha256=("0" * 64,)))
    assert "compare with care" in comparison_text([report, other])
    assert "compare with care" not in comparison_text([report, report])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gap": "0.1"}, r"^gap: Input should be a valid number"),
        ({"training": {"epochs": 1}}, r"^training\.best_epoch: Field required"),
        ({"scores": {"validation": {}}}, r"^scores\.validation: .*scores are needed"),
        ({"groups": {"(4,2)": "odd"}}, r"^groups: .*a tier is easy, medium or hard"),
        ({"validation_sets": ["course"]}, r"^scores: there are none of 'course'"),
        ({"valid": False}, r"^scores: there are none of 'leaked validation'"),
    ],
)
def test_a_damaged_report_says_where(report, change, message):
    with pytest.raises(InvalidDataError, match=message):
        RunReport.from_json(json.dumps({**report.as_dict(), **change}))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_report_is_refused_by_its_folder(tmp_path, content):
    folder = RunFolder(tmp_path, "run7")
    with pytest.raises(RunFolderError, match=r"no readable report\.json; has the run finished"):
        folder.read_report()
    folder.report.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"report\.json can't be read \(") as caught:
        folder.read_report()
    assert "\n" not in str(caught.value)


def test_runs_of_different_groups_are_told_apart(report):
    exact, group = np.full(21, 8.0), np.arange(21)
    longer = replace(
        report,
        name="other",
        scores={**report.scores, "validation": score(exact, exact + 0.5, group, COURSE_21)},
    )
    warning = "The runs are of different groups"
    assert warning not in comparison_text([report, report])
    text = comparison_text([report, longer])
    assert warning in text
    (line,) = [line for line in text.splitlines() if "(10,4,2)" in line]
    assert line.split() == ["(10,4,2)", "easy", "-", "0.2500"]
