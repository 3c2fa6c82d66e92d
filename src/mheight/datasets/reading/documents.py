"""Pickles and JSON as nested values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mheight.datasets.pickles import unpickled
from mheight.datasets.reading.sources import Source
from mheight.errors import InvalidDataError

__all__ = ["json_lines", "json_value", "pickle_value"]


def pickle_value(source: Source) -> Any:
    """What a pickle holds; nothing in it is run.

    Raises:
        InvalidDataError: as `mheight.datasets.load_pickle`.
    """
    return unpickled(source.whole(), str(source.path))


def json_value(source: Source) -> Any:
    """What a JSON file holds.

    Raises:
        InvalidDataError: no JSON in UTF-8, or an object with one key twice.
    """
    try:
        text = source.whole().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidDataError(
            f"{source.path}: can't be read: text in UTF-8 is needed ({error})"
        ) from None
    return _json(text, str(source.path))


def json_lines(source: Source) -> Iterator[tuple[int, Any]]:
    """The value of each line that has one, with its number from 1.

    Raises:
        InvalidDataError: a line that is no JSON, or an object with one key twice.
    """
    for at, line in enumerate(source.lines(), start=1):
        if line.strip():
            yield at, _json(line, f"{source.path}, line {at}")


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise InvalidDataError(f"{where}: no JSON (nested too deeply)") from None
    except ValueError as error:
        text = str(error)[:200]
        if "set_int_max_str_digits" in text:
            text = "an integer has thousands of digits"
        raise InvalidDataError(f"{where}: no JSON ({text})") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:40]!r} stands twice in an object")
    return out
