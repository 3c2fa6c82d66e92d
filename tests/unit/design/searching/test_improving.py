from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from mheight import LinearCode, exact_profile
from mheight.design import Limits, improve
from mheight.errors import InvalidCodeError, InvalidDataError

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
