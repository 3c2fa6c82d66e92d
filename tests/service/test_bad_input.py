"""What is refused: with the right status, one sentence, and the service stays up."""

from __future__ import annotations

import gzip
import json
import pickle

import numpy as np
import pytest
from serving import connected

JSON = {"Content-Type": "application/json"}


def refused(reply, status):
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"error", "where"}
    assert "Traceback" not in reply.text
    return reply.json()


@pytest.mark.parametrize(
    ("body", "status", "text", "where"),
    [
        ("", 400, "empty", None),
        ('{"G": [[NaN, 1]]}', 400, "NaN", None),
        ('{"G": [[-Infinity, 1]]}', 400, "-Infinity", None),
        ('{"G": [[1, 1]], "G": [[1, 2]]}', 400, "once", None),
        ('{"G": [[1, 1', 400, "not JSON", None),
        ('{"G": ' + "[" * 100_000, 400, "nested", None),
        ('{"G": [[' + "9" * 5000 + "]]}", 400, "digits", None),
        (json.dumps({str(i): 1 for i in range(9999)}), 400, "at most 16 keys", None),
        ("[]", 422, "a list", None),
        ("{}", 422, "exactly one", None),
        ('{"G": [[1, 1]], "P": [[1]]}', 422, "exactly one", None),
        ('{"G": [[1, 1]], "n": 2}', 422, "not a known key", "n"),
        ('{"G": [[1, 2], [1]]}', 422, "lengths 1 and 2", "G"),
        ('{"G": [["x", 2]]}', 422, "a number, got the text", "G[0][0]"),
        ('{"G": [[1, true]]}', 422, "a number, got true", "G[0][1]"),
        ('{"G": [[1, null]]}', 422, "got null", "G[0][1]"),
        ('{"G": "1 1"}', 422, "a list", "G"),
        ('{"G": []}', 422, "at least 1", "G"),
        ('{"G": [[]]}', 422, "at least 1", "G[0]"),
        ('{"G": [[[[1]]]]}', 422, "a number, got a list", "G[0][0]"),
        ('{"G": [[1e999, 1]]}', 422, "too large", "G[0][0]"),
        ('{"G": [[' + "9" * 400 + ", 1]]}", 422, "beyond any float", "G[0][0]"),
        ('{"G": [[1e308, 1]]}', 422, "magnitude", "G[0][0]"),
        ('{"G": [[1, 1e-310]]}', 422, "magnitude", "G[0][1]"),
        ('{"G": [[1, 0], [0, 1]]}', 422, "n = k = 2", None),
        ('{"G": [[1], [2]]}', 422, "1 <= k <= n", "G"),
        ('{"G": [[1, 2, 3], [2, 4, 6]]}', 422, "independent", "G"),
        ('{"G": [[0, 0]]}', 422, "independent", "G"),
        ('{"H": [[1, 0], [0, 1]]}', 422, "H must have shape", "H"),
        ('{"H": [[1, 2, 3], [2, 4, 6]]}', 422, "independent", "H"),
        (json.dumps({"G": [[1] * 200]}), 422, "n = 200", "G"),
        (json.dumps({"P": [[1]] * 64}), 422, "n = 65", "P"),
        (json.dumps({"G": [[1]] * 70}), 422, "n = 70", "G"),
        (json.dumps({"G": [[1]] * 100_000}), 422, "got 100,001 rows or lists", None),
        (json.dumps({"codes": [{"G": [[1, 1]]}, {"H": [[1] * 65]}]}), 422, "n = 65", "codes[1].H"),
        ('{"G": [[1, 1]], "m": 2}', 422, "1..1, got 2", "m"),
        ('{"G": [[1, 1]], "m": 1' + "0" * 400 + "}", 422, "more than 999", "m"),
        ('{"G": [[1, 1]], "m": 1.5}', 422, "an integer", "m"),
        ('{"G": [[1, 1]], "time_limit": 1e9}', 422, "at most 2", "time_limit"),
        ('{"codes": []}', 422, "at least 1", "codes"),
        (json.dumps({"codes": [{"G": [[1, 1]]}] * 1001}), 413, "at most 1000", "codes"),
        ('{"codes": [{"G": [[1, 1]]}, {}]}', 422, "exactly one", "codes[1]"),
        ('{"codes": [{"G": [[1, 1]]}, {"P": [[1, "x"]]}]}', 422, "number", "codes[1].P[0][1]"),
        (b"\xff\xfe", 400, "UTF-8", None),
    ],
)
def test_bad_bodies(client, body, status, text, where):
    answer = refused(client.post("/api/heights", content=body, headers=JSON), status)
    assert text in answer["error"]
    assert answer["where"] == where
    assert len(answer["error"]) < 300


