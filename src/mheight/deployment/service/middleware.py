"""The guard before the application: load, bodies, headers, and no exception gets out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mheight.deployment.service.counters import Metrics
from mheight.deployment.service.failures import ServiceError, busy, error_body
from mheight.deployment.service.settings import LARGEST_HEAD, ServiceSettings

__all__ = ["HEADERS", "PRIVATE", "Guard"]

_log = logging.getLogger("mheight.service")

_POLICY = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
PRIVATE = (b"cache-control", b"no-store")
_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class _Gone(Exception):
    """The client went away before its request was whole."""


class Guard:
    """Reads the whole body of a request before the application sees any of it.

    Args:
        app: what is guarded.
        settings: limits.
        metrics: is told of every reply.
        paths: the known paths, by which replies are counted.
        body_paths: paths that take a JSON body by POST.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        metrics: Metrics,
        paths: Collection[str],
        body_paths: Collection[str],
    ) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._paths = frozenset(paths)
        self._body_paths = frozenset(body_paths)
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        reply = _Reply(send, scope)
        self._running += 1
        try:
            await self._answer(scope, receive, reply)
        except _Gone:
            pass
        except ServiceError as error:
            await reply.refuse(error)
        except Exception:
            _log.exception("a request failed")
            if not reply.status:
                await reply.refuse(ServiceError(500, "the service failed; this is a bug of it"))
        finally:
            self._running -= 1
            self._count(scope, reply.status, time.perf_counter() - start)

    async def _answer(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        path = scope["path"]
        _check_head(scope)
        _check_host(scope, self._settings.allowed_hosts)
        # Health and metrics answer always, or nobody could see why others don't.
        if self._running > self._settings.concurrency and path.startswith("/api/"):
            self._metrics.refused.labels("concurrency").inc()
            raise busy("too many requests at once; try again")
        if scope["method"] == "HEAD":
            # The server leaves out the body; the application need not know.
            scope = {**scope, "method": "GET"}
        if scope["method"] == "POST" and path in self._body_paths:
            receive = _replayed(await self._body(scope, receive), receive)
        await self._app(scope, receive, reply.send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The body of a request of JSON, read no further than the limit.

        Raises:
            ServiceError: 408, 413 or 415.
            _Gone: the client closed the connection.
        """
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), value)
        _check_type(headers)
        limit = self._settings.body_bytes
        too_long = ServiceError(413, f"the body may have at most {limit} bytes")
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > limit:
            raise too_long
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.request_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    body += message.get("body", b"")
                    if len(body) > limit:
                        raise too_long
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise ServiceError(
                408, f"the request did not arrive within {self._settings.request_seconds:g} s",
                headers={"Connection": "close"},
            ) from None  # fmt: skip

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope["path"]
        if path not in self._paths:
            path = "/static" if path.startswith("/static/") and status == 200 else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(path, method, str(status or "gone")).inc()
        self._metrics.seconds.labels(path).observe(seconds)


def _check_head(scope: Scope) -> None:
    """Refuse two ways of saying where a body ends, and heads that are too large.

    Raises:
        ServiceError: 400 or 431; the connection is closed.
    """
    names = {name.lower() for name, _ in scope["headers"]}
    if {b"content-length", b"transfer-encoding"} <= names:
        raise ServiceError(
            400, "Content-Length goes without Transfer-Encoding", headers={"Connection": "close"}
        )
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    size += sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size > LARGEST_HEAD:
        raise ServiceError(
            431, f"the head of a request may have at most {LARGEST_HEAD} bytes",
            headers={"Connection": "close"},
        )  # fmt: skip


def _check_host(scope: Scope, allowed: Collection[str] | None) -> None:
    """Refuse names that the service does not go by: a page elsewhere may point its own name here.

    Raises:
        ServiceError: 421.
    """
    if allowed is None or scope["path"].startswith("/health/"):
        return
    given = [value for name, value in scope["headers"] if name.lower() == b"host"]
    if len(given) != 1 or _without_port(given[0].decode("latin-1")) not in allowed:
        raise ServiceError(
            421, "the service does not go by this name; mheight serve --allowed-host adds names",
            headers={"Connection": "close"},
        )  # fmt: skip


def _without_port(host: str) -> str:
    """A name or an address, in small letters, an address of IPv6 without its brackets."""
    name, colon, port = host.strip().lower().rpartition(":")
    if not colon or not (port.isdigit() or not port) or (":" in name and not name.endswith("]")):
        name = host.strip().lower()
    return name.strip("[]").removesuffix(".")


def _check_type(headers: dict[bytes, bytes]) -> None:
    """Refuse every body but plain JSON in UTF-8.

    Raises:
        ServiceError: 415.
    """
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b""):
        raise ServiceError(415, "a compressed body is not accepted; send it as it is")
    kind, *parameters = headers.get(b"content-type", b"").lower().split(b";")
    charset = [p.strip().replace(b'"', b"") for p in parameters if p.strip()]
    if kind.strip() != b"application/json" or charset not in ([], [b"charset=utf-8"]):
        raise ServiceError(415, "the body must be JSON, sent as Content-Type: application/json")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body in one piece, then whatever comes after it."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


class _Reply:
    """The way out: adds headers, and remembers the status."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._private = scope["path"].startswith(("/api/", "/health/", "/metrics"))
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: list[Any] = [*message.get("headers", []), *HEADERS]
            if self._private:
                headers.append(PRIVATE)
            message = {**message, "headers": headers}
        await self._send(message)

    async def refuse(self, error: ServiceError) -> None:
        body = error_body(error.message, error.where)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        headers += [(k.lower().encode(), v.encode()) for k, v in error.headers.items()]
        await self.send({"type": "http.response.start", "status": error.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})
