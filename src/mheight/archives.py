"""Zip archives read into memory: small ones, of plain members, with every byte counted.

Python's own reader unfolds bzip2 and LZMA members before their size can be checked, and makes
an object of each of a million entries.  This one knows what bundles and NPZ files need: members
that are stored or deflated.
"""

from __future__ import annotations

import struct
import zlib
from typing import IO

__all__ = ["unzipped"]

_END, _ENTRY, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_END_SIZE, _ENTRY_SIZE, _LOCAL_SIZE = 22, 46, 30
_STORED, _DEFLATED = 0, 8
_MOST_COMMENT = 65_535


def unzipped(stream: IO[bytes], largest: int, most: int = 4096) -> dict[str, bytes]:
    """All members of a zip archive by name, in the order of its directory.

    Args:
        stream: the archive; it must be seekable.
        largest: bytes that all members may have together, unfolded.
        most: members that there may be.

    Raises:
        ValueError: no zip, damaged, packed in another way, encrypted, a name that comes twice,
            or more than these limits.
    """
    out: dict[str, bytes] = {}
    for flags, method, crc, packed, size, name, place in _directory(stream, largest, most):
        text = _name(name, flags)
        if text in out:
            raise ValueError(f"the name {text[:40]!r} is there twice")
        if flags & 1:
            raise ValueError(f"{text[:40]!r} is encrypted")
        if method not in (_STORED, _DEFLATED):
            raise ValueError(f"{text[:40]!r} is neither stored nor deflated")
        content = _content(stream, place, name, packed, size, method, text)
        if len(content) != size or zlib.crc32(content) != crc:
            raise ValueError(f"{text[:40]!r} is damaged")
        out[text] = content
    return out


_Entry = tuple[int, int, int, int, int, bytes, int]


def _directory(stream: IO[bytes], largest: int, most: int) -> list[_Entry]:
    """What the directory says of each member."""
    size = stream.seek(0, 2)
    start = max(size - _END_SIZE - _MOST_COMMENT, 0)
    stream.seek(start)
    end = stream.read(_END_SIZE + _MOST_COMMENT)
    at = end.rfind(_END)
    if at < 0 or len(end) - at < _END_SIZE:
        raise ValueError("not a zip archive, perhaps cut short")
    disk, first_disk, here, count, length, place, comment = struct.unpack(
        "<4H2LH", end[at + 4 : at + _END_SIZE]
    )
    whole = place + length == start + at and len(end) - at == _END_SIZE + comment
    if disk or first_disk or here != count or not whole:
        raise ValueError("not a whole zip archive, or one in the 64-bit form")
    if count > most:
        raise ValueError(f"at most {most:,} members are read, got {count:,}")
    stream.seek(place)
    directory = stream.read(length)
    entries: list[_Entry] = []
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != _ENTRY or len(directory) - at < _ENTRY_SIZE:
            raise ValueError("its directory is damaged")
        fields = struct.unpack("<4x2x2x2H4x3L3H8xL", directory[at : at + _ENTRY_SIZE])
        flags, method, crc, packed, unpacked, name_length, extra, remark, local = fields
        name = directory[at + _ENTRY_SIZE : at + _ENTRY_SIZE + name_length]
        at += _ENTRY_SIZE + name_length + extra + remark
        entries.append((flags, method, crc, packed, unpacked, name, local))
    # Members that lie over each other would be read more than once.
    if at != length or sum(entry[3] for entry in entries) > size:
        raise ValueError("its directory is damaged")
    total = sum(entry[4] for entry in entries)
    if total > largest:
        raise ValueError(f"at most {largest:,} bytes are read, got {total:,}")
    return entries


def _name(name: bytes, flags: int) -> str:
    try:
        return name.decode("utf-8" if flags & 0x800 else "cp437")
    except UnicodeDecodeError:
        raise ValueError("a name is not UTF-8") from None


def _content(
    stream: IO[bytes], place: int, name: bytes, packed: int, size: int, method: int, text: str
) -> bytes:
    """The bytes of a member, never more than one beyond what it says."""
    stream.seek(place)
    head = stream.read(_LOCAL_SIZE)
    if len(head) < _LOCAL_SIZE or head[:4] != _LOCAL:
        raise ValueError(f"{text[:40]!r} is damaged")
    name_length, extra = struct.unpack("<2H", head[26:])
    if stream.read(name_length) != name:
        raise ValueError(f"{text[:40]!r} has another name beside its bytes")
    stream.seek(extra, 1)
    content = stream.read(packed)
    if len(content) < packed:
        raise ValueError(f"{text[:40]!r} is cut short")
    if method == _STORED:
        return content
    unfolding = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        out = unfolding.decompress(content, size + 1)
    except zlib.error as error:
        raise ValueError(f"{text[:40]!r} is damaged ({error})") from None
    if not unfolding.eof or unfolding.unused_data:
        raise ValueError(f"{text[:40]!r} is damaged")
    return out
