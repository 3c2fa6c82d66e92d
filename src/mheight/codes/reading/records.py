"""From the lines of a table with named columns to matrices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from mheight.codes.numbers import canonical, number, shortened
from mheight.codes.reading.blocks import Block, Kind
from mheight.codes.reading.headers import Layout
from mheight.codes.reading.rows import decimal_comma
from mheight.codes.reading.text import parse_block
from mheight.errors import InvalidCodeError, remark_on_input

__all__ = ["blocks_of_records", "entry", "shape_of", "tell_left_out", "whole"]

Record = tuple[str, Sequence[Any]]
"""Where a line is, for messages, and its cells; no cells where a matrix ends."""


def blocks_of_records(
    records: Iterable[Record], layout: Layout, name: str, exact: bool
) -> Iterator[Block]:
    """Matrices of lines whose columns have names.

    Args:
        records: the lines, text or numbers in their cells.
        layout: what the columns are.
        name: what messages call the source.
        exact: leave text as it is, so that nothing is rounded.

    Raises:
        InvalidCodeError: a cell that is empty or no number, or lines that do not fit together.
    """
    tell_left_out(name, layout.left_out)
    if layout.text is not None:
        return _of_texts(records, layout, exact)
    return (_of_flat if layout.is_flat else _of_rows)(records, layout, exact)


def tell_left_out(name: str, columns: Sequence[str]) -> None:
    """Warn of columns or keys that are not read."""
    if columns:
        what = shortened(", ".join(columns))
        remark_on_input(f"{name or 'the text'}: not read: {what}", stacklevel=3)


def entry(cell: Any, where: str, exact: bool) -> Any:
    """One number: text as its canonical form or a float, numbers as they are.

    Raises:
        InvalidCodeError: empty, or no number.
    """
    if isinstance(cell, str):
        try:
            return canonical(cell) if exact else number(cell)
        except ValueError as error:
            plain, said = cell.strip(), str(error)
            if not plain:
                said = "an entry is needed, got an empty cell; write 0 for zero"
            elif plain.replace(",", "", 1).lstrip("+-").isdigit() and "," in plain:
                said = decimal_comma(plain)
            elif said.startswith("no number"):
                said = f"numbers are needed, got {shortened(plain)!r}"
            raise InvalidCodeError(f"{where}: {said}") from None
    if cell is None:
        raise InvalidCodeError(f"{where}: numbers are needed, got null")
    return str(cell) if isinstance(cell, Decimal) else cell


def whole(cell: Any, what: str, where: str) -> int:
    """An integer such as n or k.

    Raises:
        InvalidCodeError: no integer, or infinite.
    """
    try:
        value = float(canonical(cell)) if isinstance(cell, str) else float(cell)
        if math.isfinite(value) and value == int(value):
            return int(value)
    except (ValueError, TypeError, OverflowError):
        pass
    raise InvalidCodeError(f"{where}: {what} must be an integer, got {shortened(str(cell))!r}")


def shape_of(kind: Kind, n: int, k: int, where: str) -> tuple[int, int]:
    """Rows and columns of the G, P or H of an [n, k] code.

    Raises:
        InvalidCodeError: there is no such code.
    """
    if not 1 <= k <= n or (k == n and kind != "G"):
        raise InvalidCodeError(f"{where}: 1 <= k < n is needed, got n = {n}, k = {k}")
    return {"G": (k, n), "P": (k, n - k), "H": (n - k, n)}[kind]


def _of_texts(records: Iterable[Record], layout: Layout, exact: bool) -> Iterator[Block]:
    for where, cells in records:
        if not cells:
            continue
        cell = cells[layout.text or 0]
        if not isinstance(cell, str) or not cell.strip():
            raise InvalidCodeError(f"{where}: a matrix is needed, got an empty cell")
        try:
            block = parse_block(cell, exact=exact)
        except InvalidCodeError as error:
            raise InvalidCodeError(f"{where}: {error}") from None
        kind = block.kind or layout.kind
        if block.kind and layout.kind and block.kind != layout.kind:
            raise InvalidCodeError(f"{where}: column {layout.kind} holds a matrix {block.kind}")
        if layout.n is not None and layout.k is not None:
            n, k = whole(cells[layout.n], "n", where), whole(cells[layout.k], "k", where)
            wanted = shape_of(kind or "G", n, k, where)
            got = (len(block.values), len(block.values[0]))
            if got != wanted:
                raise InvalidCodeError(
                    f"{where}: n = {n}, k = {k} need {kind} of shape {wanted}, got {got}"
                )
        yield Block(block.values, kind, block.not_p)


def _of_flat(records: Iterable[Record], layout: Layout, exact: bool) -> Iterator[Block]:
    """A whole matrix a line, with n and k beside it."""
    kind = layout.kind
    if kind is None:
        raise InvalidCodeError("beside n and k, columns g0, g1, ..., p0, ... or h0, ... are needed")
    assert layout.n is not None
    assert layout.k is not None
    for where, cells in records:
        if not cells:
            continue
        n, k = whole(cells[layout.n], "n", where), whole(cells[layout.k], "k", where)
        a, b = shape_of(kind, n, k, where)
        if a * b > len(layout.entries):
            raise InvalidCodeError(
                f"{where}: n = {n}, k = {k} need {kind} of shape {(a, b)}, "
                f"got {len(layout.entries)} columns of entries"
            )
        flat = [
            entry(cells[i], f"{where}, {kind.lower()}{at}", exact)
            for at, i in enumerate(layout.entries[: a * b])
        ]
        for at, i in enumerate(layout.entries[a * b :], start=a * b):
            beyond = cells[i]
            empty = beyond is None or (isinstance(beyond, str) and not beyond.strip())
            if not empty and entry(beyond, where, False) not in (0.0, 0):
                raise InvalidCodeError(
                    f"{where}: n = {n}, k = {k} need {kind} of shape {(a, b)}, "
                    f"but {kind.lower()}{at} holds {shortened(str(beyond))}"
                )
        yield Block([flat[i * b : (i + 1) * b] for i in range(a)], kind)


def _of_rows(records: Iterable[Record], layout: Layout, exact: bool) -> Iterator[Block]:
    """A row of a matrix a line."""
    rows: list[list[Any]] = []
    seen: set[str] = set()
    code, first = "", 0

    def release() -> Iterator[Block]:
        nonlocal rows
        if rows:
            yield Block(rows, layout.kind)
        rows = []

    for where, cells in records:
        if not cells:
            yield from release()
            continue
        if layout.code is not None:
            now = str(cells[layout.code]).strip()
            if rows and now != code:
                yield from release()
            if not rows and now in seen:
                raise InvalidCodeError(
                    f"{where}: lines of code {shortened(now)} do not stand together"
                )
            seen.add(now)
            code = now
        if layout.row is not None:
            at = whole(cells[layout.row], "row", where)
            if layout.code is None and rows and at == first:
                yield from release()
            first = at if not rows else first
            if first not in (0, 1) or at != first + len(rows):
                wanted = first + len(rows) if first in (0, 1) else 0
                raise InvalidCodeError(f"{where}: row {wanted} is needed, got row {at}")
        rows.append([entry(cells[i], f"{where}, column {i}", exact) for i in layout.entries])
    yield from release()
