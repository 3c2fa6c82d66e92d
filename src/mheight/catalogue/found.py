"""A code that a search found, with the exact height of its matrix; one small JSON file each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from mheight.codes import LinearCode
from mheight.errors import InvalidDataError, MheightError
from mheight.files import write_json
from mheight.heights import Certificate, exact_certificates, verify

__all__ = [
    "FORMAT",
    "Entries",
    "FoundCode",
    "found_codes",
    "judged",
    "read_found",
    "write_found",
]

Entries = Literal["real", "integer"]
_Entry = int | float

FORMAT, VERSION = "mheight-found-code", 1
_KEYS = (
    "format", "version", "n", "k", "m", "entries", "bound", "height", "exact", "matrix",
    "message", "codeword", "target", "dropped", "information_set", "seed", "method", "seconds",
    "date",
)  # fmt: skip


@dataclass(frozen=True)
class FoundCode:
    """A code [I | P] with the exact height of its matrix, and a word that reaches it.

    Attributes:
        m: index of the height.
        entries: "integer" where P is of integers, else "real": P is of floats, each the
            binary fraction that it is.
        bound: the largest magnitude that was allowed in P; None for no limit.
        matrix: the generator matrix, k rows of n.
        certificate: of h_m, in fractions; its height is exact.
        seed: of the search.
        method: which members of the portfolio led to it.
        seconds: that the search took.
        date: ISO date.
    """

    m: int
    entries: Entries
    bound: int | None
    matrix: tuple[tuple[_Entry, ...], ...]
    certificate: Certificate
    seed: int
    method: str
    seconds: float
    date: str

    @property
    def n(self) -> int:
        """Length."""
        return len(self.matrix[0])

    @property
    def k(self) -> int:
        """Dimension."""
        return len(self.matrix)

    @property
    def height(self) -> float:
        """The float nearest h_m."""
        return float(self.certificate.height)

    @property
    def code(self) -> LinearCode:
        """The code."""
        return LinearCode([list(row) for row in self.matrix])

    @property
    def name(self) -> str:
        """Of its file: `n09_k04_m05_integer.json`."""
        return f"n{self.n:02}_k{self.k:02}_m{self.m:02}_{self.entries}.json"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; fractions as text."""
        witness = self.certificate
        return {
            "format": FORMAT,
            "version": VERSION,
            "n": self.n,
            "k": self.k,
            "m": self.m,
            "entries": self.entries,
            "bound": self.bound,
            "height": repr(self.height),
            "exact": str(witness.height),
            "matrix": [list(row) for row in self.matrix],
            "message": [str(x) for x in witness.message],
            "codeword": [str(x) for x in witness.codeword],
            "target": witness.target,
            "dropped": list(witness.larger),
            "information_set": list(witness.information_set or ()),
            "seed": self.seed,
            "method": self.method,
            "seconds": self.seconds,
            "date": self.date,
        }


def judged(
    matrix: tuple[tuple[_Entry, ...], ...],
    m: int,
    *,
    entries: Entries,
    bound: int | None,
    seed: int,
    method: str,
    seconds: float,
    date: str,
) -> FoundCode | None:
    """A found code with its exact height; None where that is infinite."""
    witness = exact_certificates([list(row) for row in matrix])[m - 1]
    if witness.is_infinite:
        return None
    return FoundCode(m, entries, bound, matrix, witness, seed, method, seconds, date)


def write_found(folder: Path, found: FoundCode) -> Path:
    """Write a found code into a folder, unless a better one is there; returns its file."""
    path = Path(folder) / found.name
    if path.exists() and read_found(path).certificate.height <= found.certificate.height:
        return path
    write_json(path, found.as_dict())
    return path


def found_codes(folder: Path) -> Iterator[FoundCode]:
    """The found codes of a folder, in the order of their names."""
    for path in sorted(Path(folder).glob("n*_k*_m*_*.json")):
        yield read_found(path)


def read_found(path: Path) -> FoundCode:
    """Read the file of a found code; its codeword must reach the height that it claims.

    Raises:
        InvalidDataError: something is missing, unknown or wrong; the text names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidDataError(f"{path}: no such file")
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidDataError(f"{path}: not JSON: {error}") from None
    try:
        return _from_values(values)
    except (ArithmeticError, KeyError, TypeError, ValueError, MheightError) as error:
        raise InvalidDataError(f"{path}: {error}") from None


def _from_values(values: Any) -> FoundCode:
    if not isinstance(values, Mapping) or values.get("format") != FORMAT:
        raise ValueError(f"a found code has the format {FORMAT!r}")
    if values.get("version") != VERSION:
        raise ValueError(f"version {VERSION} is read, got {values.get('version')!r}")
    if unknown := sorted(set(values) - set(_KEYS)):
        raise ValueError(f"unknown field {unknown[0]!r}")
    if missing := [key for key in _KEYS if key not in values]:
        raise ValueError(f"the field {missing[0]!r} is missing")
    entries = values["entries"]
    if entries not in ("real", "integer"):
        raise ValueError(f"entries must be 'real' or 'integer', got {entries!r}")
    k, n, m = int(values["k"]), int(values["n"]), int(values["m"])
    matrix = _matrix(values["matrix"], k, n, entries)
    certificate = Certificate(
        m=m,
        height=Fraction(values["exact"]),
        target=int(values["target"]),
        larger=tuple(int(j) for j in values["dropped"]),
        information_set=tuple(int(j) for j in values["information_set"]),
        message=tuple(Fraction(x) for x in values["message"]),
        codeword=tuple(Fraction(x) for x in values["codeword"]),
    )
    found = FoundCode(
        m=m,
        entries=entries,
        bound=None if values["bound"] is None else int(values["bound"]),
        matrix=matrix,
        certificate=certificate,
        seed=int(values["seed"]),
        method=str(values["method"]),
        seconds=float(values["seconds"]),
        date=str(values["date"]),
    )
    if repr(found.height) != values["height"]:
        raise ValueError(f"height {values['height']} is not the float of exact {values['exact']}")
    if not verify(certificate, [list(row) for row in matrix]):
        raise ValueError(f"its codeword does not reach h_{m} = {values['height']}")
    return found


def _matrix(rows: Any, k: int, n: int, entries: str) -> tuple[tuple[_Entry, ...], ...]:
    matrix = tuple(tuple(row) for row in rows)
    if len(matrix) != k or any(len(row) != n for row in matrix):
        raise ValueError(f"the matrix must have shape {(k, n)}")
    kinds = (int,) if entries == "integer" else (int, float)
    for row in matrix:
        for x in row:
            if isinstance(x, bool) or not isinstance(x, kinds) or not math.isfinite(x):
                raise ValueError(f"the matrix must be of finite {entries} entries, got {x!r}")
    return matrix
