from __future__ import annotations

import io
import itertools
import json
import pickle
import re
import signal
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from programs import HeightPrograms

import mheight as package
from mheight.datasets import generate, write_parquet
from mheight.heights.finding import solved


def test_a_typed_matrix(mheight):
    status, out, _ = mheight("heights", "1 0 1 1; 0 1 1 2")
    assert status == 0
    assert "[4, 2]" in out
    assert [line.split() for line in out.splitlines()[-2:]] == [
        ["1", "2", "1.0000"],
        ["2", "3", "1.5850"],
    ]


def test_json_lines_with_infinity_as_null(mheight):
    _, out, _ = mheight("heights", "[[0,1,2]]", "--json")
    assert json.loads(out) == {"code": 0, "n": 3, "k": 1, "heights": {"1": 2.0, "2": None}}


def test_systematic_and_one_m(mheight):
    _, out, _ = mheight("heights", "-P", "-m", "2", "--json", "1 1; 1 2")
    assert json.loads(out)["heights"] == {"2": 3.0}


def test_matrices_from_files(mheight, tmp_path):
    path = tmp_path / "codes.json"
    path.write_text(json.dumps([{"G": [[1, 0, 1], [0, 1, 1]]}, {"P": [[2, 1]]}]))
    lines = mheight("heights", path, "--json")[1].splitlines()
    assert [json.loads(line)["n"] for line in lines] == [3, 3]
    np.save(tmp_path / "codes.npy", np.array([[[1, 0, 1], [0, 1, 1]]] * 3))
    assert len(mheight("heights", tmp_path / "codes.npy", "--json")[1].splitlines()) == 3
    (tmp_path / "code.csv").write_text("1,0,1\n0,1,1\n")
    assert json.loads(mheight("heights", tmp_path / "code.csv", "--json")[1])["k"] == 2


def test_samples_get_their_exact_heights(mheight, tmp_path):
    samples = generate("course", 3, 0).samples
    write_parquet(samples, tmp_path / "x.parquet")
    status, out, _ = mheight("heights", tmp_path / "x.parquet", "-o", tmp_path / "y.csv")
    assert status == 0
    assert "27 exact heights, 0 infinite" in out
    table = pyarrow.csv.read_csv(tmp_path / "y.csv")
    np.testing.assert_allclose(table["height"].to_numpy(), samples.labels, rtol=1e-12)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ("1 2; 3", "got 2 entries in row 0 and 1 entry in row 1"),
        ("1 x; 2 3", "a matrix is written"),
        ("[[1, 2", "the brackets do not match"),
        ("1 2; 2 4", "rows of G must be independent: rank 2 wanted, got 1"),
        ("1; 2", r"1 <= k <= n, got (2, 1)"),
        ("1 0; 0 1", "n > k is needed, got n = k = 2"),
        ("1 nan", "G must be finite, got nan"),
        ("1 inf", "G must be finite, got inf"),
        ("", "a matrix is needed, such as"),
        ("[[[1, 2]], [[1, 3]]]", "these are several matrices"),
        ("no/such/file.json", "no such file"),
    ],
)
def test_bad_matrices(fails, matrix, message):
    assert message in fails("heights", matrix)


@pytest.mark.parametrize("m", [0, 4, -1])
def test_m_out_of_range(fails, m):
    assert f"m must be an integer in 1..n-1 = 1..3, got {m}" in fails(
        "heights", "1 0 1 1; 0 1 1 2", "-m", m
    )


