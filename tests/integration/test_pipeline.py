from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tiny import Quiet, tiny_config, train_tiny

from mheight.datasets import (
    TrainingView,
    check_import,
    generate,
    read_parquet,
    read_samples,
    save_dataset,
)
from mheight.errors import ConfigError, LeakError, RunFolderError, TrainingDivergedError
from mheight.evaluation.run_report import RunReport, Seeds
from mheight.experiments import RunFolder, load_config, pipeline, prepare, steps
from mheight.experiments import preparation as preparation_module
from mheight.experiments.trained_run import TrainedRun
from mheight.tiers import COURSE_9
from mheight.training.fit import FitOutcome


def test_a_run_leaves_every_file_it_promises(finished_run):
    folder, root = finished_run.path, finished_run.path.parent
    assert folder.name == "run_7"
    names = {path.name for path in folder.iterdir()}
    assert {
        "training_history_run7.png",
        "predictions_scatter_run7.png",
        "residuals_run7.png",
        "calibration.json",
        "domain.json",
        "detailed_comparison.txt",
        "best_model_run7.keras",
        "config.toml",
        "history.csv",
        "audit.json",
        "report.json",
        "report.txt",
        "features.json",
        "validation_predictions.parquet",
    } <= names
    assert (root / "best_model_run7.h5").is_file()
    assert not list(root.rglob(".partial*"))
    assert finished_run.state() == "finished"


def test_the_report_says_all_that_it_must(finished_run):
    report = finished_run.read_report()
    assert set(report.scores) == {"validation", "training originals"}
    assert len(report.scores["validation"].groups) == 9
    assert [c.name for c in report.criteria] == [
        "overall",
        "easy",
        "medium",
        "hard",
        "train-validation gap",
        "no leakage",
    ]
    scores = report.scores
    assert report.gap == scores["validation"].overall - scores["training originals"].overall
    assert report.audit.passed
    assert report.versions["keras"]
    assert report.seeds == Seeds(run=7, data=2026)
    assert report == RunReport.from_json(json.dumps(report.as_dict()))
    text = finished_run.report_text.read_text(encoding="utf-8")
    assert "criteria met" in text
    assert "Expected by the description of Run 7" in text
    assert "INVALID" not in text  # of Run 6 alone, in the comparison
    comparison = finished_run.comparison.read_text(encoding="utf-8")
    assert "run2: as shipped with mheight, not trained here" in comparison
    assert "run6: as shipped with mheight, not trained here" in comparison
    assert "run6 leaked (INVALID)" in comparison


def test_intervals_are_read_from_one_half_and_tried_on_the_other(finished_run):
    stored = json.loads(finished_run.calibration.read_text(encoding="utf-8"))
    bins = [one for group in stored["calibration"]["groups"].values() for one in group]
    tried = stored["coverage on the other half"]
    assert sum(one["rows"] for one in bins) + tried["rows"] == 6 * len(COURSE_9)
    assert tried["rows"] > 10
    assert finished_run.read_report().intervals.as_dict() == {"level": 0.9, **tried}
    text = finished_run.report_text.read_text(encoding="utf-8")
    assert "Intervals of level 0.9, calibrated on half of validation, held" in text


def test_predictions_of_a_finished_run(finished_run):
    run = TrainedRun.load(finished_run.path)
    samples = prepare(tiny_config()).training.originals.samples
    found = run.predict(samples)
    np.testing.assert_array_equal(found.log2_heights, run.predict_log2(samples))
    # Training codes are inside the domain, but for heights predicted beyond all of theirs.
    assert set(found.flags) <= {"", "height"}
    assert (found.low <= found.high).all()
    again = run.predict(samples, found.log2_heights)
    np.testing.assert_array_equal(again.low, found.low)


@pytest.mark.parametrize("file", ["calibration", "domain"])
def test_without_limits_there_are_no_intervals(finished_run, tmp_path, file):
    copy = tmp_path / "run_7"
    shutil.copytree(finished_run.path, copy)
    run = TrainedRun.load(copy)
    samples = generate("course", 1, 1).samples
    (copy / f"{file}.json").write_text('{"calibration": {}}')
    if file == "domain":
        (copy / "domain.json").unlink()
    with pytest.raises(RunFolderError, match=r"calibration.json and domain.json are needed"):
        run.predict(samples, np.ones(9))
    assert run.predict_log2(samples).shape == (9,)


