"""Any table as text, Markdown or LaTeX; the catalogue's is made by `table`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Format", "Table", "render"]


class Format(StrEnum):
    """How a table is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    LATEX = "latex"


@dataclass(frozen=True)
class Table:
    """Cells as they are shown in a terminal.

    Attributes:
        title: a line above.
        header: names of the columns.
        rows: as many cells each.
        notes: lines below.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


def render(table: Table, form: Format = Format.TEXT) -> str:
    """A table in a format, without a line end."""
    return {Format.TEXT: _text, Format.MARKDOWN: _markdown, Format.LATEX: _latex}[form](table)


def _to_left(column: Sequence[str]) -> bool:
    """Whether a column, its name first, holds words rather than numbers."""
    return any(c.isalpha() or c == " " for cell in column[1:] for c in cell if cell != "inf")


def _columns(table: Table) -> list[tuple[str, ...]]:
    return list(zip(table.header, *table.rows, strict=True))


def _text(table: Table) -> str:
    columns = _columns(table)
    widths = [max(map(len, column)) for column in columns]
    left = [_to_left(column) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(cells, widths, left, strict=True)
        ]
        return ("  " + "   ".join(padded)).rstrip()

    rule = " " + "─" * (sum(widths) + 3 * (len(widths) - 1) + 2)
    above = [table.title, "", line(table.header), rule]
    return "\n".join([*above, *map(line, table.rows), *table.notes])


# --- Markdown ----------------------------------------------------------------------------


def _markdown(table: Table) -> str:
    rule = ["---" if _to_left(column) else "---:" for column in _columns(table)]
    lines = [_piped(table.header), _piped(rule), *map(_piped, table.rows)]
    below = [part for note in table.notes for part in ("", note)]
    return "\n".join([table.title, "", *lines, *below])


def _piped(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


# --- LaTeX -------------------------------------------------------------------------------

_NAMES = {
    "m": "$m$",
    "n": "$n$",
    "k": "$k$",
    "d": "$d$",
    "height": "$h_m$",
    "at least": r"$h_m \ge$",
    "log2": r"$\log_2 h_m$",
    "Delta/delta": r"$\Delta/\delta$",
    "n-k+1": "$n-k+1$",
}

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{c: "\\" + c for c in "&%$#_{}"},
}

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?|[-+]?inf|[-+]?\d+/\d+"

_FORMULA = [
    (r"h_(\d+)", r"h_{\1}"),
    (r">=", r"\\ge"),
    (r"<=", r"\\le"),
    (r"\binfinity\b", r"\\infty"),
    (r"ceil\(([^()]*)\)", r"\\lceil \1 \\rceil"),
    (r"sqrt\(([^()]*)\)", r"\\sqrt{\1}"),
    (r"\b(sin|cos)\b", r"\\\1"),
    (r"(?<![a-z])pi\b", r"\\pi"),
]


def _latex(table: Table) -> str:
    """A `tabular` that needs no package."""
    spec = "".join("l" if _to_left(column) else "r" for column in _columns(table))
    header = [_NAMES.get(name, _escaped(name)) for name in table.header]
    rows = [
        [_latex_cell(cell, name) for cell, name in zip(row, table.header, strict=True)]
        for row in table.rows
    ]
    comments = [f"% {line}" for line in (table.title.strip(), *table.notes)]
    return "\n".join(
        [
            *comments,
            rf"\begin{{tabular}}{{{spec}}}",
            r"\hline",
            _ampersands(header),
            r"\hline",
            *map(_ampersands, rows),
            r"\hline",
            r"\end{tabular}",
        ]
    )


def _ampersands(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _latex_cell(cell: str, name: str) -> str:
    if re.fullmatch(_NUMBER, cell):
        number = _latex_number(cell)
        return number if number.isdigit() else f"${number}$"
    words = cell.split()
    if len(words) > 1 and all(re.fullmatch(_NUMBER, word) for word in words):
        listed = ", ".join(map(_latex_number, words))
        return f"$({listed})$" if name == "codeword" else f"${listed}$"
    if bounds := re.fullmatch(rf"({_NUMBER}) <= h <= ({_NUMBER})", cell):
        return rf"${_latex_number(bounds[1])} \le h_m \le {_latex_number(bounds[2])}$"
    if re.match(r"h_\d+ ", cell):
        for pattern, replacement in _FORMULA:
            cell = re.sub(pattern, replacement, cell)
        return f"${cell}$"
    return _escaped(cell)


def _latex_number(text: str) -> str:
    sign, size = ("-", text[1:]) if text.startswith("-") else ("", text.lstrip("+"))
    if size == "inf":
        return rf"{sign}\infty"
    if "/" in size:
        numerator, denominator = size.split("/")
        return rf"{sign}\frac{{{numerator}}}{{{denominator}}}"
    if "e" in size:
        digits, power = size.split("e")
        return rf"{sign}{digits} \times 10^{{{int(power)}}}"
    return sign + size


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in text)
