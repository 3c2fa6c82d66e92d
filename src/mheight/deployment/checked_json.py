"""The JSON of a bundle: read strictly, and checked for what readers rely on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

__all__ = [
    "COUNT",
    "MAYBE_COUNT",
    "MAYBE_NUMBER",
    "MAYBE_TRUTH",
    "NUMBER",
    "TEXT",
    "check",
    "object_of",
]

_DEEPEST = 16
_LONGEST_TEXT = 20_000
_LARGEST_NUMBER = 1e15

TEXT, NUMBER, COUNT = "text", "a number", "a count"
MAYBE_NUMBER, MAYBE_COUNT = "a number or null", "a count or null"
MAYBE_TRUTH = "true, false or null"
"""What a value may have to be."""


def object_of(content: bytes) -> dict[str, Any]:
    """The object that JSON holds.

    Raises:
        ValueError: no JSON in UTF-8, no object, nested too deeply, a key that comes twice, NaN or
            infinity.
    """
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_single, parse_constant=_no_number
        )
        _check_depth(value)
    except UnicodeDecodeError:
        raise ValueError("text in UTF-8 is needed") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("it must hold an object")
    return value


def check(value: Any, wanted: Any, where: str) -> None:
    """Refuse a value that lacks what is wanted; what it has besides is not looked at.

    Args:
        value: of JSON.
        wanted: a kind of value; `Mapping`; an object of fields that are wanted; or a list with
            what each of its entries must be.
        where: the place in the file, for messages; empty for the whole.

    Raises:
        ValueError: a field is missing, or of another type.
    """
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{where or 'it'} must be an object")
        for name, inner in wanted.items():
            at = f"{where}.{name}" if where else name
            if name not in value:
                raise ValueError(f"{at} is missing")
            check(value[name], inner, at)
    elif isinstance(wanted, list):
        if not isinstance(value, list) or len(value) > 1000:
            raise ValueError(f"{where} must be a list")
        for i, one in enumerate(value):
            check(one, wanted[0], f"{where}[{i}]")
    elif wanted is Mapping:
        check(value, {}, where)
    elif not _is(value, wanted):
        raise ValueError(f"{where} must be {wanted}, got {_told(value)}")


def _is(value: Any, wanted: str) -> bool:
    if value is None:
        return wanted in (MAYBE_NUMBER, MAYBE_COUNT, MAYBE_TRUTH)
    if wanted == TEXT:
        return isinstance(value, str) and len(value) <= _LONGEST_TEXT
    if wanted == MAYBE_TRUTH:
        return isinstance(value, bool)
    if wanted in (COUNT, MAYBE_COUNT):
        return type(value) is int and 0 <= value <= _LARGEST_NUMBER
    return type(value) in (int, float) and abs(value) <= _LARGEST_NUMBER


def _told(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "text" if isinstance(value, str) else str(value)[:40]


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise RecursionError


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:40]!r} comes twice")
    return out


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
