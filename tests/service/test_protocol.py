"""What the bounds of connections rest on in uvicorn: a change of it must be noticed here."""

from __future__ import annotations

import asyncio
import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest
import uvicorn
from serving import connected, everything
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from mheight.deployment.service.protocol import BoundedProtocol, bounded_protocol
from mheight.deployment.service.settings import ServiceSettings

HOOKS = {
    "connection_made", "connection_lost", "data_received", "on_response_complete",
    "pause_writing", "resume_writing", "send_400_response",
}  # fmt: skip
READ = {"conn", "transport", "loop", "connections"}


def parameters(method):
    return [(p.name, p.kind, p.default) for p in inspect.signature(method).parameters.values()]


@pytest.fixture
def fresh():
    """A connection of uvicorn's own, before it is made."""
    loop = asyncio.new_event_loop()
    config = uvicorn.Config(lambda: None, http=H11Protocol, ws="none", lifespan="off")
    yield H11Protocol(config, ServerState(), {}, loop)
    loop.close()


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_what_is_overridden_is_there(name):
    assert name in vars(H11Protocol)
    assert parameters(getattr(BoundedProtocol, name)) == parameters(getattr(H11Protocol, name))


def test_what_is_read_is_there_and_what_is_added_is_not(fresh):
    assert vars(fresh).keys() >= READ
    added = {name for name in vars(BoundedProtocol) if not name.startswith("__")} - HOOKS
    added |= {"settings", "waiting"}
    assert added
    assert not added & (set(dir(H11Protocol)) | vars(fresh).keys())


def test_servers_share_neither_limits_nor_connections():
    first, second = (bounded_protocol(ServiceSettings(connections=n)) for n in (2, 3))
    assert (first.settings.connections, second.settings.connections) == (2, 3)
    assert first.waiting is not second.waiting


def test_the_docstring_names_the_versions():
    root = Path(__file__).parents[2]
    pinned = re.search(r"^uvicorn==(\S+)$", (root / "requirements.lock").read_text(), re.M)[1]
    least = re.search(r'"uvicorn>=([\d.]+)"', (root / "pyproject.toml").read_text())[1]
    text = inspect.getdoc(BoundedProtocol)
    assert f"pins, {pinned}," in text
    assert f"allows, {least}" in text
    assert version("uvicorn") in text, "test with this version, and say so in the docstring"


def test_connections_that_were_answered_make_room(start):
    """Which is known only from the end of a reply, since they send nothing more."""
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    with start(connections=5, idle_seconds=600, request_seconds=600.0) as service:
        made = [connected(service.url)]
        for _ in range(12):
            made[-1].sendall(request)
            reply = b""
            while not reply.endswith(b'{"status":"live"}'):
                part = made[-1].recv(65536)
                assert part, "the newest connection was cut"
                reply += part
            made.append(connected(service.url))
        assert everything(made[0]) == b""  # or a time-out after ten seconds
        for connection in made:
            connection.close()
