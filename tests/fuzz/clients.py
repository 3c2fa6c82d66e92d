"""Sets hostile clients on a service: it stays up, answers health checks, and does not grow.

    python tests/fuzz/clients.py SECONDS

starts `mheight serve` and 64 clients of eight kinds: honest ones, such as send byte by byte,
leave requests half sent, close in the middle, ask for thousands of rows of one entry or a
thousand codes that are too wide, send two lengths of a body, or take no reply.  Meanwhile the
health check is asked again and again.  A fault is a wrong answer to an honest client, a health
check that fails, memory that grows by more than 64 MiB between the first fifth of the time and
the end, a traceback, or an end with another status than 0.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

CLIENTS = 64
PAUSE = 0.1  # seconds between two attacks of a client
GROWTH = 64 * 2**10  # KiB
HEAD = b"POST /api/heights HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def one_entry_rows() -> bytes:
    return b'{"G": [' + b",".join([b"[1]"] * 260_000) + b"]}"


def wide_codes() -> bytes:
    row = [1] * 400
    return json.dumps({"codes": [{"G": [row]}] * 800}, separators=(",", ":")).encode()


ROWS, WIDE = one_entry_rows(), wide_codes()
HONEST = json.dumps({"G": [[1, 0, 1, 1], [0, 1, 1, 2]]}).encode()


class Attack:
    """What 64 clients do until they are told to stop, and what they saw."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.stop = threading.Event()
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []
        self.waits: list[float] = []

    def run(self, kind: Callable[[], object]) -> None:
        """One client, again and again, with a pause: what it does counts, not how often."""
        while not self.stop.wait(PAUSE):
            try:
                kind()
                self.seen[kind.__name__] += 1
            except (OSError, HTTPException) as error:
                self.seen[f"{kind.__name__}, cut off"] += 1
                if kind == self.honest:  # who asks for what is right gets an answer, if only 503
                    self.faults.append(f"an honest client was cut off: {error!r}")
            except Exception as error:
                self.faults.append(f"{kind.__name__}: {type(error).__name__}: {error}")
                return

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def post(self, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/api/heights", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def honest(self) -> int:
        status, body = self.post(HONEST)
        self.seen[f"honest, {status}"] += 1
        if status == 200:
            for one, true in zip(json.loads(body)["codes"][0]["heights"], (2.0, 3.0), strict=True):
                # Where the time of the request is over, bounds are the answer.
                upper = float("inf") if one["upper"] is None else one["upper"]
                if one["height"] not in ((true,) if one["exact"] else (None,)) or not (
                    one["lower"] <= true <= upper
                ):
                    self.faults.append(f"an honest client got {one}")
        elif status != 503:
            self.faults.append(f"an honest client got {status}: {body[:200]!r}")
        return status

    def dribbling(self) -> None:
        with self.connect() as connection:
            for byte in HEAD + b"Content-Length: 2\r\n\r\n{}":
                if self.stop.is_set():
                    return
                connection.sendall(bytes([byte]))
                self.stop.wait(0.05)
            connection.recv(4096)

    def half_open(self) -> None:
        with self.connect() as connection:
            connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
            self.stop.wait(1.0)

    def closing(self) -> None:
        with self.connect() as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(HONEST) + HONEST)

    def rows(self) -> None:
        self.expect(ROWS[: 2**20 - 2].rsplit(b",", 1)[0] + b"]}", {422, 503})

    def wide(self) -> None:
        self.expect(WIDE, {413, 422, 503})

    def two_lengths(self) -> None:
        with self.connect() as connection:
            connection.sendall(
                HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            )
            got = b""
            while part := connection.recv(4096):
                got += part
        if not got.startswith(b"HTTP/1.1 400"):
            self.faults.append(f"two lengths got {got[:100]!r}")

    def deaf(self) -> None:
        with self.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /docs HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            self.stop.wait(1.0)

    def expect(self, body: bytes, allowed: set[int]) -> None:
        status, got = self.post(body)
        if status not in allowed:
            self.faults.append(f"{status} where {sorted(allowed)} is right: {got[:200]!r}")

    def look(self) -> None:
        """Ask for the health, which is answered always."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        start = time.perf_counter()
        try:
            connection.request("GET", "/health/live")
            if connection.getresponse().status != 200:
                self.faults.append("a health check failed")
        except OSError as error:
            self.faults.append(f"a health check failed: {error}")
        finally:
            connection.close()
        self.waits.append(time.perf_counter() - start)

    def start(self) -> list[threading.Thread]:
        kinds = [
            self.honest, self.dribbling, self.half_open, self.closing,
            self.rows, self.wide, self.two_lengths, self.deaf,
        ]  # fmt: skip
        threads = [
            threading.Thread(target=self.run, args=(kinds[i % len(kinds)],)) for i in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        return threads


@contextmanager
def service() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`mheight serve` that is ready, and its port."""
    command = [sys.executable, "-m", "mheight", "serve", "--no-model", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r":(\d+)", process.stderr.readline())
        assert found
        port = int(found[1])
        try:
            wait_until_ready(port)
            yield process, port
        finally:
            process.kill()


def wait_until_ready(port: int) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise TimeoutError("the service did not get ready")


def memory(pid: int) -> int:
    """Resident memory of a process in KiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", text)
    assert found
    return int(found[1])


def attacked(looks: int, seconds: float = 0.0) -> tuple[Attack, int, int]:
    """An attack during so many health checks, and so many seconds at least.

    Returns:
        What was seen; memory in KiB after a fifth of the checks, and the most after that.
    """
    with service() as (process, port):
        attack = Attack(port)
        threads = attack.start()
        end = time.monotonic() + seconds
        sizes: list[int] = []
        while len(sizes) < looks or time.monotonic() < end:
            attack.look()
            sizes.append(memory(process.pid))
            attack.stop.wait(0.05)
        attack.stop.set()
        for thread in threads:
            thread.join()
        if not attack.seen["honest, 200"]:
            attack.faults.append("no honest client was answered during the attack")
        if (status := attack.honest()) != 200:
            attack.faults.append(f"after the attack an honest client got {status}")
        process.send_signal(signal.SIGTERM)
        if process.wait(60) != 0:
            attack.faults.append(f"it ended with {process.returncode}")
        assert process.stderr is not None
        if "Traceback" in (text := process.stderr.read()):
            attack.faults.append(text[-500:])
    fifth = len(sizes) // 5
    first, most = max(sizes[: fifth + 1]), max(sizes[fifth:])
    if most - first > GROWTH:
        attack.faults.append(f"memory grew from {first} to {most} KiB")
    return attack, first, most


def main(arguments: list[str]) -> int:
    attack, first, most = attacked(100, float(arguments[0]))
    waits = sorted(attack.waits)
    print(dict(sorted(attack.seen.items())))
    print(f"health checks: {len(waits)}, median {1e3 * waits[len(waits) // 2]:.0f} ms, "
          f"slowest {1e3 * waits[-1]:.0f} ms")  # fmt: skip
    print(f"memory: {first / 1024:.0f} MiB after a fifth, at most {most / 1024:.0f} MiB after that")
    print(*attack.faults[:20], f"{len(attack.faults)} faults", sep="\n")
    return min(len(attack.faults), 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
