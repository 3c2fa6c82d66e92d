"""`mheight serve`: the HTTP service and its page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from mheight.cli.console import say
from mheight.errors import ConfigError, install_advice

__all__ = ["serve"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_NEEDED = ("fastapi", "uvicorn", "prometheus_client")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    model: Annotated[
        Path | None, typer.Option(help="Bundle, a folder or .zip. [the one that comes along]")
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Exact heights only.")] = False,
    seconds: Annotated[
        float, typer.Option(min=0.01, max=600, help="Time limit of a request.")
    ] = 2.0,
    longest_seconds: Annotated[
        float, typer.Option(min=0.01, max=3600, help="Time that a longer search may ask for.")
    ] = 60.0,
    length: Annotated[int, typer.Option(min=2, max=128, help="Largest n.")] = 64,
    codes: Annotated[int, typer.Option(min=1, max=100_000, help="Codes in a request.")] = 1000,
    words: Annotated[
        int, typer.Option(min=1, max=100_000, help="Words to decode in a request.")
    ] = 5000,
    body_bytes: Annotated[
        int, typer.Option(min=1024, max=2**26, help="Bytes of a request body.")
    ] = 2**20,
    concurrency: Annotated[
        int, typer.Option(min=1, max=10_000, help="Requests at once; more get 503.")
    ] = 256,
    connections: Annotated[
        int, typer.Option(min=2, max=10_000, help="Open connections; more close idle ones.")
    ] = 512,
    searches: Annotated[
        int, typer.Option(min=1, max=64, help="Searches of long codes at once.")
    ] = 2,
    waiting_searches: Annotated[
        int, typer.Option(min=0, max=1000, help="Searches that may wait; more get 503.")
    ] = 16,
    request_seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="Time for a client to send a request.")
    ] = 10.0,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allowed-host",
            metavar="NAME",
            help="A name that requests may give in Host; may be repeated. [on loopback its own "
            "names, else any]",
        ),
    ] = None,
) -> None:
    """Serve heights and predictions over HTTP, with a page for browsers.

    It listens on this machine alone.  SIGTERM or Ctrl-C finishes what runs and ends it.
    """
    missing = [name.replace("_", "-") for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(f"mheight serve needs {', '.join(missing)}; {install_advice('serve')}")
    if no_model and model is not None:
        raise ConfigError("--no-model goes without --model")
    from mheight.deployment.service import ServiceSettings, create_app, run_server
    from mheight.deployment.service.server import is_loopback, open_socket

    allowed = None
    if allowed_host or is_loopback(host):
        own = (*_LOOPBACK, host) if is_loopback(host) else ()
        names = (*own, *_names(allowed_host))
        allowed = tuple(dict.fromkeys(name.lower().strip("[]") for name in names))
    settings = ServiceSettings(
        allowed_hosts=allowed,
        seconds=seconds, longest_seconds=longest_seconds, length=length, codes=codes,
        words=words, body_bytes=body_bytes,
        concurrency=concurrency, connections=connections, searches=searches,
        waiting_searches=waiting_searches, request_seconds=request_seconds,
    )  # fmt: skip
    listening = open_socket(host, port)
    predictor = None
    if not no_model:
        from mheight.deployment import Predictor

        predictor = Predictor.load() if model is None else Predictor.load(model)
    if not is_loopback(host):
        say(
            f"{host} is not loopback: whoever reaches it may use this service; it has no TLS, no "
            "authentication and no limits by address (docs/service.md)"
        )
    run_server(create_app(settings, predictor), settings, listening, say)


def _names(given: list[str] | None) -> list[str]:
    """The names of `--allowed-host`.

    Raises:
        ConfigError: one has a port, a scheme or a blank.
    """
    for name in given or []:
        bare = name.startswith("[") or name.count(":") != 1
        if not name or not bare or any(letter in name for letter in "/ *,"):
            raise ConfigError(f"--allowed-host is a name without a port, got {name[:60]!r}")
    return given or []
