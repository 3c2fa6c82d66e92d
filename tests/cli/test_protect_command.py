from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mheight.codes import icosahedral
from mheight.protection import Decoder


@pytest.fixture
def words(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    received = rng.normal(size=(50, 3)) @ icosahedral().G + rng.uniform(-0.01, 0.01, (50, 6))
    received[7, 2] += 3.0
    received[9, 4] = np.nan
    received[11, :4] += [1.0, -2.0, 3.0, 4.0]
    np.save(tmp_path / "words.npy", received)
    np.savetxt(tmp_path / "words.csv", received, delimiter=",", header="a,b,c,d,e,f", comments="")
    columns = [pa.array(column) for column in received.T]
    pq.write_table(pa.table(columns, names=list("abcdef")), tmp_path / "words.parquet")
    pq.write_table(pa.table({"y": received.tolist()}), tmp_path / "lists.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


TASK = ("--family", "icosahedral", "--delta", "0.01")


def icosahedral_decoder():
    return Decoder(icosahedral(), 1, 0, 0.01)


@pytest.mark.parametrize("name", ["words.npy", "words.csv", "words.parquet", "lists.parquet"])
def test_every_kind_of_file_gives_the_same(mheight, words, name):
    status, out, _ = mheight("protect", name, *TASK, "-o", "found.jsonl")
    assert status == 0
    text = (words / "found.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["word"] for row in rows] == list(range(50))
    expected = icosahedral_decoder().decode(np.load(words / "words.npy"))
    assert [row["verdict"] for row in rows] == list(expected.verdicts)
    assert [tuple(row["located"]) for row in rows] == list(expected.positions)
    for row, residual, codeword in zip(rows, expected.residuals, expected.codewords, strict=True):
        if row["verdict"] != "too many":
            assert (row["residual"], row["corrected"]) == (residual, codeword.tolist())
    assert rows[7]["verdict"] == "located"
    assert rows[7]["located"] == [2]
    assert rows[9]["located"] == [4]
    assert rows[11] == {
        "word": 11, "verdict": "too many", "located": [], "residual": None, "corrected": None,
    }  # fmt: skip
    assert "clean                47" in out
    assert "located               2" in out
    assert "too many              1" in out
    assert "off by more than 0.0547214 is located" in out
    assert "corrected word is off by at most 0.0447214" in out


def test_outputs_agree(mheight, words):
    for ending in ("csv", "parquet", "jsonl"):
        assert mheight("protect", "words.npy", *TASK, "-o", f"found.{ending}")[0] == 0
    rows = [json.loads(line) for line in (words / "found.jsonl").read_text().splitlines()]
    table = pq.read_table(words / "found.parquet").to_pylist()
    lines = (words / "found.csv").read_text().splitlines()
    assert lines[0] == "word,verdict,located,residual,c0,c1,c2,c3,c4,c5"
    for row, other, line in zip(rows, table, lines[1:], strict=True):
        corrected = row["corrected"] or [None] * 6
        assert other == {
            "word": row["word"], "verdict": row["verdict"], "located": row["located"],
            "residual": row["residual"], **{f"c{j}": c for j, c in enumerate(corrected)},
        }  # fmt: skip
        cells = line.split(",")
        assert cells[:2] == [str(row["word"]), row["verdict"]]
        assert (float(cells[3]) if cells[3] else None) == row["residual"]
        assert cells[2] == ";".join(map(str, row["located"]))
        assert [float(c) if c else None for c in cells[4:]] == corrected


@pytest.mark.parametrize(
    ("delta", "verdicts"),
    [
        ("1", ["clean", "located", "unlocated", "unlocated"]),
        # The last entry may be off by more; or the one before it.
        ("1,1,1,2", ["clean", "located", "clean", "unlocated"]),
        ("1,1,2,1", ["clean", "located", "clean", "clean"]),
    ],
)
def test_a_code_by_its_matrix_and_deltas_by_column(mheight, words, delta, verdicts):
    short = [[1.0, 0.0, 1.0, 1.0], [1.0, 9.0, 1.0, 1.0], [0, 0, 0, 3.5], [0, 0, 2.8, 0]]
    np.save(words / "short.npy", short)
    arguments = ("--code", "1 0 1 1; 0 1 1 2", "--delta", delta, "-o", "found.jsonl")
    status, out, _ = mheight("protect", "short.npy", *arguments)
    assert status == 0
    rows = [json.loads(line) for line in (words / "found.jsonl").read_text().splitlines()]
    assert [row["verdict"] for row in rows] == verdicts
    assert rows[1]["located"] == [1]
    assert "located at position: 1: 1" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("words.npy", "--family", "icosahedral"), "--delta is needed"),
        (("words.npy", "--family", "icosahedral", "--delta", "0"), "delta must be positive, got 0"),
        (("words.npy", "--family", "icosahedral", "--delta", "1,2"), "each of 6 positions, got 2"),
        (("words.npy", "--family", "icosahedral", "--delta", "x"), "got 'x'"),
        (("words.npy", *TASK, "--tau", "2"), "2 tau + sigma must lie in 1..n-k = 1..3"),
        (("words.npy", "--family", "cosine", "--n", "7", "--delta", "1"),
         "shape (N, n) with n = 7 is needed, got (50, 6)"),
        (("words.csv", "--family", "cosine", "--n", "7", "--delta", "1"),
         "words.csv, line 1: words of n = 7 numbers are needed, got 6"),
        (("words.npy", *TASK, "-o", "words.npy"), "the output must end in .csv, .jsonl, .parquet"),
        (("words.csv", *TASK, "-o", "words.csv"), "this is the input words.csv"),
        (("words.txt", *TASK), "words are read from .csv, .npy, .parquet"),
        (("bad.csv", *TASK), "bad.csv, line 2: numbers are needed, got 'x'"),
        (("short.csv", *TASK), "short.csv, line 2: words of n = 6 numbers are needed, got 5"),
        (("empty.csv", *TASK), "words are needed, got none"),
        (("none.npy", *TASK), "none.npy: no such file\n"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(mheight, words, arguments, message):
    (words / "bad.csv").write_text("1,2,3,4,5,6\n1,2,x,4,5,6\n")
    (words / "short.csv").write_text("1,2,3,4,5,6\n1,2,3,4,5\n")
    (words / "empty.csv").write_text("")
    before = (words / "words.csv").read_bytes()
    status, _, err = mheight("protect", *arguments)
    assert status == 1
    assert message in err
    assert len(err.splitlines()) == 1
    assert (words / "words.csv").read_bytes() == before


def test_choose(mheight):
    status, out, _ = mheight("choose", "--n", "10", "--ratio", "30", "--json")
    assert status == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["code"], row["k"]) for row in rows][:2] == [
        ("single-parity:5 x 2", 4), ("cosine-dual:5 x 2", 3),
    ]  # fmt: skip
    assert rows[0]["ratio"] == pytest.approx(10.0)
    _, table, _ = mheight("choose", "--n", "10", "--ratio", "30")
    assert "Delta/delta" in table
    assert "cosine:10" in table
    status, _, err = mheight("choose", "--ratio", "3")
    assert status == 1
    assert "no named code does this" in err
