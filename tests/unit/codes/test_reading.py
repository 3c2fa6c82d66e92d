from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mheight.codes import LinearCode, parse_code, read_codes
from mheight.errors import InvalidCodeError

CODE = LinearCode([[1, 0, 1], [0, 1, -2.5]])


@pytest.mark.parametrize(
    "text", ["[[1, 0, 1], [0, 1, -2.5]]", "1 0 1; 0 1 -2.5", " 1,0,1;0,1,-25e-1 ; "]
)
def test_typed_matrices(text: str) -> None:
    assert parse_code(text) == CODE


def test_typed_systematic_part() -> None:
    assert parse_code("1; -2.5", systematic=True) == CODE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"G must have 2 dimensions, got shape \(0,\)"),
        ("nonsense", "a matrix is written .* got 'nonsense'"),
        ("[[1, 0], [0", r"a matrix is written .* got '\[\[1, 0\], \[0'"),
        ("x" * 100, r"got 'x{57}\.\.\.'"),
        ("1 0; 1", "G must be a rectangular array of real numbers"),
        ("1 nan", r"G must be finite, got nan at index \(0, 1\)"),
        ("[1, 2]", r"G must have 2 dimensions, got shape \(2,\)"),
        ('[["a", "b"]]', "G must be a rectangular array of real numbers"),
        ("1 2; 2 4", "the rows of G must be independent"),
    ],
)
def test_what_is_no_typed_matrix(text: str, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        parse_code(text)


@pytest.mark.parametrize(
    "value",
    [
        CODE.G.tolist(),
        [CODE.G.tolist()],
        {"G": CODE.G.tolist()},
        [{"P": CODE.P.tolist()}],
    ],
)
def test_json_files(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "codes.json"
    path.write_text(json.dumps(value))
    assert read_codes(path) == [CODE]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "codes.json"
    path.write_text(json.dumps(CODE.G.tolist()), encoding="utf-8-sig")
    assert read_codes(path) == [CODE]


def test_npy_and_csv_files(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", CODE.G)
    np.save(tmp_path / "two.npy", np.stack([CODE.P, CODE.P]))
    np.savetxt(tmp_path / "one.CSV", CODE.G, delimiter=",")
    assert read_codes(tmp_path / "one.npy") == [CODE]
    assert read_codes(tmp_path / "two.npy", systematic=True) == [CODE, CODE]
    assert read_codes(tmp_path / "one.CSV") == [CODE]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.json", None, "no such file"),
        ("empty.json", b"", "matrices are needed, got an empty file"),
        ("list.json", b"[]", "at least one matrix is needed, got none"),
        ("half.json", b"[[[1, 1], [1", "can't be read"),
        ("bytes.json", b"\xff\xfe", "can't be read"),
        ("keys.json", b'[{"G": [[1]], "P": [[1]]}]', "matrix 0: .* exactly one of the keys G and"),
        ("object.json", b'{"matrix": [[1]]}', "matrix 0: .* exactly one of the keys G and P"),
        ("second.json", b"[[[1, 1]], [[1, 1], [2, 2]]]", "matrix 1: the rows of G must be indep"),
        ("nan.json", b"[[NaN, 1]]", r"matrix 0: G must be finite, got nan at index \(0, 0\)"),
        ("words.csv", b"a,b\n", "can't be read"),
        ("ragged.csv", b"1,2\n3\n", "can't be read"),
        ("garbage.npy", b"garbage", "can't be read"),
        ("codes.txt", b"1 2", r"a \.json, \.npy or \.csv file is needed"),
    ],
)
def test_files_that_hold_no_codes(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidCodeError, match=message) as caught:
        read_codes(path)
    assert name in str(caught.value)


def test_an_npy_file_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([[1, None]], dtype=object))
    with pytest.raises(InvalidCodeError, match="Object arrays cannot be loaded"):
        read_codes(tmp_path / "objects.npy")
