"""The options of `mheight serve`: where it listens, its model, and limits of requests.

The limits are the fields of `ServiceSettings` of the same names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AllowedHosts",
    "BodyBytes",
    "Codes",
    "Concurrency",
    "Connections",
    "Host",
    "Length",
    "LongestSeconds",
    "ModelPath",
    "NoModel",
    "Port",
    "RequestSeconds",
    "Searches",
    "Seconds",
    "WaitingSearches",
    "Words",
]

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")]
ModelPath = Annotated[
    Path | None, typer.Option(help="Bundle, a folder or .zip. [the one that comes along]")
]
NoModel = Annotated[bool, typer.Option("--no-model", help="Exact heights only.")]
Seconds = Annotated[float, typer.Option(min=0.01, max=600, help="Time limit of a request.")]
LongestSeconds = Annotated[
    float, typer.Option(min=0.01, max=3600, help="Time that a longer search may ask for.")
]
Length = Annotated[int, typer.Option(min=2, max=128, help="Largest n.")]
Codes = Annotated[int, typer.Option(min=1, max=100_000, help="Codes in a request.")]
Words = Annotated[int, typer.Option(min=1, max=100_000, help="Words to decode in a request.")]
BodyBytes = Annotated[int, typer.Option(min=1024, max=2**26, help="Bytes of a request body.")]
Concurrency = Annotated[
    int, typer.Option(min=1, max=10_000, help="Requests at once; more get 503.")
]
Connections = Annotated[
    int, typer.Option(min=2, max=10_000, help="Open connections; more close idle ones.")
]
Searches = Annotated[int, typer.Option(min=1, max=64, help="Searches of long codes at once.")]
WaitingSearches = Annotated[
    int, typer.Option(min=0, max=1000, help="Searches that may wait; more get 503.")
]
RequestSeconds = Annotated[
    float, typer.Option(min=0.1, max=600, help="Time for a client to send a request.")
]
AllowedHosts = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host",
        metavar="NAME",
        help="A name that requests may give in Host; may be repeated. [on loopback its own "
        "names, else any]",
    ),
]
