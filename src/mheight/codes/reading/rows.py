"""From rows of text to cells, where one separator means one thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mheight.codes.numbers import canonical, shortened

__all__ = [
    "Cells",
    "cells_of",
    "check_lengths",
    "decimal_comma",
    "entries",
    "refuse_thousands",
    "split_rows",
]

_BARE_COMMA = re.compile(r"(?<![\d./eE+-])[-+]?\d+,\d+(?![\d./eE])")  # 0,5 and not 0.5,1
_SPACE_ALONE = re.compile(r"[^\s,]\s+[^\s,]")
_THOUSANDS = re.compile(r"0\d\d")
_SPACED_THOUSANDS = re.compile("\\d{1,3}(?:[\u00a0\u2007\u2009\u202f]\\d{3})+(?!\\d)")
_DECIMALS = re.compile(r"[-+]?\d+,\d+")


@dataclass(frozen=True)
class Cells:
    """The cells of one matrix, as text.

    Attributes:
        rows: for each row its cells.
        not_p: why the matrix can't be the P of [I | P], if there is a reason.
    """

    rows: list[list[str]]
    not_p: str = ""


def split_rows(text: str) -> list[str]:
    """The rows of a typed matrix: between semicolons and line ends, without comments."""
    found = []
    for line in text.splitlines():
        uncommented = re.sub(r"(^|(?<=[\s;]))[#%].*", "", line)
        found += uncommented.split(";")
    return [row.strip() for row in found if row.strip()]


def cells_of(rows: Sequence[str], *, listed: bool = False) -> Cells:
    """Cells between spaces, commas or tabs; a bar may stand where P of [I | P] begins.

    Args:
        rows: the rows.
        listed: whether they come from a list in brackets, where a comma is no decimal sign.

    Raises:
        ValueError: a row that can be read in two ways, or bars that do not stand in line.

    Examples:
        >>> cells_of(["1 0 | 1/3", "0 1 | .5"]).rows
        [['1', '0', '1/3'], ['0', '1', '.5']]
    """
    if all(row.startswith("|") and row.endswith("|") and len(row) > 1 for row in rows):
        rows = [row[1:-1] for row in rows]
    _refuse_two_readings(rows)
    if not any("|" in row for row in rows):
        found = [_row_cells(row) for row in rows]
        lone = not listed and all(_DECIMALS.fullmatch(row.strip()) for row in rows)
        return Cells(found, _of_decimals(rows[0].strip()) if lone and found else "")
    parts = [[_row_cells(part) for part in row.split("|")] for row in rows]
    widths = [[len(part) for part in row] for row in parts]
    for i, width in enumerate(widths):
        if width != widths[0]:
            raise ValueError(f"the bars of row 0 and row {i} must stand at the same place")
    found = [[cell for part in row for cell in part] for row in parts]
    if len(widths[0]) > 2 and set(widths[0]) == {1}:
        return Cells(found)  # a bar between all cells, as in Markdown
    return Cells(found, "a bar belongs into [I | P], which is G: leave out -P, or I and the bar")


def check_lengths(rows: Sequence[Sequence[object]]) -> None:
    """Refuse rows of different lengths.

    Raises:
        ValueError: names the lengths.
    """
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                "rows of one length are needed, "
                f"got {_counted(len(rows[0]))} in row 0 and {_counted(len(row))} in row {i}"
            )


def entries(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """All cells as numbers in ASCII text.

    Raises:
        ValueError: says which cell is none, or which row has another length.
    """
    check_lengths(rows)
    return [[_entry(cell, i, j) for j, cell in enumerate(row)] for i, row in enumerate(rows)]


def decimal_comma(cell: str) -> str:
    """What to say of a cell such as `0,5`."""
    whole, _, rest = cell.lstrip("+-").partition(",")
    sign = "-" if cell.startswith("-") else ""
    if len(rest) == 3 and 1 <= len(whole) <= 3:
        return (
            f"'{cell}' is {sign}{whole}.{rest}, {sign}{whole}{rest} or the two numbers "
            f"{sign}{whole} and {rest}: write decimals with a point, thousands without a mark, "
            f"or '{sign}{whole}, {rest}'"
        )
    return (
        f"'{cell}' is {sign}{whole}.{rest} or the two numbers {sign}{whole} and {rest}: "
        f"write decimals with a point, or '{sign}{whole}, {rest}'"
    )


def _of_decimals(cell: str) -> str:
    return f"as P, {decimal_comma(cell)}"


def _entry(cell: str, i: int, j: int) -> str:
    try:
        return canonical(cell)
    except ValueError as error:
        said = str(error)
        if not cell.strip():
            said = "the cell is empty; write 0 for zero"
        elif _DECIMALS.fullmatch(cell.strip()):
            said = decimal_comma(cell.strip())
        elif said.startswith("no number"):
            said = f"a number is needed, got {shortened(cell)!r}"
        raise ValueError(f"row {i}, column {j}: {said}") from None


def _row_cells(row: str) -> list[str]:
    """Cells of one row (or of what stands on one side of a bar)."""
    if "\t" in row.strip():
        return [cell.strip() for cell in row.strip(" ").split("\t")]
    if "," not in row:
        return row.split()
    parts = row.strip()
    parts = parts[:-1] if parts.endswith(",") else parts
    # "1, 0 1" mixes both, and every number stands alone.
    return [cell for part in parts.split(",") for cell in (part.split() or [""])]


def _refuse_two_readings(rows: Sequence[str]) -> None:
    """A comma between digits beside other separators: a decimal comma, or one more of them."""
    text = "\n".join(rows)
    if "," in text:
        bare = next((found for row in rows for found in _BARE_COMMA.finditer(row)), None)
        others = any(mark in text for mark in "\t|") or any(map(_SPACE_ALONE.search, rows))
        spaced = re.search(r",[ \t]|[ \t],", text)
        if bare is not None and (others or spaced):
            raise ValueError(decimal_comma(bare[0]))
    for i, row in enumerate(rows):
        refuse_thousands(row, f"row {i}: ")
        for cell in re.split(r"[\s,|]+", row):
            if _THOUSANDS.fullmatch(cell):
                raise ValueError(
                    f"row {i}: '{cell}' is the end of a number with a mark between thousands, or "
                    f"{int(cell)}: write thousands without a mark, and no leading zeros"
                )


def refuse_thousands(row: str, where: str) -> None:
    """Refuse a narrow or fixed space before three digits: one number, or two.

    Raises:
        ValueError: names both.
    """
    if not row.isascii() and (found := _SPACED_THOUSANDS.search(row)):
        digits = re.split("[\u00a0\u2007\u2009\u202f]", found[0])
        raise ValueError(
            f"{where}'{' '.join(digits)}', with a fixed space, is {''.join(digits)} or the numbers "
            f"{' and '.join(digits)}: write thousands without a mark, or put plain spaces"
        )


def _counted(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"
