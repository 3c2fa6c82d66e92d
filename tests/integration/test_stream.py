"""Runs on fresh codes: every stage, going on after a stop, and leaks that are caught."""

from __future__ import annotations

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny import Quiet, tiny_config, train_tiny

from mheight.datasets import CodeStream, generate, sample_fingerprints
from mheight.errors import ConfigError, LeakError
from mheight.experiments import load_config, pipeline, prepare, steps
from mheight.experiments import preparation as preparation_module
from mheight.experiments.trained_run import TrainedRun

# A network that compiles fast, where the network does not matter.
FAST = ("features.name=gram", "model={name='residual', capacity=0.02}")


@pytest.fixture
def no_pictures(monkeypatch):
    for name in ("plot_history", "plot_scatter", "plot_residuals"):
        monkeypatch.setattr(steps, name, lambda *arguments: None)


def test_a_run_leaves_every_file_it_promises(finished_stream_run):
    folder = finished_stream_run.path
    assert folder.name == "run_run8-stream"
    pictures = {
        f"{kind}_run8-stream{ensemble}.png"
        for kind in ("predictions_scatter", "residuals")
        for ensemble in ("", "_normal")
    }
    names = {path.name for path in folder.iterdir()}
    assert pictures | {"calibration.json", "domain.json", "training_fingerprints.npy"} <= names
    assert (folder.parent / "best_model_run8-stream.h5").is_file()
    # What training needed to go on is gone.
    assert [path.name for path in finished_stream_run.checkpoints.iterdir()] == [
        "best-0003.weights.h5"
    ]
    assert not list(folder.parent.rglob(".partial*"))
    assert finished_stream_run.state() == "finished"
    assert load_config(finished_stream_run.config) == tiny_config("run8-stream")


def test_every_validation_set_is_scored(finished_stream_run):
    report = finished_stream_run.read_report()
    assert list(report.scores) == ["course", "normal", "training originals"]
    assert report.validation_sets == ("course", "normal")
    for name in ("course", "normal"):
        assert set(report.scores[name].counts.values()) == {12}
        assert None not in report.scores[name].groups.values()
    names = [criterion.name for criterion in report.criteria]
    assert names == [
        *(f"{what}, course" for what in ("overall", "easy", "medium", "hard")),
        *(f"{what}, normal" for what in ("overall", "easy", "medium", "hard")),
        "no leakage",
    ]
    assert report.data.validation_rows == 216
    assert len(set(report.data.validation_sha256)) == 2
    text = finished_stream_run.report_text.read_text(encoding="utf-8")
    assert "stream of course and normal, 8 fresh codes a group and epoch" in text
    assert "overall, normal" in text
    comparison = finished_stream_run.comparison.read_text(encoding="utf-8")
    assert "run8-stream, course" in comparison
    assert "run8-stream, normal" in comparison
    table = pq.read_table(finished_stream_run.predictions)
    assert table.num_rows == len(set(table["sample_id"].to_pylist())) == 216


def test_the_audit_knows_every_code(finished_stream_run):
    audit = json.loads(finished_stream_run.audit.read_text(encoding="utf-8"))
    assert audit["training_originals"] == 3 * 72
    assert audit["passed"]
    (check,) = [one for one in audit["checks"] if one["name"] == "stream"]
    assert "codes of the 3 epochs equivalent to one in validation" in check["question"]
    assert "(216 trained on; " in check["question"]
    assert finished_stream_run.read_report().audit.as_dict() == audit


def test_the_saved_model_predicts_what_the_report_scored(finished_stream_run):
    run = TrainedRun.load(finished_stream_run.path)
    data = prepare(tiny_config("run8-stream"))
    reported = finished_stream_run.read_report().scores
    for name, samples in data.clean.items():
        assert run.score(samples).overall == pytest.approx(reported[name].overall, rel=1e-5)
        assert not run.seen_in_training(samples).any()
    for number in range(3):
        assert run.seen_in_training(data.stream.epoch(number).samples).all()
    assert not run.seen_in_training(data.stream.epoch(3).samples).all()


def test_stopping_and_going_on_ends_as_if_never_stopped(finished_stream_run, tmp_path, no_pictures):
    class StopInSecondEpoch(Quiet):
        def step_done(self, step: int) -> None:
            if len(self.epochs) == 2 and step == 2:
                raise KeyboardInterrupt

    config = tiny_config("run8-stream")
    with pytest.raises(KeyboardInterrupt):
        pipeline.run_experiment(config, tmp_path, say=lambda _: None, progress=StopInSecondEpoch())
    folder, _ = train_tiny(tmp_path, "run8-stream", report_only=True)
    assert folder.read_report().training.epochs == 1
    assert folder.read_report().audit.training_originals == 72
    assert folder.state() == "interrupted"
    folder, lines = train_tiny(tmp_path, "run8-stream", resume=True)
    assert "going on after epoch 1" in lines
    expected, got = finished_stream_run.read_report(), folder.read_report()
    for key in ("scores", "intervals", "audit", "criteria", "gap"):
        assert getattr(got, key) == getattr(expected, key), key

    def curves(run):
        with run.history.open(encoding="utf-8") as stream:
            return [{**row, "seconds": ""} for row in csv.DictReader(stream)]

    assert curves(folder) == curves(finished_stream_run)
    left, right = (np.load(run.training_codes) for run in (folder, finished_stream_run))
    np.testing.assert_array_equal(left, right)
    assert folder.calibration.read_text() == finished_stream_run.calibration.read_text()


def test_a_leak_in_a_later_epoch_is_no_result(tmp_path, monkeypatch, no_pictures):
    """The first epoch is clean, and so is the audit before training."""
    known = generate("course", 12, 2026).samples

    class Leaky(CodeStream):
        def epoch(self, number):
            drawn = super().epoch(number)
            if number != 1:
                return drawn
            rows = np.where(drawn.samples.sample_id == 0, 0, np.arange(len(drawn.samples)))
            samples = drawn.samples.take(rows)
            samples.parity[0], samples.heights[0] = known.parity[0], known.heights[0]
            return type(drawn)(samples, sample_fingerprints(samples), 0)

    monkeypatch.setattr(preparation_module, "CodeStream", Leaky)
    with pytest.raises(LeakError, match="leaked into training: stream: 1 rows"):
        train_tiny(tmp_path, "run8-stream", *FAST)
    folder = tmp_path / "run_run8-stream"
    assert not (folder / "report.json").exists()
    assert not (folder / "best_model_run8-stream.keras").exists()
    # Whoever goes on finds the same leak.
    with pytest.raises(LeakError, match="leaked into training: stream: 1 rows"):
        train_tiny(tmp_path, "run8-stream", *FAST, resume=True)


def test_a_batch_larger_than_an_epoch_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"batch_size must not exceed.*got 73 for 72 rows"):
        train_tiny(tmp_path, "run8-stream", *FAST, "training.batch_size=73")
    assert list(tmp_path.iterdir()) == []
