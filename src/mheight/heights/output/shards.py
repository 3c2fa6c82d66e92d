"""Heights of some codes as the bytes of one Parquet file, with what is to be told of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mheight.errors import InvalidDataError
from mheight.heights.doubts import doubt_text
from mheight.heights.output.files import height_table, repeated_columns
from mheight.heights.output.rows import HeightRows

__all__ = ["Summary", "join_shards", "shard_bytes", "shard_summary"]

_KEY = b"mheight"
_ROWS_AT_A_TIME = 2**17


@dataclass
class Summary:
    """What is told of heights at the end.

    Attributes:
        codes: how many there are.
        values: heights.
        infinite: heights.
        unknown: heights of which only bounds are known.
        doubtful: codes in doubt.
        first: number of the first code in doubt; -1 if there is none.
        doubt: what is in doubt there.
    """

    codes: int = 0
    values: int = 0
    infinite: int = 0
    unknown: int = 0
    doubtful: int = 0
    first: int = -1
    doubt: str = ""

    def note(self, rows: HeightRows) -> None:
        """Count some rows."""
        self.codes += int(np.count_nonzero(np.diff(rows.code))) + 1
        self.values += len(rows)
        self.infinite += int(np.isinf(rows.height).sum())
        self.unknown += int(np.isnan(rows.height).sum())
        codes = {doubt.code for doubt in rows.doubts}
        if codes and self.first < 0:
            self.first = min(codes)
            self.doubt = doubt_text(rows.doubts_of(self.first)) or ""
        self.doubtful += len(codes)

    def add(self, later: Summary) -> None:
        """Count what comes after these."""
        if self.first < 0:
            self.first, self.doubt = later.first, later.doubt
        for name in ("codes", "values", "infinite", "unknown", "doubtful"):
            setattr(self, name, getattr(self, name) + getattr(later, name))


def shard_bytes(parts: Iterable[HeightRows], *, capability: bool = False) -> bytes:
    """A Parquet file of heights, the same bytes for the same heights.

    Args:
        parts: rows, at least one.
        capability: as for `HeightWriter`.

    Raises:
        InvalidDataError: rows of a search beside others.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    summary = Summary()
    tables: list[Any] = []
    for rows in parts:
        summary.note(rows)
        tables.append(height_table(rows, capability=capability))
    _require_one_schema(tables[0].schema, (table.schema for table in tables))
    whole = pa.concat_tables(tables)
    whole = whole.replace_schema_metadata({_KEY: json.dumps(asdict(summary))})
    sink = io.BytesIO()
    pq.write_table(
        whole, sink, compression="zstd", use_dictionary=repeated_columns(whole.schema),
        row_group_size=_ROWS_AT_A_TIME,
    )  # fmt: skip
    return sink.getvalue()


def shard_summary(path: Path) -> Summary:
    """What is told of a file that `shard_bytes` made."""
    import pyarrow.parquet as pq

    return Summary(**json.loads(pq.read_schema(path).metadata[_KEY]))


def join_shards(paths: Iterable[Path], output: Path) -> None:
    """One Parquet or CSV file of the rows of many, in their order.

    Args:
        paths: files that `shard_bytes` made, at least one.
        output: the file to write.

    Raises:
        InvalidDataError: some have heights from the lattice, others from a search.
    """
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for table in _tables(paths):
            if writer is None:
                if output.suffix.lower() == ".csv":
                    schema, table = _flat(table).schema, _flat(table)
                    writer = pc.CSVWriter(output, schema)
                else:
                    schema = table.schema
                    writer = pq.ParquetWriter(
                        output, schema, compression="zstd", use_dictionary=repeated_columns(schema)
                    )
            elif output.suffix.lower() == ".csv":
                table = _flat(table)
            _require_one_schema(schema, [table.schema])
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _tables(paths: Iterable[Path]) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS_AT_A_TIME):
                yield pa.Table.from_batches([batch]).replace_schema_metadata(None)


def _flat(table: Any) -> Any:
    """Lists as JSON, which CSV can hold."""
    import pyarrow as pa

    for i, kind in enumerate(table.schema.types):
        if pa.types.is_list(kind):
            texts = [None if x is None else json.dumps(x) for x in table.column(i).to_pylist()]
            table = table.set_column(i, table.schema.names[i], pa.array(texts, type=pa.string()))
    return table


def _require_one_schema(first: Any, schemas: Iterable[Any]) -> None:
    if any(schema != first for schema in schemas):
        raise InvalidDataError(
            "some codes have all heights from the lattice, others bounds from a search: "
            "their columns differ; search for all (--time-limit)"
        )
