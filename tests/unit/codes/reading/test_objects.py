"""Matrices in JSON, and in what JSON and pickles hold."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from read_codes import ONE, TWO, P, read

from mheight.codes.from_blocks import batches
from mheight.codes.reading import object_blocks
from mheight.errors import InputWarning, InvalidCodeError


@pytest.mark.parametrize(
    "value",
    [
        [ONE, TWO],
        [{"G": ONE}, {"GeneratorMatrix": TWO}],
        {"codes": [ONE, TWO]},
        {"codes": [{"generator_matrix": ONE}, {"G": TWO}]},
        {"first": {"GeneratorMatrix": ONE}, "second": {"GeneratorMatrix": TWO}},
        {"first": ONE, "second": TWO},
        ["1 0 1; 0 1 2", "[[2, 0, 1], [0, 2, 1]]"],
        [{"P": P}, {"G": "2 0 1; 0 2 1"}],
        [{"P": [1, 2], "n": 3, "k": 2}, {"G": [2, 0, 1, 0, 2, 1], "n": 3, "k": 2}],
        {"G": [ONE, TWO]},
        {"data": {"inner": [ONE, TWO]}},
    ],
)
def test_json_of_many_shapes(tmp_path: Path, value: Any) -> None:
    (tmp_path / "x.json").write_text(json.dumps(value))
    assert read(tmp_path / "x.json") == [ONE, TWO]
    arrays = object_blocks(json.loads(json.dumps(value)), "x")
    assert [G.tolist() for b in batches(arrays, "x") for G in b.generators] == [ONE, TWO]


def test_keys_that_are_not_read_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    lines = [{"G": [[1, 2]], "name": "A"}, {"G": [[1, 3]], "name": "B", "of": 5}]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read(path) == [[[1, 2]], [[1, 3]]]
    told = [f"{path}: not read: {key}" for key in ("name", "of")]
    assert [str(w.message) for w in caught] == told
    assert {w.category for w in caught} == {InputWarning}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"P": [[1]], "P": [[2]]}', "the key 'P' comes twice in an object"),
        ('{"G": [[1, 2]], "H": [[1, 2]]}', "exactly one of the keys G, P and H"),
        ('{"name": "x"}', "exactly one of the keys G, P and H"),
        ("{}", "got no key"),
        ("[[9, 4, 2, [[1]]]]", "samples n, k, m, P, not matrices"),
        ('{"n": 9, "k": 4, "m": 2, "P": [[1]]}', "samples n, k, m, P, not matrices"),
        ('{"G": [[1, 2]], "n": 3, "k": 1}', r"G must have shape \(1, 3\), as n and k say"),
        ('{"P": [1, 2, 3], "n": 3, "k": 2}', r"must have shape \(2, 1\), .* got 3 entries"),
        ('{"P": [1], "n": Infinity, "k": 1}', "n must be an integer, got 'inf'"),
        ('{"P": [1], "n": NaN, "k": 1}', "n must be an integer, got 'nan'"),
        ('{"P": [1], "n": "x", "k": 1}', "n must be an integer, got 'x'"),
        ('{"G": 5}', "rows are needed, got int"),
        ('{"G": []}', "rows are needed, got none"),
        ('["1 0; x"]', "got 'x'|one length"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        (f"[[{'1' * 5000}, 1]]", "at most 4,000 characters, got 5,000"),
        ("[[1e-400, 1]]", "too small for a float"),
        ("[[1e400, 1]]", "too large for a float"),
        ("3", "a list of matrices is needed, got int"),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_json_that_is_refused(tmp_path: Path, text: str, message: str, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text(text)
    with pytest.raises(InvalidCodeError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_an_array_of_arrays_under_a_key() -> None:
    arrays = np.empty(2, dtype=object)
    arrays[:] = [np.array(ONE), np.array([[1.0, 2.0]])]
    found = batches(object_blocks({"codes": arrays}, "x"), "x")
    assert [G.tolist() for batch in found for G in batch.generators] == [ONE, [[1.0, 2.0]]]