@pytest.mark.parametrize(
    ("body", "text", "where"),
    [
        ({"G": [[1, 0, 1], [0, 1, 1]]}, "codes [9, 4], [9, 5], [9, 6], got [3, 2]", None),
        ({"P": [[1] * 8]}, "got [9, 1]", None),
        ({"codes": [{"P": [[1] * 5] * 4}], "m": 1}, "m = 2, 3, 4, 5", "codes[0]"),
        ({"P": [[1] * 5] * 4, "witness": True}, "not a known key", "witness"),
        ({"G": [[1] * 9] * 4}, "independent", "G"),
    ],
)
def test_codes_that_no_model_predicts(client, body, text, where):
    answer = refused(client.post("/api/predictions", json=body), 422)
    assert text in answer["error"]
    assert answer["where"] == where


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "br"},
    ],
)
def test_other_types_of_body(client, headers):
    refused(client.post("/api/heights", content=b'{"G": [[1, 1]]}', headers=headers), 415)


def test_nothing_is_decompressed_or_unpickled(client):
    bomb = gzip.compress(b"0" * 10_000_000)
    headers = {**JSON, "Content-Encoding": "gzip"}
    refused(client.post("/api/heights", content=bomb, headers=headers), 415)
    pickled = pickle.dumps([9, 4, 2, np.ones((4, 5))])
    headers = {"Content-Type": "application/octet-stream"}
    refused(client.post("/api/heights", content=pickled, headers=headers), 415)


@pytest.mark.parametrize(
    ("length", "pieces"), [(b"Content-Length: 10000000", 0), (b"Transfer-Encoding: chunked", 17)]
)
def test_large_bodies_are_refused_before_they_are_read(client, service, length, pieces):
    """Of a length that is told nothing need come, of another a MiB and no end."""
    piece = b"10000\r\n" + b" " * 2**16 + b"\r\n"
    with connected(service.url) as connection:
        connection.sendall(
            b"POST /api/heights HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\n" + length + b"\r\n\r\n"
        )
        for _ in range(pieces):
            connection.sendall(piece)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert client.get("/health/ready").status_code == 200


def test_large_bodies_are_refused(client):
    for body in (b" " * 10_000_000, (b" " * 2**16 for _ in range(160))):
        refused(client.post("/api/heights", content=body, headers=JSON), 413)


def test_a_chunked_body_without_length_is_fine(client):
    def pieces():
        yield b'{"G": [[1,'
        yield b" 1]]}"

    reply = client.post("/api/heights", content=pieces(), headers=JSON)
    assert reply.json()["codes"][0]["heights"][0]["height"] == 1.0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/nothing", 404),
        ("GET", "/static/nothing", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
        ("GET", "/api/heights", 405),
        ("OPTIONS", "/api/heights", 405),
        ("DELETE", "/api/codes", 405),
        ("BREW", "/api/codes", 405),
        ("GET", "/api/random?n=1", 422),
        ("GET", "/api/random?n=65", 422),
        ("GET", "/api/random?n=4&k=4", 422),
        ("GET", "/api/random?seed=x", 422),
    ],
)
def test_other_methods_and_paths(client, method, path, status):
    reply = client.request(method, path)
    refused(reply, status)
    assert status != 405 or reply.headers["allow"]


def test_head_is_get_without_a_body(client):
    for path in ("/", "/health/live", "/api/codes"):
        reply = client.head(path)
        assert reply.status_code == 200
        assert reply.content == b""