def test_history_has_tier_metrics_of_every_epoch(finished_run):
    with finished_run.history.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    for row in rows:
        tiers = [float(row[f"val_{tier}"]) for tier in ("easy", "medium", "hard")]
        assert float(row["val_balanced"]) == pytest.approx(np.mean(tiers))
    # Both schedules multiply; no plateau in three epochs.
    rates = [float(row["learning_rate"]) for row in rows]
    assert rates == pytest.approx([1e-3, 0.95e-3, 0.95**2 * 1e-3], rel=1e-5)


def test_the_folder_alone_reproduces_the_configuration(finished_run):
    assert load_config(finished_run.config) == tiny_config()


def test_the_saved_model_predicts_what_the_report_scored(finished_run):
    run = TrainedRun.load(finished_run.path)
    data = prepare(tiny_config())
    again = run.score(data.clean["validation"])
    reported = finished_run.read_report().scores["validation"]
    assert again.overall == pytest.approx(reported.overall, rel=1e-5)
    seen = run.seen_in_training(data.training.originals.samples)
    assert seen.all()
    assert not run.seen_in_training(data.clean["validation"]).any()


def test_the_h5_model_is_the_same_network(finished_run):
    from mheight.models.backend import keras

    run = TrainedRun.load(finished_run.path)
    other = keras.models.load_model(finished_run.model_h5, compile=False)
    for left, right in zip(run.model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_stopping_and_going_on_ends_as_if_never_stopped(finished_run, tmp_path):
    class StopInSecondEpoch(Quiet):
        def step_done(self, step: int) -> None:
            if len(self.epochs) == 2 and step == 3:
                raise KeyboardInterrupt

    from mheight.experiments.pipeline import run_experiment

    with pytest.raises(KeyboardInterrupt):
        run_experiment(tiny_config(), tmp_path, say=lambda _: None, progress=StopInSecondEpoch())
    assert json.loads((tmp_path / "run_7" / "status.json").read_text())["state"] == "interrupted"
    assert not (tmp_path / "run_7" / "report.json").exists()
    assert len((tmp_path / "run_7" / "history.csv").read_text().splitlines()) == 2
    folder, _ = train_tiny(tmp_path, report_only=True)
    assert folder.read_report().training.epochs == 1
    assert folder.state() == "interrupted"
    assert "PROVISIONAL" in folder.report_text.read_text(encoding="utf-8")
    assert "1 so far" in folder.comparison.read_text(encoding="utf-8")
    folder, lines = train_tiny(tmp_path, resume=True)
    assert "going on after epoch 1" in lines
    expected, got = finished_run.read_report(), folder.read_report()
    assert got.scores == expected.scores

    def curves(run):
        with run.history.open(encoding="utf-8") as stream:
            return [{**row, "seconds": ""} for row in csv.DictReader(stream)]

    assert curves(folder) == curves(finished_run)


def test_killed_before_the_rest_is_cleared_a_finished_run_stays_finished(
    finished_run, tmp_path, monkeypatch
):
    """It used to train all epochs again, when killed after its checkpoint was deleted."""
    shutil.copytree(finished_run.path, tmp_path / "run_7")
    (tmp_path / "run_7" / "checkpoint" / "state.npz").write_bytes(b"left over")
    report = finished_run.report.read_bytes()
    folder, lines = train_tiny(tmp_path, resume=True)
    assert lines == [f"{folder.path} is finished already"]
    assert not (folder.checkpoints / "state.npz").exists()
    assert folder.report.read_bytes() == report

    order = []
    folder.set_state("training")
    monkeypatch.setattr(RunFolder, "set_state", lambda self, state: order.append(state))
    monkeypatch.setattr(RunFolder, "clear", lambda self: order.append("cleared"))
    steps.conclude(folder, FitOutcome((), 1, "all epochs done"))
    assert order == ["finished", "cleared"]


def test_stopped_while_the_report_is_written_it_is_written_again(
    finished_run, tmp_path, monkeypatch
):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps, "plot_scatter", stop)
        with pytest.raises(KeyboardInterrupt):
            train_tiny(tmp_path)
    folder = RunFolder.of(tmp_path, "run7")
    assert folder.state() == "interrupted"
    assert folder.how_to_go_on("go on") == "interrupted; 3 whole epochs are kept, and go on"
    folder, _ = train_tiny(tmp_path, resume=True)
    assert folder.state() == "finished"
    assert folder.read_report().scores == finished_run.read_report().scores


