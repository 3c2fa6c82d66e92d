"""`mheight serve` from its start to a polite end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from serving import connected, everything, wait_until_ready, wait_until_refused


@pytest.fixture
def process():
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mheight",
            "serve",
            "--no-model",
            "--port",
            "0",
            "--request-seconds",
            "60",
        ],
        stderr=subprocess.PIPE,
        text=True,
    ) as found:
        line = found.stderr.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert url, line
        wait_until_ready(url[0])
        yield found, url[0]
        found.kill()


def test_sigterm_finishes_what_runs_and_ends_with_0(process):
    server, url = process
    body = b'{"G": [[1, 0, 1, 1], [0, 1, 1, 2]]}'
    head = (
        f"POST /api/heights HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\n"
        "Content-Type: application/json\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with connected(url) as asking:
        asking.sendall(head.encode())
        # From here on the request runs: the service asks for its body.
        assert asking.recv(1000).startswith(b"HTTP/1.1 100 ")
        asking.sendall(body[:10])
        server.send_signal(signal.SIGTERM)
        wait_until_refused(url)
        assert server.poll() is None
        asking.sendall(body[10:])
        reply = everything(asking)
    assert reply.startswith(b"HTTP/1.1 200 ")
    heights = json.loads(reply.partition(b"\r\n\r\n")[2])["codes"][0]["heights"]
    assert [one["height"] for one in heights] == [2.0, 3.0]
    assert server.wait(60) == 0
    assert "Traceback" not in server.stderr.read()


def peak_memory(pid):
    """KiB, as the kernel counts them."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_hostile_bodies_leave_memory_flat(process):
    server, url = process
    plain = {"Content-Type": "application/json"}
    gzip = {**plain, "Content-Encoding": "gzip"}
    bodies = [
        (b" " * 10_000_000, plain, 413),
        (b'{"G": ' + b"[" * 1_000_000, plain, 400),
        (b'{"G": [[' + b'"",' * 340_000 + b"0]]}", plain, 422),
        (b'{"codes": [' + b"{}," * 340_000 + b"0]}", plain, 413),
        (b"{" + b'"":0,' * 200_000 + b'"x":0}', plain, 400),
        (b"\x1f\x8b" * 500_000, gzip, 415),
    ]

    with httpx.Client(base_url=url, timeout=20) as client:

        def ask(times):
            for _ in range(times):
                for body, headers, status in bodies:
                    reply = client.post("/api/heights", content=body, headers=headers)
                    assert reply.status_code == status, reply.text
            return peak_memory(server.pid)

        first = ask(2)
        assert ask(4) - first < 30_000
