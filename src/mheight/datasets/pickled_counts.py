"""How much a pickle holds, before anything is made of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mheight.errors import InvalidDataError

__all__ = ["MOST_DEPTH", "count_values"]

MOST_DEPTH = 32
"""Lists in lists, at most."""
_CONTAINERS = (list, tuple, dict)
_LEAVES = (int, float, str, bytes, bytearray, bool, type(None))


def count_values(value: Any) -> int:
    """How many values there are when each is counted as often as it is held.

    Raises:
        InvalidDataError: a container that holds itself, containers in each other too deep,
            or something that is no value.
    """
    counts: dict[int, int] = {}
    open_: set[int] = set()
    # A container is met twice: before its items, and after them, when theirs are known.
    waiting: list[tuple[Any, bool]] = [(value, False)]
    while waiting:
        one, done = waiting.pop()
        name = id(one)
        items = one.values() if type(one) is dict else one
        if done:
            open_.discard(name)
            counts[name] = 1 + sum(_size(item, counts) for item in items)
        elif name not in counts:
            size = _leaf_size(one)
            if size is not None:
                counts[name] = size
                continue
            if name in open_ or len(open_) >= MOST_DEPTH:
                raise InvalidDataError(f"lists in lists, more than {MOST_DEPTH} deep")
            open_.add(name)
            waiting.append((one, True))
            waiting += [(item, False) for item in items if type(item) not in _LEAVES]
    return counts[id(value)]


def _size(item: Any, counts: dict[int, int]) -> int:
    return 1 if type(item) in _LEAVES else counts[id(item)]


def _leaf_size(one: Any) -> int | None:
    """Values in something that is no container, None for a container."""
    if type(one) in _CONTAINERS:
        return None
    if isinstance(one, np.ndarray):
        return 1 + one.size
    if type(one) in _LEAVES or isinstance(one, np.generic):
        return 1
    raise InvalidDataError("the pickle holds an array that was never filled, or a bare name")
