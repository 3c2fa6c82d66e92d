"""`mheight serve`: the HTTP service and its page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mheight.cli.console import say
from mheight.cli.serve_options import (
    AllowedHosts,
    BodyBytes,
    Codes,
    Concurrency,
    Connections,
    Host,
    Length,
    LongestSeconds,
    ModelPath,
    NoModel,
    Port,
    RequestSeconds,
    Searches,
    Seconds,
    WaitingSearches,
    Words,
)
from mheight.errors import ConfigError, install_advice

if TYPE_CHECKING:
    from mheight.deployment.predictor import Predictor

__all__ = ["serve"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_NEEDED = ("fastapi", "uvicorn", "prometheus_client")


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    model: ModelPath = None,
    no_model: NoModel = False,
    seconds: Seconds = 2.0,
    longest_seconds: LongestSeconds = 60.0,
    length: Length = 64,
    codes: Codes = 1000,
    words: Words = 5000,
    body_bytes: BodyBytes = 2**20,
    concurrency: Concurrency = 256,
    connections: Connections = 512,
    searches: Searches = 2,
    waiting_searches: WaitingSearches = 16,
    request_seconds: RequestSeconds = 10.0,
    allowed_host: AllowedHosts = None,
) -> None:
    """Serve heights and predictions over HTTP, with a page for browsers.

    It listens on this machine alone.  SIGTERM or Ctrl-C finishes what runs and ends it.
    """
    _require_packages()
    if no_model and model is not None:
        raise ConfigError("--no-model goes without --model")
    from mheight.deployment.service import ServiceSettings, create_app, run_server
    from mheight.deployment.service.server import is_loopback, open_socket

    is_public = not is_loopback(host)
    settings = ServiceSettings(
        allowed_hosts=_allowed_hosts(host, is_public, allowed_host),
        seconds=seconds, longest_seconds=longest_seconds, length=length, codes=codes,
        words=words, body_bytes=body_bytes,
        concurrency=concurrency, connections=connections, searches=searches,
        waiting_searches=waiting_searches, request_seconds=request_seconds,
    )  # fmt: skip
    with open_socket(host, port) as listening:
        predictor = None if no_model else _predictor(model)
        if is_public:
            say(
                f"{host} is not loopback: whoever reaches it may use this service; it has no TLS, "
                "no authentication and no limits by address (docs/service.md)"
            )
        run_server(create_app(settings, predictor), settings, listening, say)


def _require_packages() -> None:
    missing = [name.replace("_", "-") for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(f"mheight serve needs {', '.join(missing)}; {install_advice('serve')}")


def _predictor(model: Path | None) -> Predictor:
    from mheight.deployment.predictor import Predictor

    return Predictor.load() if model is None else Predictor.load(model)


def _allowed_hosts(host: str, is_public: bool, given: list[str] | None) -> tuple[str, ...] | None:
    """What a request may give in Host; None for anything."""
    if is_public and not given:
        return None
    own = () if is_public else (*_LOOPBACK, host)
    names = (*own, *_names(given))
    return tuple(dict.fromkeys(name.lower().strip("[]") for name in names))


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
