"""What columns and keys are called, and numbers as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mheight.errors import InvalidDataError

__all__ = ["Fields", "fields_of", "plain_number", "triple"]

_PLAIN = {
    "n": "n",
    "k": "k",
    "m": "m",
    "p": "P",
    "pmatrix": "P",
    "parity": "P",
    "g": "G",
    "generatormatrix": "G",
    "generator": "G",
}
_LABELS = {"height", "heights", "h", "hm", "mheight", "mheights", "result", "results"}
_IGNORED = {
    "", "index", "id", "sampleid", "unnamed:0", "name", "group", "tier", "log2height", "source",
    "seed", "ensemble", "sha256",
}  # fmt: skip
_NONE = "none"
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_FRACTION = re.compile(r"\s*([+-]?\d+)/(\d+)\s*", re.ASCII)
_WORDS = {"inf": float("inf"), "infinity": float("inf"), "nan": float("nan")}
_MOST_DIGITS = 4000


@dataclass(frozen=True)
class Fields:
    """Which name stands for what.

    Attributes:
        of: names by what they stand for: n, k, m, P, G, sample_id.
        entries: names of the columns that hold P entry by entry, in order.
        label: name of the heights, None if there are none.
    """

    of: dict[str, Any]
    entries: tuple[Any, ...]
    label: Any


def fields_of(
    names: Sequence[Any],
    where: str,
    label: str | None = None,
    values: Mapping[Any, Any] | None = None,
) -> Fields:
    """Understand the names of columns or keys.

    Args:
        names: as they are.
        where: the source, for messages.
        label: the name of the heights as asked for; `none` for none; None to go by its name.
        values: some value of each, so that text and dates are not taken for heights.

    Raises:
        InvalidDataError: a name twice, two names for one thing, or a name that may or may not
            be that of the heights.
    """
    if len(set(names)) < len(names):
        raise InvalidDataError(f"{where}: every column needs a name of its own")
    of: dict[str, Any] = {}
    entries: dict[int, Any] = {}
    labels: list[Any] = []
    unknown: list[Any] = []
    for name in names:
        plain = re.sub(r"[\s_\-]+", "", str(name)).lower()
        entry = re.fullmatch(r"p\[?(\d{1,6})\]?", plain)
        if label is not None and name == label:
            labels.append(name)
        elif entry and int(entry[1]) not in entries:
            entries[int(entry[1])] = name
        elif plain in _PLAIN:
            meaning = _PLAIN[plain]
            if meaning in of:
                raise InvalidDataError(
                    f"{where}: {of[meaning]} and {name} both stand for {meaning}"
                )
            of[meaning] = name
        elif plain in _LABELS:
            if label is None:
                labels.append(name)
        elif plain == "sampleid":
            of["sample_id"] = name
        elif plain not in _IGNORED and (values is None or _may_be_height(values.get(name))):
            unknown.append(name)
    if label not in (None, _NONE) and not labels:
        raise InvalidDataError(f"{where}: there is no column {label!r}")
    if len(labels) > 1:
        raise InvalidDataError(
            f"{where}: {_listed(labels)} may all be heights; --label-column says which"
        )
    if unknown and not labels and label is None:
        raise InvalidDataError(
            f"{where}: {_listed(unknown)} may be heights or not; --label-column NAME says which "
            "is, --label-column none that none is"
        )
    return Fields(of, _in_order(entries, where), labels[0] if labels else None)


def _may_be_height(value: Any) -> bool:
    if isinstance(value, str):
        try:
            plain_number(value)
        except ValueError:
            return False
        return True
    if isinstance(value, list | tuple):
        return bool(value) and _may_be_height(value[0])
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind in "iuf" if kind else isinstance(value, int | float) and not isinstance(value, bool)


def _in_order(entries: dict[int, Any], where: str) -> tuple[Any, ...]:
    numbers = sorted(entries)
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        missing = next(i for i in range(numbers[0], numbers[-1]) if i not in entries)
        raise InvalidDataError(f"{where}: a column p{missing} is missing between the others")
    if numbers and numbers[0] > 1:
        raise InvalidDataError(f"{where}: columns p0, p1, ... are needed, missing p0")
    return tuple(entries[i] for i in numbers)


def _listed(names: Iterable[Any]) -> str:
    shown = [repr(str(name)[:30]) for name in names]
    return ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")


def plain_number(text: str) -> float:
    """A number as it is written: decimal, fraction, `inf` or `nan`.

    Raises:
        ValueError: anything else, `1_0` and decimal commas among it.

    Examples:
        >>> plain_number("1/4"), plain_number(" -2.5e1"), plain_number("inf")
        (0.25, -25.0, inf)
    """
    if len(text) > _MOST_DIGITS:
        raise ValueError("too many digits")
    if _NUMBER.fullmatch(text):
        return float(text)
    fraction = _FRACTION.fullmatch(text)
    if fraction and int(fraction[2]):
        try:
            return int(fraction[1]) / int(fraction[2])
        except OverflowError:
            raise ValueError("too large") from None
    word = text.strip().lower()
    if word.lstrip("+-") in _WORDS and len(word) - len(word.lstrip("+-")) <= 1:
        return (-1.0 if word[0] == "-" else 1.0) * _WORDS[word.lstrip("+-")]
    raise ValueError("no number")


def triple(key: Any) -> tuple[int, int, int] | None:
    """`(n, k, m)` of a key: a tuple, or text such as `[9, 4, 2]` or `9_4_2`; else None.

    >>> triple((9, 4, 2)), triple("[9, 4, 2]"), triple("9_4_2"), triple("code 7")
    ((9, 4, 2), (9, 4, 2), (9, 4, 2), None)
    """
    if isinstance(key, tuple) and len(key) == 3 and all(_is_integer(part) for part in key):
        return int(key[0]), int(key[1]), int(key[2])
    if isinstance(key, str):
        inner = r"(\d{1,4})\s*[,_ ]\s*(\d{1,4})\s*[,_ ]\s*(\d{1,4})"
        found = re.fullmatch(rf"\s*(?:\[{inner}\]|\({inner}\)|{inner})\s*", key, re.ASCII)
        if found:
            n, k, m = (int(part) for part in found.groups() if part is not None)
            return n, k, m
    return None


def _is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and hasattr(value, "__index__")
