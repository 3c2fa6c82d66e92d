"""Heights of some codes as the bytes of one Parquet file, with what is to be told of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mheight.heights.output.arrow import (
    TableFile,
    height_table,
    joined,
    repeated_columns,
    require_one_schema,
)
from mheight.heights.output.rows import HeightRows
from mheight.heights.output.summary import Summary

__all__ = ["join_shards", "shard_bytes", "shard_summary"]

_KEY = b"mheight"
_ROWS_AT_A_TIME = 2**17
_ADVICE = "search for all (--time-limit)"


def shard_bytes(parts: Iterable[HeightRows], *, capability: bool = False) -> bytes:
    """A Parquet file of heights, the same bytes for the same heights.

    Args:
        parts: rows, at least one.
        capability: as for `HeightWriter`.

    Raises:
        InvalidDataError: rows of a search beside others.
    """
    summary = Summary()
    tables: list[Any] = []
    for rows in parts:
        summary.note(rows)
        tables.append(height_table(rows, capability=capability))
    for table in tables:
        require_one_schema(tables[0].schema, table.schema, _ADVICE)
    whole = joined(tables)
    whole = whole.replace_schema_metadata({_KEY: json.dumps(asdict(summary))})
    sink = io.BytesIO()
    pq.write_table(
        whole, sink, compression="zstd", use_dictionary=repeated_columns(whole.schema),
        row_group_size=_ROWS_AT_A_TIME,
    )  # fmt: skip
    return sink.getvalue()


def shard_summary(path: Path) -> Summary:
    """What is told of a file that `shard_bytes` made."""
    return Summary(**json.loads(pq.read_schema(path).metadata[_KEY]))


def join_shards(paths: Iterable[Path], output: Path) -> None:
    """One Parquet or CSV file of the rows of many, in their order.

    Args:
        paths: files that `shard_bytes` made, at least one.
        output: the file to write.

    Raises:
        InvalidDataError: some have heights from the lattice, others from a search.
    """
    ending = output.suffix.lower()
    with ExitStack() as stack:
        file: TableFile | None = None
        for table in _tables(paths):
            rows = _flat(table) if ending == ".csv" else table
            if file is None:
                file = TableFile(output, ending, rows.schema, _ADVICE)
                stack.callback(file.close)
            file.write(rows)


def _tables(paths: Iterable[Path]) -> Iterator[Any]:

    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_A_TIME):
                yield pa.Table.from_batches([batch]).replace_schema_metadata(None)


def _flat(table: Any) -> Any:
    """Lists as JSON, which CSV can hold."""
    for i, kind in enumerate(table.schema.types):
        if pa.types.is_list(kind):
            texts = [None if x is None else json.dumps(x) for x in table.column(i).to_pylist()]
            table = table.set_column(i, table.schema.names[i], pa.array(texts, type=pa.string()))
    return table
