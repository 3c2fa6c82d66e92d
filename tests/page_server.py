"""The service in a thread, with a stand-in for the network."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from mheight.datasets import Samples, exact_heights
from mheight.deployment.service import ServiceSettings, create_app
from mheight.deployment.service.server import make_server, open_socket
from mheight.evaluation.predictions import Predictions

LEVEL = 0.9


class StandIn:
    """Predicts the exact height, a little off; always off by the same for the same m."""

    manifest = {"name": "stand-in", "level": LEVEL}  # noqa: RUF012
    card = "# stand-in\n\nThe exact height, a little off."

    def predict(self, samples: Samples) -> Predictions:
        log2 = np.log2(exact_heights(samples))
        guess = log2 + 0.1 * np.sin(3.0 * samples.m)
        flags = np.where(np.isinf(log2), "infinite height", "")
        return Predictions(guess, guess - 0.25, guess + 0.25, flags, LEVEL)


@contextmanager
def serving(*, model: bool = True) -> Iterator[str]:
    """The address of a service that is ready."""
    settings = ServiceSettings()
    listening = open_socket("127.0.0.1", 0)
    server = make_server(create_app(settings, StandIn() if model else None), settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        _wait_until_ready(f"{address}/health/ready")
        yield address
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def _wait_until_ready(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("the service did not get ready in a minute")
