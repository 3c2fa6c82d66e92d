from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from mheight import LinearCode, exact_profile, verify
from mheight.design import Limits, improve, read_found, search, write_found
from mheight.design.searching import MEMBERS, Task
from mheight.design.searching.neighbours import starts_from
from mheight.design.searching.systematic import systematic_generator
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


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_each_member_works_alone(name):
    whole = name in ("anneal", "tied", "repair", "round")
    entries = "integer" if whole else "real"
    start = np.array([[1.0, 0, 0, 1, 2, 3], [0, 1, 0, 1, -1, 2], [0, 0, 1, 2, 1, -4]])
    task = Task(6, 3, 3, entries, 100, (start,))
    pool = [task.candidate(task.form(start), "given")]
    made = MEMBERS[name](task, np.random.default_rng(7), pool)
    again = MEMBERS[name](task, np.random.default_rng(7), pool)
    assert made.height == again.height <= pool[0].height
    G = systematic_generator(made.matrix, task.program.is_check)
    assert float(exact_profile(G)[2]) == pytest.approx(made.height, rel=1e-8)
    if whole:
        assert (np.rint(G) == G).all()


def test_neighbours_have_the_heights_that_the_rules_promise():
    rng = np.random.default_rng(8)

    def random(n, k):
        return np.concatenate([np.eye(k), rng.integers(-3, 4, (k, n - k))], axis=1)

    n, k, m = 6, 3, 2
    sizes = [(n + 1, k + 1, m), (n, k + 1, m), (n + 1, k, m + 1), (n - 1, k, m)]
    for key in sizes:
        G = random(*key[:2])
        bound = exact_profile(G)[key[2] - 1]
        starts = list(starts_from({key: G}, n, k, m))
        assert starts
        for start in starts:
            assert start.shape == (k, n)
            assert (start[:, :k] == np.eye(k)).all()
            assert exact_profile(start)[m - 1] <= bound


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


GIVEN = np.array([[1.0, 0, 0, 3, -7, 5], [0, 1, 0, 2, 2, -9], [0, 0, 1, 8, 1, 4]])


@pytest.mark.parametrize(
    ("limits", "fits"),
    [
        (Limits(), lambda P: True),
        (Limits(magnitude=0.9), lambda P: np.abs(P).max() <= 0.9),
        (Limits(magnitude=2, nonzero=True), lambda P: np.abs(P).min() >= 0.01),
        (Limits(integer=True, magnitude=3), lambda P: np.isin(P, np.arange(-3, 4)).all()),
        (Limits(integer=True, nonzero=True), lambda P: (P != 0).all()),
        (Limits(fixed=(4,)), lambda P: (P[:, 1] == GIVEN[:, 4]).all()),
        (Limits(levels=(0.5, 1, 2)), lambda P: np.isin(np.abs(P), [0.5, 1, 2]).all()),
    ],
)
def test_improving_keeps_to_its_limits(limits, fits):
    result = improve(GIVEN, 3, limits, rounds=2, seed=1)
    assert result.is_better
    assert result.before.height == exact_profile(GIVEN)[2] == 81
    assert (result.matrix[:, :3] == np.eye(3)).all()
    assert fits(result.matrix[:, 3:])
    assert exact_profile(result.matrix)[2] == result.after.height


@pytest.mark.parametrize("limits", [Limits(), Limits(integer=True, magnitude=9)])
def test_improving_goes_on_from_its_file(limits, tmp_path):
    file = tmp_path / "state.json"
    whole = improve(GIVEN, 3, limits, rounds=6, seed=2)
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 2

    begun = improve(GIVEN, 3, limits, rounds=6, seed=2, file=file, stop=stop)
    assert (begun.status, begun.rounds) == ("stopped", 2)

    def killed(seconds: float, rounds: int, best: float) -> None:
        if rounds == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        improve(GIVEN, 3, limits, rounds=6, seed=2, file=file, progress=killed)
    ended = improve(GIVEN, 3, limits, rounds=6, seed=2, file=file)
    assert (ended.matrix == whole.matrix).all()
    assert ended.after.height == whole.after.height < begun.before.height
    assert [height for _, height in ended.history] == [height for _, height in whole.history]
    assert (ended.rounds, ended.status) == (6, "rounds")
    assert ended.seconds > begun.seconds
    again = improve(GIVEN, 3, limits, rounds=6, seed=2, file=file)
    assert (again.matrix == whole.matrix).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 3}, "an improvement without seed = 2"),
        ({"G": GIVEN[:, ::-1].tolist()}, "an improvement without this G"),
        ({"limits": {}}, "an improvement without this limits"),
        ({"format": "mheight-search"}, "not a mheight-improvement file of version 1"),
        ({"height": 3.0}, "x has h = .*, not 3.0"),
        ({"x": [1.5] * 9}, "x must be 9 numbers within the limits"),
        ({"rounds": "many"}, "invalid literal"),
    ],
)
def test_a_file_of_another_improvement_is_refused(change, message, tmp_path):
    file = tmp_path / "state.json"
    limits = Limits(integer=True)
    improve(GIVEN, 3, limits, rounds=1, seed=2, file=file)
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(InvalidDataError, match=message) as refused:
        improve(GIVEN, 3, limits, rounds=2, seed=2, file=file)
    assert str(file) in str(refused.value)


def test_what_is_best_stays_as_it_is():
    G = [[1, 0, 1, 1], [0, 1, 1, -1]]
    result = improve(G, 2, Limits(integer=True), rounds=1)
    assert not result.is_better
    assert result.after.height == Fraction(3)
    assert (result.matrix == G).all()
    nothing = improve(LinearCode(GIVEN), 3, seconds=0)
    assert not nothing.is_better


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(fixed=(3, 4, 5)), "all columns are fixed"),
        (Limits(fixed=(6,)), "fixed columns must lie in 0..5"),
        (Limits(magnitude=0), "magnitude must be positive"),
        (Limits(integer=True, magnitude=0.5, nonzero=True), "exclude each other"),
        (Limits(levels=(0,), nonzero=True), "exclude each other"),
        (Limits(levels=(float("inf"),)), "levels must be finite"),
        (Limits(magnitude=0.001, nonzero=True), "0.01 away"),
    ],
)
def test_limits_that_leave_nothing(limits, message):
    with pytest.raises(InvalidCodeError, match=message):
        improve(GIVEN, 3, limits, rounds=1)
    with pytest.raises(InvalidCodeError, match=r"m must be an integer in 1\.\.n-k"):
        improve(GIVEN, 4, limits, rounds=1)
