"""Samples from files of every kind, some at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mheight.codes import LinearCode
from mheight.codes.reading import Kind, batches, count_matrices, read_blocks
from mheight.datasets.pickles import read_pickled_samples
from mheight.datasets.samples import PADDED_ENTRIES, Samples
from mheight.datasets.storage import load_dataset, samples_of_columns
from mheight.errors import InvalidDataError
from mheight.tiers import CODE_LENGTH, GROUPS

__all__ = ["SUFFIXES", "count_samples", "sample_blocks"]

SUFFIXES = (".pkl", ".pickle", ".parquet", ".csv", ".json", ".jsonl", ".npy")

_ROWS = 16384

_KEYS = {"n", "k", "m"}


def sample_blocks(path: Path, m: int | None = None, kind: Kind | None = None) -> Iterator[Samples]:
    """Samples of a file or a data set folder, in its order, a block at a time.

    Pickles and `.json` are read whole, the others a piece at a time.

    Args:
        path: a data set folder; a course pickle, a list of `[n, k, m, P]`; Parquet with
            columns n, k, m, P; CSV with a header that names n, k, m and p0, p1, ... (P row by
            row); JSON or JSON lines with `[n, k, m, P]` or objects with these keys.  All
            but pickles may have heights (`height`).  Or matrices alone, as `mheight
            heights` reads them: NPY among them.
        m: for matrices alone, which height; None for every m that has a group.
        kind: for matrices alone, what they are; None for generator matrices.

    Yields:
        Samples numbered from 0, or by `sample_id` where the file has it; matrices alone
        by the number of the matrix.

    Raises:
        InvalidDataError, InvalidCodeError: what is there can't be read, or breaks a rule;
            the text says where.
    """
    path = Path(path)
    if not path.exists():
        raise InvalidDataError(f"{path}: no such file or folder")
    if path.is_dir():
        yield from _pieces(load_dataset(path).samples)
        return
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidDataError(f"{path}: the file must end in {', '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise InvalidDataError(f"{path}: samples are needed, got an empty file")
    if suffix in (".pkl", ".pickle"):
        blocks = _pieces(read_pickled_samples(path))
    elif _has_samples(path):
        if m is not None or kind is not None:
            raise InvalidDataError(f"{path}: these samples say themselves what m and P are")
        blocks = {
            ".parquet": _parquet_samples,
            ".csv": _csv_samples,
            ".json": _json_samples,
            ".jsonl": _json_samples,
        }[suffix](path)
    else:
        blocks = _matrix_samples(path, m, kind)
    empty = True
    for block in blocks:
        empty = False
        yield block
    if empty:
        raise InvalidDataError(f"{path}: at least one sample is needed, got none")


def count_samples(path: Path) -> int | None:
    """How many samples a file holds, where that is known without reading it."""
    if path.suffix.lower() == ".parquet" and path.is_file():
        return count_matrices(path)
    return None


def _pieces(samples: Samples) -> Iterator[Samples]:
    for start in range(0, len(samples), _ROWS):
        yield samples.take(np.arange(start, min(start + _ROWS, len(samples))))


def _has_samples(path: Path) -> bool:
    """Whether a file holds samples with their m, rather than matrices alone."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return {*_KEYS, "P"} <= set(_parquet(path).schema_arrow.names)
    if suffix == ".csv":
        return set(_header(path)) >= _KEYS
    if suffix in (".json", ".jsonl"):
        return _is_sample(next(_json_values(path), None))
    return False


def _is_sample(value: Any) -> bool:
    if isinstance(value, dict):
        return "m" in value
    return (
        isinstance(value, list)
        and len(value) == 4
        and isinstance(value[3], list)
        and not (isinstance(value[0], list))
    )


# --- Parquet -------------------------------------------------------------------------------


