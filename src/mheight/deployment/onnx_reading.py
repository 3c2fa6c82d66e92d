"""An ONNX file as data, before anything runs it: only what our own networks are made of.

The file is a Protocol Buffers message.  Every field has a number and one of four forms, and here
each message has a fixed list of the fields that it may have; another one is refused.  So there
are no loops, branches or functions, and no weights in other files.

Reference:
    onnx.proto in the ONNX repository; protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Network", "Node", "Port", "read_network"]

_MOST_FIELDS = 500_000
_LONGEST_NAME = 200
_MOST_AXES = 8

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT, _INT32, _INT64 = 1, 6, 7
_CONSTANTS: dict[int, np.dtype[Any]] = {
    _FLOAT: np.dtype("<f4"),
    _INT32: np.dtype("<i4"),
    _INT64: np.dtype("<i8"),
}

_Fields = dict[int, tuple[str, int, bool]]  # name, form, whether it may come more than once
_MODEL: _Fields = {
    1: ("ir_version", _VARINT, False),
    2: ("producer_name", _BYTES, False),
    3: ("producer_version", _BYTES, False),
    7: ("graph", _BYTES, False),
    8: ("opset", _BYTES, True),
}
_OPSET: _Fields = {1: ("domain", _BYTES, False), 2: ("version", _VARINT, False)}
_GRAPH: _Fields = {
    1: ("node", _BYTES, True),
    2: ("name", _BYTES, False),
    5: ("constant", _BYTES, True),
    11: ("input", _BYTES, True),
    12: ("output", _BYTES, True),
}
_NODE: _Fields = {
    1: ("input", _BYTES, True),
    2: ("output", _BYTES, True),
    3: ("name", _BYTES, False),
    4: ("operator", _BYTES, False),
    5: ("attribute", _BYTES, True),
    7: ("domain", _BYTES, False),
}
_ATTRIBUTE: _Fields = {
    1: ("name", _BYTES, False),
    2: ("float", _FIXED32, False),
    3: ("integer", _VARINT, False),
    8: ("integers", _VARINT, True),
    20: ("kind", _VARINT, False),
}
_TENSOR: _Fields = {
    1: ("axis", _VARINT, True),
    2: ("kind", _VARINT, False),
    8: ("name", _BYTES, False),
    9: ("raw", _BYTES, False),
}
_PORT: _Fields = {1: ("name", _BYTES, False), 2: ("type", _BYTES, False)}
_TYPE: _Fields = {1: ("tensor", _BYTES, False)}
_TENSOR_TYPE: _Fields = {1: ("kind", _VARINT, False), 2: ("shape", _BYTES, False)}
_SHAPE: _Fields = {1: ("axis", _BYTES, True)}
_AXIS: _Fields = {1: ("length", _VARINT, False), 2: ("name", _BYTES, False)}

_ATTRIBUTE_KINDS = {1: "float", 2: "integer", 7: "integers"}

Value = int | float | tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One step: an operator, the values it reads, and the value it makes.

    Attributes:
        operator: its name, such as `MatMul`.
        inputs: names of values.
        output: name of the one value.
        attributes: numbers by name.
    """

    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Value]


@dataclass(frozen=True)
class Port:
    """An input or output.

    Attributes:
        name: of the value.
        shape: length of each axis, None where it is left open.
    """

    name: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class Network:
    """What an ONNX file holds.

    Attributes:
        nodes: in the order of the file.
        constants: arrays by name.
        inputs: by the order of the file.
        outputs: by the order of the file.
    """

    nodes: tuple[Node, ...]
    constants: dict[str, NDArray[Any]]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def read_network(content: bytes) -> Network:
    """Read an ONNX file.

    Args:
        content: its bytes.

    Raises:
        ValueError: damaged, or something that our networks don't have.
    """
    model = _Message(memoryview(content), _MODEL, "the file", [_MOST_FIELDS])
    for opset in model.inner("opset", _OPSET):
        if opset.text("domain") not in ("", "ai.onnx"):
            raise ValueError(f"operators of {opset.text('domain')!r}")
    graphs = list(model.inner("graph", _GRAPH))
    if len(graphs) != 1:
        raise ValueError("no graph")
    graph = graphs[0]
    constants: dict[str, NDArray[Any]] = {}
    for tensor in graph.inner("constant", _TENSOR):
        name = tensor.text("name")
        if not name or name in constants:
            raise ValueError(f"the constant {name!r} is there twice, or has no name")
        constants[name] = _constant(tensor, name)
    return Network(
        tuple(_node(one) for one in graph.inner("node", _NODE)),
        constants,
        tuple(_port(one) for one in graph.inner("input", _PORT)),
        tuple(_port(one) for one in graph.inner("output", _PORT)),
    )


