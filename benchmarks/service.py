"""Requests a second of the service on loopback, beside a plain FastAPI function.

The peer is what one would write first: a handler that parses JSON and calls
`height_profile` for one code after the other, under the same server with one worker.  Both
run in processes of their own and take turns; clients keep their connections, and each
sends its next request when it has the answer to the last.  All answers are compared with
`height_profile` of the codes, to 1e-9.

    make benchmark-service
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import numpy as np

import mheight
from mheight.evaluation.tables import render

N, K = 9, 4
CLIENTS = (1, 8, 64)
SIZES = (1, 100)


def peer_app():
    """One code after the other, nothing else."""
    from fastapi import FastAPI, Request

    app = FastAPI()

    @app.get("/health/ready")
    def ready() -> dict:
        mheight.height_profile(np.random.default_rng(0).standard_normal((K, N)))
        return {}

    async def heights(request: Request) -> dict:
        asked = await request.json()
        out = []
        for code in asked["codes"]:
            profile = mheight.height_profile(np.array(code["G"]))
            out.append({"heights": [{"m": m, "height": h} for m, h in enumerate(profile, 1)]})
        return {"codes": out}

    heights.__annotations__["request"] = Request
    app.post("/api/heights")(heights)
    return app


def serve(kind: str, gather: float) -> None:
    """Run one server, on a free port that it prints."""
    import uvicorn

    from mheight.deployment.service import ServiceSettings, create_app
    from mheight.deployment.service.server import make_server, open_socket

    settings = ServiceSettings(gather_seconds=gather)
    listening = open_socket("127.0.0.1", 0)
    print(listening.getsockname()[1], flush=True)
    if kind == "peer":
        config = uvicorn.Config(peer_app(), http="h11", log_level="error", access_log=False)
        server = uvicorn.Server(config)
    else:
        server = make_server(create_app(settings), settings)
    server.run(sockets=[listening])


@contextmanager
def running(kind: str, gather: float):
    command = [sys.executable, __file__, "--serve", kind, "--gather", str(gather)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready").close()
                break
            except OSError:
                time.sleep(0.1)
        try:
            yield port
        finally:
            process.terminate()


def request_bytes(codes: np.ndarray) -> bytes:
    body = json.dumps({"codes": [{"G": G.tolist()} for G in codes]}).encode()
    head = (
        "POST /api/heights HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def client(port: int, work: list, end: float, times: list, answers: list) -> None:
    """Ask again and again; keeps the last answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    i = 0
    while time.perf_counter() < end:
        start = time.perf_counter()
        which = i % len(work)
        writer.write(work[which][0])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        times.append(time.perf_counter() - start)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(body[:200])
        answers.append((body, work[which][1]))
        i += 1
    writer.close()


async def load(port: int, clients: int, work: list, seconds: float) -> tuple[list, list]:
    times: list = []
    answers: list = []
    end = time.perf_counter() + seconds
    parts = [work[i::clients] or work for i in range(clients)]
    await asyncio.gather(*(client(port, part, end, times, answers) for part in parts))
    return times, answers


def check(answers: list) -> None:
    for body, wanted in answers[:: max(1, len(answers) // 50)]:
        codes = json.loads(body)["codes"]
        found = [[h["height"] for h in code["heights"]] for code in codes]
        np.testing.assert_allclose(found, wanted, rtol=1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.5, help="of each measurement")
    parser.add_argument("--repeats", type=int, default=2, help="the best one counts")
    parser.add_argument("--gathers", type=float, nargs="*", default=[0.0, 0.001])
    parser.add_argument("--serve", choices=["peer", "mheight"])
    parser.add_argument("--gather", type=float, default=0.0)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.gather)
        return
    rng = np.random.default_rng(0)
    rows = []
    from contextlib import ExitStack

    with ExitStack() as stack:
        servers = {"plain FastAPI": stack.enter_context(running("peer", 0))}
        for gather in options.gathers:
            name = "mheight serve" + (f", gathering {1000 * gather:g} ms" if gather else "")
            servers[name] = stack.enter_context(running("mheight", gather))
        for size in SIZES:
            work = []
            for _ in range(64):
                codes = rng.standard_normal((size, K, N))
                work.append((request_bytes(codes), mheight.height_profile(codes)))
            for clients in CLIENTS:
                best: dict = {}
                for _ in range(options.repeats):
                    for name, port in servers.items():
                        times, answers = asyncio.run(load(port, clients, work, options.seconds))
                        check(answers)
                        if len(times) > len(best.get(name, [])):
                            best[name] = times
                peer = len(best["plain FastAPI"])
                for name, times in best.items():
                    rate = len(times) / options.seconds
                    rows.append(
                        [
                            name, str(size), str(clients), f"{rate:,.0f}", f"{rate * size:,.0f}",
                            f"{1000 * np.median(times):.2f}",
                            f"{1000 * np.quantile(times, 0.99):.2f}",
                            f"{len(times) / peer:.2f}",
                        ]
                    )  # fmt: skip
                rows.append([])
    machine = f"{platform.machine()}, {os.cpu_count()} cores, client on the same machine"
    header = ["server", "codes", "clients", "requests/s", "codes/s", "median, ms", "99 %, ms"]
    print(render(f"Heights of [{N}, {K}] codes over HTTP ({machine})", [*header, "times"], rows))


if __name__ == "__main__":
    main()
