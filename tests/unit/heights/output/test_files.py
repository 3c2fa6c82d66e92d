from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import mheight
from mheight.codes.rationals import rational_matrix
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.heights.output.files import HeightWriter, capabilities, check_table_path, json_lines
from mheight.heights.output.rows import (
    HeightRows,
    profile_rows,
    rational_rows,
    solution_rows,
    witness_rows,
)

G = np.array([[1.0, 0, 1, 1], [0, 1, 1, 2]])
GAP = np.array([[1.0, 0, 0, 1], [0, 1, 0, 2]])  # h_2 is infinite


def test_rows_of_a_batch():
    rows = profile_rows(7, np.stack([G, GAP]))
    assert rows.code.tolist() == [7, 7, 8, 8]
    assert rows.m.tolist() == [1, 2, 1, 2]
    assert rows.height.tolist() == [*mheight.height_profile(G), *mheight.height_profile(GAP)]
    assert [(piece.start, piece.stop) for piece in rows.by_code()] == [(0, 2), (2, 4)]
    assert profile_rows(0, np.stack([G, GAP]), 2).height.tolist() == [3.0, math.inf]


@pytest.mark.parametrize("m", [0, 4, -1])
def test_m_out_of_range(m):
    message = rf"m must be an integer in 1\.\.n-1 = 1\.\.3, got {m}"
    for call in (
        lambda: profile_rows(0, G[None], m),
        lambda: witness_rows(0, G, m),
        lambda: rational_rows(0, rational_matrix(G), m),
    ):
        with pytest.raises(InvalidCodeError, match=message):
            call()
    with pytest.raises(InvalidCodeError, match="n > k is needed, got n = k = 2"):
        profile_rows(0, np.eye(2)[None])


def test_rational_rows():
    rows = rational_rows(1, rational_matrix([["1/3", "0.1"]]), witness=True)
    assert rows.exact == (Fraction(10, 3),)
    assert rows.height.tolist() == [10 / 3]
    assert rows.log2_height.tolist() == [math.log2(10 / 3)]
    assert rows.certificates is not None
    assert rows.certificates[0].height == Fraction(10, 3)


def test_rows_of_a_search_that_did_not_reach_all():
    solutions = [mheight.find_height(G, 1, method="branch-and-bound")]
    rows = solution_rows(3, solutions, 2, witness=True)
    assert rows.status == ("exact", "not reached")
    assert rows.bounds(1) == (2.0, math.inf, "not reached")
    assert rows.certificates == (solutions[0].certificate, None)
    (line,) = json_lines(rows)
    assert json.loads(line)["heights"] == {"1": 2.0}
    assert json.loads(line)["bounds"]["2"] == {
        "lower": 2.0,
        "upper": None,
        "infinite": False,
        "status": "not reached",
    }
    assert [row[1:] for row in capabilities(rows, slice(0, 2))] == [(0, 1, 6.0)]


def test_rows_without_bounds_have_none():
    with pytest.raises(ValueError, match="do not come from a search"):
        profile_rows(0, G[None]).bounds(0)


def test_the_short_way_to_json_writes_what_the_long_one_does():
    rows = profile_rows(0, np.random.default_rng(0).normal(size=(20, 3, 7)) * 1e3)
    rows.height[[4, 9]] = [math.inf, 1e22]
    expected = [
        json.dumps(
            {
                "code": int(rows.code[piece.start]),
                "n": 7,
                "k": 3,
                "heights": {
                    str(m): h if h < math.inf else None
                    for m, h in zip(
                        rows.m[piece].tolist(), rows.height[piece].tolist(), strict=True
                    )
                },
            }
        )
        for piece in rows.by_code()
    ]
    assert list(json_lines(rows)) == expected


def written(path, *parts: HeightRows, **options):
    with HeightWriter(path, **options) as writer:
        for rows in parts:
            writer.write(rows)
    return (pq.read_table if path.suffix == ".parquet" else pyarrow.csv.read_csv)(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_infinite_and_unknown_heights_in_files(tmp_path, suffix):
    part = profile_rows(0, np.stack([G, GAP]))
    table = written(tmp_path / f"x{suffix}", part).to_pydict()
    assert table["height"] == part.height.tolist()
    assert math.inf in table["height"]
    assert math.inf in table["log2_height"]
    solutions = [mheight.find_height(G, 1, method="branch-and-bound")]
    table = written(tmp_path / f"y{suffix}", solution_rows(3, solutions, 2)).to_pydict()
    assert table["height"] == [2.0, None]
    assert table["log2_height"] == [1.0, None]
    assert table["upper"] == [pytest.approx(2.0), math.inf]
    assert table["status"] == ["exact", "not reached"]


def test_infinity_in_csv_is_inf(tmp_path):
    written(tmp_path / "x.csv", profile_rows(0, GAP[None]))
    assert (tmp_path / "x.csv").read_text().splitlines()[-1] == "0,4,2,2,inf,inf,"


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_exact_certificates_are_text(tmp_path, suffix):
    rows = rational_rows(0, rational_matrix([["1/3", "0.1"]]), witness=True)
    (row,) = written(tmp_path / f"x{suffix}", rows).to_pylist()
    word = row["codeword"] if suffix == ".parquet" else json.loads(row["codeword"])
    assert row["exact"] == "10/3"
    assert max(abs(Fraction(x)) for x in word) == Fraction(10, 3)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_different_columns_are_refused(tmp_path, suffix):
    solutions = [mheight.find_height(G, 1, method="branch-and-bound")]
    with pytest.raises(InvalidDataError, match="their columns differ"):
        written(tmp_path / f"x{suffix}", profile_rows(0, G[None]), solution_rows(1, solutions, 2))


def test_all_capabilities(tmp_path):
    profile = mheight.height_profile(np.random.default_rng(0).normal(size=(2, 7)))
    rows = profile_rows(0, np.random.default_rng(0).normal(size=(1, 2, 7)))
    table = written(tmp_path / "x.parquet", rows, capability=True).to_pydict()
    pairs = [(t, m - 2 * t) for m in range(1, 6) for t in range(m // 2 + 1)]
    assert list(zip(table["located"], table["detected"], strict=True)) == pairs
    expected = [2 * (profile[2 * t + s - 1] + 1) for t, s in pairs]
    assert table["ratio"] == pytest.approx(expected)
    found = [(t, s, r) for _, t, s, r in capabilities(rows, slice(0, 5))]
    assert [pair[:2] for pair in found] == pairs
    assert [r for *_, r in found] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.txt", r"must end in \.jsonl, \.parquet, \.csv"),
        ("x", r"must end in \.jsonl, \.parquet, \.csv"),
        ("no/x.csv", "there is no folder .*no"),
        ("folder.csv", "a file name is needed, got a folder"),
    ],
)
def test_where_nothing_can_be_written(tmp_path, name, message):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidDataError, match=message):
        check_table_path(tmp_path / name)
