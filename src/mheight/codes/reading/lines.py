"""Matrices in lines of numbers: CSV, spreadsheets by tab, columns between spaces."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from mheight.codes.numbers import is_number, shortened
from mheight.codes.reading.blocks import Block
from mheight.codes.reading.headers import (
    Layout,
    holds_samples,
    is_header,
    kind_of_name,
    layout_of,
    numbered,
)
from mheight.codes.reading.records import Record, blocks_of_records, entry
from mheight.codes.reading.rows import decimal_comma, refuse_thousands
from mheight.errors import InvalidCodeError

__all__ = ["first_cells", "line_blocks"]

_INTEGER = re.compile(r"[-+]?\d+")


def line_blocks(lines: Iterable[str], name: str, exact: bool) -> Iterator[Block]:
    """Matrices of lines of numbers, with a blank line between matrices.

    Args:
        lines: with or without a header; `#` begins a comment.  Between numbers there are
            semicolons, tabs, commas or spaces, the same in all lines.
        name: what messages call the source.
        exact: leave numbers as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: a line that can't be read, or can be read in two ways.
    """
    mark, comment, text = _first(lines)
    records = _records(text, mark, name)
    at, cells = next((record for record in records if record[1]), ("", ()))
    if not cells:
        return
    layout = _named_in_comment(comment, mark, len(cells), name)
    if layout is None and any(not is_number(cell) for cell in cells) and is_header(cells):
        try:
            layout = layout_of(cells)
        except ValueError as error:
            raise InvalidCodeError(f"{at}: {error}") from None
        yield from blocks_of_records(_below(records, cells), layout, name, exact)
        return
    records = chain([(at, cells)], records)
    if layout is not None:
        yield from blocks_of_records(_below(records, cells, keep=True), layout, name, exact)
    else:
        yield from _plain(records, mark, exact)


def first_cells(line: str) -> list[str]:
    """The cells of a first line, such as a header."""
    mark = _mark(line)
    cells = line.split() if mark is None else next(csv.reader([line], delimiter=mark), [])
    return [cell.strip() for cell in cells]


def _first(lines: Iterable[str]) -> tuple[str | None, str, Iterator[str]]:
    """What stands between numbers, the comment above the first line, and all lines."""
    before: list[str] = []
    comment = ""
    iterator = iter(lines)
    for line in iterator:
        before.append(line)
        plain = line.strip()
        if plain.startswith("#"):
            comment = plain.lstrip("# ")
        elif plain.strip(";,\t "):
            mark = "," if kind_of_name(plain.strip('"')) else _mark(plain.split("#", 1)[0])
            return mark, comment, chain(before, iterator)
    return None, comment, iter(before)


def _mark(line: str) -> str | None:
    """The separator of a line; None for spaces."""
    unquoted = re.sub(r'"[^"]*"', '""', line)
    return next((mark for mark in "\t;," if mark in unquoted.strip("\r\n")), None)


def _records(lines: Iterable[str], mark: str | None, name: str) -> Iterator[Record]:
    plain = (_uncommented(line) for line in lines)
    if mark is None:
        for at, line in enumerate(plain, start=1):
            try:
                refuse_thousands(line, f"{name}, line {at}: ")
            except ValueError as error:
                raise InvalidCodeError(str(error)) from None
            yield f"{name}, line {at}", [re.sub(r'^"(.*)"$', r"\1", cell) for cell in line.split()]
        return
    reader = csv.reader(plain, delimiter=mark, strict=True)
    while True:
        where = f"{name}, line {reader.line_num + 1}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            said = str(error)
            if "end of data" in said:
                said = "a quote is opened and never closed"
            elif "field larger" in said:
                said = "a cell has more than 131,072 characters"
            raise InvalidCodeError(f"{where}: {said}") from None
        if cells is None:
            return
        yield where, cells if any(cell.strip() for cell in cells) else []


def _uncommented(line: str) -> str:
    """A line without its comment; a comment alone separates matrices like a blank line."""
    if "#" not in line:
        return line
    return "\n" if line.lstrip().startswith("#") else re.sub(r"\s+#[^\"]*$|#[^\"]*$", "\n", line)


def _named_in_comment(comment: str, mark: str | None, count: int, name: str) -> Layout | None:
    """The layout by a header that is a comment, as `numpy.savetxt` writes it."""
    cells = [cell.strip() for cell in (comment.split(mark) if mark else comment.split())]
    if len(cells) != count or not is_header(cells):
        return None
    try:
        layout = layout_of(cells)
    except ValueError as error:
        if holds_samples(cells):
            raise InvalidCodeError(f"{name}: {error}") from None
        return None
    return layout if layout.entries else None


def _below(records: Iterator[Record], header: object, *, keep: bool = False) -> Iterator[Record]:
    """The lines under a header, which may be repeated above each matrix."""
    count = len(header)  # type: ignore[arg-type]
    for where, cells in records:
        if cells and not keep and list(cells) == list(header):  # type: ignore[call-overload]
            yield where, []
            continue
        if cells and len(cells) != count:
            raise InvalidCodeError(
                f"{where}: {count} cells are needed as in the first line, got {len(cells)}"
            )
        yield where, cells


def _plain(records: Iterable[Record], mark: str | None, exact: bool) -> Iterator[Block]:
    """Matrices of lines without a header."""
    texts: list[list[str]] = []
    rows: list[list[object]] = []
    first, is_first = "", True
    for where, cells in chain(records, [("", [])]):
        if not cells:
            if rows:
                if is_first:
                    _refuse_index(texts, first)
                yield Block(rows, None, _lone_commas(texts, mark))
            is_first, texts, rows = is_first and not rows, [], []
            continue
        if not rows:
            first = where
        elif len(cells) != len(rows[0]):
            raise InvalidCodeError(
                f"{where}: rows of one length are needed, got {len(rows[0])} "
                f"entries above and {len(cells)} here (a blank line separates matrices)"
            )
        elif is_first and len(rows) == 1 and numbered([text.strip() for text in texts[0]]):
            raise InvalidCodeError(
                f"{first}: {shortened(','.join(texts[0]))} may be the names of columns or a row of "
                "the matrix: leave the line out, or write g0, g1, ... above it"
            )
        texts.append([str(cell) for cell in cells])
        if mark == ",":
            _refuse_spaces(cells, where)
        rows.append([_cell(cell, j, mark, where, exact) for j, cell in enumerate(cells)])


def _refuse_spaces(cells: Sequence[str], where: str) -> None:
    """Commas beside spaces, `1 0,5`: decimal commas, or one more separator."""
    for j, (cell, after) in enumerate(pairwise(cells)):
        words, behind = cell.split(), after.split()
        spaced = len(words) > 1 or len(behind) > 1
        if spaced and words and behind and _INTEGER.fullmatch(words[-1]) and behind[0].isdigit():
            said = decimal_comma(f"{words[-1]},{behind[0]}")
            raise InvalidCodeError(f"{where}, column {j}: {said}")


def _cell(cell: str, column: int, mark: str | None, where: str, exact: bool) -> object:
    try:
        return entry(cell, f"{where}, column {column}", exact)
    except InvalidCodeError:
        if mark == ";" and cell.count(",") == 1 and cell.replace(",", "").lstrip("+-").isdigit():
            raise InvalidCodeError(
                f"{where}, column {column}: {decimal_comma(cell)}; either commas or semicolons "
                "separate entries"
            ) from None
        if _INTEGER.match(cell) and re.search(r"\d\s+[-+.\d]", cell):
            raise InvalidCodeError(
                f"{where}, column {column}: one number is needed, got {shortened(cell)!r}"
            ) from None
        raise


def _refuse_index(texts: list[list[str]], where: str) -> None:
    if len(texts) >= 3 and len(texts[0]) > 1 and numbered([row[0].strip() for row in texts]):
        raise InvalidCodeError(
            f"{where}: column 0 counts {', '.join(row[0] for row in texts[:3])}, ...: it may be an "
            "index or a coordinate: leave it out, or write a header above, row,g0,g1,... or "
            "g0,g1,..."
        )


def _lone_commas(texts: list[list[str]], mark: str | None) -> str:
    """Why lines such as `1,5` are no P: each may be one decimal number."""
    if mark != "," or any(len(row) != 2 for row in texts):
        return ""
    if all(_INTEGER.fullmatch(a) and b.isdigit() for a, b in texts):
        return f"as P, {decimal_comma(','.join(texts[0]))}"
    return ""
