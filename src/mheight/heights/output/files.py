"""Heights as JSON lines, CSV and Parquet, written as they come."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from mheight.files import require_writable
from mheight.heights.capability import threshold_ratio
from mheight.heights.certificate import Number
from mheight.heights.output.rows import HeightRows

if TYPE_CHECKING:  # it loads Arrow
    from mheight.heights.output.arrow import TableFile

__all__ = [
    "FORMATS",
    "HeightWriter",
    "capabilities",
    "check_table_path",
    "json_lines",
]

FORMATS = (".jsonl", ".parquet", ".csv")

_ROWS_AT_A_TIME = 2**16
_ADVICE = "search for all (--time-limit) or write .jsonl"


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
        self._file: TableFile | None = None
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
            if self._file is not None:
                self._file.close()

    def write(self, rows: HeightRows) -> None:
        """Write some rows.

        Raises:
            InvalidDataError: rows of a search after others, or the other way round.
        """
        if self._text is not None:
            lines = json_lines(rows, capability=self._capability)
            self._text.writelines(line + "\n" for line in lines)
            return
        from mheight.heights.output.arrow import height_table

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
        from mheight.heights.output.arrow import TableFile, joined

        table = joined(self._waiting)
        if self._file is None:
            self._file = TableFile(self._path, self._form, table.schema, _ADVICE)
        self._file.write(table)
        self._waiting, self._count = [], 0


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
