"""Longer searches with progress, exact arithmetic, texts as entries, and what a ratio affords."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from mheight import exact_profile, height_profile
from mheight.codes import icosahedral
from mheight.heights import largest_capability

TRAP = [[-1, -7, 5, -2, 4, 6, -8], [-2, -9, -2, -4, -4, 7, -11], [-8, 0, 5, -9, -3, -8, -8]]


@pytest.fixture
def long_code(rng):
    return rng.integers(-9, 10, (20, 40)).tolist()


def lines_of(reply):
    return [json.loads(line) for line in reply.iter_lines()]


def test_a_short_search_answers_like_heights(client, heights):
    reply = client.post("/api/search", json={"G": TRAP, "witness": True, "capability": True})
    assert reply.headers["content-type"] == "application/x-ndjson"
    *_, line = lines_of(reply)
    (expected,) = heights(G=TRAP, witness=True, capability=True)
    line["answer"].pop("seconds"), expected.pop("seconds")
    assert line["answer"] == expected


def test_a_long_search_tells_how_far_it_is(service, client, long_code):
    stops = service.app.state.dispatcher._long._stops
    steps, last = [], {}
    with client.stream("POST", "/api/search", json={"G": long_code, "time_limit": 60}) as reply:
        for line in map(json.loads, reply.iter_lines()):
            if "progress" not in line:
                last = line
                continue
            steps.append(line["progress"])
            if steps[-1]["known"] and steps[-1]["now"]:  # enough is seen: its time is over
                for stop in list(stops):
                    stop.set()
    assert [step["known"] for step in steps] == sorted(step["known"] for step in steps)
    assert steps[0]["of"] == 20
    assert next(step["answer"]["n"] for step in steps if step["answer"]) == 40
    assert steps[-1]["now"]["lower"] <= (steps[-1]["now"]["upper"] or np.inf)
    answer = last["answer"]
    known = sum(height["exact"] for height in answer["heights"])
    assert steps[-1]["known"] <= known < 20
    assert f"the search ended with {known} of 20 heights known" in answer["remark"]


def test_one_height_is_searched_for_alone(client, long_code):
    body = {"G": long_code, "m": 2, "time_limit": 60}  # of which it takes a small part
    *_, last = lines_of(client.post("/api/search", json=body, timeout=120))
    assert [(h["m"], h["exact"]) for h in last["answer"]["heights"]] == [(2, True)]


def test_who_goes_away_cancels_the_search(service, client, long_code):
    with client.stream("POST", "/api/search", json={"G": long_code, "time_limit": 60}) as reply:
        next(reply.iter_lines())
        pool = service.app.state.dispatcher._long
        assert pool.load == 1
    end = time.monotonic() + 40  # before it would end by itself
    while pool.load:
        assert time.monotonic() < end, "the search goes on without anybody to hear of it"
        time.sleep(0.05)


def test_long_searches_keep_nobody_waiting(service, client, long_code, heights):
    body = {"G": long_code, "time_limit": 40}
    with (
        client.stream("POST", "/api/search", json=body) as first,
        client.stream("POST", "/api/search", json=body) as second,
    ):
        next(first.iter_lines()), next(second.iter_lines())
        (answer,) = heights(G=TRAP, witness=True)
        assert answer["heights"][1]["exact"]


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"time_limit": 61}, 422, "time_limit may be at most 60 here, got 61"),
        ({"codes": []}, 422, "codes is not a known key"),
        ({"P": [[1]]}, 422, "exactly one of G, P and H"),
        ({"m": 7}, 422, "m must be an integer in 1..n-1 = 1..6"),
        ({"G": [[1, 2, 3], [2, 4, 6]]}, 422, "rows of G must be independent"),
        ({"G": [["one", 2]]}, 422, "must be a number, got the text"),
    ],
)
def test_refused_searches(client, change, status, text):
    reply = client.post("/api/search", json={"G": TRAP, **change})
    assert (reply.status_code, text in reply.text) == (status, True), reply.text


def test_the_limit_of_heights_names_the_longer_search(client):
    reply = client.post("/api/heights", json={"G": TRAP, "time_limit": 30})
    assert "/api/search takes one code for up to 60 s" in reply.json()["error"]


# --- texts and fractions -----------------------------------------------------------------------


def test_texts_are_numbers(heights):
    (answer,) = heights(G=[["1/3", 1, "0.25", "\u00bd"]])
    assert [h["height"] for h in answer["heights"]] == [2.0, 3.0, 4.0]
    many = heights(codes=[{"P": [["1/2", 2]]}, {"H": [["1", "1", "-1/1"]]}], m=1)
    assert [code["heights"][0]["height"] for code in many] == [2.0, 2.0]


def test_exact_heights_are_fractions(heights):
    (answer,) = heights(G=TRAP, exact=True, witness=True, capability=True)
    assert [h["fraction"] for h in answer["heights"]] == ["2", "154/5", None, None]
    assert [h["infinite"] for h in answer["heights"]] == [False, False, True, True]
    word = sorted(map(abs, answer["heights"][1]["codeword"]), reverse=True)
    assert word[0] / word[2] == pytest.approx(30.8)
    assert answer["capability"][1]["ratio"] == pytest.approx(63.6)
    # More digits than a float has.
    (answer,) = heights(G=[["0.10000000000000000001", 1]], exact=True)
    expected = exact_profile([["0.10000000000000000001", 1]])
    assert answer["heights"][0]["fraction"] == str(expected[0])
    assert heights(G=TRAP)[0]["heights"][1]["fraction"] is None


def test_decimals_of_json_are_meant_as_they_are_written(client):
    body = b'{"G": [[0.10000000000000000001, 1, 3]], "exact": true, "m": 1}'
    reply = client.post(
        "/api/heights", content=body, headers={"Content-Type": "application/json"}
    ).json()
    assert reply["codes"][0]["heights"][0]["fraction"] == "3"
    body = body.replace(b'"m": 1', b'"m": 2')
    reply = client.post(
        "/api/heights", content=body, headers={"Content-Type": "application/json"}
    ).json()
    assert reply["codes"][0]["heights"][0]["fraction"] == str(
        exact_profile([["0.10000000000000000001", 1, 3]])[1]
    )


@pytest.mark.parametrize(
    ("G", "text"),
    [
        (np.ones((1, 17)).tolist(), "exact calculates codes of n up to 16"),
        ([["0." + "1" * 50, 1]], "must be a number"),
        ([[1, 2], [2, 4]], "n > k is needed"),
        ([[1, 2, 3], [2, 4, 6]], "independent"),
    ],
)
def test_refused_exact_requests(client, G, text):
    reply = client.post("/api/heights", json={"G": G, "exact": True})
    assert reply.status_code == 422
    assert text in reply.text


# --- matrices as people write them, and ratios -------------------------------------------------


def test_matrices_are_read_as_on_the_command_line(client):
    def read(text):
        return client.post("/api/matrix", json={"text": text})

    latex = r"\begin{bmatrix} 1 & 0 & \frac{1}{3} \\ 0 & 1 & -2 \end{bmatrix}"
    assert read(latex).json() == {
        "kind": None, "not_p": "", "rows": [[1, 0, 1 / 3], [0, 1, -2]],
        "texts": [["1", "0", "1/3"], ["0", "1", "-2"]],
    }  # fmt: skip
    assert read('{"H": [[1, 1, 1]]}').json()["kind"] == "H"
    refused = read("1 0 0,5; 0 1 1,5")
    assert refused.status_code == 422
    assert "'0,5' is 0.5 or the two numbers 0 and 5" in refused.json()["error"]
    assert read("").status_code == 422
    assert read("1 nan").status_code == 422


def test_what_a_ratio_affords(client):
    found = client.get("/api/affords?ratio=10&profile=2,3,inf").json()
    pairs = [(pair["located"], pair["detected"]) for pair in found["pairs"]]
    assert pairs == [(task.located, task.detected) for task in largest_capability([2, 3], 10)]
    named = {code["id"]: code["pairs"] for code in found["named"]}
    expected = largest_capability(height_profile(icosahedral()), 10)
    assert [pair["m"] for pair in named["icosahedral"]] == [task.m for task in expected]
    assert client.get("/api/affords?ratio=10").json()["pairs"] is None
    for query in ("ratio=0", "ratio=x", "ratio=5&profile=3,2", "ratio=5&profile=a", ""):
        assert client.get(f"/api/affords?{query}").status_code == 422


def test_commands_of_the_reference_page_are_answered(client):
    import html
    import re
    import shlex

    page = client.get("/docs").text
    commands = re.findall(r"<pre>(curl .*?)</pre>", page, re.DOTALL)
    assert len(commands) > 10
    for command in commands:
        words = shlex.split(html.unescape(command).replace("\\\n", ""))
        path = next(word for word in words if word.startswith("localhost:8000"))[14:]
        if "-d" in words:
            body = words[words.index("-d") + 1]
            kind = {"Content-Type": "application/json"}
            reply = client.post(path, content=body, headers=kind)
        else:
            reply = client.get(path)
        assert reply.status_code == 200, command
