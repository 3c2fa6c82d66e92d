"""CSV and its kin: what headers say, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mheight.codes.from_blocks import batches
from mheight.codes.reading import read_blocks
from mheight.errors import InvalidCodeError

ONE = [[[1, 0, 1], [0, 1, 2]]]


TWO = [*ONE, [[2, 0, 1], [0, 2, 1]]]


def read(path: Path, kind: Any = None) -> list[Any]:
    found = batches(read_blocks(path), str(path), kind)
    return [G.tolist() for batch in found for G in batch.generators]


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.txt", "x.dat"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,0,1\n0,1,2\n", ONE),
        ("1\t0\t1\n0\t1\t2\n\n2\t0\t1\n0\t2\t1\n", TWO),
        ("1 0 1\r0 1 2\r", ONE),
        ("g0,g1,g2\n1,0,1\n0,1,2\n", ONE),
        ("g_2;g_0;g_1\n1;1;0\n2;0;1\n", ONE),
        ("G1\tG2\tG3\n1\t0\t1\n0\t1\t2\n", ONE),
        ("# g0 g1 g2\n1 0 1\n0 1 2\n", ONE),
        ("# saved by hand\n1 0 1\n0 1 2\n", ONE),
        (",0,1,2\n0,1,0,1\n1,0,1,2\n", ONE),
        (",g0,g1,g2\n0,1,0,1\n1,0,1,2\n", ONE),
        ("row,g0,g1,g2\n0,1,0,1\n1,0,1,2\n0,2,0,1\n1,0,2,1\n", TWO),
        ("code,row,g0,g1,g2\nA,1,1,0,1\nA,2,0,1,2\nB,1,2,0,1\nB,2,0,2,1\n", TWO),
        ("g0,g1,g2\n1,0,1\n0,1,2\n\ng0,g1,g2\n2,0,1\n0,2,1\n", TWO),
        ("n,k,p0,p1,p2,p3\n3,2,1,2,,\n", ONE),
        ("k,n,g0,g1,g2,g3,g4,g5\n2,3,1,0,1,0,1,2\n", ONE),
        ("p0\n1\n2\n", ONE),
        ('G\n"[[1,0,1],[0,1,2]]"\n"2 0 1; 0 2 1"\n', TWO),
        ('GeneratorMatrix,n,k\n"[[1. 0. 1.]\n [0. 1. 2.]]",3,2\n', ONE),
        ("1 0 1; 0 1 2\n\n[[2, 0, 1], [0, 2, 1]]\n", TWO),
        ("[[[1. 0. 1.]\n  [0. 1. 2.]]\n\n [[2. 0. 1.]\n  [0. 2. 1.]]]", TWO),
        ("\\begin{bmatrix}\n1 & 0 & 1 \\\\\n0 & 1 & 2\n\\end{bmatrix}\n", ONE),
        ("0 1 2\n", [[[0, 1, 2]]]),
    ],
)
def test_what_is_read(tmp_path: Path, name: str, content: str, expected: list[Any]) -> None:
    (tmp_path / name).write_text(content, newline="")
    assert read(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0,1,2,3\n1,0,1,1\n0,1,1,2\n", "line 1: 0,1,2,3 may be the names of columns or a row"),
        ("1\t2\t3\n1\t0\t1\n", "line 1: 1,2,3 may be the names of columns or a row"),
        ("0,1,5\n1,2,3\n2,4,4\n", "column 0 counts 0, 1, 2, ...: it may be an index or a coord"),
        ("a,b\n1,2\n", "line 1: the header a, b is not understood: columns are called g0"),
        ("h1,h2\n1,2\n", "line 1: the header h1, h2 is not understood"),
        ("g0,g2\n1,2\n", "columns g0, g1, ... without a gap are needed, missing g1"),
        ("g0,g0\n1,2\n", "every column needs a name of its own, got 'g0' twice"),
        ("g0,p0\n1,2\n", "names several matrices"),
        ("n,g0,g1\n2,1,2\n", "n and k are needed together"),
        ("n,k,m,p0,p1\n3,1,1,1,2\n", "that of samples n, k, m, P, not of matrices"),
        ("# n,k,m,p0,p1\n3,1,1,1,2\n", "that of samples n, k, m, P, not of matrices"),
        (",".join(f"p{i}" for i in range(20)) + "\n", "may be one row of P or all of it"),
        ("1,0,1\n0,,2\n", "line 2, column 1: an entry is needed, got an empty cell"),
        ("n,k,p0,p1,p2\n3,2,1,,\n", "line 2, p1: an entry is needed, got an empty cell"),
        ("n,k,p0,p1,p2\n3,2,1,2,7\n", "but p2 holds 7"),
        ("n,k,p0,p1\ninf,2,1,2\n", "line 2: n must be an integer, got 'inf'"),
        ("n,k,p0,p1\n1e999,2,1,2\n", "line 2: n must be an integer"),
        ("n,k,p0,p1\n3,2.5,1,2\n", "line 2: k must be an integer, got '2.5'"),
        ("row,g0,g1\n0,1,2\n2,1,3\n", "row 1 is needed, got row 2"),
        ("code,g0,g1\n1,1,2\n2,1,3\n1,1,4\n", "lines of code 1 do not stand together"),
        ("g0,g1\n1,2,3\n", "line 2: 2 cells are needed as in the first line, got 3"),
        ('"1,0,1\n0,1,2\n', "line 1: a quote is opened and never closed"),
        ('1,0,1\n"0,1,2\n', "line 2: a quote is opened and never closed"),
        ("1," + "2" * 140_000 + "\n", "more than 131,072 characters"),
        ("1 " + "2" * 5_000 + "\n", "at most 4,000 characters, got 5,000"),
        ("1,1_0\n", "line 1, column 1: numbers are needed, got '1_0'"),
        ("1;0;0,5\n0;1;1,5\n", "line 1, column 2: '0,5' is 0.5 or the two numbers 0 and 5"),
        ("1\t0,5\n", "line 1, column 1: '0,5' is 0.5 or the two numbers 0 and 5"),
        ("1 0,5\n", "line 1, column 0: '0,5' is 0.5 or the two numbers 0 and 5"),
        ("1,0,1\n0,1\n", "got 3 entries above and 2 here"),
        ("1\u00a0234 5\n", "line 1: '1 234', with a fixed space, is 1234 or the numbers 1 and 234"),
        ("1 \0 2\n", "text is needed, got binary data"),
        ("1,1e-400\n", "too small for a float"),
        ('row,G\n1,""\n', "line 2: a matrix is needed, got an empty cell"),
        ('G\n"H = [1 1]"\n', "column G holds a matrix H"),
    ],
)
def test_what_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content)
    with pytest.raises(InvalidCodeError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_long_tables_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    matrices = np.random.default_rng(0).integers(-9, 10, (300, 2, 4))
    path.write_text("\n".join("\n".join(",".join(map(str, r)) for r in G) + "\n" for G in matrices))
    blocks = read_blocks(path)
    assert next(blocks).values == matrices[0].tolist()
    assert read(path) == matrices.tolist()