class _Message:
    """The fields of a message by name."""

    def __init__(self, data: memoryview, known: _Fields, what: str, left: list[int]) -> None:
        self._what = what
        self._left = left
        self._values: dict[str, list[Any]] = {}
        for number, form, value in _fields(data, left):
            if number not in known:
                raise ValueError(f"{what} has a field {number}, which no such network needs")
            name, wanted, often = known[number]
            if form == _BYTES and wanted == _VARINT and often:
                self._values.setdefault(name, []).extend(_packed(value, left))
                continue
            if form != wanted or (name in self._values and not often):
                raise ValueError(f"{what}: its field {name} is damaged")
            self._values.setdefault(name, []).append(value)

    def inner(self, name: str, known: _Fields) -> Iterator[_Message]:
        """Messages inside this one."""
        for value in self._values.get(name, ()):
            yield _Message(value, known, name, self._left)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._text(name, value) for value in self._values.get(name, ()))

    def text(self, name: str) -> str:
        return next(iter(self.texts(name)), "")

    def number(self, name: str, otherwise: int = 0) -> int:
        return int(next(iter(self._values.get(name, ())), otherwise))

    def numbers(self, name: str) -> tuple[int, ...]:
        return tuple(self._values.get(name, ()))

    def raw(self, name: str) -> memoryview:
        return next(iter(self._values.get(name, ())), memoryview(b""))

    def has(self, name: str) -> bool:
        return name in self._values

    def _text(self, name: str, value: memoryview) -> str:
        if len(value) > _LONGEST_NAME:
            raise ValueError(f"{self._what}: its {name} has more than {_LONGEST_NAME} bytes")
        text = bytes(value).decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            raise ValueError(f"{self._what}: its {name} is no plain name")
        return text


def _fields(data: memoryview, left: list[int]) -> Iterator[tuple[int, int, Any]]:
    """Number, form and value of every field."""
    at = 0
    while at < len(data):
        left[0] -= 1
        if left[0] < 0:
            raise ValueError(f"more than {_MOST_FIELDS:,} fields")
        key, at = _varint(data, at)
        number, form = key >> 3, key & 7
        if form == _VARINT:
            value, at = _varint(data, at)
            yield number, form, value - (1 << 64) if value >> 63 else value
            continue
        if form == _BYTES:
            length, at = _varint(data, at)
        elif form in (_FIXED32, _FIXED64):
            length = 4 if form == _FIXED32 else 8
        else:
            raise ValueError("damaged")
        if length > len(data) - at:
            raise ValueError("cut short")
        yield number, form, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(data):
            raise ValueError("cut short")
        byte = data[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value & (1 << 64) - 1, at + place + 1
    raise ValueError("damaged")


def _packed(data: memoryview, left: list[int]) -> Iterator[int]:
    at = 0
    while at < len(data):
        left[0] -= 1
        if left[0] < 0:
            raise ValueError(f"more than {_MOST_FIELDS:,} fields")
        value, at = _varint(data, at)
        yield value - (1 << 64) if value >> 63 else value


def _node(one: _Message) -> Node:
    operator, outputs = one.text("operator"), one.texts("output")
    if one.text("domain") not in ("", "ai.onnx"):
        raise ValueError(f"an operator of {one.text('domain')!r}")
    if len(outputs) != 1 or not outputs[0]:
        raise ValueError(f"{operator} must have one output, got {len(outputs)}")
    attributes: dict[str, Value] = {}
    for attribute in one.inner("attribute", _ATTRIBUTE):
        name = attribute.text("name")
        kind = _ATTRIBUTE_KINDS.get(attribute.number("kind"))
        if kind is None or name in attributes:
            raise ValueError(f"{operator}: its attribute {name!r} is of an unknown kind")
        if kind == "integers":
            attributes[name] = attribute.numbers("integers")
        elif kind == "integer":
            attributes[name] = attribute.number("integer")
        else:
            (attributes[name],) = struct.unpack("<f", attribute.raw("float") or bytes(4))
    return Node(operator, one.texts("input"), outputs[0], attributes)


def _constant(tensor: _Message, name: str) -> NDArray[Any]:
    dtype = _CONSTANTS.get(tensor.number("kind"))
    shape = tensor.numbers("axis")
    if dtype is None:
        raise ValueError(f"the constant {name!r} is of an unknown type")
    raw = tensor.raw("raw")
    if len(shape) > _MOST_AXES or any(not 0 <= length < 2**31 for length in shape):
        raise ValueError(f"the constant {name!r} has the shape {shape[:_MOST_AXES]}")
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise ValueError(f"the constant {name!r} has {len(raw)} bytes for the shape {shape}")
    values: NDArray[Any] = np.frombuffer(raw, dtype)
    return values.reshape(shape)


def _port(one: _Message) -> Port:
    name = one.text("name")
    axes: list[int | None] = []
    for kind in one.inner("type", _TYPE):
        for tensor in kind.inner("tensor", _TENSOR_TYPE):
            for shape in tensor.inner("shape", _SHAPE):
                for axis in shape.inner("axis", _AXIS):
                    axes.append(axis.number("length") if axis.has("length") else None)
    return Port(name, tuple(axes))
