"""Files of the logs of proofs: what was proved, and what it took to prove it, one a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from mheight.errors import InvalidDataError
from mheight.files import write_text

__all__ = ["INTEGER_PROOFS", "PROOFS", "read_logs", "shipped_logs", "write_logs"]

PROOFS = "proofs.json"
"""The file of bounds that were proved by computation, beside the tables."""

INTEGER_PROOFS = "integer_proofs.json"
"""The same for codes [I | P] of integers."""

_Log = TypeVar("_Log")


def shipped_logs(name: str) -> Any:
    """The file of this name that ships with the package."""
    return resources.files("mheight.catalogue").joinpath("tables", name)


def read_logs(
    name: str, made: Callable[[dict[str, Any]], _Log], path: Path | None = None
) -> list[_Log]:
    """The logs of a file, or of the shipped one; none where there is no such file.

    Args:
        name: of the shipped file.
        made: makes a log of its fields.
        path: another file.

    Raises:
        InvalidDataError: no file of proofs.
    """
    place: Any = shipped_logs(name) if path is None else Path(path)
    if not place.is_file():
        return []
    try:
        value = json.loads(place.read_text(encoding="utf-8"))
        return [made(held) for held in value["proofs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidDataError(f"{place}: no file of proofs: {error}") from None


def write_logs(kind: str, logs: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the fields of logs, a line each.

    Args:
        kind: what the file says that it is.
        logs: the fields of each.
        path: the file, written whole or not at all.
    """
    lines = ",\n".join(json.dumps(log, separators=(",", ":")) for log in logs)
    write_text(path, f'{{"format": "{kind}", "proofs": [\n{lines}\n]}}\n')
