"""train, evaluate, compare and predict, as a user calls them."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tiny import OVERRIDES, ROOT, train_tiny

from mheight.datasets import Samples, exact_heights, generate, load_pickle, write_parquet
from mheight.experiments import RunFolder

RUN7 = ROOT / "runs" / "run7.toml"


@pytest.fixture
def samples(tmp_path):
    fresh = generate("course", 4, 999).samples
    write_parquet(fresh, tmp_path / "fresh.parquet")
    return fresh, tmp_path / "fresh.parquet"


def settings(*extra):
    return [argument for value in (*OVERRIDES, *extra) for argument in ("--set", value)]


def test_predict_keeps_the_order_in_every_format(mheight, finished_run, samples, tmp_path):
    fresh, path = samples
    shuffled = fresh.take(np.random.default_rng(0).permutation(len(fresh)))
    rows = [[9, int(shuffled.k[i]), int(shuffled.m[i]), shuffled.matrix(i)] for i in range(36)]
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(rows))
    outputs = [tmp_path / name for name in ("out.csv", "out.parquet", "out.pkl")]
    for output in outputs:
        status, out, _ = mheight(
            "predict", tmp_path / "x.pkl", "--run", finished_run.path, "-o", output
        )
        assert status == 0
        assert out.startswith(f"{output}: 36 predicted heights\n")
    table = pyarrow.csv.read_csv(outputs[0])
    heights = table["height"].to_numpy()
    assert table["k"].to_pylist() == shuffled.k.tolist()
    assert set(table.column_names) >= {"low", "high", "flag"}
    np.testing.assert_allclose(np.log2(heights), table["log2_height"].to_numpy(), rtol=1e-9)
    np.testing.assert_allclose(pq.read_table(outputs[1])["height"].to_numpy(), heights)
    plain = load_pickle(outputs[2])
    assert all(type(value) is float for value in plain)
    np.testing.assert_allclose(plain, heights)
    # Predictions belong to codes, not to positions.
    straight = tmp_path / "straight.csv"
    mheight("predict", path, "--run", finished_run.path, "-o", straight)
    by_position = pyarrow.csv.read_csv(straight)["height"].to_numpy()
    order = np.random.default_rng(0).permutation(len(fresh))
    np.testing.assert_allclose(by_position[order], heights, rtol=1e-5)


def test_predict_tells_what_it_does_not_know(mheight, finished_run, samples, tmp_path):
    fresh, _ = samples
    rows = [[9, int(fresh.k[i]), int(fresh.m[i]), fresh.matrix(i)] for i in range(36)]
    rows[3] = [9, 4, 5, np.zeros((4, 5))]
    rows[30] = [9, 6, 2, np.full((6, 3), 7.0)]
    rows[10] = [9, 4, 4, fresh.matrix(10) * 1e-7]  # smaller minors than any of training
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(rows))
    output = tmp_path / "out.csv"
    _, out, _ = mheight("predict", tmp_path / "x.pkl", "--run", finished_run.path, "-o", output)
    table = pyarrow.csv.read_csv(output)
    assert table.column_names[-3:] == ["low", "high", "flag"]
    height, low, high = (table[name].to_numpy() for name in ("height", "low", "high"))
    flags = np.array(table["flag"].to_pylist())
    infinite = flags == "infinite height"
    assert infinite.tolist() == np.isinf(height).tolist() == np.isinf(low).tolist()
    assert {3, 30} <= set(np.flatnonzero(infinite))
    np.testing.assert_array_equal(np.isinf(exact_heights(Samples.from_rows(rows))), infinite)
    assert "smallest minor" in flags[10]
    assert (low[~infinite] >= 1.0).all()
    # Ends of heights, not of log2 heights, which are those of the run's calibration.
    known = Samples.from_rows(rows).take(~infinite)
    from mheight.experiments.trained_run import TrainedRun

    found = TrainedRun.load(finished_run.path).predict(known)
    np.testing.assert_allclose(low[~infinite], np.exp2(found.low), rtol=1e-4)
    np.testing.assert_allclose(high[~infinite], np.exp2(found.high), rtol=1e-4)
    foreign = int((flags != "").sum()) - int(infinite.sum())
    assert out.splitlines() == [
        f"{output}: 36 predicted heights",
        f"{infinite.sum()} are infinite: m is at least the minimum distance of the code",
        f"{foreign} codes are unlike those of training (column flag): trust them less",
    ]
    parquet = tmp_path / "out.parquet"
    mheight("predict", tmp_path / "x.pkl", "--run", finished_run.path, "-o", parquet)
    assert pq.read_table(parquet)["flag"].to_pylist() == flags.tolist()


def test_predict_says_nothing_of_codes_that_are_as_usual(mheight, finished_run, tmp_path):
    """Codes of training itself, whose predictions lie among their heights."""
    from mheight.experiments.trained_run import TrainedRun

    usual = generate("course", 40, 2026).samples
    run = TrainedRun.load(finished_run.path)
    usual = usual.take(run.seen_in_training(usual))
    usual = usual.take(run.predict(usual).flags == "").take(np.arange(20))
    write_parquet(usual, tmp_path / "usual.parquet")
    output = tmp_path / "out.csv"
    _, out, _ = mheight(
        "predict", tmp_path / "usual.parquet", "--run", finished_run.path, "-o", output
    )
    assert out.startswith(f"{output}: 20 predicted heights\nusual.parquet\n")
    assert "unlike" not in out
    assert "infinite" not in out


def test_evaluate_averages_runs_and_copies(
    mheight, finished_run, finished_stream_run, samples, tmp_path
):
    from mheight.experiments.averaging import averaged
    from mheight.experiments.trained_run import TrainedRun
    from mheight.metrics import score

    fresh, path = samples
    runs = [TrainedRun.load(run.path) for run in (finished_run, finished_stream_run)]

    def evaluated(*options):
        target = tmp_path / "scores.json"
        status, out, err = mheight("evaluate", finished_run.path, path, "-o", target, *options)
        assert status == 0, err
        return out, json.loads(target.read_text())

    out, alone = evaluated()
    assert "intervals of level 0.9 hold " in out
    assert "rows are flagged as unlike the training codes" in out
    assert alone["run"] == "run7"
    assert alone["intervals"]["rows"] == 36
    for options, name, models, copies in (
        (("--with", finished_stream_run.path), "run7 + run8-stream", runs, 0),
        (("--copies", 2), "run7, 2 symmetric copies", runs[:1], 2),
    ):
        out, got = evaluated(*options)
        assert got["run"] == name
        assert f"{name} on fresh.parquet" in out
        expected = averaged([run.predict_log2 for run in models], fresh, copies)
        overall = score(fresh.log2_heights, expected, fresh.group, fresh.groups).overall
        assert got["scores"]["overall"] == pytest.approx(overall, rel=1e-4)
        assert got["scores"] != alone["scores"]
        assert got["intervals"] is None
        assert "intervals of level" not in out


def test_predict_averages_as_evaluate_does(
    mheight, finished_run, finished_stream_run, samples, tmp_path
):
    from mheight.experiments.averaging import averaged
    from mheight.experiments.trained_run import TrainedRun

    fresh, path = samples
    runs = [TrainedRun.load(run.path) for run in (finished_run, finished_stream_run)]
    target = tmp_path / "out.csv"
    status, _, err = mheight(
        *("predict", path, "-o", target, "--run", finished_run.path),
        *("--with", finished_stream_run.path, "--copies", 2),
    )
    assert status == 0, err
    table = pyarrow.csv.read_csv(target)
    expected = averaged([run.predict_log2 for run in runs], fresh, 2)
    np.testing.assert_allclose(table["log2_height"].to_numpy(), expected, rtol=1e-5)
    # Nothing was calibrated for averages, but foreign codes are still flagged.
    assert not {"low", "high"} & set(table.column_names)
    assert "flag" in table.column_names


def test_predict_by_the_h5_model(mheight, fails, finished_run, samples, tmp_path):
    _, path = samples
    for name, run in (("a.csv", finished_run.path), ("b.csv", finished_run.model_h5)):
        status, _, err = mheight("predict", path, "--run", run, "-o", tmp_path / name)
        assert status == 0, err
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    alone = tmp_path / "best_model_run7.h5"
    alone.write_bytes(finished_run.model_h5.read_bytes())
    line = fails("predict", path, "--run", alone, "-o", tmp_path / "c.csv")
    assert f"the run folder {tmp_path / 'run_7'} that goes with it is missing" in line


def test_evaluate_with_no_run_or_too_many_copies(mheight, fails, finished_run, samples, tmp_path):
    _, path = samples
    line = fails("evaluate", finished_run.path, path, "--with", tmp_path / "no")
    assert "no run folder" in line
    status, _, err = mheight("evaluate", finished_run.path, path, "--copies", -1)
    assert status == 2
    assert "Invalid value for '--copies'" in err
    assert "greater than or equal to 0" in err


def test_evaluate_leaves_out_what_training_saw(mheight, finished_run, samples, tmp_path):
    fresh, path = samples
    status, out, _ = mheight(
        "evaluate", finished_run.path, path, "-o", tmp_path / "s.json", "--plot", tmp_path / "s.png"
    )
    assert status == 0
    assert "0 of codes seen in training left out, 36 scored" in out
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores["scores"]["counts"]["(4,2)"] == 4
    assert (tmp_path / "s.png").exists()

    seen = generate("course", 40, 2026).samples
    write_parquet(Samples.concatenate([fresh, seen], renumber=True), tmp_path / "mixed.parquet")
    _, out, _ = mheight("evaluate", finished_run.path, tmp_path / "mixed.parquet")
    assert "306 of codes seen in training left out, 90 scored" in out


def test_evaluate_leaves_out_infinite_heights(mheight, finished_run, tmp_path):
    rows = [[9, 4, 5, np.zeros((4, 5))], [9, 4, 2, np.arange(20.0).reshape(4, 5) ** 2 + 1]]
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(rows))
    (tmp_path / "y.pkl").write_bytes(pickle.dumps([3.0, 4.0]))
    status, out, _ = mheight(
        "evaluate", finished_run.path, tmp_path / "x.pkl", "--labels", tmp_path / "y.pkl"
    )
    assert status == 0
    assert "2 rows: 1 of infinite height" in out
    assert "1 finite where the height is infinite, 1 others wrong and replaced" in out
    assert "mean of 1 of 9 groups" in out


@pytest.mark.parametrize("option", ["--plot", "--output"])
def test_results_that_can_not_be_written_are_refused_first(
    fails, finished_run, samples, tmp_path, monkeypatch, option
):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    for target, message in (
        (".", "a file name is needed, got a folder"),
        ("result.txt", "the output must end in"),
        ("no/result.png", "there is no folder no" if option == "--plot" else "must end in"),
    ):
        line = fails("evaluate", finished_run.path, samples[1], option, target)
        assert message in line
    assert sorted(tmp_path.iterdir()) == before


def test_compare_shows_runs_side_by_side(mheight, finished_run):
    status, out, _ = mheight("compare", finished_run.path, finished_run.path)
    assert status == 0
    (scores,) = finished_run.read_report().validation.values()
    assert scores.balanced is not None
    figures = {**scores.groups, **scores.tiers}
    figures |= {"balanced": scores.balanced, "overall": scores.overall}
    shown = {words[0]: words[-2:] for words in map(str.split, out.splitlines()) if words}
    assert {name: shown[name] for name in figures} == {
        name: [f"{value:.4f}"] * 2 for name, value in figures.items()
    }


def test_errors_around_runs(fails, finished_run, samples, tmp_path):
    _, path = samples
    run = finished_run.path
    assert "no run folder" in fails("evaluate", tmp_path, path)
    assert "no run folder" in fails("compare", tmp_path)
    assert "must end in .csv" in fails("predict", path, "--run", run, "-o", tmp_path / "x.txt")
    assert "there is no folder" in fails(
        "predict", path, "--run", run, "-o", tmp_path / "no" / "x.csv"
    )
    assert "no such file" in fails(
        "predict", tmp_path / "no.pkl", "--run", run, "-o", tmp_path / "x.csv"
    )
    assert "unknown key 'training.epoch'" in fails("train", RUN7, "--set", "training.epoch=1")
    assert "no such configuration" in fails("train", tmp_path / "run9.toml")
    line = fails("train", RUN7, *settings(), "-o", run.parent)
    assert "exists already (finished, 3 epochs); add --resume" in line
    assert not (tmp_path / "x.csv").exists()


def test_a_damaged_model_is_refused(fails, finished_run, samples, tmp_path):
    import shutil

    copy = tmp_path / "run_7"
    shutil.copytree(finished_run.path, copy)
    model = copy / "best_model_run7.keras"
    model.write_bytes(model.read_bytes()[:1000])
    _, path = samples
    line = fails("predict", path, "--run", copy, "-o", tmp_path / "x.csv")
    assert "the trained model can't be read" in line


def test_data_too_small_to_split_is_refused_before_anything_is_written(fails, tmp_path):
    root = tmp_path / "root"
    line = fails("train", RUN7, *settings("data.per_group=2"), "-o", root)
    assert "group (4,2) is too small to split: with 2 samples" in line
    assert not root.exists()


def test_a_read_only_folder(fails, tmp_path, monkeypatch):
    # Permission bits do not bind a superuser, so the refusal itself is simulated.
    import pathlib

    real = pathlib.Path.mkdir

    def refuse(self, *args, **kwargs):
        if "readonly" in str(self):
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(pathlib.Path, "mkdir", refuse)
    line = fails("train", RUN7, *settings(), "-o", tmp_path / "readonly")
    assert "Permission denied" in line


# Long enough that the signal never comes after the end.
LONG = ("training.epochs=40", "training.batch_size=64")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder, _ = train_tiny(tmp_path_factory.mktemp("long"), "run7", *LONG)
    return folder.read_report()


@pytest.mark.parametrize(
    ("kill", "state"),
    [("SIGKILL", "training"), ("SIGINT", "interrupted"), ("SIGTERM", "interrupted")],
)
def test_a_killed_run_goes_on_to_the_same_result(mheight, uninterrupted, tmp_path, kill, state):
    command = [sys.executable, "-m", "mheight", "train", str(RUN7), "-o", str(tmp_path)]
    command += settings(*LONG)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    checkpoint = tmp_path / "run_7" / "checkpoint" / "state.npz"
    deadline = time.monotonic() + 300
    while not checkpoint.exists() and process.poll() is None:
        assert time.monotonic() < deadline, "no checkpoint in five minutes"
        time.sleep(0.02)
    process.send_signal(getattr(signal, kill))
    output, _ = process.communicate(timeout=120)
    assert process.returncode == (-9 if kill == "SIGKILL" else 130), output
    status = json.loads((tmp_path / "run_7" / "status.json").read_text())
    assert status["state"] == state, output
    assert "Traceback" not in output
    code, _, err = mheight("train", RUN7, "-o", tmp_path, "--resume", *settings(*LONG))
    assert code == 0, err
    assert "going on after epoch" in err
    report = RunFolder.open(tmp_path / "run_7").read_report()
    assert report.scores == uninterrupted.scores
