"""What NumPy's pickles name, as inert values; and arrays from a shape and checked bytes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from mheight.errors import InvalidDataError

__all__ = ["NAMES", "Dtype", "Name", "array_of", "checked_code", "nested"]

_LARGEST_AXIS = 2**31
_MOST_AXES = 8
_MOST_EMPTY_ROWS = 10_000


class Name(Enum):
    """What the names in pickles of arrays stand for."""

    NDARRAY = auto()
    DTYPE = auto()
    RECONSTRUCT = auto()
    FROMBUFFER = auto()
    SCALAR = auto()
    ENCODE = auto()
    BYTES = auto()


NAMES = {
    ("numpy", "ndarray"): Name.NDARRAY,
    ("numpy", "dtype"): Name.DTYPE,
    ("_codecs", "encode"): Name.ENCODE,
    ("builtins", "bytes"): Name.BYTES,
    ("__builtin__", "bytes"): Name.BYTES,
}
for _core in ("numpy.core", "numpy._core"):  # NumPy 2 put the underscore there
    NAMES |= {
        (f"{_core}.multiarray", "_reconstruct"): Name.RECONSTRUCT,
        (f"{_core}.multiarray", "scalar"): Name.SCALAR,
        (f"{_core}.numeric", "_frombuffer"): Name.FROMBUFFER,
    }


@dataclass(eq=False)
class Dtype:
    """A number type; the byte order comes later, as the state of the dtype."""

    code: str
    order: str | None = None

    def number_type(self) -> np.dtype[Any]:
        """The type that NumPy knows.

        Raises:
            InvalidDataError: objects, or no byte order was said.
        """
        if self.order is None or self.code == "O":
            raise InvalidDataError("an array without a number type")
        return np.dtype(self.order + self.code)


def array_of(
    data: bytes | bytearray, dtype: Dtype, shape: Any, order: str, axes: Any = None
) -> np.ndarray[Any, np.dtype[Any]]:
    """An array of numbers, after its bytes were counted.

    Args:
        data: the entries.
        dtype: the number type, with its byte order.
        shape: as the pickle has it.
        order: `C`, `F`, or `K` with the order of axes.
        axes: where the order is `K`, which axis is which.

    Raises:
        InvalidDataError: these do not fit each other.
    """
    kind, shape = dtype.number_type(), _checked_shape(shape)
    expected = math.prod(shape) * kind.itemsize
    if len(data) != expected:
        raise InvalidDataError(
            f"an array of shape {shape} and type {kind} has {expected} bytes, got {len(data)}"
        )
    values = np.frombuffer(data, kind).copy()
    if kind.kind == "b" and any(byte > 1 for byte in data):
        raise InvalidDataError("a boolean is 0 or 1")
    if order == "K":
        if not isinstance(axes, tuple) or sorted(axes) != list(range(len(shape))):
            raise InvalidDataError("an array with an unknown order of axes")
        return values.reshape(shape).transpose(axes)
    if order not in ("C", "F"):
        raise InvalidDataError(f"an array is stored in order C or F, got {order[:10]!r}")
    return values.reshape(shape, order="C" if order == "C" else "F")


def checked_code(code: str) -> str:
    """The code of a number type, or `O`.

    Raises:
        InvalidDataError: another type.
    """
    if re.fullmatch(r"O[48]?", code):
        return "O"
    if re.fullmatch(r"b1|[iu][1248]|f[248]|f1[26]", code):
        return code
    raise InvalidDataError(
        f"an array of type {code[:20]!r}: integers, floats and booleans are read"
    )


def _checked_shape(shape: Any) -> tuple[int, ...]:
    fits = (
        type(shape) is tuple
        and len(shape) <= _MOST_AXES
        and all(type(axis) is int and 0 <= axis < _LARGEST_AXIS for axis in shape)
        # An array without entries may still have any number of rows.
        and math.prod(axis or 1 for axis in shape) < _LARGEST_AXIS
        and (0 not in shape or math.prod(axis or 1 for axis in shape) <= _MOST_EMPTY_ROWS)
    )
    if not fits:
        raise InvalidDataError(f"an array has at most {_MOST_AXES} axes, each with a length")
    return shape  # type: ignore[no-any-return]


def nested(items: list[Any], shape: Any, order: str) -> Any:
    """An array of objects as nested lists.

    Raises:
        InvalidDataError: the shape does not fit the items.
    """
    shape = _checked_shape(shape)
    if math.prod(shape) != len(items):
        raise InvalidDataError(f"an array of shape {shape} got {len(items)} items")
    flat = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        flat[i] = item
    return flat.reshape(shape, order="C" if order == "C" else "F").tolist()
