from __future__ import annotations

import json

import pytest

from mheight import exact_profile
from mheight.design import read_found, search, write_found
from mheight.errors import InvalidDataError


def test_a_found_code_is_read_as_it_was_written(tmp_path):
    found = search(5, 2, 3, rounds=2, seed=1).found
    path = write_found(tmp_path, found)
    assert path.name == "n05_k02_m03_real.json"
    assert read_found(path) == found
    worse = search(5, 2, 3, entries="real", seconds=0, starts=[[[1, 0, 1, 2, 3], [0, 1, 2, 1, 5]]])
    write_found(tmp_path, worse.found)
    assert read_found(path) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": "1.5"}, "is not the float of exact"),
        ({"exact": "3/2", "height": "1.5"}, None),
        ({"exact": "1/2", "height": "0.5"}, None),
        ({"exact": "99", "height": "99.0"}, "its codeword does not reach"),
        ({"matrix": [[1, 0]]}, r"the matrix must have shape \(2, 5\)"),
        ({"surprise": 1}, "unknown field 'surprise'"),
        ({"version": 7}, "version 1 is read, got 7"),
        ({"message": ["x", "1"]}, "Fraction"),
    ],
)
def test_wrong_files_of_found_codes(tmp_path, change, message):
    found = search(5, 2, 3, entries="integer", rounds=1, seed=1).found
    path = tmp_path / found.name
    path.write_text(json.dumps({**found.as_dict(), **change}))
    if message is None:
        # A claim below the height is what only an exact computation refutes.
        assert read_found(path).certificate.height < exact_profile(found.matrix)[2]
        return
    with pytest.raises(InvalidDataError, match=message) as refused:
        read_found(path)
    assert str(path) in str(refused.value)