@pytest.mark.parametrize(
    "options", [[], ["--exact"], ["--witness"], ["--exact", "--witness"], ["--time-limit", 1]]
)
@pytest.mark.parametrize("matrix", ["1 0 1 1; 0 1 1 2", "1 0 1 0; 0 1 1 2; 1 1 0 3", "[[1,2,3,4]]"])
def test_beyond_the_redundancy_every_height_is_infinite(mheight, options, matrix):
    k = matrix.count(";") + 1
    for m in range(4 - k + 1, 4):
        status, text, err = mheight("heights", matrix, "-m", m, "--json", *options)
        assert (status, err) == (0, "")
        assert json.loads(text)["heights"] == {str(m): None}
        certificates = json.loads(text).get("certificates", [])
        assert len(certificates) == ("--witness" in options)
        for witness in certificates:
            word = sorted((abs(Fraction(x)) for x in witness["codeword"]), reverse=True)
            assert word[0] == 1
            assert word[m] == 0
    status, text, _ = mheight("heights", "1 0 1 1; 0 1 1 2", "-m", 3, "--claimed", "inf")
    assert (status, text) == (0, "h_3 = inf exactly; the claimed inf is equal to it\n")
    status, text, _ = mheight("heights", "1 0 1 1; 0 1 1 2", "-m", 3, "--capability")
    assert text.endswith("at no ratio: 2 located + detected >= 3\n")


def test_bad_files(fails, tmp_path):
    for name in ("a.json", "a.npy", "a.csv"):
        (tmp_path / name).write_bytes(b"")
        assert "got an empty file" in fails("heights", tmp_path / name)
        (tmp_path / name).write_bytes(b"{]\x93 garbage")
        assert "can't be read" in fails("heights", tmp_path / name)
    (tmp_path / "b.json").write_text('[[[1, 0, 1]], [[1, "x"]]]')
    assert "matrix 1: G as text must be a rational number" in fails("heights", tmp_path / "b.json")
    (tmp_path / "c.json").write_text('[{"G": [[1, 2]], "P": [[1]]}]')
    assert "exactly one of the keys G, P and H" in fails("heights", tmp_path / "c.json")
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "can't be read" in fails("heights", tmp_path / "o.npy")


def test_a_file_of_samples_needs_an_output(fails, tmp_path):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([[9, 4, 2, np.eye(4, 5) + np.ones((4, 5))]]))
    assert "needs --output" in fails("heights", tmp_path / "x.pkl")
    assert "must end in .csv, .parquet, .json, .jsonl, .npy, .pkl" in fails(
        "heights", tmp_path / "x.pkl", "-o", tmp_path / "y.txt"
    )


def test_a_matrix_longer_than_a_file_name_and_with_a_minus_in_front(mheight):
    matrix = np.random.default_rng(0).normal(size=(4, 12)).round(6)
    status, out, _ = mheight("heights", json.dumps(matrix.tolist()), "--json")
    assert status == 0
    assert json.loads(out)["heights"]["1"] == pytest.approx(package.m_height(matrix, 1))
    assert mheight("heights", "-1 5 1; 2 3 4")[0] == 0


@pytest.mark.parametrize(
    "option",
    [["-m", 3], ["-P"], ["-H"], ["--exact"], ["--witness"], ["--capability"], ["--time-limit", 1]],
    ids=str,
)
def test_samples_take_only_an_output(fails, tmp_path, option):
    (tmp_path / "x.pkl").write_bytes(b"")
    write_parquet(generate("course", 1, 0).samples, tmp_path / "x.parquet")
    for name in ("x.pkl", "x.parquet"):
        line = fails("heights", tmp_path / name, "-o", tmp_path / "y.csv", *option)
        assert "leave out -P and -m, and all options but --output" in line


SQUARES = "1 0 1 1; 0 1 1 2"
TRAP = "-1 -7 5 -2 4 6 -8; -2 -9 -2 -4 -4 7 -11; -8 0 5 -9 -3 -8 -8"


