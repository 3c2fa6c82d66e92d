"""`mheight tune`, as a user calls it, with real networks."""

from __future__ import annotations

import csv
import json
import sys

from tiny import ROOT

from mheight.experiments import load_config

STUDY = f"""
base = "{ROOT / "runs" / "run7-raw.toml"}"

[study]
name = "tiny"
trials = 3
overrides = ["data.per_group=40", "model.capacity=0.02", "model.blocks=0",
  "training.batch_size=459", "training.epochs=2"]

[study.pruning]
warmup_epochs = 0
startup_trials = 1

[search]
"training.learning_rate" = [1e-6, 1e-2]
"""


def test_tune(mheight, fails, tmp_path):
    file, folder = tmp_path / "tiny.toml", tmp_path / "study"
    # With this seed the first trial is the good one.
    file.write_text(STUDY.replace("trials = 3", "trials = 3\nseed = 1"), encoding="utf-8")
    status, out, err = mheight("tune", file, "-o", folder, "--trials", 1)
    assert status == 0, err
    assert "tiny: 1 complete" in out

    assert "exists already; add --resume" in fails("tune", file, "-o", folder)
    status, out, err = mheight("tune", file, "-o", folder, "--resume")
    assert status == 0, err
    assert "epoch   1/2" in err
    assert "optimistic" in out
    assert str(folder / "best.toml") in out
    with (folder / "trials.csv").open(encoding="utf-8") as stream:
        states = [row["state"] for row in csv.DictReader(stream)]
    assert states[0] == "complete"
    assert "pruned" in states  # and the network after it was trained all the same
    best = json.loads((folder / "study.json").read_text(encoding="utf-8"))["best"]
    assert load_config(folder / "best.toml").training.learning_rate == 1e-2
    assert best["parameters"] == {"training.learning_rate": 1e-2}

    file.write_text(STUDY + '"model.l2" = [1e-4, 1e-3]\n', encoding="utf-8")
    line = fails("tune", file, "-o", folder, "--resume")
    assert "belongs to another study; different: study.seed" in line
    assert "search 'model.l2' (None there" in line


def test_tune_in_rounds(mheight, fails, tmp_path):
    file = tmp_path / "tiny.toml"
    file.write_text(STUDY, encoding="utf-8")
    line = fails("tune", file, "-o", tmp_path / "no", "--shard", "0/2")
    assert "each trial is drawn from those before; study.round = N draws N at once" in line
    file.write_text(STUDY.replace("trials = 3", "trials = 2\nround = 2"), encoding="utf-8")
    for i in range(2):
        status, out, err = mheight("tune", file, "-o", tmp_path / f"part{i}", "--shard", f"{i}/2")
        assert status == 0, err
        assert f"part {i}/2 is done, 1 shards made; 1 of 2 are there" in out
    merged = tmp_path / "all"
    assert mheight("merge", tmp_path / "part0", tmp_path / "part1", "-o", merged)[0] == 0
    status, out, err = mheight("tune", file, "-o", merged)
    assert status == 0, err
    assert "2 complete" in out
    assert str(merged / "best.toml") in out
    with (merged / "trials.csv").open(encoding="utf-8") as stream:
        numbers = [row["number"] for row in csv.DictReader(stream)]
    assert numbers == ["0", "1"]
    line = fails("merge", merged, "-o", tmp_path / "trials.csv")
    assert "is a job of tune: the command that began it writes it" in line


def test_a_missing_package_is_named(fails, tmp_path, monkeypatch):
    file = tmp_path / "tiny.toml"
    file.write_text(STUDY, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "optuna", None)
    for name in ("study_search", "study_results", "tuning", "tuning_rounds"):
        monkeypatch.delitem(sys.modules, f"mheight.experiments.{name}", raising=False)
    line = fails("tune", file, "-o", tmp_path / "study")
    assert line.endswith("the package optuna; in the source of mheight: pip install '.[tune]'")
    assert not (tmp_path / "study").exists()


def test_tune_explains_itself(mheight):
    status, out, _ = mheight("tune", "--help")
    assert status == 0
    assert "optimistic" in out


def test_a_wrong_study_is_one_line(fails, tmp_path):
    assert "no such study file" in fails("tune", tmp_path / "no.toml", "-o", tmp_path / "study")
    file = tmp_path / "tiny.toml"
    file.write_text(STUDY + '"model.widht" = [1]\n', encoding="utf-8")
    assert "nearest valid key is 'model.width'" in fails("tune", file, "-o", tmp_path / "study")
    assert not (tmp_path / "study").exists()
