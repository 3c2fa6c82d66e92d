"""Slow, silent and broken clients at a real socket: nobody else notices."""

from __future__ import annotations

import json
import socket
import threading
import time

import httpx
import numpy as np
import pytest
from serving import connected, everything, serving, wait_for_metrics

from mheight.deployment.service import dispatcher

HEAD = b"POST /api/heights HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def hasty():
    """A service with short patience and few connections."""
    with serving(
        request_seconds=0.6, reply_seconds=0.6, connections=40, concurrency=4, searches=1,
        waiting_searches=1, waiting_codes=50, idle_seconds=1, seconds=60,
    ) as found:  # fmt: skip
        yield found


def wait_until_cut(connection, pieces, pause=0.02):
    """Send until the other side closes the connection, as it must before the last piece."""
    try:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
    except ConnectionError:  # a time-out is none: the other side must close
        return
    raise AssertionError("the connection was not cut")


def wait_for_searches(service):
    """Until a search runs or waits: this process serves, so it can look."""
    for _ in range(3000):
        if service.app.state.dispatcher._pool.load:
            return
        time.sleep(0.01)
    raise AssertionError("no search ever began")


def answers(service):
    reply = httpx.post(f"{service.url}/api/heights", json={"G": [[1, 1]]}, verify=False)
    return reply.status_code == 200


def test_silent_connections_keep_nobody_out(hasty):
    silent = [connected(hasty.url) for _ in range(300)]
    assert answers(hasty)
    assert b"408" in everything(silent[-1])
    for connection in silent:
        connection.close()
    assert answers(hasty)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HT", b"408"),
        (HEAD, b"408"),
        (HEAD + b"Content-Length: 100\r\n\r\n{", b"408"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n", b"408"),
        (b"\x16\x03\x01 not http at all\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000, b"400"),
        (HEAD + b"Content-Length: -5\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", b"400"),
    ],
)
def test_unfinished_and_broken_requests_are_told_and_closed(hasty, sent, status):
    with connected(hasty.url) as connection:
        connection.sendall(sent)
        got = everything(connection)  # or a time-out after ten seconds
    assert got.startswith(b"HTTP/1.1 " + status)
    assert set(json.loads(got.partition(b"\r\n\r\n")[2])) == {"error", "where"}


def test_a_request_byte_by_byte_is_cut_off(hasty):
    with connected(hasty.url) as connection:
        wait_until_cut(connection, (bytes([byte]) for byte in HEAD * 9))


def test_a_body_after_its_refusal_does_not_go_on_for_ever(hasty):
    with connected(hasty.url) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000000000000\r\n\r\n")
        wait_until_cut(connection, [b" " * 1000] * 500)


def test_clients_that_go_away_leave_nothing_behind(hasty):
    G = np.random.default_rng(0).standard_normal((32, 64)).tolist()
    body = json.dumps({"G": G, "time_limit": 2}).encode()
    for _ in range(3):
        with connected(hasty.url) as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            wait_for_searches(hasty)
    for _ in range(3):
        with connected(hasty.url) as connection:
            connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    wait_for_metrics(hasty.url, "mheight_searches 0.0", "mheight_waiting_codes 0.0")
    assert answers(hasty)


def test_a_client_that_takes_no_reply_is_cut_off(hasty):
    request = b"GET /docs HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(hasty.url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wait_until_cut(connection, [request] * 1_000_000, pause=0)
        assert answers(hasty)


@pytest.fixture
def gate(monkeypatch):
    """Searches begin, and go on when this event is set."""
    opened, real = threading.Event(), dispatcher.search

    def search(*arguments, **options):
        assert opened.wait(60)
        return real(*arguments, **options)

    monkeypatch.setattr(dispatcher, "search", search)
    yield opened
    opened.set()


def test_searches_beyond_the_queue_are_told_to_come_back(hasty, gate):
    G = np.random.default_rng(0).standard_normal((32, 64)).tolist()
    body = {"G": G, "m": 1, "time_limit": 60}  # that no time is over before the gate opens
    statuses = []

    def ask():
        with httpx.Client(base_url=hasty.url, timeout=60) as client:
            statuses.append(client.post("/api/heights", json=body).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    # One at a time, and one that waits.
    wait_for_metrics(hasty.url, "mheight_searches 2.0")
    with httpx.Client(base_url=hasty.url, timeout=60) as client:
        for _ in range(3):
            reply = client.post("/api/heights", json=body)
            assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
            assert "too many searches are waiting" in reply.json()["error"]
        # Small requests do not wait for searches.
        assert client.get("/health/ready").status_code == 200
        assert client.post("/api/heights", json={"G": [[1, 1]]}).status_code == 200
        assert statuses == []
        gate.set()
        for thread in threads:
            thread.join(60)
        assert statuses == [200, 200]
        wait_for_metrics(hasty.url, "mheight_searches 0.0")
        assert client.post("/api/heights", json=body).status_code == 200


def test_more_codes_than_may_wait_are_refused(hasty):
    reply = httpx.post(f"{hasty.url}/api/heights", json={"codes": [{"G": [[1, 1]]}] * 51})
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "1"


def test_rows_without_end_do_not_hold_up_the_health_check(hasty):
    """1 MiB of rows of one entry: n is looked at before anything is made of them.

    How long the event loop is held up is measured in `test_attacks.py`, in CPU seconds.
    """
    body = b'{"G": [' + b",".join([b"[1]"] * 260_000) + b"]}"
    assert len(body) < 2**20 + 2**16
    body = body[: 2**20 - 2].rsplit(b",", 1)[0] + b"]}"
    stop = threading.Event()
    statuses: list[int] = []

    def attack():
        with httpx.Client(base_url=hasty.url, timeout=30) as client:
            while not stop.is_set():
                reply = client.post(
                    "/api/heights", content=body, headers={"Content-Type": "application/json"}
                )
                statuses.append(reply.status_code)

    threads = [threading.Thread(target=attack) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        with httpx.Client(base_url=hasty.url, timeout=30) as client:
            while len(statuses) < 8:
                assert client.get("/health/live").status_code == 200
                assert all(thread.is_alive() for thread in threads)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    # 408 where this machine is too busy to take a body in the .6 s that `hasty` allows.
    assert set(statuses) <= {408, 422, 503}
    assert 422 in statuses


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        # Which of the two lengths holds is what smuggling of requests lives on.
        (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /health/live HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_protocol_errors_carry_the_headers_of_all_replies(hasty, sent, status):
    with connected(hasty.url) as connection:
        connection.sendall(sent)
        reply = everything(connection)
    head = reply.split(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 %d " % status), reply[:300]
    for header in (b"x-content-type-options: nosniff", b"content-security-policy:",
                   b"referrer-policy: no-referrer", b"connection: close"):  # fmt: skip
        assert header in head