@pytest.fixture
def typed_in(monkeypatch):
    def write(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return write


def rows_of(out):
    """Cells of a table."""
    return [re.split(r" {3,}", line.strip()) for line in out.splitlines()[4:]]


def test_standard_input(mheight, fails, typed_in):
    typed_in("1 0 1\n0 1 1\n\n1 2\n")
    _, out, _ = mheight("heights", "-", "--json")
    assert [json.loads(line)["n"] for line in out.splitlines()] == [3, 2]
    typed_in('[[1, 2]]\n{"H": [[1, 1, 1]]}\n')
    _, out, _ = mheight("heights", "-", "--json")
    assert [json.loads(line)["heights"] for line in out.splitlines()] == [{"1": 2.0}] * 2
    typed_in("")
    assert "standard input: matrices are needed, got nothing" in fails("heights", "-")
    typed_in("[[1, 2]]\n[[1, 1], [2, 2]]\n")
    assert "standard input, matrix 1: the rows of G" in fails("heights", "-")


def test_parity_checks_and_generators_agree(mheight):
    for matrix in (("-H", "1 1 1 1; 0 1 2 3"), ("1 -2 1 0; 2 -3 0 1",), ("-P", "-1 -2; 2 3")):
        _, out, _ = mheight("heights", *matrix, "--json")
        assert json.loads(out)["heights"] == pytest.approx({"1": 2.0, "2": 5.0})
        _, exact, _ = mheight("heights", *matrix, "--json", "--exact")
        assert json.loads(exact)["heights"] == {"1": "2", "2": "5"}


def test_exact_heights(mheight):
    _, out, _ = mheight("heights", "--exact", TRAP)
    assert rows_of(out) == [
        ["1", "2", "2", "1.0000"],
        ["2", "154/5", "30.8", "4.9449"],
        ["3", "inf", "inf", "inf"],
        ["4", "inf", "inf", "inf"],
    ]
    _, out, _ = mheight("heights", "--exact", "1/3 0.1", "--json")
    assert json.loads(out)["heights"] == {"1": "10/3"}
    _, out, _ = mheight("heights", "1/3 0.1", "--json")
    assert json.loads(out)["heights"] == {"1": pytest.approx(10 / 3)}


def test_exact_heights_beyond_the_range_of_floats(mheight, tmp_path):
    status, *_ = mheight("heights", "--exact", "1e-400 1", "-o", tmp_path / "x.parquet")
    assert status == 0
    (row,) = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert row["height"] == np.inf
    assert row["log2_height"] == pytest.approx(400 * np.log2(10))
    assert row["exact"] == str(10**400)


@pytest.mark.parametrize(
    ("claim", "status", "relation"),
    [("16.6", 3, "below it"), ("154/5", 0, "equal"), ("30.8", 0, "equal"), ("inf", 3, "above it")],
)
def test_claims(mheight, claim, status, relation):
    got, out, err = mheight("heights", TRAP, "-m", 2, "--claimed", claim)
    assert (got, err) == (status, "")
    assert "h_2 = 154/5 = 30.8 exactly" in out
    assert relation in out


def test_claims_with_a_tolerance_and_of_several_codes(mheight, tmp_path, fails):
    claim = ("-m", 1, "--claimed", "3.0001")
    assert mheight("heights", "1 3", *claim)[0] == 3
    assert mheight("heights", "1 3", *claim, "--tolerance", "1e-4")[0] == 0
    (tmp_path / "x.jsonl").write_text("[[1, 3]]\n[[1, 2]]\n")
    status, out, _ = mheight("heights", tmp_path / "x.jsonl", *claim, "--tolerance", "0.01")
    assert status == 3
    assert [line[:8] for line in out.splitlines()] == ["code 0: ", "code 1: "]
    assert "claimed height" in fails("heights", "1 3", "-m", 1, "--claimed", "much")
    assert "the tolerance" in fails("heights", "1 3", *claim, "--tolerance", "some")


def test_witnesses(mheight):
    for options in ([], ["--exact"]):
        _, out, _ = mheight("heights", SQUARES, "--witness", "--json", *options)
        for witness in json.loads(out)["certificates"]:
            u = [Fraction(x) for x in witness["message"]]
            word = [abs(u[0] * a + u[1] * b) for a, b in [(1, 0), (0, 1), (1, 1), (1, 2)]]
            assert max(word) == word[witness["target"]]
            ranked = sorted(word, reverse=True)[witness["m"]]
            assert max(word) / ranked == Fraction(witness["height"])
    _, out, _ = mheight("heights", SQUARES, "--witness", "-m", 2)
    assert rows_of(out) == [["2", "3", "1.5850", "0", "0 2", "1 3", "3 -1 2 1"]]
    _, out, _ = mheight("heights", "1 0; 0 1"[:3], "--witness")
    assert rows_of(out) == [["1", "inf", "inf", "0", "0", "-", "1 0"]]


def test_a_printed_codeword_can_be_pasted_back(mheight):
    """As a matrix of one row it is the same word, to the last digit."""
    from mheight.codes import parse_code

    for options in ([], ["--exact"]):
        matrix = "1 0 0.3 -0.1; 0 1 -0.7 1/3"
        _, out, _ = mheight("heights", matrix, "--witness", *options)
        _, found, _ = mheight("heights", matrix, "--witness", "--json", *options)
        printed = [row[-1] for row in rows_of(out)]
        assert any("-" in word for word in printed)
        for word, certificate in zip(printed, json.loads(found)["certificates"], strict=True):
            assert "-0 " not in f"{word} "
            pasted = parse_code(word).G[0].tolist()
            assert pasted == [float(Fraction(x)) for x in certificate["codeword"]]


def test_capability(mheight, tmp_path):
    _, out, _ = mheight("heights", "1 0 1 1 3; 0 1 1 2 3", "--capability")
    assert rows_of(out)[:3] == [
        ["0", "1", "1", "3", "8"],
        ["0", "2", "2", "3", "8"],
        ["1", "0", "2", "3", "8"],
    ]
    assert out.splitlines()[-1] == "at no ratio: 2 located + detected >= 3"
    _, out, _ = mheight("heights", SQUARES, "--capability", "-m", 2, "--exact", "--json")
    assert json.loads(out)["capability"] == [
        {"located": 0, "detected": 2, "m": 2, "height": "3", "ratio": "8"},
        {"located": 1, "detected": 0, "m": 2, "height": "3", "ratio": "8"},
    ]
    mheight("heights", SQUARES, "--capability", "-o", tmp_path / "x.csv")
    table = pyarrow.csv.read_csv(tmp_path / "x.csv").to_pydict()
    assert table["located"] == [0, 0, 1]
    assert table["detected"] == [1, 2, 0]
    assert table["ratio"] == [6.0, 8.0, 8.0]


# --- searching ---------------------------------------------------------------------------


@pytest.fixture
def long_code():
    return json.dumps(np.random.default_rng(0).integers(-9, 10, (20, 40)).tolist())


def test_one_height_of_a_long_code(mheight, long_code):
    status, out, err = mheight("heights", long_code, "-m", 1)
    assert (status, err) == (0, "")
    (row,) = rows_of(out)
    G = np.array(json.loads(long_code), dtype=float)
    expected = HeightPrograms(G).height(1)
    assert row[0::3] == ["1", "exact"]
    assert float(row[1]) == pytest.approx(expected, rel=1e-9)
    _, out, _ = mheight("heights", long_code, "-m", 1, "--witness", "--json")
    (found,) = json.loads(out)["certificates"]
    word = np.sort(np.abs(np.array(found["message"]) @ G))[::-1]
    assert word[0] / word[1] == pytest.approx(expected, rel=1e-9)


@pytest.fixture
def clock(monkeypatch):
    """The clock of searches: a second goes by each time that it is looked at."""
    looks = itertools.count()
    for module in ("finding", "programs.branch_and_bound"):
        monkeypatch.setattr(f"mheight.heights.{module}.work_clock", lambda: float(next(looks)))


@pytest.mark.usefixtures("clock")
def test_a_time_limit_leaves_bounds(mheight, long_code, tmp_path):
    _, out, _ = mheight("heights", long_code, "-m", 6, "--time-limit", 60, "--json")
    value = json.loads(out)
    assert value["heights"] == {}
    assert value["bounds"]["6"]["status"] == "time limit"
    assert value["bounds"]["6"]["lower"] >= 1.0
    status, out, _ = mheight("heights", long_code, "--time-limit", 150)
    assert status == 0
    assert rows_of(out)[0][-1] == "exact"
    assert "time limit" in out
    assert re.search(r"not reached: h_\d+ ... h_20$", out)
    mheight("heights", long_code, "--time-limit", 150, "--witness", "-o", tmp_path / "x.parquet")
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert [row["m"] for row in rows] == list(range(1, 21))
    assert rows[0]["status"] == "exact"
    assert rows[0]["lower"] == rows[0]["height"]
    assert (rows[-1]["status"], rows[-1]["height"], rows[-1]["upper"]) == (
        "not reached", None, np.inf,
    )  # fmt: skip
    assert rows[-1]["codeword"] is None


def test_all_heights_of_a_long_code_have_a_default_limit(mheight, long_code, monkeypatch):
    monkeypatch.setattr("mheight.cli.heights_work.LONG_CODE_SECONDS", 0.1)
    status, _, err = mheight("heights", long_code)
    assert status == 0
    assert err == (
        "searching an [40, 20] code for h_1, h_2, ... in turn, for at most 0.1 s "
        "(--time-limit changes that)\n"
    )


@pytest.mark.parametrize("method", ["auto", "lattice", "branch-and-bound"])
def test_methods_agree(mheight, method):
    _, out, _ = mheight("heights", TRAP, "--method", method, "--json")
    heights = json.loads(out)["heights"]
    assert heights == {"1": pytest.approx(2), "2": pytest.approx(30.8), "3": None, "4": None}
    assert ("bounds" in json.loads(out)) == (method == "branch-and-bound")


def test_ctrl_c_shows_the_bounds_so_far(mheight, long_code, monkeypatch, tmp_path):
    def interrupted(*arguments, stop, **options):
        signal.raise_signal(signal.SIGINT)
        return solved(*arguments, stop=stop, **options)

    monkeypatch.setattr("mheight.cli.heights_work.solved", interrupted)
    monkeypatch.setattr("mheight.heights.finding.solved", interrupted)
    status, out, _ = mheight("heights", long_code, "-m", 8)
    assert status == 130
    assert rows_of(out)[0][-1] == "stopped"
    status, out, _ = mheight("heights", long_code, "--json")
    assert status == 130
    bounds = json.loads(out)["bounds"]
    assert bounds["20"]["status"] == "not reached"
    status, out, err = mheight("heights", long_code, "-m", 8, "-o", tmp_path / "x.csv")
    assert (status, out) == (130, "")
    assert "stopped" in err
    assert "x.csv is not written" in err
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# --- files -------------------------------------------------------------------------------


@pytest.fixture
def npy(tmp_path):
    matrices = np.random.default_rng(3).integers(-100, 101, (500, 3, 6)).astype(float)
    matrices[7, :, 5] = 0.0
    np.save(tmp_path / "codes.npy", matrices)
    return matrices, tmp_path / "codes.npy"


@pytest.fixture
def small_batches(monkeypatch):
    for module in ("from_blocks", "reading.objects"):
        monkeypatch.setattr(f"mheight.codes.{module}.batch_length", lambda _: 64)
    monkeypatch.setattr("mheight.heights.output.files._ROWS_AT_A_TIME", 300)


@pytest.mark.usefixtures("small_batches")
def test_every_output_holds_the_same(mheight, npy, tmp_path):
    matrices, path = npy
    expected = package.height_profile(matrices)
    for name in ("x.parquet", "x.csv", "x.jsonl"):
        status, out, _ = mheight("heights", path, "-o", tmp_path / name)
        infinite = int(np.isinf(expected).sum())
        summary = f"{tmp_path / name}: 500 codes, 1,500 heights, {infinite} infinite\n"
        assert (status, out) == (0, summary)
    for table in (pq.read_table(tmp_path / "x.parquet"), pyarrow.csv.read_csv(tmp_path / "x.csv")):
        assert table.column_names == ["code", "n", "k", "m", "height", "log2_height", "doubt"]
        assert table["code"].to_pylist() == np.repeat(np.arange(500), 3).tolist()
        assert table["m"].to_pylist() == [1, 2, 3] * 500
        heights = table["height"].to_numpy().reshape(500, 3)
        np.testing.assert_array_equal(heights, expected)
        np.testing.assert_array_equal(
            table["log2_height"].to_numpy().reshape(500, 3), np.log2(heights)
        )
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert [line["code"] for line in lines] == list(range(500))
    assert lines[7]["heights"]["3"] is None
    plain = mheight("heights", path, "--json")[1]
    assert plain == (tmp_path / "x.jsonl").read_text()


def test_one_height_and_witnesses_in_files(mheight, npy, tmp_path):
    matrices, path = npy
    np.save(path, matrices[:9])
    mheight("heights", path, "-m", 2, "--witness", "-o", tmp_path / "x.parquet")
    mheight("heights", path, "-m", 2, "--witness", "-o", tmp_path / "x.csv")
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    texts = pyarrow.csv.read_csv(tmp_path / "x.csv").to_pylist()
    for row, text, G in zip(rows, texts, matrices[:9], strict=True):
        word = np.abs(np.array(row["codeword"]))
        assert row["height"] == pytest.approx(package.m_height(G, 2))
        assert word.max() / np.sort(word)[::-1][2] == pytest.approx(row["height"])
        assert len(row["larger"]) == 2
        for name in ("larger", "information_set", "codeword"):
            assert json.loads(text[name]) == row[name]


def test_mixed_shapes_in_json_lines(mheight, tmp_path):
    lines = [[[1, 2]], [[1, 0, 1], [0, 1, 1]], {"P": [[3]]}, [[1, 2, 4]]]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, lines)))
    mheight("heights", tmp_path / "x.jsonl", "-o", tmp_path / "y.parquet")
    table = pq.read_table(tmp_path / "y.parquet").to_pydict()
    assert table["code"] == [0, 1, 2, 3, 3]
    assert table["n"] == [2, 3, 2, 3, 3]
    assert table["height"] == [2.0, 2.0, 3.0, 2.0, 4.0]
    _, out, _ = mheight("heights", tmp_path / "x.jsonl")
    assert out.count("code ") == 4


