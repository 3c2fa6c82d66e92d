r"""Matrices as people type and paste them: rows, MATLAB, NumPy, LaTeX, JSON."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from mheight.codes.numbers import MOST_CHARACTERS, canonical, in_ascii, number, shortened
from mheight.codes.reading.blocks import Block, Kind
from mheight.codes.reading.latex import is_latex, latex_cells
from mheight.codes.reading.rows import Cells, cells_of, check_lengths, entries, split_rows
from mheight.errors import InvalidCodeError

__all__ = ["from_json", "parse_block", "parse_blocks", "parse_matrix", "rows_of_text"]

_ASSIGNED = re.compile(r"\s*(?:\\?[A-Za-z_]\w*)\s*(?::=|=|<-)\s*(?=\S)")
_CALL = re.compile(r"\s*[A-Za-z_][\w.]*\s*\(\s*(?=[\[{(A-Za-z])")
_OPTION = re.compile(r",\s*(?:dtype|shape|device|order|copy|requires_grad)\s*=[^=\[\]]*$")
_RATIONAL = re.compile(r"\b(?:Fraction|Rational)\(\s*(-?\d+)\s*,\s*(\d+)\s*\)")
_SCALAR = re.compile(
    r"\b(?:(?:np|numpy)\.)?(?:float|int|uint)(?:16|32|64|8)\(([^(),]*)\)|"
    r"\b(?:Decimal|Fraction|Integer|mpf)\(\s*['\"]?([^(),'\"]*)['\"]?\s*\)"
)
_ELIDED = re.compile(r"\.\.\.|\u2026|\\[cvdl]?dots")
_DRAWN = str.maketrans("⎡⎢⎣⎤⎥⎦⎛⎜⎝⎞⎟⎠│┃║", " " * 12 + "|||")
_ROW = re.compile(r"\[([^\[\]]*)\]")


def parse_matrix(text: str, *, exact: bool = False) -> Any:
    r"""Rows of a typed or pasted matrix.

    Args:
        text: rows `1 0; 0 1` between semicolons or line ends, entries between spaces,
            commas or tabs; `[1 0; 0 1]` as in MATLAB; `[[1, 0], [0, 1]]`; what NumPy prints,
            `array([[1., 0.]])`; LaTeX, `\begin{bmatrix} 1 & 0 \end{bmatrix}`; with a bar,
            `1 0 | 1/3`.  Entries are decimals, fractions, or such as ½.
        exact: leave entries as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: no such text, or one that can be read in two ways.

    Examples:
        >>> parse_matrix("1 0.5; 0 1/4")
        [[1.0, 0.5], [0.0, 0.25]]
        >>> parse_matrix("[1 0 | ½; 0 1 | -2]")
        [[1.0, 0.0, 0.5], [0.0, 1.0, -2.0]]
    """
    return parse_block(text, exact=exact).values


def parse_block(text: str, *, exact: bool = False) -> Block:
    """One typed or pasted matrix, with its kind where the text says so, as in `H = [1 1 1]`.

    Args:
        text: as for `parse_matrix`, or an object, `{"P": [[1, 2]]}`.
        exact: leave entries as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: no such text, one that can be read in two ways, or several matrices.
    """
    blocks = parse_blocks(text, exact=exact)
    if not blocks:
        raise InvalidCodeError(f"at least one row is needed, got {shortened(text)!r}")
    if len(blocks) > 1:
        raise InvalidCodeError("these are several matrices; give one at a time, or a file")
    return blocks[0]


def parse_blocks(text: str, *, exact: bool = False) -> list[Block]:
    """The matrices of a pasted text; several where it is a list or an array of them.

    Args:
        text: as for `parse_matrix`, or JSON of many.
        exact: leave entries as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: no such text, or one that can be read in two ways.
    """
    stripped = text.strip().lstrip("\ufeff").strip()
    if not stripped:
        raise InvalidCodeError("a matrix is needed, such as '1 0 1; 0 1 1', got an empty text")
    try:
        return _parsed(stripped, exact)
    except InvalidCodeError:
        raise
    except RecursionError:
        raise InvalidCodeError(f"brackets are nested too deeply in {shortened(text)!r}") from None
    except (ValueError, ArithmeticError) as error:
        said = str(error)
        if "number is needed" in said or isinstance(error, json.JSONDecodeError):
            raise InvalidCodeError(
                "a matrix is written [[1, 0, 1], [0, 1, 1]] or '1 0 1; 0 1 1', "
                f"got {shortened(text)!r} ({said})"
            ) from None
        raise InvalidCodeError(said) from None


def rows_of_text(text: str, name: str, *, exact: bool = False) -> Any:
    """Rows of a text that stands for the matrix `name` (G, P or H, or another).

    Raises:
        InvalidCodeError: as for `parse_block`, or the text calls the matrix otherwise.
    """
    block = parse_block(text, exact=exact)
    if block.kind not in (None, name):
        raise InvalidCodeError(f"a matrix {name} is asked for, but the text calls it {block.kind}")
    if name == "P" and block.not_p:
        raise InvalidCodeError(block.not_p)
    return block.values


def from_json(text: str, exact: bool) -> Any:
    """A JSON value in which no number and no key is lost.

    Args:
        text: the JSON.
        exact: leave decimals as text.

    Raises:
        ValueError: no JSON, a key that comes twice, a number too long, large or small.
    """
    return json.loads(
        text,
        parse_float=_checked_text if exact else number,
        parse_int=_integer,
        parse_constant=str if exact else float,
        object_pairs_hook=_once,
    )


def _checked_text(text: str) -> str:
    return canonical(text)


def _integer(text: str) -> int:
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"a number has at most {MOST_CHARACTERS:,} characters, got {len(text):,}")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {shortened(twice)!r} comes twice in an object")
    return found


def _parsed(text: str, exact: bool) -> list[Block]:
    if text.startswith(("[", "{")):
        try:
            value = from_json(text, exact)
        except json.JSONDecodeError:
            if re.match(r'\{\s*"', text):
                raise
        else:
            return _of_json(value, exact)
    if any(chr(mark) in text for mark in _DRAWN):
        text = "\n".join(filter(str.strip, text.translate(_DRAWN).splitlines()))
    text = in_ascii(text)
    if _ELIDED.search(text):
        raise ValueError(
            "entries are left out (...): print all of them, in NumPy with "
            "np.set_printoptions(threshold=np.inf), or save a file"
        )
    kind: Kind | None = None
    text = re.sub(r"^(?:\$+|\\\[|\\\()\s*", "", text)
    if assigned := _ASSIGNED.match(text):
        name = assigned[0].strip(" \t\r\n:=<-\\")
        kind = {"G": "G", "P": "P", "H": "H"}.get(name)  # type: ignore[assignment]
        text = text[assigned.end() :]
    if is_latex(text):
        return [_block(latex_cells(text), kind, exact)]
    text = _SCALAR.sub(r"\1\2", _RATIONAL.sub(r"\1/\2", _unwrapped(text)))
    if re.search(r"[\[\](){}]", text):
        return [_block(cells, kind, exact) for cells in _bracketed(text)]
    if re.search(r"\n[ \t\r]*\n", text):
        raise ValueError("a blank line separates matrices; give one at a time")
    return [_block(_typed(text), kind, exact)]


def _of_json(value: Any, exact: bool) -> list[Block]:
    # Objects are read as in files.
    from mheight.codes.reading.objects import object_blocks

    if isinstance(value, list) and value and not isinstance(value[0], list | dict | str):
        value = [value]  # one row
    if isinstance(value, list) and value and isinstance(value[0], list):
        rows = value
        if all(isinstance(row, list) for row in rows) and not any(
            isinstance(x, list | dict) for row in rows for x in row
        ):
            check_lengths(rows)
            # Numbers may be text, "1/3".
            value = [
                [_of_text(x, exact, f"row {i}, column {j}") for j, x in enumerate(row)]
                for i, row in enumerate(rows)
            ]
    return list(object_blocks(value, "", exact))


def _of_text(x: Any, exact: bool, where: str) -> Any:
    if not isinstance(x, str):
        return x
    try:
        return canonical(x) if exact else number(x)
    except ValueError as error:
        said = str(error)
        if said.startswith("no number"):
            said = f"a number is needed, got {shortened(x)!r}"
        raise ValueError(f"{where}: {said}") from None


def _block(cells: Cells, kind: Kind | None, exact: bool) -> Block:
    rows = entries(cells.rows)
    values = rows if exact else [[number(entry) for entry in row] for row in rows]
    return Block(values, kind, cells.not_p)


def _typed(text: str) -> Cells:
    """Rows without brackets."""
    lines = [line.strip(" \r") for line in text.splitlines() if line.strip()]
    ended = [re.sub(r";\s*$", "", line) for line in lines]
    if len(ended) > 1 and all(";" in line for line in ended):
        # Rows of a spreadsheet, 1;0;1, unless a cell holds several numbers.
        split = [[cell.strip() for cell in line.split(";")] for line in ended]
        flat = [cell for row in split for cell in row]
        if not any(re.search(r"\S[\s,]+\S", cell) for cell in flat):
            return Cells(split)
        comma = next((cell for cell in flat if re.fullmatch(r"[-+]?\d+,\d+", cell)), None)
        if comma is not None and not any(re.search(r"\S\s+\S", cell) for cell in flat):
            _refuse_comma(comma)
    return cells_of(split_rows(text))


def _refuse_comma(cell: str) -> NoReturn:
    whole, rest = cell.split(",")
    raise ValueError(
        f"'{cell}' is {whole}.{rest} or the two numbers {whole} and {rest}: write decimals with a "
        "point, and separate entries by commas or by semicolons, not by both"
    )


def _unwrapped(text: str) -> str:
    """Without what Python writes around brackets: `np.array(..., dtype=int32)`."""
    text = re.sub(r"[;,]\s*$", "", text.strip())
    for _ in range(4):
        call = _CALL.match(text)
        if call is None or not text.endswith(")"):
            break
        text = text[call.end() : -1].strip()
        while (shorter := _OPTION.sub("", text)) != text:
            text = shorter.strip()
        text = re.sub(r",\s*$", "", text)
    return text


def _bracketed(text: str) -> list[Cells]:
    """Rows in brackets of any shape, or several matrices of such rows."""
    if called := re.search(r"[A-Za-z_][\w.]*\([^()]*\)", text):
        raise ValueError(f"a number is needed, got {shortened(called[0])!r}")
    text = text.translate(str.maketrans("{}()", "[][]")).strip()
    depth = _depth(text)
    if depth == 1 and text.count("[") == 1:
        if not (text.startswith("[") and text.endswith("]")):
            raise ValueError("beside the brackets there is something else")
        inside = "\n".join(line for line in text[1:-1].splitlines() if line.strip())
        return [cells_of(split_rows(inside), listed=True)]
    if depth == 1:
        text, depth = f"[{text}]", 2
    if depth == 2:
        return [_listed(text)]
    if depth == 3 and text.startswith("[") and text.endswith("]"):
        return [_listed(piece) for piece in _pieces(text[1:-1])]
    raise ValueError("brackets are nested too deeply")


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in text:
        depth += {"[": 1, "]": -1}.get(mark, 0)
        deepest = max(deepest, depth)
        if depth < 0:
            break
    if depth:
        raise ValueError("the brackets do not match")
    return deepest


def _listed(text: str) -> Cells:
    """Cells of `[[1, 0], [0, 1]]`."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        raise ValueError("beside the brackets there is something else")
    body = text[1:-1]
    between = _ROW.sub("", body).strip(" \t\r\n,;")
    if re.sub(r"[\s,;]", "", between):
        raise ValueError(f"between rows stands {shortened(between)!r}")
    rows = [" ".join(row.split()) for row in _ROW.findall(body)]
    if any(";" in row for row in rows):
        raise ValueError("a semicolon stands inside a row")
    return cells_of([re.sub(r"['\"]", " ", row) for row in rows], listed=True)


def _pieces(text: str) -> list[str]:
    """The parts in brackets of their own."""
    found, depth, start = [], 0, 0
    for at, mark in enumerate(text):
        if mark == "[":
            start = at if depth == 0 else start
            depth += 1
        elif mark == "]":
            depth -= 1
            if depth == 0:
                found.append(text[start : at + 1])
    return found
