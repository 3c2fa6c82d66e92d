from __future__ import annotations

import json
import pickle

import numpy as np
import pyarrow.csv
import pytest

from mheight.datasets import generate, write_parquet


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
        ("1 2; 3", "rectangular array of real numbers"),
        ("1 x; 2 3", "a matrix is written"),
        ("[[1, 2", "a matrix is written"),
        ("1 2; 2 4", "rows of G must be independent: rank 2 wanted, got 1"),
        ("1; 2", r"1 <= k <= n, got (2, 1)"),
        ("1 0; 0 1", "n > k is needed, got n = k = 2"),
        ("1 nan", "G must be finite, got nan"),
        ("1 inf", "G must be finite, got inf"),
        ("", "2 dimensions"),
        ("[[[1, 2]]]", "2 dimensions"),
        ("no/such/file.json", "no such file"),
    ],
)
def test_bad_matrices(fails, matrix, message):
    assert message in fails("heights", matrix)


@pytest.mark.parametrize("m", [0, 3, -1])
def test_m_out_of_range(fails, m):
    assert f"m must be an integer in 1..n-k = 1..2, got {m}" in fails(
        "heights", "1 0 1 1; 0 1 1 2", "-m", m
    )


def test_bad_files(fails, tmp_path):
    for name in ("a.json", "a.npy", "a.csv"):
        (tmp_path / name).write_bytes(b"")
        assert "got an empty file" in fails("heights", tmp_path / name)
        (tmp_path / name).write_bytes(b"{]\x93 garbage")
        assert "can't be read" in fails("heights", tmp_path / name)
    (tmp_path / "b.json").write_text('[[[1, 0, 1]], [[1, "x"]]]')
    assert "matrix 1: G must be a rectangular array of real numbers" in fails(
        "heights", tmp_path / "b.json"
    )
    (tmp_path / "c.json").write_text('[{"G": [[1, 2]], "P": [[1]]}]')
    assert "exactly one of the keys G and P" in fails("heights", tmp_path / "c.json")
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "can't be read" in fails("heights", tmp_path / "o.npy")


def test_a_file_of_samples_needs_an_output(fails, tmp_path):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([[9, 4, 2, np.eye(4, 5) + np.ones((4, 5))]]))
    assert "needs --output" in fails("heights", tmp_path / "x.pkl")
    assert "must end in .csv, .parquet, .pkl" in fails(
        "heights", tmp_path / "x.pkl", "-o", tmp_path / "y.txt"
    )


def test_a_matrix_longer_than_a_file_name_and_with_a_minus_in_front(mheight):
    import mheight as package

    matrix = np.random.default_rng(0).normal(size=(4, 12)).round(6)
    status, out, _ = mheight("heights", json.dumps(matrix.tolist()), "--json")
    assert status == 0
    assert json.loads(out)["heights"]["1"] == pytest.approx(package.m_height(matrix, 1))
    assert mheight("heights", "-1 5 1; 2 3 4")[0] == 0


def test_samples_do_not_take_m_or_systematic(fails, tmp_path):
    assert "leave out -P and -m" in fails("heights", tmp_path / "x.pkl", "-m", 3)
    assert "leave out -P and -m" in fails("heights", tmp_path / "x.parquet", "-P")
