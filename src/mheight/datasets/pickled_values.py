"""What a pickle says, rebuilt from its opcodes without handing it any function.

`pickle` itself makes what a pickle asks for: types, calls, attributes.  Here its opcodes
are followed by hand, and the few names that NumPy's pickles use stand for themselves: a
dtype is a number type and a byte order, an array a shape and bytes, checked against each
other before `numpy.frombuffer` sees them.  No object of NumPy is ever given a state.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mheight.datasets.pickled_arrays import NAMES, Dtype, Name, array_of, checked_code, nested
from mheight.datasets.pickled_counts import MOST_DEPTH, count_values
from mheight.errors import InvalidDataError, UnsafePickleError

__all__ = ["MOST_BYTES", "pickled_value"]

MOST_BYTES = 2**28
"""A longer pickle is not read."""

_MOST_OPCODES = 2**24
_MOST_VALUES = 2**26
_MOST_MARKS = 100
_MOST_TUPLE_KEYS = 10_000  # their hashes can be made to collide, so that a dict gets slow
_LONGEST_INTEGER = 128  # bytes; a float64 has 1,024 bits before the point
_LONGEST_KEY = 8


_HOW_TO_CONVERT = {
    "pandas": "; with pandas, load it where you trust it, make lists of the matrices by "
    "df['P'] = df['P'].map(lambda P: P.tolist()), and write df.to_csv('x.csv') or, "
    "with pyarrow, df.to_parquet('x.parquet')",
    "joblib": "; with joblib, load it where you trust it and write a plain pickle or numpy.save",
    "torch": "; with PyTorch, write tensor.numpy() by numpy.save",
    "scipy": "; with SciPy, write array.toarray() by numpy.save",
}


@dataclass(eq=False)
class _Blank:
    """An array that has no content yet, and the places in the memo that wait for it."""

    places: list[int] = field(default_factory=list)


def pickled_value(content: bytes) -> Any:
    """The arrays, numbers, text and plain containers of a pickle, protocols 0 to 5.

    Arrays of numbers are NumPy arrays, arrays of objects nested lists.

    Args:
        content: one pickle and nothing after it.

    Raises:
        UnsafePickleError: it asks for anything else.
        InvalidDataError: it holds more than its length can account for, or what no pickle
            of data holds.
        Exception: any other, where it is no pickle or damaged.

    Examples:
        >>> import pickle
        >>> pickled_value(pickle.dumps([9, 4, 2, np.arange(3)]))
        [9, 4, 2, array([0, 1, 2])]
    """
    if len(content) > MOST_BYTES:
        raise InvalidDataError(
            f"a pickle may have {MOST_BYTES // 2**20} MiB; write Parquet for larger data"
        )
    machine = _Machine(content)
    for at, (code, argument) in enumerate(_opcodes(content), start=1):
        if at > _MOST_OPCODES:
            raise InvalidDataError(
                f"a pickle may have {_MOST_OPCODES:,} parts; write Parquet for larger data"
            )
        machine.step(code, argument)
    value = machine.result()
    most = min(_MOST_VALUES, 1_000_000 + 64 * at)
    if count_values(value) > most:
        raise InvalidDataError(
            f"the pickle holds the same lists or arrays again and again, more than {most:,} "
            "values in all"
        )
    return value


def _opcodes(content: bytes) -> Iterator[tuple[str, Any]]:
    position = 0
    for opcode, argument, at in pickletools.genops(content):
        position = at or 0
        yield opcode.name, argument
    if position + 1 < len(content):
        raise InvalidDataError(
            f"one pickle is needed, got {len(content) - position - 1} more bytes behind the first"
        )


class _Machine:
    """The stack, the marks and the memo of a pickle that is being followed."""

    def __init__(self, content: bytes) -> None:
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._bytes_left = 4 * len(content) + 2**20
        self._tuple_keys = 0
        self._steps = _steps(self)

    def step(self, code: str, argument: Any) -> None:
        """Follow one opcode."""
        if code in _PUSHED:
            self._stack.append(argument)
        elif code in _CONSTANTS:
            make = _CONSTANTS[code]
            self._stack.append(make() if callable(make) else make)
        elif code not in self._steps:
            raise UnsafePickleError(
                f"the pickle has an opcode {code}; only NumPy arrays, numbers and plain "
                "containers are read, because a pickle can run code"
            )
        else:
            self._steps[code](argument)

    def result(self) -> Any:
        """What is left when the pickle ends."""
        (value,) = self._stack
        if self._marked:
            raise ValueError("a mark is left over")
        return value

    # --- numbers and text ----------------------------------------------------------------

    def integer(self, value: int) -> None:
        if value.bit_length() > 8 * _LONGEST_INTEGER:
            raise InvalidDataError(f"an integer may have {8 * _LONGEST_INTEGER} bits")
        self._stack.append(value)

    # --- containers ----------------------------------------------------------------------

    def mark(self, _: Any) -> None:
        if len(self._marked) >= _MOST_MARKS:
            raise InvalidDataError(f"lists in lists, more than {MOST_DEPTH} deep")
        self._marked.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marked.pop()
        return items

    def pop(self, _: Any) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._since_mark()

    def pop_mark(self, _: Any) -> None:
        self._since_mark()

    def dup(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def make_list(self, _: Any) -> None:
        items = self._since_mark()
        self._stack.append(items)

    def make_tuple(self, _: Any) -> None:
        items = tuple(self._since_mark())
        self._stack.append(items)

    def make_dict(self, _: Any) -> None:
        items = self._since_mark()
        self._stack.append({})
        self._set(items)

    def short_tuple(self, length: int) -> None:
        if len(self._stack) < length:
            raise IndexError("the stack is too short")
        items = tuple(self._stack[-length:])
        del self._stack[-length:]
        self._stack.append(items)

    def append(self, _: Any) -> None:
        item = self._stack.pop()
        self._of_type(list).append(item)

    def appends(self, _: Any) -> None:
        items = self._since_mark()
        self._of_type(list).extend(items)

    def set_item(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set([key, value])

    def set_items(self, _: Any) -> None:
        self._set(self._since_mark())

    def _of_type(self, kind: type) -> Any:
        if type(self._stack[-1]) is not kind:
            raise InvalidDataError(f"a {kind.__name__} is needed before its items")
        return self._stack[-1]

    def _set(self, items: list[Any]) -> None:
        target = self._of_type(dict)
        if len(items) % 2:
            raise ValueError("a key without a value")
        for i in range(0, len(items), 2):
            key = items[i]
            self._check_key(key)
            if key in target:
                raise InvalidDataError(f"a dict holds the key {str(key)[:40]!r} twice")
            target[key] = items[i + 1]

    def _check_key(self, key: Any) -> None:
        parts = key if type(key) is tuple else (key,)
        if type(key) is tuple:
            self._tuple_keys += 1
            if len(key) > _LONGEST_KEY:
                raise InvalidDataError(f"a key may have {_LONGEST_KEY} parts, got {len(key)}")
        if self._tuple_keys > _MOST_TUPLE_KEYS:
            raise InvalidDataError(f"at most {_MOST_TUPLE_KEYS:,} keys may be tuples")
        for part in parts:
            if type(part) is not str and not (type(part) is int and abs(part) < 2**60):
                if isinstance(part, np.integer):
                    continue
                raise InvalidDataError("keys of a dict must be text, integers, or tuples of these")

    # --- memo ----------------------------------------------------------------------------

    def memoize(self, _: Any) -> None:
        self.put(len(self._memo))

    def put(self, place: int) -> None:
        value = self._stack[-1]
        if place >= _MOST_OPCODES:
            raise InvalidDataError("a place in the memo that no pickle of this length needs")
        self._memo[place] = value
        if type(value) is _Blank:
            value.places.append(place)

    def get(self, place: int) -> None:
        self._stack.append(self._memo[place])

    # --- arrays --------------------------------------------------------------------------

    def named(self, argument: str) -> None:
        self._push_name(*argument.split(" ", 1))

    def named_on_stack(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if type(name) is not str or type(module) is not str:
            raise InvalidDataError("a name that is no text")
        self._push_name(module, name)

    def _push_name(self, module: str, name: str) -> None:
        known = NAMES.get((module, name))
        if known is None:
            advice = _HOW_TO_CONVERT.get(module.split(".", 1)[0], "")
            asked = "".join(c if c.isprintable() else "?" for c in f"{module}.{name}"[:80])
            raise UnsafePickleError(
                f"the pickle asks for {asked}; only NumPy arrays, numbers and plain containers "
                f"are read, because a pickle can run code{advice}"
            )
        self._stack.append(known)

    def instance(self, argument: str) -> None:
        self.named(argument)
        raise InvalidDataError("an array is not made so")

    def reduce(self, _: Any) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        if type(name) is not Name or type(arguments) is not tuple:
            raise InvalidDataError("a call of something that is no function")
        match name, arguments:
            case Name.BYTES, ():
                made: Any = b""
            case Name.ENCODE, (str(text), "latin1" | "latin-1"):
                self._spend(len(text))
                made = text.encode("latin-1")
            case Name.DTYPE, (str(code), *_):
                made = Dtype(checked_code(code))
            case Name.RECONSTRUCT, (Name.NDARRAY, (0,), b"b" | "b"):
                made = _Blank()
            case Name.FROMBUFFER, (data, Dtype() as dtype, shape, str(order), *rest):
                made = self._array(data, dtype, shape, order, *rest)
            case Name.SCALAR, (Dtype() as dtype, data):
                made = self._array(data, dtype, (1,), "C")[0]
            case _:
                raise InvalidDataError(
                    f"{name.name.lower()} is called in a way that NumPy never writes"
                )
        self._stack.append(made)

    def build(self, _: Any) -> None:
        state, target = self._stack.pop(), self._stack.pop()
        match target, state:
            case Dtype(order=None), (3 | 4, "<" | ">" | "|" | "=" as order, None, None, None, *_):
                target.order = order
                self._stack.append(target)
            case Dtype(), _:
                raise InvalidDataError(
                    "an array with fields or subarrays: plain numbers are needed"
                )
            case _Blank(), (1, shape, Dtype(code="O"), fortran, list(items)):
                self._fill(target, nested(items, shape, "F" if fortran else "C"))
            case _Blank(), (1, shape, Dtype() as dtype, fortran, data):
                self._fill(target, self._array(data, dtype, shape, "F" if fortran else "C"))
            case _:
                raise InvalidDataError("a state is set on something that is no array")

    def _fill(self, blank: _Blank, made: Any) -> None:
        for place in blank.places:
            self._memo[place] = made
        self._stack.append(made)

    def _array(self, data: Any, *rest: Any) -> np.ndarray[Any, np.dtype[Any]]:
        if type(data) is str:  # as Python 2 wrote it
            data = data.encode("latin-1")
        if not isinstance(data, bytes | bytearray):
            raise InvalidDataError("an array without its bytes")
        self._spend(len(data))
        return array_of(data, *rest)

    def _spend(self, count: int) -> None:
        """Honest pickles hold their bytes; one that uses the same ones again is stopped."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise InvalidDataError("the pickle uses the same bytes again and again")


