"""Values in Thrift's compact form, of which the metadata of a Parquet file consist.

Reference:
    thrift/doc/specs/thrift-compact-protocol.md in the Thrift repository.
"""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["Struct", "Values", "read_struct", "written"]

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_INTEGERS = (BYTE, I16, I32, I64)
_BITS = {BYTE: 8, I16: 16, I32: 32, I64: 64}
_DEEPEST = 12

Struct = dict[int, tuple[int, Any]]
"""Fields by number: kind and value.  A list is a pair of the kind and values of its items."""


class Values:
    """Typed looks at the fields of a struct.

    Args:
        fields: as `read_struct` gives them.
        what: name of the struct, for messages.
    """

    def __init__(self, fields: Struct, what: str) -> None:
        self.fields = fields
        self.what = what

    def integer(self, number: int, otherwise: int | None = None) -> int:
        """An integer field.

        Raises:
            ValueError: it is missing, or no integer.
        """
        kind, value = self.fields.get(number, (I64, otherwise))
        if kind not in _INTEGERS or value is None:
            raise ValueError(f"{self.what}: field {number} must be an integer")
        return int(value)

    def count(self, number: int, otherwise: int | None = None) -> int:
        """An integer field that is not negative."""
        value = self.integer(number, otherwise)
        if value < 0:
            raise ValueError(f"{self.what}: field {number} must not be negative, got {value}")
        return value

    def has(self, number: int) -> bool:
        """Whether a field is there."""
        return number in self.fields

    def text(self, number: int) -> str:
        """A text in UTF-8."""
        return _decoded(self._of(number, BINARY), self.what)

    def texts(self, number: int) -> list[str]:
        """A list of texts."""
        return [_decoded(one, self.what) for one in self._items(number, BINARY)]

    def struct(self, number: int, what: str) -> Values:
        """A struct inside this one."""
        return Values(self._of(number, STRUCT), what)

    def structs(self, number: int, what: str) -> list[Values]:
        """A list of structs."""
        return [Values(one, what) for one in self._items(number, STRUCT)]

    def only(self, numbers: tuple[int, ...]) -> Struct:
        """The same struct with these fields alone."""
        return {number: self.fields[number] for number in numbers if number in self.fields}

    def _of(self, number: int, wanted: int) -> Any:
        kind, value = self.fields.get(number, (0, None))
        if kind != wanted:
            raise ValueError(f"{self.what}: field {number} is missing or of another kind")
        return value

    def _items(self, number: int, wanted: int) -> Any:
        kind, values = self._of(number, LIST)
        if values and kind != wanted:
            raise ValueError(f"{self.what}: field {number} holds items of another kind")
        return values


def _decoded(value: bytes, what: str) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{what}: text in UTF-8 is needed, got {value[:40]!r}") from None


def read_struct(data: bytes, at: int, most: int) -> tuple[Struct, int]:
    """A struct and where it ends.

    Args:
        data: the bytes.
        at: where it begins.
        most: values that it may hold, at any depth.

    Raises:
        ValueError: damaged, cut short, nested too deeply, or more than that.
    """
    reader = _Reader(data, at, most)
    try:
        return reader.struct(0), reader.at
    except (IndexError, struct.error):
        raise ValueError("its metadata are cut short") from None


class _Reader:
    def __init__(self, data: bytes, at: int, left: int) -> None:
        self.data = data
        self.at = at
        self.left = left

    def struct(self, depth: int) -> Struct:
        if depth > _DEEPEST:
            raise ValueError("its metadata are nested too deeply")
        out: Struct = {}
        number = 0
        while True:
            head = self.data[self.at]
            self.at += 1
            if head == 0:
                return out
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            kind = head & 15
            if number in out or not 0 < number < 2**15:
                raise ValueError("its metadata are damaged")
            out[number] = (kind, self._value(kind, depth, in_list=False))

    def _value(self, kind: int, depth: int, *, in_list: bool) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueError("there are too many metadata")
        if kind in (TRUE, FALSE):
            if in_list:
                self.at += 1
                return self.data[self.at - 1] == 1
            return kind == TRUE
        if kind == BYTE:
            self.at += 1
            return struct.unpack("b", self.data[self.at - 1 : self.at])[0]
        if kind in _INTEGERS:
            value = self._zigzag()
            if not -(1 << _BITS[kind] - 1) <= value < 1 << _BITS[kind] - 1:
                raise ValueError("its metadata are damaged")
            return value
        if kind == DOUBLE:
            self.at += 8
            return struct.unpack("<d", self.data[self.at - 8 : self.at])[0]
        if kind == BINARY:
            return self._bytes()
        if kind == LIST:
            return self._list(depth)
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise ValueError("its metadata are damaged")

    def _bytes(self) -> bytes:
        length = self._varint()
        if length > len(self.data) - self.at:
            raise ValueError("its metadata are cut short")
        self.at += length
        return bytes(self.data[self.at - length : self.at])

    def _list(self, depth: int) -> tuple[int, list[Any]]:
        head = self.data[self.at]
        self.at += 1
        size = head >> 4 if head >> 4 < 15 else self._varint()
        # Every item takes a byte at least.
        if size > len(self.data) - self.at or depth >= _DEEPEST:
            raise ValueError("its metadata are damaged")
        return head & 15, [
            self._value(head & 15, depth + 1, in_list=True) for _ in range(size)
        ]  # fmt: skip

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for place in range(10):
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value & (1 << 64) - 1
        raise ValueError("its metadata are damaged")


def written(fields: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _write_struct(out, fields)
    return bytes(out)


def _write_struct(out: bytearray, fields: Struct) -> None:
    before = 0
    for number in sorted(fields):
        kind, value = fields[number]
        if 0 < number - before <= 15:
            out.append(number - before << 4 | kind)
        else:
            out.append(kind)
            _write_integer(out, number)
        before = number
        _write_value(out, kind, value, in_list=False)
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Any, *, in_list: bool) -> None:
    if kind in (TRUE, FALSE):
        if in_list:
            out.append(TRUE if value else FALSE)
    elif kind == BYTE:
        out += struct.pack("b", value)
    elif kind in _INTEGERS:
        _write_integer(out, value)
    elif kind == DOUBLE:
        out += struct.pack("<d", value)
    elif kind == BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind == STRUCT:
        _write_struct(out, value)
    else:
        inner, items = value
        out.append(min(len(items), 15) << 4 | inner)
        if len(items) >= 15:
            _write_varint(out, len(items))
        for item in items:
            _write_value(out, inner, item, in_list=True)


def _write_integer(out: bytearray, value: int) -> None:
    _write_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)


def _write_varint(out: bytearray, value: int) -> None:
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
