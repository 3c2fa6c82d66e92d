"""Taking in codes that a search or a person found."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mheight.catalogue.chains import Chain
from mheight.catalogue.closure import BETTER, BestCodes
from mheight.catalogue.entries import Catalogue, CodeRecord, Key
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.found import FORMAT, read_found
from mheight.errors import InvalidDataError

__all__ = ["FoundMatrix", "differing", "found_matrices", "merge", "united"]


@dataclass(frozen=True)
class FoundMatrix:
    """A code from a file.

    Attributes:
        path: the file.
        code: matrix, with a chain that says how it was given.
        m: the height it was sought for.
        finder: what found it.
        date: year-month-day.
    """

    path: Path
    code: ExactCode
    m: int
    finder: str
    date: str


def found_matrices(paths: Iterable[Path]) -> list[FoundMatrix]:
    """The found codes in files, or in folders of them.

    Args:
        paths: files that `mheight design` wrote, or folders, where other files are passed over.

    Raises:
        InvalidDataError: a file that is not there, or not such a file.
    """
    out: list[FoundMatrix] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = [p for p in sorted(path.glob("*.json")) if _kind(p) == FORMAT]
            if not inside:
                raise InvalidDataError(f"{path}: no files of found codes in this folder")
            out.extend(_matrix(p) for p in inside)
        else:
            out.append(_matrix(path))
    return out


def _kind(path: Path) -> Any:
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return value.get("format") if isinstance(value, dict) else None


def _matrix(path: Path) -> FoundMatrix:
    found = read_found(path)
    how = Chain.given("search", method=found.method, seed=found.seed)
    code = ExactCode([list(row) for row in found.matrix], how)
    return FoundMatrix(path, code, found.m, f"mheight design ({found.method})", found.date)


def united(first: Catalogue, second: Catalogue) -> Catalogue:
    """The better entry of two catalogues for each (n, k, m, kind), the first where they tie.

    Nothing is computed, and the rules are not applied: see `mheight.catalogue.closure`.
    """
    out = Catalogue({**second.codes, **first.codes}, dict(first.entries), dict(first.bounds))
    for key, entry in second.entries.items():
        held = out.entries.get(key)
        if held is None or entry.number < held.number * (1 - BETTER):
            out.entries[key] = entry
        elif entry.number <= held.number * (1 + BETTER):
            ways = tuple(sorted({*held.reached, *entry.reached}))
            out.entries[key] = replace(held, reached=ways)
    for place, bound in second.bounds.items():
        out.bounds.setdefault(place, bound)
    return out


def differing(first: Catalogue, second: Catalogue) -> set[Key]:
    """The entries by which each of two closed catalogues may better the other."""
    out = set(first.entries) - set(second.entries)
    for key in set(first.entries) & set(second.entries):
        one, other = first.entries[key].number, second.entries[key].number
        if abs(one - other) > BETTER * other:
            out.add(key)
    return out


def merge(best: BestCodes, found: Iterable[FoundMatrix], reached: str = "search") -> list[Key]:
    """Offer found codes to a table; the closure is another step.

    Args:
        best: the table.
        found: the codes.
        reached: how they were: "search" or "submission".

    Returns:
        The (n, k, m, kind) that became better.
    """
    better = []
    for one in found:
        better += best.offer(one.code, one.finder, reached)
        best.records.setdefault(one.code.name, CodeRecord(one.code, one.finder, one.date))
    return better
