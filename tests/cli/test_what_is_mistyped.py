"""What the command line says of mistakes, and how it ends and writes where it is not at home."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from mheight.cli.main import COMMANDS as ALL

MATRIX = "1 0 1 1; 0 1 1 2"
COMMANDS = [command.name for command in ALL if command.name != "data"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "a matrix is needed, such as '1 0 1; 0 1 1', got an empty text"),
        ("  ", "a matrix is needed, such as"),
        ("codes.jsn", "codes.jsn: no such file; the nearest is codes.json"),
        ("code.json", "code.json: no such file; the nearest is codes.json"),
        ("no/codes.json", "no/codes.json: no such file; there is no folder no"),
        ("folder", "folder: a file is needed, got a folder"),
        ("cosin:9", "cosin:9: no such file or family; the nearest is cosine"),
        ("nonsense", "nonsense: no such file or family; a matrix is written '1 0 1; 0 1 1'"),
        ("notes.md", "notes.md: a .json, .jsonl, .csv, .tsv, .txt, .dat, .npy, .npz, .mat or"),
        ("sheet.xlsx", ".parquet file is needed; save the sheet as CSV"),
        ("1 2 x", "got '1 2 x' (row 0, column 2: a number is needed, got 'x')"),
        ("\udcff\udcfe", "a number is needed"),
    ],
)
def test_sources(fails, tmp_path, monkeypatch, source, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "codes.json").write_text("[[1, 2]]")
    for name in ("notes.md", "sheet.xlsx"):
        (tmp_path / name).write_text("x")
    assert message in fails("heights", source)


@pytest.mark.parametrize("command", ["heights", "distance", "compare", "equivalent"])
def test_a_mistyped_option_is_named(mheight, command):
    for arguments in (("--exat", MATRIX, MATRIX), (MATRIX, MATRIX, "--witnes=1"), (MATRIX, "-Px")):
        status, _, err = mheight(command, *arguments)
        assert status == 2
        mistyped = next(x for x in arguments if x.startswith("-")).split("=")[0]
        assert f"No such option: {mistyped}" in err
    assert "Did you mean --exact?" in mheight("heights", "--exat", MATRIX)[2]


def test_values_and_matrices_may_begin_with_a_minus(mheight, fails):
    for arguments, heights in (
        (("-1 5 1; 2 3 4",), {"1": 5.0}),
        (("-m1", "-P", "-.5 1", "--exact"), {"1": "1"}),
        (("--", "-1 5 1"), {"1": 5.0, "2": 5.0}),
    ):
        status, out, _ = mheight("heights", "--json", *arguments)
        assert (status, json.loads(out)["heights"]) == (0, heights)
    assert "the claimed height must be finite" in fails(
        "heights", MATRIX, "-m", 1, "--claimed", "-inf"
    )


@pytest.mark.parametrize("command", [*COMMANDS, "data"])
def test_short_help(mheight, command):
    short, long = (mheight(command, option) for option in ("-h", "--help"))
    assert short == long
    assert short[0] == 0
    assert "Usage:" in short[1]


def test_the_list_of_commands_is_in_whole_sentences(mheight):
    for arguments in (("-h",), ("data", "-h")):
        listed = mheight(*arguments)[1].split("Commands:")[1].rstrip()
        assert "..." not in listed.replace("h_1 ... h_{n-k}", "")
        assert listed.endswith(".")
    assert "--install-completion" in mheight("-h")[1]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_other_encodings_fall_back_to_ascii(monkeypatch, mheight, encoding):
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    for matrix in (MATRIX, "1 2 \u2265", "1 \udcff"):
        from mheight.cli.main import main

        assert main(["heights", matrix, "--capability"]) == (0 if matrix == MATRIX else 1)
    text = written.getvalue().decode(encoding)
    rule = "\u2500" if encoding == "utf-8" else "-"
    assert f" {rule * 30}" in text
    sys.stderr.seek(0)
    assert ("got '\u2265'" if encoding == "utf-8" else "got '>='") in sys.stderr.read()


@pytest.mark.parametrize("arguments", [["heights", "many.jsonl"], ["heights", MATRIX], ["-h"]])
def test_a_closed_pipe_ends_it_quietly(tmp_path, arguments):
    (tmp_path / "many.jsonl").write_text("[[1, 2, 3]]\n" * 3000)
    run = [sys.executable, "-m", "mheight", *arguments]
    process = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    process.stdout.close()
    _, err = process.communicate()
    assert err == b""
    assert process.returncode == 141  # as of a program that a closed pipe ends


def test_columns_that_are_not_read_are_told(mheight, tmp_path):
    (tmp_path / "x.csv").write_text("name,g0,g1\nA,1,2\n")
    status, out, err = mheight("heights", tmp_path / "x.csv", "--json")
    assert (status, json.loads(out)["heights"]) == (0, {"1": 2.0})
    assert err == f"warning: {tmp_path / 'x.csv'}: not read: name\n"


@pytest.mark.parametrize(
    "value",
    [
        [[[1, 0, 1], [0, 1, 2]]] * 2,
        np.array([[[1.0, 0, 1], [0, 1, 2]]] * 2),
        {"a": np.array([[1.0, 0, 1], [0, 1, 2]]), "b": [[1, 0, 1], [0, 1, 2]]},
        {"a": {"GeneratorMatrix": np.array([[1.0, 0, 1], [0, 1, 2]])}, "b": {"P": [[1], [2]]}},
        [{"G": np.array([[1, 0, 1], [0, 1, 2]])}, {"P": [[1], [2]]}],
    ],
    ids=str,
)
def test_pickles_of_matrices(mheight, tmp_path, value):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(value))
    status, out, _ = mheight("heights", tmp_path / "x.pkl", "--json")
    lines = [json.loads(line)["heights"] for line in out.splitlines()]
    assert (status, lines) == (0, [{"1": 3.0}] * 2)


def test_samples_in_text_are_no_matrices(fails, tmp_path):
    entries = ",".join(f"p{i}" for i in range(20))
    values = ",".join(["1", "2"] * 10)
    (tmp_path / "x.csv").write_text(f"n,k,m,{entries}\n9,4,2,{values}\n")
    (tmp_path / "x.json").write_text(json.dumps([[9, 4, 2, [[1] * 5] * 4]]))
    (tmp_path / "y.json").write_text(json.dumps([{"n": 9, "k": 4, "m": 2, "P": [[1] * 5] * 4}]))
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress((tmp_path / "x.csv").read_bytes()))
    for name in ("x.csv", "x.json", "y.json", "x.csv.gz"):
        assert "samples needs --output" in fails("heights", tmp_path / name)


# Every command that reads a file, wherever it names one; {} is the mistyped name.
READING = [
    "heights {}",
    "distance {}",
    "equivalent {} near.json",
    "equivalent near.json {}",
    "improve {} -m 1",
    "improve {} -m 1 --state state.json",
    "table --submit {} -m 1",
    "protect {} --code near.json --delta 1 --tau 0 --sigma 1",
    "protect near.csv --code {} --delta 1",
    "train {}",
    "tune {} -o study",
    "evaluate run {}",
    "evaluate run near.json --labels {}",
    "compare {} near.json",
    "compare near.json {}",
    "predict {} -o out.csv",
    "predict near.json -o out.csv --labels {}",
    "predict near.json -o out.csv --run {}",
    "serve --model {}",
    "data import {} -o out",
    "data import near.json {} -o out",
    "data inspect {}",
    "data inspect near.json --labels {}",
]


@pytest.mark.parametrize("command", READING)
def test_every_command_names_the_nearest_file(fails, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "near.json").write_text("[[1, 0, 1], [0, 1, 1]]")
    (tmp_path / "near.csv").write_text("1,2,3\n")
    (tmp_path / "course.csv").write_text("")
    before = sorted(tmp_path.iterdir())
    wrong = ["corse.csv" if word == "{}" else word for word in command.split()]
    assert fails(*wrong).endswith("; the nearest is course.csv")
    assert sorted(tmp_path.iterdir()) == before


def test_no_command_that_reads_is_left_out():
    reading = {command.split()[0] for command in READING}
    made_of_options = {"bounds", "design", "choose"}
    folders = {"export", "merge"}  # of runs and jobs, told by what is missing in them
    assert reading == {command.name for command in ALL} - made_of_options - folders