def test_the_h5_model_is_written_at_every_improvement(tmp_path):
    class StopInSecondEpoch(Quiet):
        def epoch_begins(self, epoch, steps):
            if epoch == 2:
                raise KeyboardInterrupt

    from mheight.experiments.pipeline import run_experiment

    with pytest.raises(KeyboardInterrupt):
        run_experiment(tiny_config(), tmp_path, say=lambda _: None, progress=StopInSecondEpoch())
    assert (tmp_path / "best_model_run7.h5").is_file()
    # It is named as a run, and what is missing is said.
    run = TrainedRun.load(tmp_path / "best_model_run7.h5")
    with pytest.raises(RunFolderError, match=r"calibration.json and domain.json are needed"):
        run.limits()
    with pytest.raises(RunFolderError, match=r"config.toml -o .* --report-only"):
        train_tiny(tmp_path, "run7", "seed=8", report_only=True)


def test_interrupted_before_the_first_epoch_nothing_is_said_to_be_kept(tmp_path):
    class StopAtOnce(Quiet):
        def step_done(self, step):
            raise KeyboardInterrupt

    from mheight.experiments.pipeline import run_experiment

    with pytest.raises(KeyboardInterrupt):
        run_experiment(tiny_config(), tmp_path, say=lambda _: None, progress=StopAtOnce())
    folder = RunFolder.of(tmp_path, "run7")
    assert folder.how_to_go_on("go on") == "interrupted; no whole epoch was done; go on"


def test_run7_interrupted_on_its_own_features_ends_as_if_never_stopped(tmp_path):
    own = ("features.name=punctured", "model.leading=126", "model.set_width=100")
    own += ("training.epochs=2", "training.batch_size=128", "training.weight_average=0.9")

    class StopInSecondEpoch(Quiet):
        def step_done(self, step):
            if len(self.epochs) == 2 and step == 2:
                raise KeyboardInterrupt

    from mheight.experiments.pipeline import run_experiment

    whole, _ = train_tiny(tmp_path / "whole", "run7", *own)
    parts = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        run_experiment(
            tiny_config("run7", *own), parts, say=lambda _: None, progress=StopInSecondEpoch()
        )
    resumed, lines = train_tiny(parts, "run7", *own, resume=True)
    assert "going on after epoch 1" in lines
    assert resumed.read_report().scores == whole.read_report().scores
    assert whole.read_report().model.name == "residual"


def test_run2_and_run6_stand_beside_run7_as_shipped(finished_run, tmp_path, monkeypatch):
    report = replace(finished_run.read_report(), name="run2", shipped=True)
    monkeypatch.setattr(
        pipeline, "shipped_reports", lambda name: [report] if name == "run2" else []
    )
    others = pipeline.comparable(RunFolder.of(tmp_path, "run7"))
    assert [other.name for other in others] == ["run2"]
    assert pipeline.comparable(RunFolder.of(tmp_path, "run2")) == []
    # One that was trained here comes first.
    shutil.copytree(finished_run.path, tmp_path / "run_2")
    assert not pipeline.comparable(RunFolder.of(tmp_path, "run7"))[0].shipped


def test_there_must_be_something_to_report_on(tmp_path):
    with pytest.raises(RunFolderError, match="there is no run to report on"):
        train_tiny(tmp_path, report_only=True)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_refused_without_resume(finished_run):
    before = sorted((p.name, p.stat().st_mtime_ns) for p in finished_run.path.iterdir())
    root = finished_run.path.parent
    with pytest.raises(RunFolderError, match=r"exists already \(finished, 3 epochs\); add"):
        train_tiny(root)
    with pytest.raises(RunFolderError, match=r"another configuration; different: seed \(7 there"):
        train_tiny(root, "run7", "seed=8", resume=True)
    assert before == sorted((p.name, p.stat().st_mtime_ns) for p in finished_run.path.iterdir())


