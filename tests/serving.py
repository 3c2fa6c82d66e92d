"""A real server on a free port of loopback, in a thread, with a predictor that is right."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np

from mheight.datasets import exact_heights
from mheight.deployment.bundle import read_bundle
from mheight.deployment.manifest import IntervalFacts
from mheight.deployment.service import ServiceSettings, create_app
from mheight.deployment.service.server import make_server, open_socket
from mheight.tiers import COURSE_9


class ExactPredictor:
    """Says the exact heights, with intervals around them."""

    manifest = replace(
        read_bundle(Path(__file__).parent / "bundle_run8_stream").manifest,
        name="exact", intervals=IntervalFacts(0.9, None, 0), versions={},
    )  # fmt: skip
    card = "# A card\n"
    groups = trained = COURSE_9

    def predict(self, samples):
        log2 = np.log2(exact_heights(samples))
        flags = np.where(np.isinf(log2), "infinite height", "")
        return SimpleNamespace(
            log2_heights=log2, low=log2 - 0.1, high=log2 + 0.1, flags=flags, level=0.9
        )


@contextmanager
def serving(predictor=None, **settings):
    """A server that is ready; yields its host and port."""
    limits = ServiceSettings(**settings)
    app = create_app(limits, predictor)
    server = make_server(app, limits)
    listening = open_socket("127.0.0.1", 0)
    port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until_ready(f"http://127.0.0.1:{port}")
        yield SimpleNamespace(port=port, url=f"http://127.0.0.1:{port}", app=app)
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
    assert not thread.is_alive()


def connected(url):
    """A connection to a service, whose packets wait for no others."""
    _, host, port = url.replace("//", "").split(":")
    found = socket.create_connection((host, int(port)), timeout=10)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def everything(connection):
    """What comes until the other side closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def wait_for_metrics(url, *lines, seconds=60):
    """Ask until the service's figures have these lines."""
    end = time.monotonic() + seconds
    with httpx.Client() as client:
        while True:
            metrics = client.get(f"{url}/metrics").text
            if all(f"\n{line}\n" in metrics for line in lines):
                return
            assert time.monotonic() < end, f"{lines} never came: {metrics}"
            time.sleep(0.02)


def wait_until_refused(url, seconds=60):
    """Connect until nobody takes connections any more."""
    end = time.monotonic() + seconds
    while True:
        try:
            connected(url).close()
        except ConnectionRefusedError:
            return
        except OSError:  # cut or slow: it listens yet
            pass
        assert time.monotonic() < end, f"{url} still takes connections"
        time.sleep(0.02)


def wait_until_ready(url, seconds=300):
    end = time.monotonic() + seconds
    # One client: each new one reads all certificates, beside kernels that are being compiled.
    with httpx.Client() as client:
        while time.monotonic() < end:
            try:
                reply = client.get(f"{url}/health/ready")
                if reply.status_code == 200:
                    return
                assert "can't work" not in reply.text, reply.text
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    raise AssertionError("the service did not get ready")