def test_long_codes_among_short_ones(mheight, fails, tmp_path, long_code):
    (tmp_path / "x.jsonl").write_text(f"[[1, 2]]\n{long_code}\n")
    line = fails("heights", tmp_path / "x.jsonl", "-m", 1, "-o", tmp_path / "y.csv")
    assert "their columns differ" in line
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    options = ("-m", 1, "--time-limit", 9)
    for name in ("y.csv", "y.jsonl"):
        assert mheight("heights", tmp_path / "x.jsonl", *options, "-o", tmp_path / name)[0] == 0
    table = pyarrow.csv.read_csv(tmp_path / "y.csv").to_pydict()
    assert table["status"] == ["exact", "exact"]


def test_a_time_limit_that_a_search_can_not_begin_in(fails, tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).integers(-9, 10, (100, 4000)))
    line = fails("heights", tmp_path / "x.npy", "-m", 1, "--time-limit", 2)
    assert line.endswith(
        "matrix 0: a search of an [4000, 100] code takes about 4 s to prepare and verify, "
        "more than the time limit of 2 s"
    )


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ((399, 1), 0.0, "codes.npy, matrix 399: the rows of G must be independent: rank 3 wanted"),
        ((399, 1, 2), np.nan, r"codes.npy, matrix 399: G must be finite, got nan at index (1, 2)"),
    ],
)
def test_a_bad_matrix_in_the_middle_leaves_nothing(
    fails, npy, tmp_path, suffix, place, value, message
):
    matrices, path = npy
    matrices[place] = value
    np.save(path, matrices)
    target = tmp_path / f"heights{suffix}"
    target.write_text("old")
    assert message in fails("heights", path, "-o", target)
    assert target.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["codes.npy", target.name])


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_interrupted_writing_leaves_nothing(mheight, npy, tmp_path, suffix, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mheight.heights.output.files.HeightRows.by_code", interrupt)
    monkeypatch.setattr("mheight.heights.output.files.HeightWriter._flush", interrupt)
    assert mheight("heights", npy[1], "-o", tmp_path / f"x{suffix}")[0] == 130
    assert [path.name for path in tmp_path.iterdir()] == ["codes.npy"]


def test_an_output_that_can_not_be_written(fails, tmp_path, monkeypatch):
    (tmp_path / "folder.csv").mkdir()
    for name, message in (
        ("x.txt", "the output must end in .jsonl, .parquet, .csv"),
        ("x.pkl", "the output must end in .jsonl, .parquet, .csv"),
        ("no/x.csv", "there is no folder"),
        ("folder.csv", "a file name is needed, got a folder"),
    ):
        assert message in fails("heights", "1 2", "-o", tmp_path / name)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / ".partial-x"))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    assert "Permission denied" in fails("heights", "1 2", "-o", tmp_path / "x.csv")


