"""`mheight table`: what it shows, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mheight.catalogue import shipped
from mheight.catalogue.exports import as_csv, as_json, as_latex
from mheight.cli.main import main


def test_submitting_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "code.json"
    path.write_text(json.dumps({"rows": [[1, 0, "sqrt(2)", 1], [0, 1, 1, "sqrt(2)"]]}))
    assert main(["table", "--submit", str(path), "-m", "2"]) == 3
    assert capsys.readouterr().out == (
        f"{path}: [4, 2] real, h_2 = 1+sqrt(2), known 1+sqrt(2): "
        "equivalent (the known code, in another order and signs of positions)\n"
    )
    assert main(["table", "--submit", "1 0 1 1; 0 1 1 2", "-m", "1"]) == 3
    assert capsys.readouterr().out == "".join(
        f"code 0: [4, 2] {kind}, h_1 = 2, known 1: worse (larger by 1 of the known height)\n"
        for kind in ("real", "integer")
    )
    assert main(["table", "--submit", str(path)]) == 1
    assert capsys.readouterr().err == "error: --submit needs -m, the index of the height\n"


def test_the_table_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "6"]) == 0
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines() if line.startswith("  6 ")]
    places = [(6, k, m) for k in range(1, 6) for m in range(1, 7 - k)]
    assert [tuple(map(int, line[:3])) for line in lines] == places
    assert lines[places.index((6, 3, 3))][3] == "2+sqrt(5)"
    entries = shipped().of_length(5)
    for name, written in (("t.json", as_json), ("t.csv", as_csv), ("t.tex", as_latex)):
        path = tmp_path / name
        assert main(["table", "5", "-o", str(path)]) == 0
        assert path.read_text() == written(entries)
        assert capsys.readouterr().err == f"20 entries in {path}\n"
    assert main(["table", "5", "--kind", "integer", "-m", "2", "-o", str(path)]) == 0
    assert path.read_text() == as_latex([e for e in entries if e.kind == "integer" and e.m == 2])
    assert main(["table", "--check", "--sample", "5"]) == 0
    assert capsys.readouterr().out == "5 entries computed again: 0 faults\n"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["5", "-o", "t.xml"], "t.xml: the output must end in .json, .csv, .tex"),
        (["40"], "no such codes in the catalogue, which has n = 2 to 16, k < n, m <= n-k"),
        (["5", "--kind", "complex"], "--kind must be real or integer, got 'complex'"),
        (["--merge", ".", "-o", "."], ".: no files of found codes in this folder"),
        (["--merge", "."], "--merge needs -o, the folder of the new catalogue"),
        (
            ["--check", "--submit", "1 1", "-m", "1"],
            "--check, --submit and --merge are asked for one at a time",
        ),
        (["--check", "--sample", "0"], "--sample must be at least 1, got 0"),
    ],
)
def test_what_the_table_command_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    asked: list[str], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["table", *asked]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"error: {message}\n")
    assert list(tmp_path.iterdir()) == []
