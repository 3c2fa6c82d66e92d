"""Matrices from columns of a Parquet file, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mheight.codes.reading.blocks import Block, Kind
from mheight.codes.reading.headers import holds_samples, kind_of_name, layout_of
from mheight.codes.reading.opening import bytes_of, ending
from mheight.codes.reading.records import Record, blocks_of_records, tell_left_out
from mheight.errors import InvalidCodeError
from mheight.parquet import ParquetReader
from mheight.parquet.reader import plain_values

__all__ = ["column_blocks", "column_names", "count_rows"]

Int = NDArray[np.int64]

_MOST_ROWS = 4096


def column_names(path: Path) -> list[str]:
    """Names of the columns of a Parquet file.

    Raises:
        InvalidCodeError: no readable Parquet.
    """
    with _opened(path) as file:
        return file.names


def count_rows(path: Path) -> int | None:
    """Rows of a Parquet file, or None where a matrix has several."""
    with _opened(path) as file:
        return file.rows if any(map(kind_of_name, file.names)) else None


def column_blocks(path: Path, exact: bool = False) -> Iterator[Block]:
    """Matrices of a Parquet file.

    Args:
        path: one column G, P or H holds lists of rows, or flat lists beside columns k and n,
            or text; or columns g0, g1, ... hold the entries, as in CSV.
        exact: leave text as it is, so that nothing is rounded.

    Raises:
        InvalidCodeError: no such column, a null, or a matrix that is ragged.
    """
    with _opened(path) as file:
        schema, names = file.schema, file.names
        found = [name for name in names if kind_of_name(name) is not None]
        try:
            if (
                len(found) == 1
                and not holds_samples(names)
                and _is_list(schema.field(found[0]).type)
            ):
                yield from _of_lists(file, found[0], path)
            else:
                yield from _of_columns(file, found, path, exact)
        except InvalidCodeError:
            raise
        except (pa.ArrowException, ValueError, OSError) as error:
            raise InvalidCodeError(f"{path}: can't be read ({error})") from None


def _of_lists(file: ParquetReader, column: str, path: Path) -> Iterator[Block]:
    """Matrices of a column of lists."""
    schema, names = file.schema, file.names
    kind = kind_of_name(column) or "G"
    flat = not _is_list(schema.field(column).type.value_type)
    if flat and not {"k", "n"} <= set(names):
        raise InvalidCodeError(f"{path}: flat lists in column {column} need columns k and n")
    tell_left_out(str(path), [name for name in names if name not in (column, "k", "n")])
    first = 0
    columns = [column, "k", "n"] if flat else [column]
    for batch in file.batches(columns, _MOST_ROWS):
        for block in _blocks(batch.select(columns), kind, flat, path, first):
            yield block
            first += len(block.values) if isinstance(block.values, np.ndarray) else 1


def _of_columns(file: ParquetReader, found: list[str], path: Path, exact: bool) -> Iterator[Block]:
    """Matrices of columns that hold one entry each, or of one that holds text."""
    names = file.names
    if len(found) > 1 or holds_samples(names):
        what = "samples n, k, m, P" if len(found) <= 1 else "several matrices"
        raise InvalidCodeError(
            f"{path}: exactly one column G, P or H is needed, got {what} in columns "
            f"{', '.join(names)}"
        )
    if found and not _is_text(file.schema.field(found[0]).type):
        kind = file.schema.field(found[0]).type
        raise InvalidCodeError(f"{path}: column {found[0]} must hold lists or text, got {kind}")
    try:
        layout = layout_of(names)
    except ValueError as error:
        raise InvalidCodeError(
            f"{path}: exactly one column G, P or H is needed, got columns {', '.join(names)} "
            f"({error})"
        ) from None
    yield from blocks_of_records(_records(file, path), layout, str(path), exact)


def _records(file: ParquetReader, path: Path) -> Iterator[Record]:
    at = 0
    for batch in file.batches(file.names, _MOST_ROWS):
        columns = [plain_values(column) for column in batch.columns]
        for cells in zip(*columns, strict=True):
            yield f"{path}, row {at}", cells
            at += 1


def _opened(path: Path) -> ParquetReader:
    try:
        return ParquetReader(bytes_of(path) if ending(path)[1] else path)
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidCodeError):
            raise
        raise InvalidCodeError(
            f"{path}: not a readable Parquet file, perhaps cut short ({error})"
        ) from None


def _is_text(kind: Any) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain))


def _is_list(kind: Any) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _blocks(batch: Any, kind: Kind, flat: bool, path: Path, first: int) -> Iterator[Block]:
    """The matrices of a batch of rows, those of one shape that follow each other together."""
    column = batch.column(0)
    _refuse_nulls(column, f"{path}, matrix", first)
    inner = pc.list_flatten(column)
    counts = _lengths(column)
    if flat:
        rows, widths = _flat_shapes(batch, kind, counts, path, first)
        leaf = inner
    else:
        rows, widths = counts, _row_lengths(inner, counts, path, first)
        leaf = pc.list_flatten(inner)
    if leaf.null_count:
        owner = np.repeat(np.arange(len(rows)), rows * widths)
        _refuse_nulls(leaf, f"{path}, matrix", first, owner)
    if not (pa.types.is_integer(leaf.type) or pa.types.is_floating(leaf.type)):
        for i, value in enumerate(column.to_pylist()):
            shaped = np.array(value, dtype=object).reshape(rows[i], widths[i]).tolist()
            yield Block([[_plain(x) for x in row] for row in shaped], kind)
        return
    numbers = leaf.to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(rows * widths)])
    changes = np.flatnonzero((np.diff(rows) != 0) | (np.diff(widths) != 0)) + 1
    edges = [0, *changes.tolist(), len(rows)]
    for start, end in pairwise(edges):
        if start < end:
            piece = numbers[ends[start] : ends[end]]
            yield Block(piece.reshape(end - start, rows[start], widths[start]), kind)


def _lengths(column: Any) -> Int:
    return np.asarray(pc.list_value_length(column).to_numpy(zero_copy_only=False), dtype=np.int64)


def _row_lengths(inner: Any, counts: Int, path: Path, first: int) -> Int:
    """The length of the rows of each matrix."""
    if not counts.all():
        raise InvalidCodeError(f"{path}, matrix {first + int(np.argmin(counts))}: got no rows")
    owner = np.repeat(np.arange(len(counts)), counts)
    _refuse_nulls(inner, f"{path}, matrix", first, owner)
    lengths = _lengths(inner)
    widths: Int = lengths[np.cumsum(counts) - counts]
    ragged = lengths != widths[owner]
    if ragged.any():
        i = int(owner[np.argmax(ragged)])
        raise InvalidCodeError(
            f"{path}, matrix {first + i}: rows of one length are needed, got {widths[i]} "
            f"and {lengths[np.argmax(ragged)]} entries"
        )
    return widths


def _flat_shapes(batch: Any, kind: Kind, counts: Int, path: Path, first: int) -> tuple[Int, Int]:
    k, n = batch.column(1), batch.column(2)
    for name, column in (("k", k), ("n", n)):
        if not pa.types.is_integer(column.type):
            raise InvalidCodeError(f"{path}: column {name} must hold integers, got {column.type}")
        _refuse_nulls(column, f"{path}, matrix", first)
    k, n = (column.to_numpy(zero_copy_only=False).astype(np.int64) for column in (k, n))
    rows, widths = {"G": (k, n), "P": (k, n - k), "H": (n - k, n)}[kind]
    bad = (rows < 1) | (widths < 1) | (rows * widths != counts)
    if bad.any():
        i = int(np.argmax(bad))
        raise InvalidCodeError(
            f"{path}, matrix {first + i}: k = {k[i]}, n = {n[i]} need {kind} of shape "
            f"({rows[i]}, {widths[i]}), got {counts[i]} entries"
        )
    return np.asarray(rows), np.asarray(widths)


def _refuse_nulls(column: Any, what: str, first: int, owner: Int | None = None) -> None:
    if column.null_count:
        at = int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        i = at if owner is None else int(owner[at])
        raise InvalidCodeError(f"{what} {first + i}: numbers are needed, got null")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
