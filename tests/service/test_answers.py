"""Right answers over HTTP."""

from __future__ import annotations

import threading

import httpx
import numpy as np
import pytest

import mheight
from mheight.codes import LinearCode
from mheight.heights import best_lower_bound
from mheight.tiers import COURSE_9


def values(answer):
    return [np.inf if h["infinite"] else h["height"] for h in answer["heights"]]


def test_heights_of_codes_by_G_P_and_H(heights, rng):
    P = rng.standard_normal((4, 5))
    code = LinearCode.from_systematic(P)
    wanted = mheight.height_profile(code)
    answers = heights(
        codes=[{"P": P.tolist()}, {"G": code.G.tolist()}, {"H": code.H.tolist()}, {"G": [[1, 1]]}]
    )
    for answer in answers[:3]:
        assert (answer["n"], answer["k"]) == (9, 4)
        np.testing.assert_allclose(values(answer), wanted, rtol=1e-9)
        assert all(h["exact"] and h["lower"] == h["upper"] for h in answer["heights"])
    assert values(answers[3]) == [1.0]


def test_a_witness_reaches_its_height(heights, rng):
    G = rng.standard_normal((3, 8))
    (answer,) = heights(G=G.tolist(), witness=True, m=3)
    (value,) = answer["heights"]
    word = np.array(value["codeword"])
    sizes = np.sort(np.abs(word))[::-1]
    assert sizes[0] / sizes[3] == pytest.approx(value["height"])
    assert np.linalg.matrix_rank(np.vstack([G, word])) == 3
    assert value["height"] == pytest.approx(mheight.m_height(G, 3))


def test_an_infinite_height_is_null(heights):
    for witness in (False, True):
        (answer,) = heights(G=[[1, 0, 1], [0, 1, 0]], witness=witness)
        (value,) = answer["heights"]
        assert value["infinite"]
        assert value["exact"]
        assert [value[k] for k in ("height", "lower", "upper", "log2_height")] == [None] * 4


def test_capability_goes_with_a_single_height_too(heights):
    (answer,) = heights(G=[[1, 0, 1, 1], [0, 1, 1, 2]], m=2, capability=True)
    assert [h["m"] for h in answer["heights"]] == [2]
    tasks = [(t["located"], t["detected"], t["ratio"]) for t in answer["capability"]]
    assert tasks == [(0, 1, 6.0), (0, 2, 8.0), (1, 0, 8.0)]


@pytest.mark.parametrize("options", [{}, {"witness": True}, {"capability": True},
                                     {"witness": True, "capability": True}])  # fmt: skip
def test_beyond_the_redundancy_every_height_is_infinite(heights, rng, options):
    for k, n in ((2, 4), (4, 4), (9, 18), (20, 40)):
        G = rng.standard_normal((k, n)).tolist()
        for answer in heights(codes=[{"G": G}] * 5, m=n - 1, **options):
            (value,) = answer["heights"]
            assert (value["m"], value["infinite"], value["exact"]) == (n - 1, True, True)
            assert (value["codeword"] is not None) == ("witness" in options)


def test_a_long_code_gets_bounds_at_once(heights, rng):
    G = rng.standard_normal((32, 64))
    (answer,) = heights(G=G.tolist())
    assert "bounds" in answer["remark"]
    last = answer["heights"][-1]
    assert not last["exact"]
    assert last["height"] is None
    assert last["lower"] >= best_lower_bound(64, 32, 32).value * (1 - 1e-12)
    lower = [h["lower"] for h in answer["heights"]]
    assert lower == sorted(lower)


def test_a_code_beyond_the_kernel_that_fits_is_exact(heights, rng):
    G = rng.standard_normal((9, 18))
    (answer,) = heights(G=G.tolist())
    np.testing.assert_allclose(values(answer), mheight.height_profile(G), rtol=1e-9)


def test_doubtful_codes_are_done_exactly_and_named(heights, rng):
    good = rng.standard_normal((4, 9))
    bad = good.copy()
    bad[1] = bad[0] + 1e-10 * rng.standard_normal(9)
    answers = heights(codes=[{"G": good.tolist()}, {"G": bad.tolist()}, {"G": good.tolist()}])
    assert answers[0]["remark"] is None
    assert [d["kind"] for d in answers[1]["doubts"]] == ["condition"]
    assert answers[1]["doubts"][0]["value"] > 1e8
    assert answers[1]["remark"] == answers[1]["doubts"][0]["text"]
    assert answers[0]["doubts"] == answers[2]["doubts"] == []
    exact = [float(h) for h in mheight.exact_profile(bad)]
    np.testing.assert_allclose(values(answers[1]), exact, rtol=1e-13)
    for options in ({"witness": True}, {"m": 2}, {"capability": True}):
        (answer,) = heights(G=bad.tolist(), **options)
        wanted = exact[1:2] if "m" in options else exact
        np.testing.assert_allclose(values(answer), wanted, rtol=1e-13)
        assert answer["doubts"] == answers[1]["doubts"]
    np.testing.assert_allclose(values(answers[2]), mheight.height_profile(good), rtol=1e-9)


def test_a_batch_says_what_each_code_alone_says(heights, rng):
    """Determinants that floats lose: 1 of entries of 1e8, which are meant as they are."""
    a = 10**8
    G = [[a, a + 1, 0, a], [a - 1, a, a, 0]]
    (alone,) = heights(G=G)
    assert values(alone) == [float(h) for h in mheight.exact_profile(G)]
    for answer in heights(codes=[{"G": G}] * 6):
        assert values(answer) == values(alone)
        assert answer["doubts"] == alone["doubts"]


