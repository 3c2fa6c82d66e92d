r"""Matrices in LaTeX: `bmatrix`, `pmatrix`, `array` and their kin, with `\frac` and bars."""

from __future__ import annotations

import re

from mheight.codes.numbers import shortened
from mheight.codes.reading.rows import Cells

__all__ = ["is_latex", "latex_cells"]

_ENVIRONMENT = re.compile(r"\\begin\s*\{([a-zA-Z]*matrix\*?|array|smallmatrix)\}")
_FRACTION = re.compile(
    r"([-+]?)\s*\\[dtcs]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))"
    r"|([-+]?)\s*\\(?:nice|s)frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"
)
_SPACE = re.compile(r"\\[,;:! ]|\\q?quad\b|\\phantom\s*\{[^{}]*\}|~")
_DROPPED = re.compile(
    r"\\(?:hline|left|right|bigl?|bigr?|Bigl?|Bigr?|displaystyle|limits|mathstrut|strut)(?![a-zA-Z])"
)
_BRACED = re.compile(r"\{([^{}]*)\}")
_ROW_END = re.compile(r"\\\\\s*(?:\[[^\[\]]*\])?|\\cr(?![a-zA-Z])|\\tabularnewline(?![a-zA-Z])")


def is_latex(text: str) -> bool:
    """Whether a text is a matrix in LaTeX."""
    return "\\begin" in text or "\\\\" in text or "&" in text


def latex_cells(text: str) -> Cells:
    r"""Cells of one matrix.

    Raises:
        ValueError: no environment for matrices is closed, or there is more than one.

    Examples:
        >>> latex_cells(r"\begin{bmatrix} 1 & 0 & \frac{1}{3} \\ 0 & 1 & -2 \end{bmatrix}").rows
        [['1', '0', '1/3'], ['0', '1', '-2']]
    """
    begun = list(_ENVIRONMENT.finditer(text))
    if len(begun) > 1:
        raise ValueError("these are several matrices; give one at a time")
    body, columns = text, ""
    if begun:
        name = begun[0][1]
        end = re.search(rf"\\end\s*\{{{re.escape(name)}\}}", text)
        if end is None:
            raise ValueError(f"\\begin{{{name}}} has no \\end{{{name}}}")
        body = text[begun[0].end() : end.start()]
        _refuse_outside(text[: begun[0].start()] + text[end.end() :])
        if options := re.match(r"\s*(?:\[([^\[\]]*)\])?\s*", body):
            columns, body = options[1] or "", body[options.end() :]
        if name == "array":
            columns, body = _column_types(body)
    body = re.sub(r"(?<!\\)%.*", "", body)
    rows = [_row(row) for row in _ROW_END.split(body)]
    rows = [row for row in rows if row != [""]]
    found = "|" in columns.strip("|")
    reason = "a bar belongs into [I | P], which is G: leave out -P, or I and the bar"
    return Cells(rows, reason if found else "")


def _column_types(body: str) -> tuple[str, str]:
    found = re.match(r"\s*\{((?:[^{}]|\{[^{}]*\})*)\}", body)
    if found is None:
        raise ValueError("\\begin{array} needs the types of its columns, as in {cc|cc}")
    return found[1], body[found.end() :]


def _refuse_outside(text: str) -> None:
    """Around the environment there may be a name, brackets and marks of mathematics."""
    rest = _DROPPED.sub("", text)
    rest = re.sub(r"\\(begin|end)\s*\{(equation|align|gather|displaymath|math)\*?\}", "", rest)
    rest = re.sub(r"\\[\[\]().,;]|\\lbrack|\\rbrack|\$|^\s*[A-Za-z]\w*\s*&?=", "", rest)
    if rest.strip(" \t\r\n[]().,;&="):
        raise ValueError(f"beside the matrix stands {shortened(rest.strip())!r}")


def _row(text: str) -> list[str]:
    return [_cell(cell) for cell in re.split(r"(?<!\\)&", text)]


def _cell(text: str) -> str:
    plain = _DROPPED.sub("", _SPACE.sub(" ", text))
    for _ in range(4):
        before = plain
        plain = _FRACTION.sub(_as_quotient, plain)
        plain = re.sub(r"(\d)\{,\}(\d)", r"\1,\2", plain)
        plain = _BRACED.sub(r"\1", plain) if "frac" not in plain else plain
        if plain == before:
            break
    plain = re.sub(r"\s+", " ", plain).strip()
    return re.sub(r"^([-+]) (?=[\d.])", r"\1", plain)


def _as_quotient(found: re.Match[str]) -> str:
    """`-1/2`, between spaces: what touches it belongs to no number."""
    sign, numerator, digit, denominator, other, sign2, over, under = found.groups()
    parts = [sign or sign2, numerator or digit or over, denominator or other or under]
    signed = [(part or "").strip() for part in parts]
    negative = sum(part.startswith("-") for part in signed) % 2
    above, below = (part[1:] if part[:1] in ("-", "+") else part for part in signed[1:])
    return f" {'-' if negative else ''}{above}/{below} "
