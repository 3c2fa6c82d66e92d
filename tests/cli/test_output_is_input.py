"""No command writes its result over what it reads."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny import ROOT

from mheight.datasets import generate, save_dataset, write_parquet

MATRIX = "1,0,1,1\n0,1,1,2\n"


@pytest.fixture(scope="module")
def samples():
    return generate("normal", 2, 21).samples


@pytest.fixture
def files(tmp_path, samples):
    """One input of each kind, in a folder of their own."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(MATRIX)
    (folder / "a.jsonl").write_text("[[1, 0, 1], [0, 1, 1]]\n")
    rows = [
        [9, int(k), int(m), samples.matrix(i)]
        for i, (k, m) in enumerate(zip(samples.k, samples.m, strict=True))
    ]
    (folder / "s.pkl").write_bytes(pickle.dumps(rows))
    (folder / "y.pkl").write_bytes(pickle.dumps(samples.labels.tolist()))
    write_parquet(samples, folder / "s.parquet")
    (folder / "s.csv").write_text(
        "n,k,m," + ",".join(f"p{i}" for i in range(20)) + "\n9,4,2," + ",".join("1" * 20) + "\n"
    )
    save_dataset(samples, {}, folder / "set")
    np.save(folder / "g.npy", np.random.default_rng(0).normal(size=(2, 4, 9)))
    return folder


# The output stands where {} does.
COMMANDS = {
    "heights a.csv -o {}": "a.csv",
    "heights a.jsonl -o {}": "a.jsonl",
    "heights s.parquet -o {}": "s.parquet",
    "heights s.pkl -o {}": "s.pkl",
    "heights s.csv -o {}": "s.csv",
    "predict s.csv -o {}": "s.csv",
    "predict s.parquet -o {} --method exact": "s.parquet",
    "predict g.npy -o {}": "g.npy",
    "predict s.pkl -o {} --submit": "s.pkl",
    "predict s.pkl --labels y.pkl -o {}": "y.pkl",
    "evaluate run a.json -o {}": "a.json",
    "evaluate run s.pkl --labels a.json -o {}": "a.json",
    "evaluate run.json s.pkl -o {}": "run.json",
    "evaluate run s.png --plot {}": "s.png",
    "data inspect s.png --plot {}": "s.png",
    "data inspect s.pkl --labels s.png --plot {}": "s.png",
    "improve a.json -m 1 -o {} --rounds 1": "a.json",
    "improve a.json -m 1 --state {} --rounds 1": "a.json",
    "protect a.csv --code g.csv --delta 1 -o {}": "a.csv",
    "protect w.csv --code a.csv --delta 1 -o {}": "a.csv",
}
WAYS = ["as it is", "another spelling", "symbolic link", "hard link", "link to the folder"]


@pytest.mark.parametrize(
    ("command", "way"),
    [(command, way) for i, command in enumerate(COMMANDS) for way in (WAYS[0], WAYS[1 + i % 4])],
)
def test_the_input_is_kept(fails, files, tmp_path, monkeypatch, command, way):
    monkeypatch.chdir(files)
    name = COMMANDS[command]
    if not (files / name).exists():
        (files / name).write_text("not looked at")
    before = (files / name).read_bytes()
    output = {
        "as it is": Path(name),
        "another spelling": Path("..") / "in" / "." / name,
        "symbolic link": tmp_path / ("link" + Path(name).suffix),
        "hard link": tmp_path / ("hard" + Path(name).suffix),
        "link to the folder": tmp_path / "door" / name,
    }[way]
    if way == "symbolic link":
        output.symlink_to(files / name)
    elif way == "hard link":
        os.link(files / name, output)
    elif way == "link to the folder":
        output.parent.symlink_to(files)
    line = fails(*(output if word == "{}" else word for word in command.split()))
    assert f"this is the input {name}, which would be lost" in line
    assert (files / name).read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [
        "predict set -o set/samples.parquet",
        "predict set -o set/out.csv",
        "heights set -o set/out.csv",
        "data import set -o set/copy",
        "data inspect set --plot set/plot.png",
        "evaluate set s.pkl -o set/scores.json",
        "predict s.pkl --run set -o set/out.csv",
        "merge set -o set/out.parquet",
    ],
)
def test_nothing_is_written_into_a_folder_that_is_read(fails, files, monkeypatch, command):
    monkeypatch.chdir(files)
    before = {path.name: path.read_bytes() for path in (files / "set").iterdir()}
    assert "this lies in the input set" in fails(*command.split())
    assert {path.name: path.read_bytes() for path in (files / "set").iterdir()} == before


@pytest.mark.parametrize("name", ["best.toml", "trials.csv", "study.json", "study.png"])
def test_a_study_is_kept(fails, tmp_path, name):
    """`mheight tune` writes files of set names into its folder."""
    file = tmp_path / name
    text = f"base = {str(ROOT / 'runs' / 'run7.toml')!r}\n"
    text += '[study]\nname = "s"\ntrials = 1\n[search]\n"training.learning_rate" = [1e-4, 1e-2]\n'
    file.write_text(text)
    line = fails("tune", file, "-o", tmp_path)
    assert f"this is the input {file}, which would be lost" in line
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert file.read_text() == text


def test_standard_input_is_an_input(files):
    with (files / "a.jsonl").open() as stream:
        done = subprocess.run(
            [sys.executable, "-m", "mheight", "heights", "-", "-o", str(files / "a.jsonl")],
            stdin=stream,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "this is the input standard input, which would be lost" in done.stderr
    assert (files / "a.jsonl").read_text() == "[[1, 0, 1], [0, 1, 1]]\n"


def test_two_outputs_of_one_name(fails, files, monkeypatch):
    from mheight.errors import InvalidDataError
    from mheight.files import require_apart

    with pytest.raises(InvalidDataError, match="two results would be written to this name"):
        require_apart([files / "new", files / ".." / "in" / "new"], [])
    require_apart([files / "new", None, files / "other"], [files / "a.csv", None])
