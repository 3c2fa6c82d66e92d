"""Codes from text, files and streams, whatever reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mheight.codes import LinearCode, parse_code, read_codes
from mheight.codes.from_blocks import batches
from mheight.codes.reading import count_matrices, read_blocks, read_stream
from mheight.errors import InvalidCodeError
from mheight.heights import height_profile

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
        ("", "a matrix is needed, such as .* got an empty text"),
        ("nonsense", "a matrix is written .* got 'nonsense'"),
        ("[[1, 0], [0", "the brackets do not match"),
        ("x" * 100, r"got 'x{57}\.\.\.'"),
        ("1 0; 1", "rows of one length are needed, got 2 entries in row 0 and 1 entry in row 1"),
        ("1 nan", r"G must be finite, got 'nan' at index \(0, 1\)"),
        ('[["a", "b"]]', "row 0, column 0: a number is needed, got 'a'"),
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
        ("keys.json", b'[{"G": [[1]], "P": [[1]]}]', r"at \[0\]: .* exactly one of the keys G, P"),
        ("object.json", b'{"matrix": 1}', "exactly one of the keys G, P .* got matrix"),
        ("second.json", b"[[[1, 1]], [[1, 1], [2, 2]]]", "matrix 1: the rows of G must be indep"),
        ("nan.json", b"[[NaN, 1]]", r"matrix 0: G must be finite, got nan at index \(0, 0\)"),
        (
            "header.csv",
            b"a,b\n",
            "line 1: the header a, b is not understood: columns are called g0",
        ),
        ("words.csv", b"1,2\na,b\n", "line 2, column 0: numbers are needed, got 'a'"),
        ("index.csv", b",x,y\n0,1,2\n", "line 1: the header '', x, y is not understood"),
        ("ragged.csv", b"1,2\n3\n", "line 2: rows of one length .* got 2 entries above and 1 here"),
        ("decimals.csv", b"1,5;2,5\n", "line 1, column 0: '1,5' is 1.5 or the two numbers 1 and 5"),
        ("latin.csv", b"1,2\n\xe9,3\n", "can't be read"),
        ("zero.csv", b"1,1/0\n", "line 1, column 1: a denominator is 0: '1/0'"),
        ("nan.csv", b"1,nan\n", r"matrix 0: G must be finite, got nan at index \(0, 1\)"),
        ("half.jsonl", b"[[1, 1]]\n[[1, 1\n", "line 2: no JSON"),
        ("list.jsonl", b"[[1, 1]]\n\n[1, 2]\n", r"matrix 1: G must have 2 dimensions"),
        ("number.jsonl", b"[[1, 1]]\n3\n", "a list of matrices is needed, got int"),
        ("text.jsonl", b'[["a", 1]]\n', "matrix 0: G as text must be a rational number"),
        ("ragged.jsonl", b"[[1, 1]]\n[[1], [2, 3]]\n", "matrix 1: G must have rows of one length"),
        ("blank.jsonl", b"\n\n", "at least one matrix is needed, got none"),
        ("garbage.npy", b"garbage", "can't be read"),
        ("garbage.parquet", b"garbage", "not a readable Parquet file"),
        ("codes.doc", b"1 2", r"a \.json, \.jsonl, .*\.npz, \.mat or \.parquet file is needed"),
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
    with pytest.raises(InvalidCodeError, match=r"can't be read .*Python objects"):
        read_codes(tmp_path / "objects.npy")


@pytest.mark.parametrize(
    "text", ["1 0 1/3\n0 1 .25", '[[1, 0, "1/3"], [0, 1, 0.25]]', "2/2,0,1/3;0,1,1/4"]
)
def test_fractions_are_numbers(text: str) -> None:
    np.testing.assert_array_equal(parse_code(text).G, [[1, 0, 1 / 3], [0, 1, 0.25]])


def test_typed_parity_checks() -> None:
    assert parse_code("1 1 1", parity_check=True) == LinearCode.from_parity_check([[1, 1, 1]])
    with pytest.raises(InvalidCodeError, match="either P or H"):
        parse_code("1 1 1", parity_check=True, systematic=True)
    with pytest.raises(InvalidCodeError, match=r"H must have shape \(r, n\) with 1 <= r < n"):
        parse_code("1 0; 0 1", parity_check=True)


@pytest.mark.parametrize(
    "content",
    [
        "1,0,1\n0,1,-2.5\n\n2,0,2\n0,2,-5\n",
        "\ufeff1;0;1\r\n0;1;-2.5\r\n;;\r\n;;\r\n2;0;2\r\n0;2;-5\r\n",
        '"g0","g1","g2"\n1,0,1\n0,1,-5/2\n\n\n2,0,2 # twice\n0,2,-5',
        "# saved\n1 0 1\n0 1 -2.5\n\n2\t0\t2\n0\t2\t-5\n",
    ],
)
def test_several_matrices_in_one_csv(tmp_path: Path, content: str) -> None:
    (tmp_path / "codes.csv").write_text(content, newline="")
    assert read_codes(tmp_path / "codes.csv") == [CODE, LinearCode(2 * CODE.G)]


def test_json_lines(tmp_path: Path) -> None:
    lines = [CODE.G.tolist(), {"P": CODE.P.tolist()}, {"H": CODE.H.tolist()}, [CODE.G.tolist()]]
    path = tmp_path / "codes.jsonl"
    path.write_text("\n\n".join(map(json.dumps, lines)), encoding="utf-8-sig")
    codes = read_codes(path)
    assert [codes[0], codes[1], codes[3]] == [CODE] * 3
    np.testing.assert_allclose(codes[2].G @ CODE.H.T, 0.0, atol=1e-12)


def test_a_key_against_the_option(tmp_path: Path) -> None:
    path = tmp_path / "codes.jsonl"
    path.write_text('{"P": [[2, 1]]}\n{"G": [[2, 1]]}\n')
    with pytest.raises(InvalidCodeError, match=r"matrix 1: a matrix P is asked for, .* called G"):
        read_codes(path, systematic=True)


MATRICES = np.random.default_rng(0).normal(size=(7, 2, 5))


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", "bool", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_any_kind(tmp_path: Path, dtype: str, order: Any) -> None:
    array = np.asarray(np.rint(9 * MATRICES) if "f" not in dtype else MATRICES)
    array = np.asarray(array if dtype != "bool" else np.eye(2, 5)[None], order=order).astype(dtype)
    np.save(tmp_path / "codes.npy", array)
    (batch,) = batches(read_blocks(tmp_path / "codes.npy"))
    assert batch.generators.dtype == np.float64
    np.testing.assert_array_equal(batch.generators, array.astype(float))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones(3), r"an array of shape \(k, n\) or \(N, k, n\) is needed, got \(3,\)"),
        (np.ones((1, 2), complex), "an array of real numbers is needed, got complex128"),
        (np.array([["1", "2"]]), "an array of real numbers is needed, got <U1"),
        (np.ones((3, 2, 1)), r"matrix 0: G must have shape .* got \(2, 1\)"),
        (np.where(np.arange(6) == 4, np.nan, 1.0).reshape(3, 1, 2), r"matrix 2: G must be finite"),
        (np.ones((0, 2, 3)), "at least one matrix is needed, got none|can't be read"),
    ],
)
def test_npy_files_that_hold_no_codes(tmp_path: Path, array: Any, message: str) -> None:
    np.save(tmp_path / "codes.npy", array)
    with pytest.raises(InvalidCodeError, match=message):
        list(batches(read_blocks(tmp_path / "codes.npy"), "codes.npy"))


def test_an_npy_file_cut_short(tmp_path: Path) -> None:
    np.save(tmp_path / "codes.npy", MATRICES)
    content = (tmp_path / "codes.npy").read_bytes()
    (tmp_path / "codes.npy").write_bytes(content[:-20])
    with pytest.raises(InvalidCodeError, match="can't be read"):
        list(read_blocks(tmp_path / "codes.npy"))


def column(values: Any, kind: Any) -> pa.Array:
    return pa.array(values, type=kind)


NESTED = [
    pa.list_(pa.list_(pa.float64())),
    pa.large_list(pa.list_(pa.float32())),
    pa.list_(pa.list_(pa.float64(), 5), 2),
    pa.list_(pa.list_(pa.string())),
]


@pytest.mark.parametrize("kind", NESTED, ids=str)
def test_parquet_with_nested_lists(tmp_path: Path, kind: Any) -> None:
    values = MATRICES.astype(np.float32).astype(float)
    text = "string" in str(kind)
    lists = [[[str(x) if text else x for x in row] for row in G] for G in values.tolist()]
    pq.write_table(pa.table({"G": column(lists, kind)}), tmp_path / "c.parquet")
    (batch,) = batches(read_blocks(tmp_path / "c.parquet"))
    np.testing.assert_array_equal(batch.generators, values)
    assert count_matrices(tmp_path / "c.parquet") == 7


@pytest.mark.parametrize("kind", ["G", "P", "H"])
def test_parquet_with_flat_lists_of_mixed_shapes(tmp_path: Path, kind: Any) -> None:
    codes = [LinearCode(G) for G in MATRICES[:3]] + [LinearCode(np.eye(3, 4) + 1)]
    matrices = [getattr(code, kind) for code in codes]
    table = {
        kind: [matrix.ravel().tolist() for matrix in matrices],
        "k": [code.k for code in codes],
        "n": [code.n for code in codes],
    }
    pq.write_table(pa.table(table), tmp_path / "c.parquet")
    found = list(batches(read_blocks(tmp_path / "c.parquet")))
    assert [(b.first, b.generators.shape) for b in found] == [(0, (3, 2, 5)), (3, (1, 3, 4))]
    for code, G in zip(codes, [*found[0].generators, *found[1].generators], strict=True):
        np.testing.assert_allclose(height_profile(G), height_profile(code), rtol=1e-9)


ROWS = pa.list_(pa.list_(pa.float64()))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"x": [1]}, "exactly one column G, P or H is needed, got columns x"),
        ({"G": [[[1.0]]], "H": [[[1.0]]]}, "exactly one column G, P or H is needed"),
        ({"G": [1.0]}, "column G must hold lists or text, got double"),
        ({"G": [[1.0, 2.0]]}, "flat lists in column G need columns k and n"),
        ({"G": [[1.0, 2.0]], "k": [1], "n": [3]}, r"matrix 0: k = 1, n = 3 need G of shape"),
        ({"G": [[1.0, 2.0]], "k": [1.0], "n": [2]}, "column k must hold integers, got double"),
        ({"G": [[1.0, 2.0]], "k": [1], "n": column([None], pa.int64())}, "matrix 0: .* got null"),
        ({"G": [[[1.0, 2.0]], [[1.0, 2.0], [3.0]]]}, "matrix 1: rows of one length are needed"),
        ({"G": column([[[1, 2]], None], ROWS)}, "matrix 1: numbers are needed, got null"),
        ({"G": column([[[1, 2]], [None]], ROWS)}, "matrix 1: numbers are needed, got null"),
        ({"G": column([[[1, 2]], [[3, None]]], ROWS)}, "matrix 1: numbers are needed, got null"),
        ({"G": column([[[1, 2]], []], ROWS)}, "matrix 1: got no rows"),
        ({"G": column([], ROWS)}, "at least one matrix is needed, got none"),
    ],
)
def test_parquet_files_that_hold_no_codes(tmp_path: Path, table: Any, message: str) -> None:
    pq.write_table(pa.table(table), tmp_path / "c.parquet")
    with pytest.raises(InvalidCodeError, match=message):
        list(batches(read_blocks(tmp_path / "c.parquet"), "c.parquet"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 0 1; 0 1 1\n\n\n1 2\n", [(2, 3), (1, 2)]),
        ("\ufeff1 0 1\n0 1 1\n", [(2, 3)]),
        ("\n[[1, 0, 1], [0, 1, 1]]\n[[1, 2]]\n", [(2, 3), (1, 2)]),
        ("[[1, 0, 1],\n [0, 1, 1]]", [(2, 3)]),
        ('{"G": [[1, 2]]}\n{"P": [[1, 2]]}', [(1, 2), (1, 3)]),
        ("[[[1, 2]], [[1, 3]]]", [(1, 2), (1, 2)]),
    ],
)
def test_streams(text: str, expected: list[tuple[int, int]]) -> None:
    blocks = read_stream(text.splitlines(keepends=True), "here")
    assert [G.shape for b in batches(blocks, "here") for G in b.generators] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "here: matrices are needed, got nothing"),
        (" \n\n", "here: matrices are needed, got nothing"),
        ("1 2\n\nx y\n", "here, line 3, column 0: numbers are needed, got 'x'"),
        ("\n[[1, 2]]\n\n[[1,", "here, line 4: no JSON"),
        ("[[1,", r"here: can't be read"),
    ],
)
def test_streams_that_hold_no_codes(text: str, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        list(batches(read_stream(text.splitlines(keepends=True), "here"), "here"))
