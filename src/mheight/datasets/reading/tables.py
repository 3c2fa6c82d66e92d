"""Samples in tables: text with columns, and Parquet."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from mheight.datasets.reading.names import Fields, fields_of, plain_number
from mheight.datasets.reading.rows import Row, label_value
from mheight.datasets.reading.sources import Source
from mheight.errors import InvalidDataError
from mheight.parquet import ParquetReader
from mheight.parquet.reader import plain_values

__all__ = [
    "in_pieces",
    "parquet_columns",
    "parquet_numbers",
    "parquet_rows",
    "table_header",
    "table_lines",
    "text_rows",
    "without_blank_end",
]

_ROWS = 16384
_MOST_BATCH_BYTES = 2**26
_MOST_LABELS = 10**7
_KEYS = ("n", "k", "m")


# --- text --------------------------------------------------------------------------------


def table_header(source: Source) -> list[str]:
    """The cells of the first line."""
    return next(table_lines(source), (0, []))[1]


def table_lines(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Cells of each line, with its number from 1.

    They stand between tabs, semicolons, commas or blanks, as the first line has them.

    Raises:
        InvalidDataError: a quote that is not closed in its line, or a cell that is too long.
    """
    lines = source.lines()
    first = next(lines, "")
    mark = next((mark for mark in "\t;," if mark in first), None)
    for at, line in enumerate(chain([first], lines), start=1):
        if mark is None:
            yield at, line.split()
            continue
        try:
            cells = next(csv.reader([line.rstrip("\r\n")], delimiter=mark, strict=True), [])
        except csv.Error as error:
            text = "a cell has more than 131,072 characters" if "limit" in str(error) else error
            raise InvalidDataError(f"{source.path}, line {at}: {text}") from None
        yield at, [cell.strip() for cell in cells]


def without_blank_end(
    lines: Iterable[tuple[int, list[str]]], source: Source
) -> Iterator[tuple[int, list[str]]]:
    """The same lines; empty ones may stand at the end only.

    Raises:
        InvalidDataError: an empty line before others.
    """
    blank = 0
    for at, cells in lines:
        if cells in ([], [""]):
            blank = blank or at
        elif blank:
            raise InvalidDataError(f"{source.path}, line {blank}: got an empty line")
        else:
            yield at, cells


def text_rows(source: Source, label: str | None = None) -> Iterator[Row]:
    """Samples of a text with a header.

    Raises:
        InvalidDataError: a column is missing, or a cell holds no number; the text says where.
    """
    lines = without_blank_end(table_lines(source), source)
    _, names = next(lines, (1, []))
    first = next(lines, None)
    values = dict(zip(names, first[1], strict=False)) if first is not None else {}
    fields = fields_of(names, f"{source.path}, line 1", label, values)
    _require(fields, f"{source.path}, line 1")
    places = {name: i for i, name in enumerate(names)}
    entries = [places[name] for name in fields.entries]
    matrix = next((places[fields.of[kind]] for kind in "PG" if kind in fields.of), None)
    for sample, (_, cells) in enumerate(chain([first] if first else [], lines)):
        where = f"{source.path}, sample {sample}"
        if len(cells) != len(names):
            raise InvalidDataError(f"{where}: {len(names)} cells are needed, got {len(cells)}")

        def number(meaning: str, cells: Sequence[str] = cells, where: str = where) -> Any:
            if meaning not in fields.of:
                return None
            return _number(cells[places[fields.of[meaning]]], meaning, where)

        P: Any = cells[matrix] if matrix is not None else _entries(cells, entries, names, where)
        height = None
        if fields.label is not None:
            height = _number(cells[places[fields.label]], "height", where)
        yield Row(
            number("n"),
            number("k"),
            number("m"),
            P,
            "G" if "P" not in fields.of and "G" in fields.of else "P",
            height,
            None,
            number("sample_id"),
        )


def _require(fields: Fields, where: str) -> None:
    ways = [bool(fields.entries), "P" in fields.of, "G" in fields.of]
    missing = [name for name in _KEYS if name not in fields.of]
    if "P" in fields.of or "G" in fields.of:
        missing = [name for name in missing if name == "m"]
    if missing or not any(ways):
        if not any(ways):
            missing.append("p0")
        raise InvalidDataError(
            f"{where}: columns n, k, m and p0, p1, ... are needed, missing {', '.join(missing)}"
        )
    if sum(ways) > 1:
        raise InvalidDataError(f"{where}: P stands in more than one way in the columns")


def _entries(
    cells: Sequence[str], places: Sequence[int], names: Sequence[str], where: str
) -> list[float]:
    """P row by row; empty cells may stand at the end."""
    last = len(places)
    while last and not cells[places[last - 1]]:
        last -= 1
    out = []
    for place in places[:last]:
        if not cells[place]:
            raise InvalidDataError(f"{where}: {names[place]} must be a number, got an empty cell")
        out.append(_number(cells[place], names[place], where))
    return out