# fmt: off
_PUSHED = frozenset({
    "FLOAT", "BINFLOAT", "BININT", "BININT1", "BININT2", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE",
    "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
})
# fmt: on
"""Opcodes that push what stands behind them."""

_CONSTANTS: dict[str, Any] = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": (),
    "EMPTY_DICT": dict,
}


def _steps(machine: _Machine) -> dict[str, Callable[[Any], None]]:
    """What each further opcode does."""

    def nothing(_: Any) -> None:
        pass

    def a_set(_: Any) -> None:
        raise InvalidDataError("a set has no order: a list is needed")

    steps: dict[str, Callable[[Any], None]] = {
        **dict.fromkeys(("PROTO", "FRAME", "STOP"), nothing),
        **dict.fromkeys(("EMPTY_SET", "FROZENSET"), a_set),
        **dict.fromkeys(("INT", "LONG", "LONG1", "LONG4"), machine.integer),
        **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), machine.get),
        **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), machine.put),
        **{f"TUPLE{i}": lambda _, i=i: machine.short_tuple(i) for i in (1, 2, 3)},  # type: ignore[misc]
        "MARK": machine.mark,
        "POP": machine.pop,
        "POP_MARK": machine.pop_mark,
        "DUP": machine.dup,
        "LIST": machine.make_list,
        "TUPLE": machine.make_tuple,
        "DICT": machine.make_dict,
        "APPEND": machine.append,
        "APPENDS": machine.appends,
        "SETITEM": machine.set_item,
        "SETITEMS": machine.set_items,
        "MEMOIZE": machine.memoize,
        "GLOBAL": machine.named,
        "STACK_GLOBAL": machine.named_on_stack,
        "INST": machine.instance,
        "REDUCE": machine.reduce,
        "BUILD": machine.build,
    }
    return steps
