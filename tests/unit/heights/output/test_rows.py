"""Rows of heights, whole: as columns, as JSON lines and as tables."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from mheight.codes.rationals import rational_matrix
from mheight.heights import find_height
from mheight.heights.output.arrow import height_table
from mheight.heights.output.files import HeightWriter, json_lines
from mheight.heights.output.rows import (
    HeightRows,
    profile_rows,
    rational_rows,
    solution_rows,
    witness_rows,
)

G = np.array([[1.0, 0, 1, 1], [0, 1, 1, 2]])  # heights 2 and 3
LARGE = np.array([[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-13]])  # h_2 = 6.7e12, in doubt
LARGE_HEIGHT = 6667060884339.262
TEXT = (
    "h_2 = 6.7e+12 for exactly these entries and is reported; if they are rounded, it may be "
    "finite or infinite"
)
DOUBT = {"kind": "large height", "m": 2, "value": LARGE_HEIGHT, "error": None, "text": TEXT}
FIRST = {
    "m": 1, "height": 2.0, "target": 0, "larger": [0], "information_set": [1, 2],
    "message": [2.0, -1.0], "codeword": [2.0, -1.0, 1.0, 0.0],
}  # fmt: skip
SECOND = {
    "m": 2, "height": 3.0, "target": 0, "larger": [0, 2], "information_set": [1, 3],
    "message": [3.0, -1.0], "codeword": [3.0, -1.0, 2.0, 1.0],
}  # fmt: skip
TASKS = [
    {"located": 0, "detected": 1, "m": 1, "height": 2.0, "ratio": 6.0},
    {"located": 0, "detected": 2, "m": 2, "height": 3.0, "ratio": 8.0},
    {"located": 1, "detected": 0, "m": 2, "height": 3.0, "ratio": 8.0},
]
OPEN_TASKS = [TASKS[0], *({**task, "height": None, "ratio": None} for task in TASKS[1:])]


def lines(rows: HeightRows, *, capability: bool = False) -> list[Any]:
    return [json.loads(line) for line in json_lines(rows, capability=capability)]


def one(code: int, **more: Any) -> list[Any]:
    return [{"code": code, "n": 4, "k": 2, **more}]


def test_lines_of_a_batch() -> None:
    rows = profile_rows(5, np.stack([G, LARGE]))
    expected = [
        *one(5, heights={"1": 2.0, "2": 3.0}),
        *one(6, heights={"1": 2.0, "2": LARGE_HEIGHT}, doubts=[DOUBT]),
    ]
    assert lines(rows) == expected
    tasks = lines(rows, capability=True)
    assert tasks[0] == {**expected[0], "capability": TASKS}
    assert tasks[1]["doubts"] == [DOUBT]
    assert rows.doubt_texts == [None, None, None, TEXT]
    assert [doubt.code for doubt in rows.doubts] == [6]
    assert rows.doubts_of(5) == ()
    assert rows.doubts_of(6) == rows.doubts


def test_lines_under_a_zero_tolerance() -> None:
    rows = profile_rows(5, np.stack([G, G]), zero_tolerance=0.4)
    expected = [one(c, heights={"1": 2.0, "2": None}, zero_tolerance=0.4)[0] for c in (5, 6)]
    assert lines(rows) == expected
    assert lines(rows, capability=True)[1] == {**expected[1], "capability": OPEN_TASKS}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (profile_rows(2, LARGE[None], 1), one(2, heights={"1": 2.0})),
        (profile_rows(2, LARGE[None], 2), one(2, heights={"2": LARGE_HEIGHT}, doubts=[DOUBT])),
        (profile_rows(2, G[None], 3), one(2, heights={"3": None})),
        (
            witness_rows(4, G),
            one(4, heights={"1": 2.0, "2": 3.0}, certificates=[FIRST, SECOND]),
        ),
        (witness_rows(4, G, 2), one(4, heights={"2": 3.0}, certificates=[SECOND])),
        (
            rational_rows(3, rational_matrix(G), 2),
            one(3, heights={"2": "3"}),
        ),
        (
            rational_rows(3, rational_matrix(G), zero_tolerance=0.4),
            one(3, heights={"1": "2", "2": None}, zero_tolerance=0.4),
        ),
    ],
    ids=["1", "2", "beyond", "certificates", "one certificate", "fraction", "fractions"],
)  # fmt: skip
def test_lines_of_one_code(rows: HeightRows, expected: list[Any]) -> None:
    assert lines(rows) == expected


def test_lines_of_certificates_in_fractions() -> None:
    rows = rational_rows(3, rational_matrix([["1/3", "0.1", "2"]]), witness=True)
    (value,) = lines(rows, capability=True)
    assert value["heights"] == {"1": "6", "2": "20"}
    assert [c["codeword"] for c in value["certificates"]] == [
        ["1", "3/10", "6"],
        ["10/3", "1", "20"],
    ]
    assert [task["ratio"] for task in value["capability"]] == ["14", "42", "42"]
    (value,) = lines(rational_rows(3, rational_matrix(G), 3, witness=True))
    assert value["certificates"][0]["larger"] == [0, 2, 3]
    (value,) = lines(rational_rows(3, rational_matrix(G), witness=True, zero_tolerance=0.4))
    assert [c["height"] for c in value["certificates"]] == ["2", None]
    assert value["zero_tolerance"] == 0.4


def test_lines_of_a_search() -> None:
    solutions = [find_height(G, m, method="branch-and-bound") for m in (1, 2)]
    rows = solution_rows(3, solutions, 2)
    bounds = {"infinite": False, "status": "exact"}
    (value,) = lines(rows)
    assert value["heights"] == {"1": 2.0, "2": 3.0}
    for m, height in ((1, 2.0), (2, 3.0)):
        found = value["bounds"][str(m)]
        assert found == {**bounds, "lower": pytest.approx(height), "upper": pytest.approx(height)}
    assert "certificates" not in value
    assert rows.certificates is None
    (value,) = lines(solution_rows(3, solutions, 2, witness=True))
    assert [c["m"] for c in value["certificates"]] == [1, 2]


def test_no_rows_are_no_lines() -> None:
    none = np.empty(0, np.int64)
    rows = HeightRows(none, none, none, none, np.empty(0))
    assert list(rows.by_code()) == []
    assert lines(rows) == []
    assert lines(rows, capability=True) == []


WHOLE = pa.list_(pa.int32())


def schema(*more: tuple[str, pa.DataType]) -> dict[str, pa.DataType]:
    first = {"code": pa.int64(), "n": pa.int32(), "k": pa.int32(), "m": pa.int32()}
    rest = {"height": pa.float64(), "log2_height": pa.float64(), "doubt": pa.string()}
    return {**first, **rest, **dict(more)}


def kinds(table: pa.Table) -> dict[str, pa.DataType]:
    return {field.name: field.type for field in table.schema}


def test_the_table_of_a_batch() -> None:
    rows = profile_rows(5, np.stack([G, LARGE]), zero_tolerance=1e-14)
    table = height_table(rows, capability=True)
    more = [("zero_tolerance", pa.float64()), ("located", pa.int32()), ("detected", pa.int32())]
    assert kinds(table) == schema(*more, ("ratio", pa.float64()))
    assert table.to_pylist()[2] == {
        "code": 5, "n": 4, "k": 2, "m": 2, "height": 3.0, "log2_height": math.log2(3),
        "doubt": None, "zero_tolerance": 1e-14, "located": 1, "detected": 0, "ratio": 8.0,
    }  # fmt: skip
    assert height_table(profile_rows(5, np.stack([G, LARGE]))).column("doubt").to_pylist() == [
        None, None, None, TEXT,
    ]  # fmt: skip


@pytest.mark.parametrize("lists", [True, False])
def test_the_table_of_certificates(lists: bool) -> None:
    for rows, kind in (
        (witness_rows(4, G), pa.float64()),
        (rational_rows(4, rational_matrix(G), witness=True), pa.string()),
    ):
        table = height_table(rows, lists=lists)
        is_text = kind == pa.string()
        exact = [("exact", pa.string())] if is_text else []
        sets = WHOLE if lists else pa.string()
        words = pa.list_(kind) if lists else pa.string()
        columns = [("larger", sets), ("information_set", sets), ("codeword", words)]
        assert kinds(table) == schema(*exact, ("target", pa.int32()), *columns)
        for row, witness in zip(table.to_pylist(), rows.certificates or (), strict=True):
            found = {name: row[name] if lists else json.loads(row[name]) for name, _ in columns}
            assert found["codeword"] == [str(x) if is_text else x for x in witness.codeword]
            assert found["larger"] == list(witness.larger)
            assert found["information_set"] == list(witness.information_set or ())
            assert row["target"] == witness.target


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_certificates_of_codes_that_were_done_in_fractions_are_numbers_too(
    tmp_path, suffix
) -> None:
    """Beside those of other codes, in one column; h_3 is known without any rounding."""
    parts = [witness_rows(0, G), witness_rows(1, LARGE), witness_rows(2, G, 3)]
    path = tmp_path / f"x{suffix}"
    with HeightWriter(path) as writer:
        for rows in parts:
            writer.write(rows)
    read = pq.read_table if suffix == ".parquet" else pyarrow.csv.read_csv
    words = read(path).column("codeword").to_pylist()
    words = words if suffix == ".parquet" else [json.loads(word) for word in words]
    assert words == [
        [2.0, -1.0, 1.0, 0.0],
        [3.0, -1.0, 2.0, 1.0],
        [2.0, -1.0, 1.0, 1 - 3e-13],
        pytest.approx([LARGE_HEIGHT, 1 - LARGE_HEIGHT, 1.0, -1.0]),
        [1.0, 0.0, 1.0, 1.0],
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_what_a_writer_gets_it_writes(tmp_path, suffix, monkeypatch) -> None:
    """In pieces: two rows at a time go to the file."""
    monkeypatch.setattr("mheight.heights.output.files._ROWS_AT_A_TIME", 4)
    parts = [profile_rows(code, G[None]) for code in range(5)]
    path = tmp_path / f"x{suffix}"
    with HeightWriter(path, capability=suffix == ".jsonl") as writer:
        for rows in parts:
            writer.write(rows)
    if suffix == ".jsonl":
        expected = [line for rows in parts for line in json_lines(rows, capability=True)]
        assert path.read_text("utf-8").splitlines() == expected
        return
    table = (pq.read_table if suffix == ".parquet" else pyarrow.csv.read_csv)(path)
    assert table.column("code").to_pylist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert table.column("height").to_pylist() == [2.0, 3.0] * 5
    if suffix == ".parquet":
        file = pq.ParquetFile(path).metadata
        assert [file.row_group(i).num_rows for i in range(file.num_row_groups)] == [4, 4, 2]
        columns = {file.schema.column(i).name: i for i in range(file.num_columns)}
        for name, i in columns.items():
            column = file.row_group(0).column(i)
            assert column.compression == "ZSTD"
            is_repeated = name in ("n", "k", "m", "doubt", "status")
            assert column.has_dictionary_page == is_repeated, name
