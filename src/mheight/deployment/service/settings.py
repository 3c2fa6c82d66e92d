"""What the service allows: sizes, times, numbers of things at once."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LARGEST_ENTRY", "LARGEST_HEAD", "SMALLEST_ENTRY", "ServiceSettings"]

SMALLEST_ENTRY = 1e-12
LARGEST_ENTRY = 1e12
"""Entries of a wider range make rational arithmetic, which settles doubts, run for minutes."""

LARGEST_HEAD = 16_384
"""Bytes of a request line and headers."""


class ServiceSettings(BaseModel):
    """Limits of the service.

    Attributes:
        body_bytes: largest body of a request.
        codes: codes in a request.
        words: words to decode in a request.
        length: largest n.
        allowed_hosts: names, without a port, that a request may give in its Host; None for any.
            Requests to /health/ are not asked.
        direct_length: codes up to this n are done by the kernel for batches.
        seconds: time limit of a request; also the default of its `time_limit`.
        longest_seconds: most that a request to `/api/search` may ask for.
        long_searches: such searches at once; they have threads of their own.
        waiting_long_searches: those that wait.
        exact_length: codes up to this n are calculated in fractions where a request asks.
        bound_seconds: search for bounds of codes that would take longer than the limit,
            where the request names no limit of its own.
        concurrency: requests at once.
        connections: open connections at once.
        waiting_codes: codes that wait for the kernel.
        searches: searches of long codes, and certificates, at once.
        waiting_searches: those that wait.
        gather_seconds: how long an idle kernel waits for more codes to arrive.
        request_seconds: a client has this long to send a whole request.
        reply_seconds: a client that takes nothing for so long is cut off.
        idle_seconds: a connection without a request is kept so long after the last one.
        stop_seconds: running requests have this long to end when the service stops.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    body_bytes: int = Field(default=2**20, ge=1024, le=2**26)
    codes: int = Field(default=1000, ge=1, le=100_000)
    words: int = Field(default=5000, ge=1, le=100_000)
    length: int = Field(default=64, ge=2, le=128)
    allowed_hosts: tuple[str, ...] | None = None
    direct_length: int = Field(default=16, ge=2, le=16)
    seconds: float = Field(default=2.0, gt=0, le=600)
    longest_seconds: float = Field(default=60.0, gt=0, le=3600)
    long_searches: int = Field(default=2, ge=1, le=64)
    waiting_long_searches: int = Field(default=8, ge=0, le=1000)
    exact_length: int = Field(default=16, ge=2, le=18)
    bound_seconds: float = Field(default=0.25, gt=0, le=60)
    concurrency: int = Field(default=256, ge=1, le=10_000)
    connections: int = Field(default=512, ge=2, le=10_000)
    waiting_codes: int = Field(default=20_000, ge=1, le=1_000_000)
    searches: int = Field(default=2, ge=1, le=64)
    waiting_searches: int = Field(default=16, ge=0, le=1000)
    gather_seconds: float = Field(default=0.0, ge=0, le=0.1)
    request_seconds: float = Field(default=10.0, gt=0, le=600)
    reply_seconds: float = Field(default=10.0, gt=0, le=600)
    idle_seconds: int = Field(default=5, ge=1, le=600)
    stop_seconds: int = Field(default=5, ge=1, le=600)
