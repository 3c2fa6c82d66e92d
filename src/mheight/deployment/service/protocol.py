"""HTTP connections that nobody can hold without using them.

The server that this rests on gives a client as long as it likes to send a request, and to
take a reply.  Here both have an end, and when there are too many connections those that
have waited longest make room, so that silent ones keep nobody out.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mheight.deployment.service.failures import error_body
from mheight.deployment.service.middleware import HEADERS, PRIVATE
from mheight.deployment.service.settings import ServiceSettings

__all__ = ["bounded_protocol"]

_GRACE = 1.0
"""Seconds for the application to say 408 itself before the connection is closed."""


class BoundedProtocol(H11Protocol):
    """One connection, of a server with these limits and these connections that wait.

    It bounds four things:

    * the time for a whole request, from its first byte on, and for the first byte of a new
      connection (`request_seconds`; 408);
    * the time in which a client takes nothing of a reply (`reply_seconds`);
    * the number of connections: one too many cuts the one that has waited longest (`connections`);
    * what a broken request is told: JSON with the headers of all replies (400).

    Settings of uvicorn can do none of these: `timeout_keep_alive` begins with the end of a reply,
    `limit_concurrency` refuses whoever comes last, and there is no time limit for a head, for a
    body or for writing.  An ASGI application can't either: it is called once a head is whole, sees
    neither silent connections nor broken requests, and is not told that a reply is not taken.

    So this overrides methods of uvicorn's protocol and reads its `conn`, `transport`, `loop` and
    `connections`, which uvicorn does not promise to keep.  It is tested with the version that
    requirements.lock pins, 0.54.0, and the least that pyproject.toml allows, 0.34.0.  If uvicorn
    changes one of these names, calls or signatures, `tests/service/test_protocol.py` fails, and
    `test_connections.py` if it no longer calls them when it did.
    """

    settings: ServiceSettings
    waiting: dict[asyncio.BaseProtocol, None]
    """Those that have sent no whole request, the oldest first."""

    _request_timer: asyncio.TimerHandle | None = None
    _reply_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.settings.connections:
            oldest = next(iter(self.waiting), self)
            assert isinstance(oldest, BoundedProtocol)
            self.waiting.pop(oldest, None)
            oldest.transport.abort()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        if self._reply_timer is not None:
            self._reply_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch(idle=True)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reply_timer = self.loop.call_later(self.settings.reply_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reply_timer is not None:
            self._reply_timer.cancel()
            self._reply_timer = None

    def send_400_response(self, msg: str) -> None:
        body = error_body("this is not a valid HTTP request")
        self._last_words(400, body)

    def _watch(self, idle: bool = False) -> None:
        """Give the client so long for a request, from its first byte on."""
        if self.transport.is_closing():
            self._forget()
        elif self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self.waiting.setdefault(self, None)
            if self._request_timer is None and not idle:
                self._request_timer = self.loop.call_later(
                    self.settings.request_seconds, self._too_slow
                )
        else:
            self._forget()

    def _forget(self) -> None:
        self.waiting.pop(self, None)
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _too_slow(self) -> None:
        self._request_timer = None
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
            self._last_words(408, error_body("the request did not arrive in time"))
        else:
            self._request_timer = self.loop.call_later(_GRACE, self.transport.abort)

    def _last_words(self, status: int, body: bytes) -> None:
        headers: list[Any] = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            *HEADERS,
            PRIVATE,
        ]
        try:
            for event in (
                h11.Response(status_code=status, headers=headers),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # a reply is on its way already
        self.transport.close()


def bounded_protocol(limits: ServiceSettings) -> type[H11Protocol]:
    """A protocol class with these limits, for one server."""

    class OfOneServer(BoundedProtocol):
        settings = limits
        waiting: dict[asyncio.BaseProtocol, None] = {}  # noqa: RUF012

    return OfOneServer