def test_a_leak_stops_the_run_before_it_leaves_anything(tmp_path, monkeypatch):
    real = preparation_module.split_by_orbit

    def leaky(samples, fraction, rng):
        split = real(samples, fraction, rng)
        both = samples.concatenate(
            [split.training.samples, split.validation.samples.take(np.arange(1))]
        )
        return type(split)(TrainingView(both), split.validation)

    monkeypatch.setattr(preparation_module, "split_by_orbit", leaky)
    with pytest.raises(LeakError, match="exact rows: 1 rows"):
        train_tiny(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_batch_larger_than_the_data_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"batch_size must not exceed.*got 100000 for"):
        train_tiny(tmp_path, "run7", "training.batch_size=100000")
    assert list(tmp_path.iterdir()) == []


def test_a_diverging_run_stops_with_what_was_known(tmp_path):
    with pytest.raises(TrainingDivergedError, match="NaN or infinite"):
        train_tiny(tmp_path, "run7", "training.learning_rate=1e30", "training.clipnorm=1e30")
    assert (tmp_path / "run_7" / "history.csv").is_file()
    assert json.loads((tmp_path / "run_7" / "status.json").read_text())["state"] == "diverged"


def test_run6_is_marked_invalid_with_the_clean_figure_beside(tmp_path):
    folder, lines = train_tiny(tmp_path, "run6", "augmentation.copies.hard=4", "training.epochs=2")
    report = folder.read_report()
    assert not report.valid
    assert not report.succeeded
    assert not report.audit.passed
    assert set(report.scores) == {"validation", "training originals", "leaked validation"}
    text = folder.report_text.read_text(encoding="utf-8")
    assert "INVALID: rows were augmented before they were split" in text
    assert "clean validation" in text
    assert "run6 leaked (INVALID)" in folder.comparison.read_text(encoding="utf-8")
    assert any("LEAK found" in line for line in lines)


def test_training_on_course_pickles_equals_training_on_their_import(tmp_path):
    import pickle

    samples = generate("uniform", 40, 3).samples
    rows = [[9, int(samples.k[i]), int(samples.m[i]), samples.matrix(i)] for i in range(360)]
    x, y = tmp_path / "x.pkl", tmp_path / "y.pkl"
    x.write_bytes(pickle.dumps(rows))
    y.write_bytes(pickle.dumps(samples.labels.tolist()))
    kept, report = check_import(read_samples(x, y))
    save_dataset(kept, {"source": x.name, "import": report.as_dict()}, tmp_path / "set")
    ours = prepare(tiny_config("run7", f"data.path='{x}'", f"data.labels='{y}'"))
    imported = prepare(tiny_config("run7", f"data.path='{tmp_path / 'set'}'"))
    assert ours.provenance["import"]["wrong_labels"] == {}
    assert ours.provenance["import"] == imported.provenance["import"]
    for one, other in (
        (ours.training.samples, imported.training.samples),
        (ours.training.originals.samples, imported.training.originals.samples),
        (ours.clean["validation"], imported.clean["validation"]),
    ):
        for name in ("k", "m", "parity", "heights"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert len(ours.training.originals.samples) + len(ours.clean["validation"]) == 360


def test_validation_predictions_are_on_disk(finished_run):
    import pyarrow.parquet as pq

    table = pq.read_table(finished_run.predictions)
    assert table.column_names == ["sample_id", "n", "k", "m", "height", "predicted_height"]
    assert table.num_rows == 6 * len(COURSE_9)
    with pytest.raises(ValueError, match="missing P"):
        read_parquet(finished_run.predictions)


def test_a_run_that_another_process_finished_meanwhile_is_left_alone(tmp_path, monkeypatch):
    """Between the first look at the folder and the lock, data are prepared, which takes long."""
    from mheight.experiments import pipeline
    from mheight.experiments.run_folder import RunFolder

    config = tiny_config("run7")
    folder = RunFolder.of(tmp_path, config.name)
    folder.create(config)
    honest = pipeline.prepare

    def prepare_while_another_finishes(config):
        data = honest(config)
        folder.set_state("finished")
        return data

    monkeypatch.setattr(pipeline, "prepare", prepare_while_another_finishes)
    _, lines = train_tiny(tmp_path, "run7", resume=True)
    assert lines[-1] == f"{folder.path} is finished already"
    assert not folder.checkpoints.exists()
