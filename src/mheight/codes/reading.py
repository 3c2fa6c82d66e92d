"""Reading matrices from text and from JSON, NPY and CSV files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes.checks import as_matrix
from mheight.codes.linear_code import LinearCode
from mheight.errors import InvalidCodeError

__all__ = ["parse_code", "read_codes"]


def parse_code(text: str, *, systematic: bool = False) -> LinearCode:
    """A code from a typed matrix.

    Args:
        text: JSON, `[[1, 0, 1], [0, 1, 1]]`, or rows of numbers between semicolons,
            `1 0 1; 0 1 1`.
        systematic: whether the matrix is P of `G = [I | P]` rather than G.

    Raises:
        InvalidCodeError: no matrix of numbers, or no code.

    Example:
        >>> parse_code("1 0 1; 0 1 1")
        LinearCode([3, 2])
    """
    stripped = text.strip()
    try:
        if stripped.startswith("["):
            rows = json.loads(stripped)
        else:
            rows = [
                [float(entry) for entry in row.replace(",", " ").split()]
                for row in stripped.split(";")
                if row.strip()
            ]
    except (ValueError, RecursionError):
        raise InvalidCodeError(
            f"a matrix is written [[1, 0, 1], [0, 1, 1]] or '1 0 1; 0 1 1', got {_short(text)!r}"
        ) from None
    return _code(rows, systematic)


def read_codes(path: Path, *, systematic: bool = False) -> list[LinearCode]:
    """Codes from a `.json`, `.npy` or `.csv` file.

    JSON holds a matrix, a list of matrices, or objects with a key `G` or `P`; NPY an
    array of shape (k, n) or (N, k, n); CSV the rows of one matrix.

    Args:
        path: the file.
        systematic: whether matrices without a key are P rather than G.

    Raises:
        InvalidCodeError: the file can't be read, or a matrix is no code; the text says
            which.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidCodeError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise InvalidCodeError(f"{path}: matrices are needed, got an empty file")
    if path.suffix.lower() not in (".json", ".npy", ".csv"):
        raise InvalidCodeError(f"{path}: a .json, .npy or .csv file is needed")
    try:
        matrices = _matrices(path)
    except (ValueError, OSError, EOFError, RecursionError) as error:
        raise InvalidCodeError(f"{path}: can't be read ({error})") from None
    if not matrices:
        raise InvalidCodeError(f"{path}: at least one matrix is needed, got none")
    codes = []
    for i, item in enumerate(matrices):
        where = f"{path}, matrix {i}"
        try:
            codes.append(_code_of(item, systematic))
        except InvalidCodeError as error:
            raise InvalidCodeError(f"{where}: {error}") from None
    return codes


def _matrices(path: Path) -> Sequence[Any]:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        array: NDArray[Any] = np.load(path, allow_pickle=False)
        return list(array) if array.ndim == 3 else [array]
    if suffix == ".csv":
        text = path.read_text(encoding="utf-8-sig")
        if not text.strip():
            return []
        return [np.loadtxt(text.splitlines(), delimiter=",", ndmin=2)]
    value = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise ValueError(f"a list of matrices is needed, got {type(value).__name__}")
    return [value] if value and _is_matrix(value) else value


def _is_matrix(value: Any) -> bool:
    first = value[0]
    return isinstance(first, list) and bool(first) and not isinstance(first[0], list)


def _code_of(item: Any, systematic: bool) -> LinearCode:
    if isinstance(item, dict):
        if ("G" in item) == ("P" in item):
            raise InvalidCodeError("an object needs exactly one of the keys G and P")
        return _code(item.get("G", item.get("P")), "P" in item)
    return _code(item, systematic)


def _code(rows: Any, systematic: bool) -> LinearCode:
    matrix = as_matrix(rows, "P" if systematic else "G", (2,))
    return LinearCode.from_systematic(matrix) if systematic else LinearCode(matrix)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