NEARLY_TWO = [[1, 0, 1, 1], [0, 1, 1, 1 + 3e-13]]
"""h_2 = 6.7e12 of these entries; infinite if the last one is a rounded 1."""


def test_a_doubt_stands_in_the_table(mheight):
    status, table, err = mheight("heights", str(NEARLY_TWO))
    assert (status, err) == (0, "")
    assert table.endswith(
        "in doubt: h_2 = 6.7e+12 for exactly these entries and is reported; "
        "if they are rounded, it may be finite or infinite; --exact rounds nothing\n"
    )
    _, table, _ = mheight("heights", str(NEARLY_TWO), "-m", 1)
    assert "doubt" not in table


def test_a_doubt_stands_in_every_kind_of_output(mheight, tmp_path, monkeypatch):
    codes = np.array([NEARLY_TWO if i in (1, 4, 5) else [[1, 0, 1, 1], [0, 1, 1, 2]]
                      for i in range(7)])  # fmt: skip
    np.save(tmp_path / "x.npy", codes)
    for module in ("reading.objects", "from_blocks"):
        monkeypatch.setattr(f"mheight.codes.{module}.batch_length", lambda _: 3)
    warning = (
        f"warning: {tmp_path / 'x.npy'}, matrix 1: h_2 = 6.7e+12 for exactly these entries and is "
        "reported; if they are rounded, it may be finite or infinite; --exact rounds nothing; "
        "2 more codes in doubt\n"
    )
    for options in (["--json"], ["--json", "--witness"], ["--json", "--method", "lattice"]):
        _, text, err = mheight("heights", tmp_path / "x.npy", *options)
        assert err == warning
        lines = [json.loads(line) for line in text.splitlines()]
        assert [i for i, line in enumerate(lines) if "doubts" in line] == [1, 4, 5]
        (doubt,) = lines[4]["doubts"]
        assert (doubt["kind"], doubt["m"]) == ("large height", 2)
        assert doubt["value"] == pytest.approx(6.67e12, rel=1e-3)
    for suffix in ("csv", "parquet"):
        path = tmp_path / f"h.{suffix}"
        _, text, err = mheight("heights", tmp_path / "x.npy", "-o", path)
        assert "3 codes in doubt" in text
        assert err == warning
        rows = (pyarrow.csv.read_csv(path) if suffix == "csv" else pq.read_table(path)).to_pylist()
        said = {(row["code"], row["m"]) for row in rows if row["doubt"]}
        assert said == {(1, 2), (4, 2), (5, 2)}
    _, text, err = mheight("heights", tmp_path / "x.npy")
    assert text.count("in doubt: h_2") == 3
    assert err == warning


