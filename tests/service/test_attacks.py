"""Many hostile clients at once, and large bodies, which must not hold up the event loop."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
import time
from pathlib import Path

import pytest

from mheight.deployment.service.counters import Metrics
from mheight.deployment.service.middleware import HEADERS, PRIVATE, Guard
from mheight.deployment.service.settings import ServiceSettings

PATH = Path(__file__).resolve().parents[1] / "fuzz" / "clients.py"
JSON = {"Content-Type": "application/json"}
LIMIT = 2**20


def test_64_clients_of_all_kinds_leave_the_service_up_and_its_memory_flat():
    """A sample of `make fuzz`, which goes on for a minute."""
    spec = importlib.util.spec_from_file_location("clients", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    attack, _, _ = module.attacked(20)
    assert not attack.faults
    assert attack.seen["honest, 200"] >= 2
    assert len(attack.waits) == 20


def filled(head, part, tail):
    """A body of nearly a MiB, of one part again and again."""
    count = (LIMIT - len(head) - len(tail)) // (len(part) + 1)
    return head + b",".join([part] * count) + tail


ROW = b"[" + b",".join([b"1"] * 400) + b"]"
BODIES = [
    ("/api/heights", filled(b'{"G": [', b"[1]", b"]}"), 422,
     "n may be at most 64 here, got 262,142 rows or lists"),
    ("/api/heights", filled(b'{"codes": [', b'{"G": [' + ROW + b"]}", b"]}"), 413,
     "a request may hold at most 1000 codes, got 1292"),
    ("/api/heights", filled(b'{"codes": [', b'{"G": [[1,1]]}', b"]}"), 422,
     "n may be at most 64 here, got 139,809 rows or lists"),
    ("/api/heights", filled(b'{"G": [[', b'"1"', b"]]}"), 422,
     "n may be at most 64 here, got n = 262141"),
    ("/api/heights", filled(b'{"G": [[', b"1e-5", b"]]}"), 422,
     "n may be at most 64 here, got n = 209713"),
    ("/api/predictions", filled(b'{"codes": [', b'{"G": [' + ROW + b"]}", b"]}"), 413,
     "a request may hold at most 1000 codes, got 1292"),
    ("/api/search", filled(b'{"G": [', b"[1,1]", b'], "time_limit": 1}'), 422,
     "n may be at most 64 here, got 174,759 rows or lists"),
    ("/api/decode", filled(b'{"G": [[1,1]], "words": [', b"[1,1]", b'], "delta": 1}'), 413,
     "a request may hold at most 5000 words, got 174756"),
    ("/api/matrix", filled(b'{"text": "', b"1 0 1;", b'"}'), 422,
     "rows of one length are needed, got 3 entries in row 0 and 4 entries in row 1"),
    ("/api/matrix", filled(b'{"text": [', b"[]", b"]}"), 422,
     "text: input should be a valid string, got a list"),
]  # fmt: skip


@pytest.fixture
def longest_step(monkeypatch):
    """CPU seconds of the longest single step of any event loop, which a busy machine leaves alone.

    What another thread does with the body does not count: the loop goes on beside it.
    """
    steps = [0.0]
    real = asyncio.Handle._run

    def timed(self):
        start = time.thread_time()
        real(self)
        steps[0] = max(steps[0], time.thread_time() - start)

    monkeypatch.setattr(asyncio.Handle, "_run", timed)
    return steps


@pytest.mark.parametrize(("path", "body", "status", "text"), BODIES)
def test_a_large_body_is_read_off_the_event_loop(client, longest_step, path, body, status, text):
    """A clock decides here, as nothing else says how long the loop was held up.

    It counts CPU seconds of the loop's own thread; reading such a body takes longer than this.
    """
    assert LIMIT - 5000 < len(body) <= LIMIT
    reply = client.post(path, content=body, headers=JSON)
    assert (reply.status_code, reply.json()["error"]) == (status, text)
    assert 0.0 < longest_step[0] < 0.15


def test_a_step_of_the_loop_that_takes_long_is_seen(longest_step):
    """The test above must be able to fail."""

    async def busy():
        end = time.thread_time() + 0.2
        while time.thread_time() < end:
            pass

    thread = threading.Thread(target=lambda: asyncio.run(busy()))
    thread.start()
    thread.join()
    assert longest_step[0] >= 0.2


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Host: x\r\nHost: y\r\n", 400),
        (b"Host: x\r\nTransfer-Encoding: gzip\r\n", 400),
        (b"Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Host : x\r\n", 400),
        (b"Host: x\r\nA\x00: b\r\n", 400),
        (b"Host: x\r\n" + b"A: b\r\n" * 5000, 431),
    ],
)
def test_heads_that_may_be_read_in_two_ways_are_refused_and_closed(service, head, status):
    import socket

    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(b"POST /api/heights HTTP/1.1\r\n" + head + b"\r\n")
        got = b""
        try:
            while part := connection.recv(65_536):
                got += part
        except ConnectionError:
            pass
    status_line, _, rest = got.partition(b"\r\n")
    assert status_line.split()[1] == b"%d" % status
    assert_the_same_headers(rest.partition(b"\r\n\r\n")[0])


def assert_the_same_headers(head):
    lines = head.lower().split(b"\r\n")
    for name, value in (*HEADERS, PRIVATE):
        assert name + b": " + value.lower() in lines
    assert b"connection: close" in lines


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"localhost", 200),
        (b"LOCALHOST:8000", 200),
        (b"localhost.:8000", 200),
        (b"127.0.0.1:", 200),
        (b"[::1]:8000", 200),
        (b"here.example", 200),
        (b"evil.example", 421),
        (b"evil.example:8000", 421),
        (b"localhost.evil.example", 421),
        (b"localhost:8000:1", 421),
        (b"localhost:x", 421),
        (b"", 421),
        (b"::1:8000", 421),
        (b"caf\xe9", 421),
        (None, 421),
    ],
)
def test_a_host_that_is_not_allowed_is_refused(host, status):
    """As a page elsewhere has whose name was made to point to this machine."""
    names = ("localhost", "127.0.0.1", "::1", "here.example")
    headers = [] if host is None else [(b"host", host)]
    for path, wanted in (("/api/limits", status), ("/health/live", 200)):
        sent = []
        scope = {
            "type": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "method": "GET", "headers": headers,
        }  # fmt: skip

        async def answered(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def kept(message, sent=sent):
            sent.append(message)

        settings = ServiceSettings(allowed_hosts=names)
        guard = Guard(answered, settings, Metrics(), [path], [])
        asyncio.run(guard(scope, None, kept))
        assert sent[0]["status"] == wanted
        assert {name for name, _ in HEADERS} <= {name for name, _ in sent[0]["headers"]}
