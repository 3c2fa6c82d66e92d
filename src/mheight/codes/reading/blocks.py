"""What readers hand on: matrices as they came, not yet checked to be codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mheight.codes.given import KINDS, Kind

__all__ = ["KINDS", "Block", "Kind", "batch_length"]

_BATCH_ENTRIES = 2**21  # 16 MiB of float64
_MOST_IN_BATCH = 2**16


@dataclass(frozen=True, eq=False)
class Block:
    """One matrix or some.

    Attributes:
        values: shape (N, a, b), or one matrix as rows, or as an object with its kind as key.
        kind: what the file says the matrices are; None if it doesn't.
        not_p: why they can't be the P of [I | P], if there is a reason.
    """

    values: Any
    kind: Kind | None = None
    not_p: str = ""


def batch_length(entries: int) -> int:
    """How many matrices of so many entries are worked on at a time."""
    return min(_MOST_IN_BATCH, max(1, _BATCH_ENTRIES // max(entries, 1)))