@pytest.mark.parametrize(
    "options", [[], ["--exact"], ["--witness"], ["--time-limit", 1], ["--exact", "--witness"]]
)
def test_measured_matrices(mheight, tmp_path, options):
    asked = ["1 0 1 1; 0 1 1 1.0001", "--zero-tolerance", "1e-3", *options]
    status, text, err = mheight("heights", *asked)
    assert (status, err) == (0, "")
    assert text.endswith("\nzero tolerance 0.001: a height of at least 1000 is infinite\n")
    assert text.splitlines()[-2].split()[:2] == ["2", "inf"]
    _, text, _ = mheight("heights", *asked, "--json")
    assert json.loads(text)["heights"]["2"] is None
    assert json.loads(text)["zero_tolerance"] == 1e-3
    for path in (tmp_path / "x.csv", tmp_path / "x.parquet"):
        mheight("heights", *asked, "-o", path)
        table = pyarrow.csv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)
        assert table.column("height").to_pylist()[1] == np.inf
        assert table.column("zero_tolerance").to_pylist() == [1e-3, 1e-3]


def test_a_claim_under_a_tolerance(mheight):
    asked = ["heights", "1 0 1 1; 0 1 1 1.0001", "-m", 2, "--claimed", "inf"]
    assert mheight(*asked)[0] == 3
    status, text, _ = mheight(*asked, "--zero-tolerance", "1e-3")
    assert (status, text[:38]) == (0, "h_2 = inf exactly (zero tolerance 0.00")
    _, text, _ = mheight("heights", "1 0 1 1; 0 1 1 1.0001", "--zero-tolerance", "0")
    assert text.endswith("zero tolerance 0: the entries count exactly as they are\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--zero-tolerance", "2"], "the zero tolerance must be a number of at least 0 and below"),
        (["-P", "-H"], "choose one of -P and -H"),
        (["--claimed", "3"], "--claimed needs -m"),
        (["--claimed", "3", "-m", 1, "--witness"], "--claimed needs -m, and goes without"),
        (["--tolerance", "0.1"], "--tolerance goes with --claimed"),
        (["--exact", "--time-limit", 1], "--exact and --claimed go without --method"),
        (["--exact", "--method", "lattice"], "--exact and --claimed go without --method"),
        (["--witness", "--capability"], "choose one"),
        (["--time-limit", 0], "--time-limit must be positive"),
        (["--time-limit", "nan"], "--time-limit must be positive"),
        (["--time-limit", 1, "--method", "lattice"], "goes without --method lattice"),
        (["--json", "-o", "x.jsonl"], "leave out --json or --output"),
        (["-m", 4, "--exact"], "m must be an integer in 1..n-1 = 1..3, got 4"),
        (["-m", 0, "--witness"], "m must be an integer in 1..n-1 = 1..3, got 0"),
        (["-m", 4, "--time-limit", 1], "m must be an integer in 1..n-1 = 1..3, got 4"),
        (["-m", 4, "--claimed", 3], "m must be an integer in 1..n-1 = 1..3, got 4"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(fails, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    assert message in fails("heights", SQUARES, *options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [["--exact"], ["--witness"], ["--method", "branch-and-bound"]])
@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ("1 0; 0 1", "n > k is needed, got n = k = 2"),
        ("1 2 3; 2 4 6", "the rows of G must be independent: rank 2 wanted, got 1"),
        ("1 2; 3", "rows of one length are needed, got 2 entries in row 0 and 1 entry in row 1"),
        ("1 nan", r"\bnan\b"),
        ("1 x", "got 'x'"),
    ],
)
def test_bad_matrices_in_every_mode(fails, matrix, message, options):
    assert re.search(message, fails("heights", matrix, *options))


def test_a_usage_error_is_status_2(mheight):
    status, out, err = mheight("heights", SQUARES, "--method", "magic")
    assert (status, out) == (2, "")
    assert "'magic' is not one of 'auto', 'lattice', 'branch-and-bound'" in err
    status, out, err = mheight("heights", SQUARES, "--jsn")
    assert (status, out) == (2, "")
    assert "No such option: --jsn Did you mean --json?" in err


def test_the_simple_path_loads_no_more_than_it_needs():
    code = (
        "import sys; from mheight.cli.main import main; main(['heights', '1 0 1; 0 1 1']); "
        "heavy = ('pyarrow', 'mheight.evaluation', 'mheight.datasets', 'keras', 'sklearn');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
