"""What the names of columns say, in CSV and in Parquet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mheight.codes.numbers import is_number, shortened
from mheight.codes.reading.blocks import Kind

__all__ = ["Layout", "holds_samples", "is_header", "kind_of_name", "layout_of", "numbered"]

_COORDINATE = re.compile(r"([gph])_?(\d+)", re.IGNORECASE)
_INDEX = {"", "index", "unnamed: 0", "level_0", "__index_level_0__"}
_ROW = {"row", "row_index"}
_CODE = {"code", "code_id", "matrix"}

_NAMES: dict[str, Kind] = {
    "generator": "G",
    "generatormatrix": "G",
    "parity": "P",
    "paritypart": "P",
    "paritymatrix": "P",
    "paritycheck": "H",
    "paritycheckmatrix": "H",
}
_UNDERSTOOD = (
    "columns are called g0, g1, ... (or p0, h0) with one row of the matrix a line, or beside n and "
    "k one whole matrix; or G, P or H with a matrix as text; row, code and index may stand beside"
)


def kind_of_name(name: str) -> Kind | None:
    """What a matrix of this name is: `G`, `P`, `H`, or the like of `GeneratorMatrix`."""
    if name in ("G", "P", "H"):
        return name  # type: ignore[return-value]
    return _NAMES.get(re.sub(r"[\s_-]", "", name).lower())


def holds_samples(names: Sequence[str]) -> bool:
    """Whether columns are those of samples: n, k, m and P, as a list or entry by entry."""
    plain = {name.strip().lower() for name in names}
    return {"n", "k", "m"} <= plain and bool(plain & {"p", "p0", "p_0"})


@dataclass(frozen=True)
class Layout:
    """Where in a line the matrices are.

    Attributes:
        kind: what they are; None if the names do not say so.
        entries: columns of the entries, in order; empty for matrices as text.
        text: column of a matrix as text, or None.
        n: column of n, and k: column of k, where a line is a whole matrix; else None.
        row: column that counts the rows of each matrix, or None.
        code: column that names the matrix, or None.
        left_out: names of columns that are not read.
    """

    kind: Kind | None
    entries: tuple[int, ...] = ()
    text: int | None = None
    n: int | None = None
    k: int | None = None
    row: int | None = None
    code: int | None = None
    left_out: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether a line is a whole matrix, entry by entry."""
        return self.n is not None and self.text is None


def numbered(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1, 2, ... or 1, 2, 3, ...: names of columns, or a row."""
    count = len(cells)
    plain = list(cells)
    from_zero = count >= 2 and plain == [str(i) for i in range(count)]
    return from_zero or (count >= 3 and plain == [str(i) for i in range(1, count + 1)])


def layout_of(names: Sequence[str]) -> Layout:
    """What a header says.

    Raises:
        ValueError: it is not understood; the text says what would be.

    Examples:
        >>> layout_of(["row", "g0", "g1", "g2"]).entries
        (1, 2, 3)
    """
    plain = [name.strip().strip("\"'").strip() for name in names]
    if holds_samples(plain):
        raise ValueError(
            f"the header {_shown(plain)} is that of samples n, k, m, P, not of matrices"
        )
    lower = [name.lower() for name in plain]
    twice = next((name for name in plain if name and plain.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"every column needs a name of its own, got {shortened(twice)!r} twice")
    beside = {
        what: next((i for i, name in enumerate(lower) if name in known), None)
        for what, known in (
            ("row", _ROW), ("code", _CODE), ("n", {"n"}), ("k", {"k"}), ("index", _INDEX),
        )
    }  # fmt: skip
    used = {i for i in beside.values() if i is not None}
    rest = [i for i in range(len(plain)) if i not in used]
    texts = [i for i in rest if kind_of_name(plain[i]) is not None]
    if len(texts) > 1:
        raise ValueError(f"one column with a matrix is needed, got {_shown(plain)}")
    if texts:
        left_out = tuple(plain[i] for i in rest if i != texts[0])
        kind = kind_of_name(plain[texts[0]])
        return Layout(kind, (), texts[0], beside["n"], beside["k"], left_out=left_out)
    if used and rest and numbered([plain[i] for i in rest]):
        kind, entries = None, tuple(rest)  # a data frame with an index
    else:
        kind, entries = _coordinates(plain, lower, rest)
    left_out = tuple(plain[i] for i in rest if i not in entries)
    if (beside["n"] is None) != (beside["k"] is None):
        raise ValueError(f"n and k are needed together, got {_shown(plain)}")
    if beside["n"] is None and kind == "P" and len(entries) in (18, 20):
        raise ValueError(
            f"p0 to p{len(entries) - 1} may be one row of P or all of it: columns n and k are "
            "needed where a line is a whole matrix"
        )
    return Layout(
        kind, entries, None, beside["n"], beside["k"], beside["row"], beside["code"], left_out
    )


def _coordinates(
    plain: Sequence[str], lower: Sequence[str], rest: Sequence[int]
) -> tuple[Kind, tuple[int, ...]]:
    """Columns g0, g1, ... in order of their numbers."""
    groups: dict[str, dict[int, int]] = {}
    for i in rest:
        if found := _COORDINATE.fullmatch(lower[i]):
            group = groups.setdefault(found[1].upper(), {})
            if int(found[2]) in group:
                raise ValueError(f"{plain[i]} comes twice in the header")
            group[int(found[2])] = i
    if "H" in groups and 0 not in groups["H"]:
        del groups["H"]  # h1, h2, ... are heights
    if len(groups) != 1:
        if groups:
            raise ValueError(f"the header {_shown(plain)} names several matrices: choose one")
        raise ValueError(f"the header {_shown(plain)} is not understood: {_UNDERSTOOD}")
    (kind, columns), = groups.items()  # fmt: skip
    first = min(columns)
    wanted = range(first, first + len(columns))
    if first > 1 or set(columns) != set(wanted):
        missing = next(i for i in range(min(first, 1), max(columns)) if i not in columns)
        raise ValueError(
            f"columns {kind.lower()}0, {kind.lower()}1, ... without a gap are needed, "
            f"missing {kind.lower()}{missing}"
        )
    return kind, tuple(columns[i] for i in wanted)  # type: ignore[return-value]


def _shown(names: Sequence[str]) -> str:
    return shortened(", ".join(name or "''" for name in names))


def is_header(cells: Sequence[str]) -> bool:
    """Whether a first line names columns: no cell is a number, or some are numbers in order."""
    numbers = [cell.strip() for cell in cells if is_number(cell)]
    if any(re.match(r"[-+.]?\d", cell.strip()) and not is_number(cell) for cell in cells):
        return False  # 1,5 or 1_0: meant as numbers
    if not numbers:
        return True
    others = [cell.strip().lower() for cell in cells if not is_number(cell)]
    return bool(others) and numbered(numbers) and set(others) <= _INDEX | _ROW | _CODE
