"""The footer of a Parquet file, checked, and written anew with nothing but what is needed.

Arrow believes much of what a footer says, and damaged statistics or embedded schemas have ended
the process.  So it is given a footer that holds only fields that were looked at: no statistics, no
indices, no metadata by key.

Reference:
    parquet.thrift in the Parquet format repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mheight.parquet.thrift import I64, LIST, STRUCT, Struct, Values, read_struct, written

__all__ = ["Chunk", "Footer", "Group", "Leaf", "read_footer"]

_MAGIC = b"PAR1"
_LARGEST = 2**24
_MOST_VALUES = 8_000_000
_MOST_LEAVES = 20_000
_DEEPEST = 8
_CODECS = (0, 1, 2, 4, 5, 6, 7)
_REQUIRED, _OPTIONAL, _REPEATED = range(3)
_BYTE_ARRAY = 6


@dataclass(frozen=True)
class Leaf:
    """A column of plain values.

    Attributes:
        path: names from the top to the column.
        kind: physical type, 0 to 7.
        repeated: whether one row may have many values.
    """

    path: tuple[str, ...]
    kind: int
    repeated: bool

    @property
    def is_bytes(self) -> bool:
        """Whether its values are of any length."""
        return self.kind == _BYTE_ARRAY


@dataclass(frozen=True)
class Chunk:
    """Where the values of a column in a group of rows lie.

    Attributes:
        leaf: the column.
        start: first byte.
        size: bytes.
        values: how many, nothings counted.
    """

    leaf: Leaf
    start: int
    size: int
    values: int


@dataclass(frozen=True)
class Group:
    """Some rows that stand together.

    Attributes:
        rows: how many.
        chunks: one a column.
    """

    rows: int
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class Footer:
    """What a file says of itself.

    Attributes:
        groups: of rows.
        content: the same as a file without rows, for Arrow.
    """

    groups: tuple[Group, ...]
    content: bytes


def read_footer(stream: Any) -> Footer:
    """Read and check the footer of a Parquet file.

    Args:
        stream: the file, seekable.

    Raises:
        ValueError: no Parquet, or a footer that can't be true.
    """
    size = stream.seek(0, 2)
    stream.seek(max(size - 8, 0))
    tail = stream.read(8)
    stream.seek(0)
    if size < 12 or tail[4:] != _MAGIC or stream.read(4) != _MAGIC:
        raise ValueError("it does not begin and end as a Parquet file does")
    length = int.from_bytes(tail[:4], "little")
    end = size - 8 - length
    if end < 4:
        raise ValueError("its metadata are cut short")
    if length > _LARGEST:
        raise ValueError(f"at most {_LARGEST:,} bytes of metadata are read; write fewer groups")
    stream.seek(end)
    fields, stop = read_struct(stream.read(length), 0, _MOST_VALUES)
    if stop != length:
        raise ValueError("its metadata are damaged")
    file = Values(fields, "the file")
    if file.has(8):
        raise ValueError("it is encrypted")
    schema = file.structs(2, "a column")
    leaves = _leaves(schema)
    groups = [_group(one, leaves, end) for one in file.structs(4, "a group of rows")]
    rows = file.count(3)
    if rows != sum(group.rows for group, _ in groups):
        raise ValueError(f"it says {rows} rows, but its groups have another number")
    kept = file.only((1, 3, 6))
    if file.has(6) and not (file.text(6).isascii() and file.text(6).isprintable()):
        del kept[6]
    kept[2] = (LIST, (STRUCT, [one.only((1, 2, 3, 4, 5, 6, 7, 8, 10)) for one in schema]))
    kept[4] = (LIST, (STRUCT, [clean for _, clean in groups]))
    made = written(kept)
    content = _MAGIC + made + len(made).to_bytes(4, "little") + _MAGIC
    return Footer(tuple(group for group, _ in groups), content)


def _leaves(schema: list[Values]) -> list[Leaf]:
    """The columns of plain values, in order."""
    if len(schema) > _MOST_LEAVES:
        raise ValueError(f"at most {_MOST_LEAVES:,} columns are read")
    out: list[Leaf] = []
    at = 1

    def walk(count: int, path: tuple[str, ...], repeated: bool) -> None:
        nonlocal at
        names: set[str] = set()
        for _ in range(count):
            if at >= len(schema):
                raise ValueError("its columns are damaged")
            one = schema[at]
            at += 1
            name = one.text(4)
            if name in names:
                raise ValueError(f"every column needs a name of its own, got {name[:40]} twice")
            names.add(name)
            how = one.integer(3)
            if not _REQUIRED <= how <= _REPEATED:
                raise ValueError("its columns are damaged")
            many = repeated or how == _REPEATED
            below = (*path, name)
            children = one.count(5, 0)
            if children:
                if len(below) >= _DEEPEST:
                    raise ValueError("its columns are nested too deeply")
                walk(children, below, many)
            elif not one.has(1) or not 0 <= one.integer(1) <= 7:
                raise ValueError("its columns are damaged")
            else:
                out.append(Leaf(below, one.integer(1), many))

    if not schema:
        raise ValueError("it has no columns")
    walk(schema[0].count(5, 0), (), False)
    if at != len(schema):
        raise ValueError("its columns are damaged")
    return out


def _group(one: Values, leaves: list[Leaf], end: int) -> tuple[Group, Struct]:
    columns = one.structs(1, "a column of a group")
    rows = one.count(3)
    if len(columns) != len(leaves) or rows >= 2**31:
        raise ValueError("a group of rows is damaged")
    found = [_chunk(c, leaf, rows, end) for c, leaf in zip(columns, leaves, strict=True)]
    clean = one.only((2, 3))
    clean[1] = (LIST, (STRUCT, [made for _, made in found]))
    return Group(rows, tuple(chunk for chunk, _ in found)), clean


def _chunk(one: Values, leaf: Leaf, rows: int, end: int) -> tuple[Chunk, Struct]:
    name = ".".join(leaf.path)[:60]
    if one.has(1) or one.has(8):
        raise ValueError(f"the values of {name} lie in another file, or are encrypted")
    meta = one.struct(3, name)
    if meta.texts(3) != list(leaf.path) or meta.integer(1) != leaf.kind:
        raise ValueError(f"the values of {name} are those of another column")
    if meta.integer(4) not in _CODECS:
        raise ValueError(f"the values of {name} are packed in an unknown way")
    values, size, first = meta.count(5), meta.count(7), meta.count(9)
    meta.count(6)
    start = min(first, meta.count(11)) if meta.count(11, 0) > 0 else first
    # Where there are no rows, nothing is read.
    if rows and not (4 <= start <= start + size <= end and first <= start + size):
        raise ValueError(f"the values of {name} lie outside of the file")
    if values >= 2**31 or (not leaf.repeated and values != rows):
        raise ValueError(f"{name} has {values} values for {rows} rows")
    clean: Struct = {
        2: (I64, one.integer(2, 0)),
        3: (STRUCT, meta.only((1, 2, 3, 4, 5, 6, 7, 9, 11))),
    }
    for number, kind in ((2, LIST), (3, LIST)):
        if meta.fields.get(number, (0, None))[0] != kind:
            raise ValueError(f"the values of {name} are damaged")
    if meta.count(11, 0) == 0:
        clean[3][1].pop(11, None)
    return Chunk(leaf, start, size, values), clean