def _parquet(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InvalidDataError(
            f"{path}: not a readable Parquet file, perhaps cut short ({error})"
        ) from None


def _parquet_samples(path: Path) -> Iterator[Samples]:
    first = 0
    with _parquet(path) as file:
        names = [*sorted(_KEYS), "P"]
        names += [name for name in ("height", "sample_id") if name in file.schema_arrow.names]
        try:
            for batch in file.iter_batches(_ROWS, columns=names):
                block = samples_of_columns(pa.Table.from_batches([batch]), str(path), first)
                first += len(block)
                yield block
        except (pa.ArrowException, OSError) as error:
            raise InvalidDataError(f"{path}: can't be read ({error})") from None


# --- CSV -----------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[str]:
    """Lines of a text in UTF-8, with or without a byte-order mark."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from stream
    except UnicodeDecodeError as error:
        raise InvalidDataError(f"{path}: text in UTF-8 is needed ({error})") from None


def _mark(header: str) -> str:
    return next((mark for mark in ";\t" if mark in header), ",")


def _header(path: Path) -> list[str]:
    first = next(_lines(path), "").strip()
    return [cell.strip() for cell in next(csv.reader([first], delimiter=_mark(first)), [])]


def _csv_samples(path: Path) -> Iterator[Samples]:
    names = _header(path)
    if len(set(names)) < len(names):
        raise InvalidDataError(f"{path}, line 1: every column needs a name of its own")
    entries = [f"p{i}" for i in range(PADDED_ENTRIES)]
    missing = [name for name in entries[:18] if name not in names]
    if missing:
        raise InvalidDataError(
            f"{path}, line 1: columns n, k, m and p0 to p{PADDED_ENTRIES - 1} are needed, "
            f"missing {', '.join(missing[:4])}"
        )
    lines = _lines(path)
    mark = _mark(next(lines))
    first = 0
    reader = csv.reader(lines, delimiter=mark)
    while rows := list(islice(reader, _ROWS)):
        columns: dict[str, list[float]] = {name: [] for name in names if name in _WANTED}
        for at, cells in enumerate(rows, start=first):
            if not cells:
                raise InvalidDataError(f"{path}, sample {at}: got an empty line")
            if len(cells) != len(names):
                raise InvalidDataError(
                    f"{path}, sample {at}: {len(names)} cells are needed, got {len(cells)}"
                )
            for name, cell in zip(names, cells, strict=True):
                if name in columns:
                    columns[name].append(_cell(cell, name, f"{path}, sample {at}"))
        yield _of_rows(
            [
                [n, k, m, [columns[name][i] for name in entries if name in columns]]
                for i, (n, k, m) in enumerate(
                    zip(columns["n"], columns["k"], columns["m"], strict=True)
                )
            ],
            columns.get("height"),
            path,
            first,
        )
        first += len(rows)


_WANTED = {*_KEYS, "height", *(f"p{i}" for i in range(PADDED_ENTRIES))}


def _cell(text: str, name: str, where: str) -> float:
    if not text.strip() and name.startswith("p"):
        return 0.0  # beyond the last entry of P
    try:
        return float(text)
    except ValueError:
        raise InvalidDataError(f"{where}: {name} must be a number, got {text[:40]!r}") from None


# --- JSON ----------------------------------------------------------------------------------


def _json_values(path: Path) -> Iterator[Any]:
    """The values of a list in a JSON file, or of its lines."""
    if path.suffix.lower() == ".jsonl":
        for at, line in enumerate(_lines(path), start=1):
            if line.strip():
                yield _json(line, f"{path}, line {at}")
        return
    value = _json("".join(_lines(path)), str(path))
    if isinstance(value, dict) or _is_sample(value):
        value = [value]  # one sample alone
    if not isinstance(value, list):
        raise InvalidDataError(f"{path}: a list of samples is needed, got {type(value).__name__}")
    yield from value


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDataError(f"{where}: no JSON ({error})") from None


def _json_samples(path: Path) -> Iterator[Samples]:
    values = _json_values(path)
    first = 0
    while part := list(islice(values, _ROWS)):
        rows, heights = [], []
        for at, value in enumerate(part, start=first):
            if isinstance(value, dict):
                unknown = ({*_KEYS, "P"} ^ set(value)) - {"height", "sample_id"}
                if unknown:
                    raise InvalidDataError(
                        f"{path}, sample {at}: the keys n, k, m, P and perhaps height are needed, "
                        f"got {', '.join(value)}"
                    )
                heights.append(value.get("height"))
                value = [value["n"], value["k"], value["m"], value["P"]]
            rows.append(value)
        given = heights if len(heights) == len(rows) and None not in heights else None
        yield _of_rows(rows, given, path, first)
        first += len(rows)


def _of_rows(rows: Sequence[Any], heights: Sequence[Any] | None, path: Path, first: int) -> Samples:
    """Samples of rows [n, k, m, P], where P may be flat and filled up with zeros."""
    shaped = [_shaped(row) for row in rows]
    return Samples.from_rows(shaped, heights, where=str(path), first=first)


def _shaped(row: Any) -> Any:
    if not isinstance(row, list) or len(row) != 4:
        return row
    n, k, _, P = row
    if isinstance(P, list) and P and isinstance(n, int | float) and isinstance(k, int | float):
        k, width = int(k), int(n - k)
        flat = not isinstance(P[0], list)
        if flat and k > 0 and width > 0 and len(P) >= k * width and not any(P[k * width :]):
            return [*row[:3], [P[i * width : (i + 1) * width] for i in range(k)]]
    return row


# --- matrices ------------------------------------------------------------------------------


def _matrix_samples(path: Path, m: int | None, kind: Kind | None) -> Iterator[Samples]:
    for batch in batches(read_blocks(path), str(path), kind):
        count, k, n = batch.generators.shape
        wanted = [group.m for group in GROUPS if group.k == k and m in (None, group.m)]
        if n != CODE_LENGTH or not wanted:
            asked = f", m = {m}" if m is not None else ""
            raise InvalidDataError(
                f"{path}, matrix {batch.first}: a code [{n}, {k}]{asked} is not in one of the "
                f"groups (k, m) of n = 9: {' '.join(map(str, GROUPS))}; "
                "mheight heights computes the heights of any code"
            )
        parity = np.zeros((count, PADDED_ENTRIES))
        for i, G in enumerate(batch.generators):
            try:
                parity[i, : k * (n - k)] = LinearCode(G).P.ravel()
            except ValueError as error:
                raise InvalidDataError(f"{path}, matrix {batch.first + i}: {error}") from None
        repeated = np.repeat(np.arange(count), len(wanted))
        yield Samples(
            np.full(len(repeated), k, dtype=np.int64),
            np.tile(np.array(wanted, dtype=np.int64), count),
            parity[repeated],
            None,
            batch.first + repeated,
        )
