"""The pages of a column: how many values they hold, and how much they unfold to.

A page of some bytes may stand for a thousand million values, all the same.  Its head says so, and
is looked at before Arrow makes room for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mheight.parquet.footer import Chunk
from mheight.parquet.thrift import Values, read_struct

__all__ = ["Pages", "pages_of"]

_LARGEST_HEAD = 2**16
_LARGEST_PAGE = 2**27
_DATA, _INDEX, _DICTIONARY, _DATA_2 = range(4)


@dataclass(frozen=True)
class Pages:
    """What the pages of a column in a group of rows are like.

    Attributes:
        unfolded: bytes of all of them.
        largest: bytes of the largest.
    """

    unfolded: int
    largest: int


def pages_of(stream: Any, chunk: Chunk) -> Pages:
    """Look through the heads of all pages of a column.

    Args:
        stream: the file, seekable.
        chunk: where they lie.

    Raises:
        ValueError: they can't be true.
    """
    name = ".".join(chunk.leaf.path)[:60]
    at, end = chunk.start, chunk.start + chunk.size
    values = unfolded = largest = 0
    while at < end:
        stream.seek(at)
        data = stream.read(min(_LARGEST_HEAD, end - at))
        fields, length = read_struct(data, 0, 1000)
        head = Values(fields, f"a page of {name}")
        kind, size, packed = head.integer(1), head.count(2), head.count(3)
        if size > _LARGEST_PAGE:
            raise ValueError(f"a page of {name} has {size:,} bytes, at most {_LARGEST_PAGE:,}")
        at += length + packed
        if at > end:
            raise ValueError(f"a page of {name} is cut short")
        values += _values(head, kind, chunk)
        unfolded += size
        largest = max(largest, size)
    if values != chunk.values:
        raise ValueError(f"{name} says {chunk.values} values, but its pages hold {values}")
    return Pages(unfolded, largest)


def _values(head: Values, kind: int, chunk: Chunk) -> int:
    if kind == _DATA:
        return head.struct(5, head.what).count(1)
    if kind == _DATA_2:
        inner = head.struct(8, head.what)
        inner.count(2)
        inner.count(3)
        if inner.count(5) + inner.count(6) > head.count(2):
            raise ValueError(f"{head.what} is damaged")
        return inner.count(1)
    if kind == _DICTIONARY:
        # Every value takes a bit at least.
        if head.struct(7, head.what).count(1) > 8 * head.count(2):
            raise ValueError(f"{head.what} is damaged")
        return 0
    if kind == _INDEX:
        return 0
    raise ValueError(f"{head.what} is of an unknown kind")
