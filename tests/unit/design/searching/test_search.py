from __future__ import annotations

import json

import numpy as np
import pytest

from mheight import exact_profile, verify
from mheight.design import search
from mheight.errors import InvalidCodeError, InvalidDataError


def test_a_real_optimum_is_met_and_certified():
    result = search(6, 3, 3, rounds=6, seed=1)
    assert result.height == pytest.approx(2 + 5**0.5, rel=1e-11)
    assert result.status == "bound met"
    found = result.found
    assert exact_profile([list(row) for row in found.matrix])[2] == found.certificate.height
    assert verify(found.certificate, [list(row) for row in found.matrix])
    heights = [one.height for one in result.history]
    assert heights == sorted(heights, reverse=True)


def test_integers_keep_to_their_bound():
    result = search(6, 2, 4, entries="integer", bound=3, rounds=3, seed=2)
    P = np.array(result.found.matrix)[:, 2:]
    assert np.abs(P).max() <= 3
    assert all(isinstance(x, int) for row in result.found.matrix for x in row)
    assert result.found.certificate.height == exact_profile(result.found.matrix)[3] <= 6


def test_the_same_seed_and_rounds_give_the_same_code():
    first, second = (search(7, 3, 4, rounds=3, seed=5) for _ in range(2))
    assert first.found.matrix == second.found.matrix
    assert [one.height for one in first.history] == [one.height for one in second.history]
    other = search(7, 3, 4, rounds=3, seed=6)
    assert other.found.matrix != first.found.matrix


def test_a_search_goes_on_from_its_file(tmp_path):
    file = tmp_path / "state.json"
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 2

    begun = search(7, 4, 3, entries="integer", rounds=5, seed=3, file=file, stop=stop)
    assert (begun.status, begun.rounds) == ("stopped", 2)
    ended = search(7, 4, 3, entries="integer", rounds=5, seed=3, file=file)
    whole = search(7, 4, 3, entries="integer", rounds=5, seed=3)
    assert ended.found.matrix == whole.found.matrix
    assert ended.rounds == whole.rounds == 5
    with pytest.raises(InvalidDataError, match="seed = 3, not 4"):
        search(7, 4, 3, entries="integer", rounds=5, seed=4, file=file)
    values = json.loads(file.read_text())
    values["pool"][0]["height"] *= 0.5
    file.write_text(json.dumps(values))
    with pytest.raises(InvalidDataError, match="a matrix of the pool has h ="):
        search(7, 4, 3, entries="integer", rounds=5, seed=3, file=file)


def test_no_time_gives_no_code_but_keeps_what_was_given():
    nothing = search(9, 4, 5, seconds=0)
    assert nothing.found is None
    assert nothing.height == float("inf")
    assert "no code of finite height" in str(nothing)
    G = [[1, 0, 1, 1], [0, 1, 1, 2]]
    kept = search(4, 2, 2, seconds=0, starts=[G], entries="integer")
    assert kept.height == 3.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((9, 4, 6), "m must lie in 1..n-k = 1..5, got 6"),
        ((9, 9, 1), "k must lie in 1..n-1"),
        ((17, 8, 2), "n must lie in 2..16"),
        ((9, 4.0, 2), "k must be an integer"),
    ],
)
def test_sizes_that_are_refused(arguments, message):
    with pytest.raises(InvalidCodeError, match=message):
        search(*arguments, rounds=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bound": 0}, "bound must be at least 1, got 0"),
        ({"seconds": -1}, "seconds must be at least 0"),
        ({"seconds": float("nan")}, "seconds must be at least 0"),
        ({"entries": "complex"}, "entries must be"),
        ({"members": ["nothing"]}, "members must be among"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"starts": [[[1, 0], [0, 1]]]}, r"start 0 must be finite, of shape \(k, n\) = \(2, 5\)"),
        ({}, "a limit is needed"),
    ],
)
def test_options_that_are_refused(options, message):
    if options and "seconds" not in options:
        options = {"rounds": 1, **options}
    with pytest.raises(InvalidCodeError, match=message):
        search(5, 2, 2, **options)
