"""Heights as Arrow tables, and files of such: Parquet and CSV.

Arrow takes a tenth of a second to load, so this module is imported where it is needed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from mheight.errors import InvalidDataError
from mheight.heights.certificate import Certificate, rounded
from mheight.heights.output.rows import HeightRows

__all__ = ["TableFile", "height_table", "joined", "repeated_columns", "require_one_schema"]


def height_table(rows: HeightRows, *, capability: bool = False, lists: bool = True) -> Any:
    """Rows as an Arrow table, with the columns of `HeightWriter`.

    Args:
        rows: the heights.
        capability: whether to have a row for each pair of located and detected outliers.
        lists: whether certificates are lists; else text.
    """
    unknown = np.isnan(rows.height)
    mask = unknown if unknown.any() else None
    columns: dict[str, Any] = {
        "code": pa.array(rows.code.astype(np.int64)),
        "n": pa.array(rows.n.astype(np.int32)),
        "k": pa.array(rows.k.astype(np.int32)),
        "m": pa.array(rows.m.astype(np.int32)),
        "height": pa.array(rows.height, mask=mask),
        "log2_height": pa.array(rows.log2_height, mask=mask),
        "doubt": _doubt_column(rows),
    }
    if rows.status is not None:
        columns["lower"] = pa.array(rows.lower)
        columns["upper"] = pa.array(rows.upper)
        columns["status"] = pa.array(rows.status)
    if rows.zero_tolerance is not None:
        columns["zero_tolerance"] = pa.array(np.full(len(rows), rows.zero_tolerance))
    if rows.exact is not None:
        columns["exact"] = pa.array([str(h) for h in rows.exact])
    if rows.certificates is not None:
        columns |= _witness_columns(rows.certificates, rows.exact is not None, lists)
    table = pa.table(columns)
    return _with_capability(table, rows) if capability else table


def _doubt_column(rows: HeightRows) -> Any:
    if not rows.doubts:
        return pa.nulls(len(rows), pa.string())
    return pa.array(rows.doubt_texts, type=pa.string())


def _witness_columns(
    certificates: tuple[Certificate | None, ...], exact: bool, lists: bool
) -> dict[str, Any]:
    # Exact ones as text; else all as numbers, also those of a code that was done in fractions.
    word = pa.list_(pa.string() if exact else pa.float64())
    places = pa.list_(pa.int32())
    kinds = {"target": pa.int32(), "larger": places, "information_set": places, "codeword": word}
    out = {}
    for name, kind in kinds.items():
        values = [None if c is None else _told(c, name, exact) for c in certificates]
        if not lists and name != "target":
            values, kind = [None if x is None else json.dumps(x) for x in values], pa.string()
        out[name] = pa.array(values, type=kind)
    return out


def _told(certificate: Certificate, name: str, exact: bool) -> Any:
    value = getattr(certificate, name)
    if name == "codeword":
        return [str(x) if exact else rounded(x) for x in value]
    return list(value) if isinstance(value, tuple) else value


def _with_capability(table: Any, rows: HeightRows) -> Any:
    """One row for each (tau, sigma) with 2 tau + sigma = m."""
    pairs = rows.m // 2 + 1
    at = np.repeat(np.arange(len(rows)), pairs)
    located = np.arange(len(at)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    ratio = 2.0 * (rows.height[at] + 1.0)
    unknown = np.isnan(ratio)
    return (
        table.take(pa.array(at))
        .append_column("located", pa.array(located.astype(np.int32)))
        .append_column("detected", pa.array((rows.m[at] - 2 * located).astype(np.int32)))
        .append_column("ratio", pa.array(ratio, mask=unknown if unknown.any() else None))
    )


def repeated_columns(schema: Any) -> list[str]:
    """Columns with few different values."""
    return [name for name in ("n", "k", "m", "doubt", "status") if name in schema.names]


def require_one_schema(first: Any, other: Any, advice: str) -> None:
    """Refuse rows of a search beside others.

    Args:
        first: the schema of a table of heights.
        other: that of another one.
        advice: what to do about it.

    Raises:
        InvalidDataError: they differ.
    """
    if first != other:
        raise InvalidDataError(
            "some codes have all heights from the lattice, others bounds from a search: "
            f"their columns differ; {advice}"
        )


def joined(tables: list[Any]) -> Any:
    """One table of the rows of some."""
    return pa.concat_tables(tables)


class TableFile:
    """A Parquet or CSV file that tables of heights are written to one after the other.

    Args:
        path: the file to write.
        ending: ".parquet" or ".csv".
        schema: of the tables.
        advice: what to do where a table has another one.
    """

    def __init__(self, path: Path, ending: str, schema: Any, advice: str) -> None:
        self._schema, self._advice = schema, advice
        self._writer: Any
        if ending == ".parquet":
            repeated = repeated_columns(schema)
            self._writer = pq.ParquetWriter(
                path, schema, compression="zstd", use_dictionary=repeated
            )
        else:
            self._writer = pyarrow.csv.CSVWriter(path, schema)

    def write(self, table: Any) -> None:
        """Write a table.

        Raises:
            InvalidDataError: rows of a search after others, or the other way round.
        """
        require_one_schema(self._schema, table.schema, self._advice)
        self._writer.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
