"""`mheight serve` from its start to a polite end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from serving import wait_until_ready


@pytest.fixture
def process():
    with subprocess.Popen(
        [sys.executable, "-m", "mheight", "serve", "--no-model", "--port", "0"],
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
    G = np.random.default_rng(0).standard_normal((32, 64)).tolist()
    replies = []

    def ask():
        body = {"G": G, "time_limit": 1.5}
        replies.append(httpx.post(f"{url}/api/heights", json=body, timeout=20))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.5)
    server.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/health/live")
    assert server.wait(20) == 0
    asking.join()
    assert replies[0].status_code == 200
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
    json = {"Content-Type": "application/json"}
    gzip = {**json, "Content-Encoding": "gzip"}
    bodies = [
        (b" " * 10_000_000, json, 413),
        (b'{"G": ' + b"[" * 1_000_000, json, 400),
        (b'{"G": [[' + b'"",' * 340_000 + b"0]]}", json, 422),
        (b'{"codes": [' + b"{}," * 340_000 + b"0]}", json, 413),
        (b"{" + b'"":0,' * 200_000 + b'"x":0}', json, 400),
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