def _number(text: str, name: str, where: str) -> float:
    try:
        return plain_number(text)
    except ValueError:
        got = repr(text[:40]) if text else "an empty cell"
        hint = " (decimals have a point)" if "," in text else ""
        raise InvalidDataError(f"{where}: {name} must be a number, got {got}{hint}") from None


# --- Parquet -----------------------------------------------------------------------------


def _opened(source: Source) -> ParquetReader:
    """The file, its names checked.

    Raises:
        InvalidDataError: no readable Parquet.
    """
    try:
        return ParquetReader(source.whole() if source.packed else source.path)
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidDataError):
            raise
        raise InvalidDataError(
            f"{source.path}: not a readable Parquet file, perhaps cut short ({error})"
        ) from None


def parquet_columns(source: Source) -> list[str]:
    """Names of the columns of a Parquet file."""
    with _opened(source) as file:
        return file.names


def parquet_rows(source: Source, label: str | None = None) -> Iterator[Row]:
    """Samples of a Parquet file, some at a time.

    Raises:
        InvalidDataError: a column is missing, holds nothing somewhere, or far too much.
    """
    with _opened(source) as file:
        names = [name for name in file.names if not name.startswith("__index")]
        types = {name: file.schema.field(name).type for name in names}
        values = {name: 0 if _is_number_type(types[name]) else "" for name in names}
        fields = fields_of(names, str(source.path), label, values)
        _require(fields, str(source.path))
        wanted = [*fields.of.values(), *fields.entries]
        wanted += [fields.label] if fields.label is not None else []
        sample = 0
        try:
            for batch in file.batches(wanted, _ROWS):
                if batch.nbytes > _MOST_BATCH_BYTES:
                    raise InvalidDataError(
                        f"{source.path}: {batch.num_rows} rows from row {sample} on hold "
                        f"{batch.nbytes // 2**20} MiB, far more than samples do"
                    )
                yield from _batch_rows(batch, fields, source, sample)
                sample += batch.num_rows
        except InvalidDataError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InvalidDataError(f"{source.path}: can't be read ({error})") from None


def _is_number_type(kind: Any) -> bool:
    return bool(
        pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)
    )


def parquet_numbers(source: Source, choose: Callable[[list[str]], str]) -> Sequence[float]:
    """One column of a Parquet file.

    Args:
        source: the file.
        choose: from the names of all columns that hold no lists to the one that is wanted.

    Raises:
        InvalidDataError: no readable Parquet, far too many rows, or no numbers.
    """
    with _opened(source) as file:
        name = choose(
            [name for name in file.names if not pa.types.is_nested(file.schema.field(name).type)]
        )
        if file.rows > _MOST_LABELS:
            raise InvalidDataError(
                f"{source.path}: at most {_MOST_LABELS:,} heights are read, got {file.rows:,}"
            )
        out = array("d")
        try:
            for batch in file.batches([name], _ROWS):
                for value in plain_values(batch.column(name)):
                    where = f"{source.path}, sample {len(out)}"
                    if value is None:
                        raise InvalidDataError(f"{where}: height is missing")
                    out.append(label_value(value, where))
        except InvalidDataError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InvalidDataError(f"{source.path}: can't be read ({error})") from None
    return out


def _batch_rows(batch: Any, fields: Fields, source: Source, first: int) -> Iterator[Row]:
    columns = {name: plain_values(batch.column(name)) for name in batch.schema.names}
    kind = "G" if "P" not in fields.of and "G" in fields.of else "P"

    def column(meaning: str) -> list[Any]:
        name = fields.of.get(meaning)
        return [None] * batch.num_rows if name is None else columns[name]

    if fields.entries:
        rows = zip(*(columns[name] for name in fields.entries), strict=True)
        matrices: list[Any] = [_filled(row, source, first + i) for i, row in enumerate(rows)]
    else:
        matrices = column(kind)
    heights = columns[fields.label] if fields.label is not None else [None] * batch.num_rows
    if fields.label is not None and None in heights:
        raise InvalidDataError(
            f"{source.path}, sample {first + heights.index(None)}: height is missing"
        )
    parts = [column(key) for key in _KEYS]
    ids = column("sample_id")
    for i, (n, k, m, matrix) in enumerate(zip(*parts, matrices, strict=True)):
        yield Row(n, k, m, matrix, kind, heights[i], None, ids[i])


def _filled(row: tuple[Any, ...], source: Source, at: int) -> list[Any]:
    """Entries up to the last one that is there; NaN may stand behind, as pandas fills up."""
    last = len(row)
    while last and (row[last - 1] is None or row[last - 1] != row[last - 1]):
        last -= 1
    for i, value in enumerate(row[:last]):
        if value is None or (isinstance(value, float) and math.isnan(value)):
            raise InvalidDataError(f"{source.path}, sample {at}: entry {i} of P is missing")
    return list(row[:last])


def in_pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows, so many at a time."""
    while part := list(islice(rows, _ROWS)):
        yield part
