"""Heights as JSON lines, CSV and Parquet, written as they come."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from mheight.errors import InvalidDataError
from mheight.files import require_writable
from mheight.heights.capability import threshold_ratio
from mheight.heights.certificate import Certificate, Number, rounded
from mheight.heights.output.rows import HeightRows

__all__ = [
    "FORMATS",
    "HeightWriter",
    "capabilities",
    "check_table_path",
    "height_table",
    "json_lines",
    "repeated_columns",
]

FORMATS = (".jsonl", ".parquet", ".csv")

_ROWS_AT_A_TIME = 2**16


def check_table_path(path: Path) -> None:
    """Say before any work is done that heights can't be written there.

    Raises:
        InvalidDataError: another ending, a folder, or the folder is missing.
    """
    require_writable(path, FORMATS)


def json_lines(rows: HeightRows, *, capability: bool = False) -> Iterator[str]:
    """One JSON object a code, without line ends.

    An infinite height is null, a fraction is text.  Heights of which only bounds are
    known are left out of `heights`; `bounds` has them all, if a search found them.  A code
    in doubt has a list of `doubts`.

    Args:
        rows: the heights.
        capability: whether to add what outliers the code locates and detects.
    """
    exact = rows.exact
    plain = exact is None and rows.status is None and rows.certificates is None
    if plain and not capability and rows.zero_tolerance is None:
        yield from _plain_lines(rows)
        return
    heights = rows.height.tolist() if exact is None else list(exact)
    orders, n, k, code = (column.tolist() for column in (rows.m, rows.n, rows.k, rows.code))
    for piece in rows.by_code():
        span, start = range(piece.start, piece.stop), piece.start
        value: dict[str, Any] = {"code": code[start], "n": n[start], "k": k[start]}
        value["heights"] = {str(orders[i]): _plain(heights[i]) for i in span if _known(heights[i])}
        if rows.status is not None:
            value["bounds"] = {str(orders[i]): _bounds(rows, i) for i in span}
        if rows.certificates is not None:
            chosen = rows.certificates[piece]
            value["certificates"] = [c.as_dict() for c in chosen if c is not None]
        if capability:
            value["capability"] = [
                {
                    "located": located,
                    "detected": detected,
                    "m": orders[i],
                    "height": _plain(heights[i]),
                    "ratio": _plain(ratio),
                }
                for i, located, detected, ratio in capabilities(rows, piece)
            ]
        if rows.zero_tolerance is not None:
            value["zero_tolerance"] = rows.zero_tolerance
        if doubts := rows.doubts_of(code[start]):
            value["doubts"] = [doubt.as_dict() for doubt in doubts]
        yield json.dumps(value)


def _plain_lines(rows: HeightRows) -> Iterator[str]:
    """The same lines for rows with nothing but heights, put together several times faster."""
    names = [f'"{m}": ' for m in rows.m.tolist()]
    heights = ["null" if h == math.inf else repr(h) for h in rows.height.tolist()]
    items = list(map(str.__add__, names, heights))
    n, k, code = rows.n.tolist(), rows.k.tolist(), rows.code.tolist()
    doubts: dict[int, list[dict[str, Any]]] = {}
    for doubt in rows.doubts:
        doubts.setdefault(doubt.code, []).append(doubt.as_dict())
    for piece in rows.by_code():
        at = piece.start
        inside = ", ".join(items[piece])
        found = doubts.get(code[at])
        more = "" if found is None else f', "doubts": {json.dumps(found)}'
        yield f'{{"code": {code[at]}, "n": {n[at]}, "k": {k[at]}, "heights": {{{inside}}}{more}}}'


def capabilities(rows: HeightRows, piece: slice) -> Iterator[tuple[int, int, int, Number]]:
    """For the known heights of a code: row, tau, sigma and the ratio Delta/delta needed.

    Args:
        rows: the heights.
        piece: the rows of one code.
    """
    for i in range(piece.start, piece.stop):
        height = float(rows.height[i]) if rows.exact is None else rows.exact[i]
        if _known(height):
            m = int(rows.m[i])
            for located in range(m // 2 + 1):
                yield i, located, m - 2 * located, threshold_ratio(max(height, 1))


class HeightWriter:
    """Writes rows of heights to a file as they come; a context manager.

    CSV and Parquet have one row a height: code, n, k, m, height, log2_height and doubt (what
    rounding leaves open of it; null where nothing); from a
    search lower, upper and status (an unknown height is null); exact heights as text in
    `exact`; with certificates target, larger, information_set and codeword.  With
    `capability` there is one row for each pair of located and detected outliers, and
    its `ratio`.

    Args:
        path: ends in `.jsonl`, `.parquet` or `.csv`.
        capability: whether to write what outliers the codes locate and detect.
    """

    def __init__(self, path: Path, capability: bool = False) -> None:
        self._path = path
        self._form = path.suffix.lower()
        self._capability = capability
        self._text: IO[str] | None = None
        self._writer: Any = None
        self._waiting: list[Any] = []
        self._count = 0

    def __enter__(self) -> HeightWriter:
        if self._form == ".jsonl":
            self._text = self._path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            if self._text is not None:
                self._text.close()
            if self._writer is not None:
                self._writer.close()

    def write(self, rows: HeightRows) -> None:
        """Write some rows.

        Raises:
            InvalidDataError: rows of a search after others, or the other way round.
        """
        if self._text is not None:
            lines = json_lines(rows, capability=self._capability)
            self._text.writelines(line + "\n" for line in lines)
            return
        table = height_table(rows, capability=self._capability, lists=self._form == ".parquet")
        if self._waiting and table.schema != self._waiting[0].schema:
            self._flush()
        self._waiting.append(table)
        self._count += len(table)
        if self._count >= _ROWS_AT_A_TIME:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        import pyarrow as pa

        table = pa.concat_tables(self._waiting)
        if self._writer is None:
            self._writer = self._opened(table.schema)
        if table.schema != self._writer.schema:
            raise InvalidDataError(
                "some codes have all heights from the lattice, others bounds from a search: "
                "their columns differ; search for all (--time-limit) or write .jsonl"
            )
        self._writer.write_table(table)
        self._waiting, self._count = [], 0

    def _opened(self, schema: Any) -> Any:
        if self._form == ".parquet":
            import pyarrow.parquet as pq

            repeated = repeated_columns(schema)
            return pq.ParquetWriter(self._path, schema, compression="zstd", use_dictionary=repeated)
        return _CsvWriter(self._path, schema)


def repeated_columns(schema: Any) -> list[str]:
    """Columns with few different values."""
    return [name for name in ("n", "k", "m", "doubt", "status") if name in schema.names]


def height_table(rows: HeightRows, *, capability: bool = False, lists: bool = True) -> Any:
    """Rows as an Arrow table, with the columns of `HeightWriter`.

    Args:
        rows: the heights.
        capability: whether to have a row for each pair of located and detected outliers.
        lists: whether certificates are lists; else text.
    """
    import pyarrow as pa

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
    import pyarrow as pa

    if not rows.doubts:
        return pa.nulls(len(rows), pa.string())
    return pa.array(rows.doubt_texts, type=pa.string())


class _CsvWriter:
    """Arrow's writer, with the schema at hand as Parquet's has it."""

    def __init__(self, path: Path, schema: Any) -> None:
        import pyarrow.csv

        self.schema = schema
        self._writer = pyarrow.csv.CSVWriter(path, schema)

    def write_table(self, table: Any) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()


def _witness_columns(
    certificates: tuple[Certificate | None, ...], exact: bool, lists: bool
) -> dict[str, Any]:
    import pyarrow as pa

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
    import pyarrow as pa

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


def _bounds(rows: HeightRows, i: int) -> dict[str, Any]:
    lower, upper, status = rows.bounds(i)
    return {
        "lower": _plain(lower),
        "upper": _plain(upper),
        "infinite": math.isinf(lower),
        "status": status,
    }


def _known(height: Number) -> bool:
    return height == height


def _plain(value: Number) -> float | str | None:
    """JSON has no infinity and no fractions."""
    if not isinstance(value, float):
        return str(value)
    return value if math.isfinite(value) else None
