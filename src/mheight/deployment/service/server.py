"""Running the service: the socket, the server, and a stop that ends what runs."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from mheight.deployment.service.protocol import bounded_protocol
from mheight.deployment.service.settings import LARGEST_HEAD, ServiceSettings
from mheight.errors import ConfigError

__all__ = ["is_loopback", "make_server", "open_socket", "run_server"]

_BACKLOG = 1024


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        ConfigError: the address can't be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        # Only where the protocol is named does asyncio turn off Nagle's algorithm, which
        # would hold back the second packet of a reply for 40 ms.
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(_BACKLOG)
        except BaseException:
            found.close()
            raise
        return found
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"can't listen on {host} port {port}: {reason}") from None


def make_server(app: FastAPI, settings: ServiceSettings) -> uvicorn.Server:
    """A server with the limits of the service."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=bounded_protocol(settings),
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=settings.idle_seconds,
            timeout_graceful_shutdown=settings.stop_seconds,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            backlog=_BACKLOG,
        )
    )


def run_server(
    app: FastAPI, settings: ServiceSettings, listening: socket.socket, say: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what runs and return.

    Args:
        app: from `create_app`.
        settings: the same.
        listening: from `open_socket`.
        say: is told the address.
    """
    server = make_server(app, settings)
    logging.getLogger("mheight.service").setLevel(logging.ERROR)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host

    def stop(*_: object) -> None:
        # The server raises its signals again once it has stopped; by then there is
        # nothing left to do, and the status is 0.
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        say(f"serving on http://{shown}:{port}")
        server.run(sockets=[listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    say("stopped")
