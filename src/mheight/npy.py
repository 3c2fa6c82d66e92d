"""NPY files of numbers, read without Python's own parser and without NumPy's reader of headers.

A header is a line of Python: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
NumPy evaluates it, which damaged ones turn into errors and warnings of every kind, and believes
its shape before it has looked for the bytes.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

__all__ = ["Head", "array_of", "mapped", "read_head"]

_MAGIC = b"\x93NUMPY"
_LONGEST = 65_536
_MOST_AXES = 8
_ENTRY = re.compile(
    r"\s*(?P<quote>['\"])(?P<key>descr|fortran_order|shape)(?P=quote)\s*:\s*"
    r"(?P<value>'[^']*'|\"[^\"]*\"|True|False|\([0-9L,\s]*\)|\[.*\])\s*(?:,|(?=\}))",
    re.DOTALL,
)
_OTHER = re.compile(r"[<>=|]?(c8|c16|[US][0-9]{1,4})")
_NUMBER = re.compile(r"[<>=|]?([?]|[biuf][0-9]{1,2})")


@dataclass(frozen=True)
class Head:
    """What an NPY file says of its array.

    Attributes:
        shape: of the array; at most eight axes.
        fortran: whether the first axis runs fastest.
        dtype: integers, floats or booleans.
        start: bytes before the first entry.
    """

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    start: int

    @property
    def bytes(self) -> int:
        """Bytes of all entries."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_head(stream: IO[bytes]) -> Head:
    """The head of an NPY file; the stream stands before the first entry afterwards.

    Raises:
        ValueError: no NPY file, a damaged head, or entries that are no real numbers.
    """
    begin = stream.read(8)
    if len(begin) < 8 or begin[:6] != _MAGIC or begin[6] not in (1, 2, 3):
        raise ValueError("it does not begin as an NPY file does")
    width = 2 if begin[6] == 1 else 4
    size = stream.read(width)
    length = int.from_bytes(size, "little")
    if len(size) < width or length > _LONGEST:
        raise ValueError("its head is damaged")
    text = stream.read(length)
    if len(text) < length:
        raise ValueError("its head is cut short")
    values = _entries(text.decode("utf-8" if begin[6] == 3 else "latin-1", "replace"))
    return Head(
        _shape(values["shape"]),
        _truth(values["fortran_order"]),
        _numbers(values["descr"]),
        8 + width + length,
    )


def array_of(content: bytes) -> np.ndarray[Any, np.dtype[Any]]:
    """The array of the bytes of an NPY file; it can't be written to.

    Raises:
        ValueError: as `read_head`, or another number of bytes than the head says.
    """
    head = read_head(io.BytesIO(content))
    _require_bytes(head, len(content) - head.start)
    values = np.frombuffer(content, head.dtype, offset=head.start, count=math.prod(head.shape))
    return values.reshape(head.shape, order="F" if head.fortran else "C")


def mapped(path: Path) -> np.ndarray[Any, np.dtype[Any]]:
    """The array of an NPY file, whose bytes are read when they are looked at.

    Raises:
        ValueError: as `array_of`.
        OSError: the file can't be opened.
    """
    with path.open("rb") as stream:
        head = read_head(stream)
        _require_bytes(head, stream.seek(0, 2) - head.start)
        if not head.bytes:
            return np.empty(head.shape, head.dtype)
        return np.memmap(
            stream, head.dtype, "r", head.start, head.shape, "F" if head.fortran else "C"
        )


def _require_bytes(head: Head, found: int) -> None:
    if found != head.bytes:
        raise ValueError(
            f"an array of shape {head.shape} and type {head.dtype} has {head.bytes} bytes, "
            f"got {found}"
        )


def _entries(text: str) -> dict[str, str]:
    text = text.strip()
    values: dict[str, str] = {}
    at = 1
    while found := _ENTRY.match(text, at):
        if found["key"] in values:
            raise ValueError("its head is damaged")
        values[found["key"]] = found["value"]
        at = found.end()
    if text[:1] != "{" or text[at:].strip() != "}" or len(values) != 3:
        raise ValueError("its head is damaged")
    return values


def _shape(text: str) -> tuple[int, ...]:
    parts = [part.strip().removesuffix("L") for part in text.strip("()").split(",")]
    if parts[-1] == "":
        parts.pop()
    if not text.startswith("(") or len(parts) > _MOST_AXES:
        raise ValueError(f"its shape {text[:40]} is none")
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise ValueError(f"its shape {text[:40]} is none")
    shape = tuple(int(part) for part in parts)
    if 0 in shape and max(shape) > 2**20:
        raise ValueError(f"its shape {text[:40]} is none")
    return shape


def _truth(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError("its head is damaged")
    return text == "True"


def _numbers(text: str) -> np.dtype[Any]:
    kind = text[1:-1]
    if text[0] == "[" or re.fullmatch(r"[<>=|]?V\d+", kind):
        raise ValueError("an array of numbers is needed, got fields")
    if kind.lstrip("<>=|").startswith("O"):
        raise ValueError("an array of objects can run code when it is read")
    if text[0] not in "'\"" or not _NUMBER.fullmatch(kind):
        name = str(np.dtype(kind)) if _OTHER.fullmatch(kind) else repr(kind[:20])
        raise ValueError(f"an array of real numbers is needed, got {name}")
    try:
        return np.dtype(kind)
    except TypeError:
        raise ValueError(f"an array of real numbers is needed, got {kind!r}") from None