def test_many_clients_get_their_own_heights(service, rng):
    shapes = [(4, 9), (5, 9), (6, 12)]
    wrong = []

    def ask(seed):
        own = np.random.default_rng(seed)
        with httpx.Client(base_url=service.url, timeout=20) as client:
            for i in range(10):
                G = own.standard_normal(shapes[(seed + i) % 3])
                answer = client.post("/api/heights", json={"G": G.tolist()}).json()["codes"][0]
                if not np.allclose(values(answer), mheight.height_profile(G), rtol=1e-9):
                    wrong.append(seed)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_one_bad_code_is_named_and_spoils_no_other_request(client, rng):
    good = {"G": rng.standard_normal((2, 4)).tolist()}
    dependent = {"G": [[1, 2, 3, 4], [2, 4, 6, 8]]}
    reply = client.post("/api/heights", json={"codes": [good, dependent, good]})
    assert reply.status_code == 422
    assert reply.json()["where"] == "codes[1].G"
    assert "independent" in reply.json()["error"]


def test_predictions_of_all_groups(client, rng):
    P = {k: rng.standard_normal((k, 9 - k)) for k in (4, 5, 6)}
    reply = client.post("/api/predictions", json={"codes": [{"P": p.tolist()} for p in P.values()]})
    answer = reply.json()
    assert (answer["model"], answer["level"]) == ("exact", 0.9)
    for code, p in zip(answer["codes"], P.values(), strict=True):
        assert [x["m"] for x in code["predictions"]] == COURSE_9.orders(9, code["k"])
        for x in code["predictions"]:
            exact = mheight.m_height(LinearCode.from_systematic(p), x["m"])
            assert x["height"] == pytest.approx(exact)
            assert x["low"] < x["height"] < x["high"]


def test_a_prediction_from_G_of_any_basis(client, rng):
    G = rng.standard_normal((4, 9))
    reply = client.post("/api/predictions", json={"G": G.tolist(), "m": 3})
    (value,) = reply.json()["codes"][0]["predictions"]
    assert value["height"] == pytest.approx(mheight.m_height(G, 3))


def test_an_infinite_prediction_is_null(client):
    P = np.ones((4, 5))
    P[0] = [1, 0, 0, 0, 0]
    reply = client.post("/api/predictions", json={"P": P.tolist(), "m": 2})
    (value,) = reply.json()["codes"][0]["predictions"]
    assert value["infinite"]
    assert value["height"] is value["low"] is value["high"] is None
    assert value["flag"] == "infinite height"


def test_model_codes_random_and_pages(client):
    model = client.get("/api/model").json()
    assert model["name"] == "exact"
    assert model["groups"][0] == [9, 4, 2]
    codes = client.get("/api/codes").json()
    assert [code["id"] for code in codes] == [
        "repetition-9", "parity-9", "icosahedral", "cosine-9", "cosine-dual-6", "cosine-dual-9",
    ]  # fmt: skip
    for code in codes:
        assert np.array(code["G"]).shape == (code["k"], code["n"])
    drawn = client.get("/api/random?n=9&k=4&seed=7")
    assert drawn.json() == client.get("/api/random?n=9&k=4&seed=7").json()
    G = np.array(drawn.json()["G"])
    assert (G[:, :4] == np.eye(4)).all()
    assert client.get("/").headers["content-type"].startswith("text/html")
    docs = client.get("/docs").text
    assert "/api/heights" in docs
    assert "http://" not in docs
    assert "https://" not in docs


def test_sane_headers_and_no_permission_for_other_origins(client):
    reply = client.get("/", headers={"Origin": "http://elsewhere"})
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"].startswith("default-src 'self';")
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert "server" not in reply.headers


COUNTED = (
    'mheight_requests_total{method="POST",path="/api/heights",status="200"}',
    'mheight_codes_total{kind="heights"}',
    'mheight_batch_codes_count{kind="heights"}',
    'mheight_batch_codes_sum{kind="heights"}',
)


def counts(client):
    lines = (line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines())
    values = {name: float(value) for name, value in lines if name[0] != "#"}
    return [values.get(name, 0.0) for name in COUNTED]


def test_metrics_count_requests_batches_and_codes(client, heights):
    before = counts(client)
    heights(codes=[{"G": [[1, 1]]}] * 3)
    assert np.subtract(counts(client), before).tolist() == [1, 3, 1, 3]
    client.get("/unknown/path")
    assert "unknown" not in client.get("/metrics").text


def test_without_a_model_predictions_are_not_found(start):
    with start() as service:
        reply = httpx.post(f"{service.url}/api/predictions", json={"P": [[1]]})
        assert reply.status_code == 404
        assert "without a model" in reply.json()["error"]


def test_a_parity_check_matrix_is_held_as_it_was_given(heights):
    H = [[80000, -5000000, 0, 20, 500, 9000], [0, 5, -1000, -3000000, -3000000, -1000000]]
    far = [[1, 1, 1, 1], [1, 2, 3, 1e11 / 3]]
    for answers in (heights(H=H), heights(codes=[{"H": H}] * 5)):
        for answer in answers:
            assert [h["height"] for h in answer["heights"]] == [7000.00007048, 763420999.995]
    exact = [float(h) for h in mheight.exact_profile(LinearCode.from_parity_check(far))]
    for options in ({}, {"witness": True}):
        for answer in heights(codes=[{"H": far}] * 5, **options):
            assert [h["lower"] for h in answer["heights"]] == pytest.approx(exact, rel=1e-9)
