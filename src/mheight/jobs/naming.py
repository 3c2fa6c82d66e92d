"""Names of shards: a hash of everything that matters to what is in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Shard", "hashed", "hashed_file", "hashed_path"]

_KEPT = 32  # hexadecimal digits of a hash in the name of a file: 128 bits
_FILE = re.compile(r"(\d{8,12})-([0-9a-f]{32})-([0-9a-f]{32})(\.[a-z]+)")


@dataclass(frozen=True)
class Shard:
    """A unit of work that always comes to the same bytes.

    Attributes:
        number: its place in the job, from 0.
        name: 64 hexadecimal digits, a hash of what is computed, from what, and by which version.
    """

    number: int
    name: str

    def file_name(self, content: bytes, ending: str) -> str:
        """The name of its file: number, name, and a checksum of the content.

        Examples:
            >>> Shard(3, "ab" * 32).file_name(b"", ".json")[:50]
            '00000003-abababababababababababababababab-e3b0c442'
        """
        checksum = hashlib.sha256(content).hexdigest()
        return f"{self.number:08}-{self.name[:_KEPT]}-{checksum[:_KEPT]}{ending}"

    def is_named(self, name: str) -> bool:
        """Whether this is the name, or the part of it that a file has."""
        return name == self.name[:_KEPT]


def file_parts(file_name: str) -> tuple[int, str, str, str] | None:
    """Number, name, checksum and ending of a shard's file; None if it is none."""
    found = _FILE.fullmatch(file_name)
    return None if found is None else (int(found[1]), found[2], found[3], found[4])


def is_whole(path: Path, checksum: str) -> bool:
    """Whether a file still is what its name says."""
    return hashed_file(path).startswith(checksum)


def hashed(about: Mapping[str, Any]) -> str:
    """SHA-256 of plain values, whatever the order of keys; the same on every machine.

    Args:
        about: text, numbers, truth values, None, and lists and mappings of them.

    Raises:
        ValueError: NaN or infinity.

    Examples:
        >>> hashed({"kind": "heights", "m": 2}) == hashed({"m": 2, "kind": "heights"})
        True
    """
    text = json.dumps(about, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def hashed_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hashed_path(path: Path) -> str:
    """A hash of a file, or of all files of a folder."""
    path = Path(path)
    if not path.is_dir():
        return hashed_file(path)
    files = sorted(one for one in path.rglob("*") if one.is_file())
    return hashed({str(one.relative_to(path)): hashed_file(one) for one in files})
