"""One service for all tests of this folder, and clients of it."""

from __future__ import annotations

import httpx
import numpy as np
import pytest
from serving import ExactPredictor, serving


@pytest.fixture(scope="session")
def service():
    """The usual service."""
    with serving(ExactPredictor()) as found:
        yield found


@pytest.fixture(scope="session")
def client(service):
    with httpx.Client(base_url=service.url, timeout=20) as found:
        yield found


@pytest.fixture
def heights(client):
    """Post to /api/heights, which must succeed."""

    def call(**request):
        reply = client.post("/api/heights", json=request)
        assert reply.status_code == 200, reply.text
        return reply.json()["codes"]

    return call


@pytest.fixture
def start():
    return serving


@pytest.fixture
def rng():
    return np.random.default_rng(0)
