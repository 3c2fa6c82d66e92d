"""`mheight design` and `mheight improve`: what they write, and what they refuse."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from mheight import exact_profile
from mheight.design import read_found


def test_tasks_of_the_course(mheight, tmp_path):
    best = tmp_path / "best.pkl"
    _, out, _ = mheight("design", "--task", "6:3:2", "--task", "5:2:2", "--rounds", 2, "-o", best)
    assert "[6, 3] code with h_2 = 2, integer entries" in out
    matrices = pickle.loads(best.read_bytes())
    heights = pickle.loads((tmp_path / "best_heights.pkl").read_bytes())
    assert heights == {(6, 3, 2): 2.0, (5, 2, 2): 2.0}
    for (n, k, m), P in matrices.items():
        assert np.abs(P).max() <= 100
        G = np.concatenate([np.eye(k, dtype=int), P], axis=1)
        assert G.shape == (k, n)
        assert exact_profile(G)[m - 1] == 2


def test_a_found_code_as_json(mheight, tmp_path):
    path = tmp_path / "code.json"
    _, out, _ = mheight("design", 5, 2, 2, "--rounds", 3, "-o", path, "--json")
    found = read_found(path)
    assert found.height == pytest.approx((1 + 5**0.5) / 2)
    printed = json.loads(out.splitlines()[0])
    assert printed["height"] == repr(found.height)
    assert printed["history"][-1][1] == pytest.approx(found.height)


def test_a_search_is_kept_in_a_folder(mheight, tmp_path):
    for rounds in (1, 2):
        mheight("design", 7, 3, 4, "--rounds", rounds, "--state", tmp_path / "state")
        values = json.loads((tmp_path / "state" / "n07_k03_m04_real.json").read_text())
        assert values["rounds"] == rounds


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((9, 4, 6), "m must lie in 1..n-k = 1..5, got 6"),
        ((9, 4, 5, "--bound", 0), "bound must be at least 1, got 0"),
        ((9, 4), "three integers n, k, m are needed, got '9:4'"),
        (("--task", "9-4-2"), "three integers n, k, m are needed, got '9-4-2'"),
        ((), "what is sought is N K M"),
        ((9, 4, 5, "--seconds", -1), "seconds must be at least 0"),
        ((9, 4, 5, "--members", "luck"), "members must be among"),
        ((9, 4, 5, "-o", "code.txt"), "the output must end in .json, .pkl, .pickle"),
        ((9, 4, 5, "--seconds", 0), "1 of 1 tasks have no code of finite height yet"),
    ],
)
def test_what_design_refuses(fails, arguments, message):
    assert message in fails("design", *arguments)


def test_improving_a_file(mheight, tmp_path):
    path, better = tmp_path / "code.json", tmp_path / "better.json"
    path.write_text("[[1, 0, 1, 3], [0, 1, 1, 9]]")
    _, out, _ = mheight(
        "improve",
        path,
        "-m",
        2,
        "--integer",
        "--nonzero",
        "--fixed",
        2,
        "--rounds",
        2,
        "-o",
        better,
    )
    assert out.startswith("h_2 = 3, before 15; 2 rounds")
    values = json.loads(better.read_text())
    G = np.array(values["G"])
    assert (G[:, :3] == [[1, 0, 1], [0, 1, 1]]).all()
    assert values["certificate"]["height"] == "3" == str(exact_profile(G)[1])
    _, out, _ = mheight("improve", "1 0 1 1; 0 1 1 -1", "-m", 2, "--integer", "--rounds", 1)
    assert out.startswith("h_2 = 3: nothing better in 1 rounds")


def test_improve_goes_on_with_its_state(mheight, fails, tmp_path):
    state = tmp_path / "state.json"
    command = ("improve", "1 0 1 3; 0 1 1 9", "-m", 2, "--integer", "--state", state)
    _, out, _ = mheight(*command, "--rounds", 1)
    assert "; 1 rounds, " in out
    _, out, _ = mheight(*command, "--rounds", 2)
    assert out.startswith("h_2 = 3, before 15; 2 rounds, ")
    assert json.loads(state.read_text())["rounds"] == 2
    message = fails(*command, "--rounds", 2, "--seed", 1)
    assert f"{state}: it is of an improvement without seed = 1" in message
    assert "two results would be written" in fails(*command, "-o", state)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-m", 3), "m must be an integer in 1..n-k = 1..2, got 3"),
        (("-m", 2, "--fixed", "2,3"), "all columns are fixed"),
        (("-m", 2, "--fixed", "x"), "--fixed takes columns as 0,1,5; got 'x'"),
        (("-m", 2, "--levels", "4"), "--levels 4 needs --magnitude"),
        (("-m", 2, "--levels", "a,b"), "--levels takes values as 0,0.5,1"),
        (("-m", 2, "--levels", "1"), "--levels must be 2 to 10,000 levels, got 1"),
        (("-m", 2, "--integer", "--magnitude", 0.5, "--nonzero"), "exclude each other"),
    ],
)
def test_what_improve_refuses(fails, arguments, message):
    assert message in fails("improve", "1 0 1 3; 0 1 1 9", *arguments)
