"""Runs on other groups than the nine: every stage from drawing to predicting."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tiny import train_tiny

from mheight.cli.main import main
from mheight.datasets import exact_heights, generate, read_samples
from mheight.deployment import Predictor
from mheight.experiments.trained_run import TrainedRun
from mheight.tiers import COURSE_21, Groups, Tier

LONGER = Groups.parse("8:5:2 10:6:3-4")  # none of the easy tier


@pytest.fixture(scope="module")
def run21(tmp_path_factory):
    folder, _ = train_tiny(
        tmp_path_factory.mktemp("run21"),
        "run7",
        "data.groups=course-21",
        "data.per_group=20",
        "augmentation.copies={easy=0, medium=0, hard=1}",
        "training.epochs=1",
    )
    return folder


@pytest.fixture(scope="module")
def bundle21(run21, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle21") / "run.zip"
    assert main(["export", str(run21.path), "-o", str(path)]) == 0
    return path


def test_the_report_is_of_the_21_groups(run21):
    report = run21.read_report()
    assert report.groups == COURSE_21
    scores = report.scores["validation"]
    assert list(scores.groups) == list(COURSE_21.names)
    assert set(scores.counts.values()) == {3}
    easy = [scores.groups[COURSE_21.names[i]] for i in COURSE_21.of_tier(Tier.EASY)]
    assert scores.tiers["easy"] == pytest.approx(np.mean(easy))
    text = run21.report_text.read_text(encoding="utf-8")
    assert "(10,6,4)   hard" in text
    assert "Expected by the description" not in text  # that is of the nine
    assert run21.scatter_plot.is_file()


def test_the_network_reads_p_of_the_largest_code(run21):
    run = TrainedRun.load(run21.path)
    assert run.groups == run21.groups() == COURSE_21
    assert run.features.shapes["P"] == (25,)
    assert run.model.get_layer("k_embedding").input_dim == 7
    assert run.model.get_layer("m_embedding").input_dim == 7


def test_a_bundle_says_what_it_was_trained_on(bundle21):
    predictor = Predictor.load(bundle21)
    assert predictor.groups == COURSE_21
    assert predictor.manifest.groups == COURSE_21
    assert "length 9 or 10" in predictor.card
    assert "(10,6,4)" in predictor.card
    samples = generate("course", 2, 5, groups=COURSE_21).samples
    alone = np.concatenate(
        [predictor.predict_log2(samples.take(np.array([i]))) for i in range(len(samples))]
    )
    np.testing.assert_allclose(predictor.predict_log2(samples), alone, rtol=1e-5)


def mixed_file(path, *rows):
    rng = np.random.default_rng(1)
    samples = [[n, k, m, rng.integers(-9, 10, (k, n - k)).tolist()] for n, k, m in rows]
    path.write_text(json.dumps(samples), encoding="utf-8")
    return path


def test_codes_of_both_lengths_in_one_file(bundle21, run21, tmp_path):
    file = mixed_file(tmp_path / "mixed.json", (10, 4, 6), (9, 4, 2), (10, 6, 4), (9, 6, 3))
    for where, run in (("bundle.csv", bundle21), ("run.csv", run21.path)):
        assert main(["predict", str(file), "--run", str(run), "-o", str(tmp_path / where)]) == 0
    lines, others = ((tmp_path / f"{x}.csv").read_text().splitlines() for x in ("bundle", "run"))
    assert [line.split(",")[1:4] for line in lines[1:]] == [
        ["10", "4", "6"], ["9", "4", "2"], ["10", "6", "4"], ["9", "6", "3"],
    ]  # fmt: skip
    assert len(others) == 5
    for line, other in zip(lines[1:], others[1:], strict=True):
        ours, theirs = line.split(","), other.split(",")
        assert ours[:4] == theirs[:4]
        # Height and the ends of its interval: ONNX against the network as it was trained.
        height, low, high = (float(x) for x in ours[4:7])
        assert [height, low, high] == pytest.approx([float(x) for x in theirs[4:7]], rel=1e-4)
        assert low <= height <= high


def test_what_lies_outside_is_refused_in_one_line(bundle21, tmp_path, capsys):
    file = mixed_file(tmp_path / "mixed.json", (10, 4, 6), (11, 4, 2))
    assert main(["predict", str(file), "--run", str(bundle21), "-o", str(tmp_path / "x.csv")]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "sample 1: (n,k,m) = (11,4,2) is not one of the groups" in error
    assert "mheight heights computes heights of any code, mheight bounds" in error
    assert not (tmp_path / "x.csv").exists()
    nine = Path(__file__).parents[1] / "bundle_run8_stream"
    assert main(["predict", str(file), "--run", str(nine), "-o", str(tmp_path / "x.csv")]) == 1
    assert "sample 0: (n,k,m) = (10,4,6)" in capsys.readouterr().err
    exact = ["predict", str(file), "--method", "exact", "-o", str(tmp_path / "x.csv")]
    assert main(exact) == 0
    expected = exact_heights(read_samples(file))
    found = [float(x.split(",")[4]) for x in (tmp_path / "x.csv").read_text().splitlines()[1:]]
    assert found == pytest.approx(expected)


def test_a_run_is_evaluated_on_its_groups(run21, tmp_path, capsys):
    made = tmp_path / "set"
    groups = "9:4:2-5 10:4:2 12:4:2"
    main(["data", "make", "--groups", groups, "--per-group", "3", "--seed", "8", "-o", str(made)])
    scores = tmp_path / "scores.json"
    assert main(["evaluate", str(run21.path), str(made), "-o", str(scores)]) == 0
    assert "3 rows are of other groups than the run's, and left out" in capsys.readouterr().out
    found = json.loads(scores.read_text(encoding="utf-8"))["scores"]
    assert sum(found["counts"].values()) == 15
    assert found["groups"]["(10,4,3)"] is None
    main(["data", "make", "--groups", "12:4:2", "--per-group", "3", "-o", str(tmp_path / "other")])
    assert main(["evaluate", str(run21.path), str(tmp_path / "other")]) == 1
    assert "(12,4,2) is not one of the groups" in capsys.readouterr().err


def test_a_stream_without_an_easy_tier(tmp_path):
    folder, lines = train_tiny(
        tmp_path,
        "run8-stream",
        'stream.ensembles=["course"]',
        f"data.groups={' '.join(LONGER.texts)}",
        "training.epochs=1",
    )
    assert "tier guard: off, as no group is of the easy tier" in lines
    epoch = next(line for line in lines if line.startswith("epoch"))
    assert "easy" not in epoch
    assert "medium" in epoch
    report = folder.read_report()
    assert report.scores["course"].tiers["easy"] is None
    assert report.scores["course"].balanced is not None
    (easy,) = [one for one in report.criteria if one.name == "easy"]
    assert (easy.passed, easy.remark) == (None, "no group is of this tier")
    text = folder.report_text.read_text(encoding="utf-8")
    assert "not measured (no group is of this tier)" in text
    run = TrainedRun.load(folder.path)
    assert set(run.features.shapes) == {"minors_8_5_2", "minors_10_6_3", "minors_10_6_4"}
    assert main(["export", str(folder.path), "-o", str(tmp_path / "bundle")]) == 0
    predictor = Predictor.load(tmp_path / "bundle")
    samples = generate("normal", 3, 1, groups=LONGER).samples
    found, expected = predictor.predict_log2(samples), run.predict_log2(samples)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.isfinite(predictor.predict(samples).high).all()
