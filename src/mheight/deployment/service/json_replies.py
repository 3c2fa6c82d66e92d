"""JSON as the service sends it; values become plain ones here and nowhere before."""

from __future__ import annotations

import json
from typing import Any

from fastapi.responses import Response

__all__ = ["json_reply", "json_text"]


def json_text(value: Any) -> str:
    """The text of plain values.

    JSON has no infinity, and a bug that lets one out must not reach a client.

    Raises:
        ValueError: a number that is not finite.
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def json_reply(value: Any, status: int = 200) -> Response:
    """A reply of plain values.

    Raises:
        ValueError: a number that is not finite.
    """
    return Response(json_text(value), status, media_type="application/json")
