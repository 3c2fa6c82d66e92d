"""Refusals: a status, one clear sentence, and where."""

from __future__ import annotations

import json

__all__ = ["ServiceError", "busy", "error_body"]


class ServiceError(Exception):
    """A request is refused.

    Args:
        status: of HTTP.
        message: one sentence.
        where: the place in the request, as `codes[3].G`; None for the whole.
        headers: to add to the reply.
    """

    def __init__(
        self,
        status: int,
        message: str,
        where: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.where = where
        self.headers = headers or {}


def busy(message: str, seconds: int = 1) -> ServiceError:
    """503, to be tried again after some seconds."""
    return ServiceError(503, message, headers={"Retry-After": str(seconds)})


def error_body(message: str, where: str | None = None) -> bytes:
    """The JSON of a refusal."""
    return json.dumps({"error": message, "where": where}).encode()
