"""The catalogue as text: one JSON file for each length, read strictly, written whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from mheight.catalogue.chains import Chain
from mheight.catalogue.entries import KINDS, Catalogue, CodeRecord, Entry, LowerBound
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.lower import bound_of
from mheight.errors import InvalidDataError, MheightError
from mheight.files import write_text

__all__ = [
    "FORMAT",
    "LONGEST_ENTRY",
    "catalogue_file",
    "read_catalogue",
    "shipped",
    "shipped_length",
]

FORMAT = "mheight-catalogue"
VERSION = 1

LONGEST_ENTRY = 16
"""Longest codes of the catalogue."""

_TABLE = {"format", "version", "n", "codes", "entries", "bounds"}
_CODE = {"k", "rows", "chain", "finder", "date"}
_ENTRY = {"k", "m", "kind", "height", "code", "information_set", "signs", "proof", "reached"}
_BOUND = {"k", "m", "value", "rule", "source"}


def catalogue_file(n: int) -> str:
    """The name of the file of a length."""
    return f"n{n:02d}.json"


def read_catalogue(folder: Path) -> Catalogue:
    """A catalogue from a folder of `n05.json`, ..., or from one such file.

    Raises:
        InvalidDataError: no such file; no JSON; a field that is missing or unknown; a matrix of
            another size.  The text names the entry.
    """
    folder = Path(folder)
    paths = [folder] if folder.is_file() else sorted(folder.glob("n[0-9][0-9].json"))
    if not paths:
        raise InvalidDataError(f"{folder}: no catalogue files n02.json, n03.json, ... here")
    return _joined([(path.name, _loaded(path.read_bytes(), path.name)) for path in paths])


@cache
def shipped() -> Catalogue:
    """The catalogue that comes with the package, all of it."""
    return _joined(list(_shipped_files(range(2, LONGEST_ENTRY + 1))))


@cache
def shipped_length(n: int) -> Catalogue:
    """The part of the shipped catalogue of one length; ancestors of other lengths are left out."""
    return _joined(list(_shipped_files([n])))


def _shipped_files(lengths: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    folder = resources.files("mheight.catalogue").joinpath("tables")
    for n in lengths:
        name = catalogue_file(n)
        place = folder.joinpath(name)
        if place.is_file():
            yield name, _loaded(place.read_bytes(), name)


def _loaded(content: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidDataError(f"{name}: not JSON: {error}") from None
    _fields(value, _TABLE, name)
    if value["format"] != FORMAT or value["version"] != VERSION:
        raise InvalidDataError(
            f"{name}: format {FORMAT!r}, version {VERSION} is read, got {value['format']!r}, "
            f"version {value['version']!r}"
        )
    return dict(value)


def _fields(value: Any, wanted: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise InvalidDataError(f"{where}: an object is wanted, got {type(value).__name__}")
    if unknown := sorted(set(value) - wanted):
        raise InvalidDataError(f"{where}: unknown field {unknown[0]!r}")
    if missing := sorted(wanted - set(value)):
        raise InvalidDataError(f"{where}: the field {missing[0]!r} is missing")


def _joined(files: list[tuple[str, dict[str, Any]]]) -> Catalogue:
    out = Catalogue()
    for name, value in files:
        n = value["n"]
        for called, held in value["codes"].items():
            out.codes[called] = _code(n, called, held, f"{name}: code {called}")
    for name, value in files:
        n = value["n"]
        for held in value["bounds"]:
            _fields(held, _BOUND, f"{name}: a bound")
            bound = LowerBound(n, **held)
            out.bounds[n, bound.k, bound.m] = bound
        for held in value["entries"]:
            entry = _entry(n, held, out, name)
            if entry.key in out.entries:
                raise InvalidDataError(f"{name}: {_called(n, held)} is there twice")
            out.entries[entry.key] = entry
    return out


def _code(n: Any, called: str, held: Any, where: str) -> CodeRecord:
    _fields(held, _CODE, where)
    try:
        code = ExactCode(held["rows"], Chain.from_dict(held["chain"]))
    except (MheightError, TypeError) as error:
        raise InvalidDataError(f"{where}: {error}") from None
    if (code.n, code.k) != (n, held["k"]):
        raise InvalidDataError(
            f"{where}: the matrix must have shape (k, n) = ({held['k']}, {n}), "
            f"got ({code.k}, {code.n})"
        )
    return CodeRecord(code, str(held["finder"]), str(held["date"]))


def _called(n: Any, held: Any) -> str:
    parts = [held.get(x) for x in ("k", "m", "kind")] if isinstance(held, dict) else ["?"] * 3
    return f"entry (n, k, m) = ({n}, {parts[0]}, {parts[1]}), {parts[2]}"


def _entry(n: Any, held: Any, catalogue: Catalogue, name: str) -> Entry:
    where = f"{name}: {_called(n, held)}"
    _fields(held, _ENTRY, where)
    record = catalogue.codes.get(held["code"])
    if record is None:
        raise InvalidDataError(f"{where}: there is no code {held['code']!r}")
    if record.code.n != n or record.code.k != held["k"]:
        raise InvalidDataError(
            f"{where}: its matrix must have shape (k, n) = ({held['k']}, {n}), "
            f"got ({record.code.k}, {record.code.n})"
        )
    bound = catalogue.bounds.get((n, held["k"], held["m"]))
    if bound is None:
        raise InvalidDataError(f"{where}: there is no lower bound for it")
    if held["kind"] not in KINDS or held["proof"] not in ("fractions", "balls"):
        raise InvalidDataError(f"{where}: kind or proof is not a known one")
    return Entry(
        n=n, k=held["k"], m=held["m"], kind=held["kind"], height=str(held["height"]),
        code=held["code"], information_set=tuple(held["information_set"]),
        signs=tuple(held["signs"]), proof=held["proof"], reached=tuple(held["reached"]),
        record=record, bound=bound_of(held["kind"], bound, LONGEST_ENTRY),
    )  # fmt: skip


# --- writing ---------------------------------------------------------------------------------


def as_table(catalogue: Catalogue, n: int) -> dict[str, Any]:
    """The part of a catalogue of one length as plain values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "n": n,
        "codes": {
            name: {
                "k": held.code.k,
                "rows": [list(row) for row in held.code.rows],
                "chain": held.code.chain.as_dict(),
                "finder": held.finder,
                "date": held.date,
            }
            for name, held in sorted(catalogue.codes.items())
            if held.code.n == n
        },
        "entries": [entry_values(entry) for entry in catalogue.of_length(n)],
        "bounds": [
            {"k": b.k, "m": b.m, "value": b.value, "rule": b.rule, "source": b.source}
            for _, b in sorted(catalogue.bounds.items())
            if b.n == n
        ],
    }


def entry_values(entry: Entry) -> dict[str, Any]:
    """An entry as it stands in its file."""
    return {
        "k": entry.k,
        "m": entry.m,
        "kind": entry.kind,
        "height": entry.height,
        "code": entry.code,
        "information_set": list(entry.information_set),
        "signs": list(entry.signs),
        "proof": entry.proof,
        "reached": list(entry.reached),
    }


def write_catalogue(catalogue: Catalogue, folder: Path) -> None:
    """Write one file for each length, each whole or not at all, one value a line."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for n in catalogue.lengths():
        write_text(folder / catalogue_file(n), _lines(as_table(catalogue, n)))


def _lines(table: dict[str, Any]) -> str:
    """JSON with one code, entry or bound a line, so that changes can be read."""

    def text(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)

    parts = [f' "{name}": {text(table[name])}' for name in ("format", "version", "n")]
    codes = ",\n".join(f'  "{name}": {text(code)}' for name, code in table["codes"].items())
    parts.append(f' "codes": {{\n{codes}\n }}')
    for name in ("entries", "bounds"):
        rows = ",\n".join(f"  {text(value)}" for value in table[name])
        parts.append(f' "{name}": [\n{rows}\n ]')
    return "{\n" + ",\n".join(parts) + "\n}\n"
