"""Decoding over HTTP: the same as the library says, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mheight.codes import LinearCode, icosahedral
from mheight.codes.given import given_matrices
from mheight.deployment.service import decoding_answers
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.word_schemas import DecodeRequest
from mheight.deployment.service.work import Stop
from mheight.protection import Decoder

P = [[1, 1, 1], [1, 2, 4]]
REAL = LinearCode(np.random.default_rng(0).standard_normal((2, 8)))
WORDS = [[1, 1, 2, 3.004, 5.009], [1, 1, 2.6, 3, 5]]


@pytest.fixture
def decode(client):
    """Post to /api/decode, which must succeed."""

    def call(**request):
        reply = client.post("/api/decode", json=request)
        assert reply.status_code == 200, reply.text
        return reply.json()

    return call


def received(code, tau, delta, rng, count=40):
    words = rng.standard_normal((count, code.k)) @ code.G
    errors = rng.uniform(-1, 1, words.shape)
    for row in errors:
        at = rng.choice(code.n, rng.integers(0, tau + 2), replace=False)
        row[at] *= rng.choice([3.0, 30.0])
    return words + errors * delta


def same(found, words, decoder):
    """Whether a reply says what the decoder does."""
    expected = decoder.decode(words)
    assert [word["verdict"] for word in found["words"]] == list(expected.verdicts)
    assert [tuple(word["positions"]) for word in found["words"]] == list(expected.positions)
    for word, codeword, residual in zip(
        found["words"], expected.codewords, expected.residuals, strict=True
    ):
        if word["verdict"] == "too many":
            assert word["corrected"] is None
            assert word["residual"] is None
        else:
            assert word["corrected"] == codeword.tolist()
            assert word["residual"] == residual
    assert found["height"] == decoder.height
    assert found["thresholds"] == decoder.thresholds.tolist()
    assert found["bounds"] == decoder.error_bounds.tolist()
    assert found["circuits"] == len(decoder.circuits)
    assert found["m"] == 2 * decoder.tau + decoder.sigma


@pytest.mark.parametrize(
    ("code", "tau", "sigma"),
    [(icosahedral(), 1, 0), (icosahedral(), 0, 2), (REAL, 2, 1)],
)
def test_the_reply_is_what_the_library_says(decode, rng, code, tau, sigma):
    words = received(code, tau, 0.05, rng)
    found = decode(G=code.G.tolist(), words=words.tolist(), tau=tau, sigma=sigma, delta=0.05)
    same(found, words, Decoder(code, tau, sigma, 0.05))
    verdicts = {word["verdict"] for word in found["words"]}
    assert {"clean", "too many"} <= verdicts
    assert found["drawn"] is None
    assert found["words"][0]["checks"] is None


def test_p_h_texts_and_one_delta_for_each_position(decode, rng):
    deltas = [0.1, 0.2, 0.1, 0.1, 0.3]
    for kind, rows, code in [
        ("P", [["1", 1, 1], [1, "6/3", 4]], LinearCode.from_systematic(P)),
        ("H", [[1, 1, 1, 1, 1], [0, 1, 2, 3, 5]],
         LinearCode.from_parity_check([[1, 1, 1, 1, 1], [0, 1, 2, 3, 5]])),
    ]:  # fmt: skip
        words = received(code, 0, np.array(deltas), rng)
        tau = 1 if kind == "P" else 0
        sigma = 0 if kind == "P" else 1
        found = decode(
            **{kind: rows}, words=words.tolist(), delta=deltas, tau=tau, sigma=sigma, checks=True
        )
        same(found, words, Decoder(code, tau, sigma, deltas))


def test_lost_entries_are_null(decode):
    word = (np.array([1.0, -2.0, 0.5]) @ icosahedral().G).tolist()
    word[4] = None
    (found,) = decode(G=icosahedral().G.tolist(), words=[word], delta=0.01)["words"]
    assert found["verdict"] == "located"
    assert found["positions"] == [4]


def test_violated_checks_hold_the_outlier(decode):
    code = icosahedral()
    word = np.array([1.0, -2.0, 0.5]) @ code.G
    word[4] += 0.3
    found = decode(G=code.G.tolist(), words=[word.tolist()], delta=0.01, checks=True)
    (reply,) = found["words"]
    assert reply["positions"] == [4]
    assert reply["violated"] == len(reply["checks"]) == 10  # of 15, all that hold position 4
    values = [check["value"] for check in reply["checks"]]
    assert values == sorted(values, reverse=True)
    assert values[-1] > 1
    dual = Decoder(code, 1, 0, 0.01).circuits.words
    for check in reply["checks"]:
        assert 4 in check["positions"]
        (row,) = [x for x in dual if np.flatnonzero(x).tolist() == check["positions"]]
        assert check["value"] == pytest.approx(abs(row @ word) / 0.01)


def test_a_word_is_drawn_by_its_seed(decode):
    request = {"P": P, "delta": 0.01, "seed": 3}
    found = decode(**request)
    drawn = found["drawn"]
    assert decode(**request)["drawn"] == drawn
    assert decode(**request | {"seed": 4})["drawn"] != drawn
    code = LinearCode.from_systematic(P)
    np.testing.assert_allclose(drawn["codeword"], np.array(drawn["message"]) @ code.G)
    errors = np.subtract(drawn["word"], drawn["codeword"])
    assert 0 < np.abs(errors).max() <= 0.01
    assert found["words"][0]["verdict"] == "clean"


def test_what_rounding_leaves_in_doubt_is_said(decode):
    G = [[1, 0, 1, 1], [0, 1, 1, 1 + 3e-13]]
    found = decode(G=G, words=[[0, 0, 0, 0]], tau=0, sigma=1, delta=1)
    (doubt,) = found["doubts"]
    assert (doubt["kind"], doubt["m"]) == ("large height", 2)
    said = (
        "h_2 = 6.7e+12 for exactly these entries and is reported; if they are rounded, it may be "
        "finite or infinite"
    )
    assert (doubt["text"], found["remark"]) == (said, said)


def test_thousands_of_words_and_no_more(decode, client, rng):
    words = rng.standard_normal((5000, 5)).round(2).tolist()
    found = decode(P=P, words=words, delta=0.5)
    assert len(found["words"]) == 5000
    reply = client.post("/api/decode", json={"P": P, "words": [*words, words[0]], "delta": 0.5})
    assert reply.status_code == 413
    assert "at most 5000 words, got 5001" in reply.json()["error"]


@pytest.fixture
def single_words(monkeypatch):
    """Time is looked at between all words."""
    monkeypatch.setattr(decoding_answers, "_PIECE", 1)


@pytest.mark.usefixtures("single_words")
@pytest.mark.parametrize("checks", [False, True])
def test_time_is_looked_at_between_the_words(rng, checks):
    words = received(icosahedral(), 1, 0.05, rng, 5).tolist()
    given = given_matrices(np.array(icosahedral().G))
    request = DecodeRequest(G=icosahedral().G.tolist(), words=words, delta=0.05, checks=checks)
    decoders, looks = decoding_answers.Decoders(), 5 + 4 if checks else 4

    def stop_after(count):
        left = iter([False] * count)
        return lambda: next(left, True)

    assert len(decoding_answers.decoded(decoders, given, request, stop_after(looks)).words) == 5
    for count in range(looks):
        with pytest.raises(ServiceError, match="before all 5 words were decoded; send fewer") as e:
            decoding_answers.decoded(decoders, given, request, stop_after(count))
        assert e.value.status == 503


@pytest.mark.usefixtures("single_words")
def test_the_time_limit_holds(client, monkeypatch, rng):
    monkeypatch.setattr(Stop, "__call__", lambda _: True)  # it is over at once
    for count, status in ((1, 200), (2, 503)):  # the first word in any case
        request = {"P": P, "words": rng.standard_normal((count, 5)).tolist(), "delta": 0.1}
        reply = client.post("/api/decode", json=request)
        assert reply.status_code == status, reply.text
    assert "send fewer at once" in reply.json()["error"]
    assert reply.headers["retry-after"]


LONG = np.eye(2, 21).tolist()
WIDE = np.random.default_rng(0).standard_normal((2, 20)).round(2).tolist()


@pytest.mark.parametrize(
    ("change", "status", "text", "where"),
    [
        ({"words": None}, 422, "exactly one of words and seed", None),
        ({"seed": 1}, 422, "exactly one of words and seed", None),
        ({"P": None}, 422, "exactly one of G, P and H", None),
        ({"delta": None}, 422, "delta must be a number", "delta"),
        ({"delta": 0}, 422, "got 0", "delta"),
        ({"delta": -1}, 422, "got -1", "delta"),
        ({"delta": "1"}, 422, "delta must be a number", "delta"),
        ({"delta": True}, 422, "delta must be a number", "delta"),
        ({"delta": [1, 1]}, 422, "one number or 5", "delta"),
        ({"delta": 10**400}, 422, "beyond any float", "delta"),
        ({"tau": 2}, 422, "1..n-k = 1..3, got 2*2 + 0 = 4", "tau"),
        ({"tau": 0}, 422, "got 2*0 + 0 = 0", "tau"),
        ({"tau": 1.5}, 422, "an integer", "tau"),
        ({"sigma": -1}, 422, "greater than or equal to 0", "sigma"),
        ({"words": []}, 422, "at least 1", "words"),
        ({"words": [[]]}, 422, "at least 1", "words[0]"),
        ({"words": [[1, 2, 3, 4, 5], [1, 2]]}, 422, "n = 5 entries, got 2", "words[1]"),
        ({"words": [[1, 2, 3, 4, "x"]]}, 422, "a number, got the text", "words[0][4]"),
        ({"words": [[1, 2, 3, 4, 1e13]]}, 422, "at most 1e+12, got 1e+13", "words[0][4]"),
        ({"words": [1, 2, 3, 4, 5]}, 422, "a list", "words[0]"),
        ({"words": WORDS * 51, "checks": True}, 422, "at most 100 words", "checks"),
        ({"codes": []}, 422, "not a known key", "codes"),
        ({"P": None, "G": LONG}, 422, "at most 20", "G"),
        ({"P": None, "G": WIDE, "tau": 5}, 422, "21700 sets", "tau"),
        ({"P": None, "G": [[1, 1, 1, 1, 1], [2, 2, 2, 2, 2]]}, 422, "independent", "G"),
        ({"P": None, "G": [[1, 0, 1, 0, 0], [0, 1, 0, 0, 0]]}, 422, "is infinite", "tau"),
    ],
)
def test_what_is_refused(client, change, status, text, where):
    request = {"P": P, "words": WORDS, "delta": 0.01, **change}
    body = json.dumps({k: v for k, v in request.items() if v is not None or k == "delta"})
    headers = {"Content-Type": "application/json"}
    reply = client.post("/api/decode", content=body, headers=headers)
    assert reply.status_code == status, reply.text
    error = reply.json()
    assert text in error["error"]
    assert "\n" not in error["error"]
    assert error["where"] == where


def test_a_missing_delta_is_named(client):
    reply = client.post("/api/decode", json={"P": P, "words": WORDS})
    assert reply.status_code == 422
    assert reply.json() == {"error": "delta is missing", "where": "delta"}


def test_examples_are_answered(client):
    paths = client.get("/openapi.json").json()["paths"]
    content = paths["/api/decode"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        assert client.post("/api/decode", json=example["value"]).status_code == 200


def test_decoders_are_kept_and_do_not_pile_up(monkeypatch):
    decoders = decoding_answers.Decoders()
    given = given_matrices(np.array(icosahedral().G))
    for i in range(1, 4):
        request = DecodeRequest(G=icosahedral().G.tolist(), seed=1, delta=float(i))
        first = decoders.of(given, request)
        assert decoders.of(given, request) is first
    assert len(decoders._kept) == 3
    monkeypatch.setattr(decoding_answers, "_KEPT_BYTES", 1)
    assert decoders.of(given, request) is first
    assert list(decoders._kept.values()) == [first]
