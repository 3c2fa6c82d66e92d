"""Codes of the axes of regular solids and of root systems: generator columns in R^k."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations, product

from mheight.catalogue.chains import Chain
from mheight.catalogue.exact_code import ExactCode
from mheight.errors import InvalidCodeError

__all__ = ["ICOSAHEDRAL_HEIGHTS", "SOLIDS", "roots", "solid"]

Column = tuple[str | int, ...]

_PHI = "(1+sqrt(5))/2"
_INVERSE = "(sqrt(5)-1)/2"

ICOSAHEDRAL_HEIGHTS = ("sqrt(5)", "sqrt(5)", "2+sqrt(5)")
"""h_1, h_2, h_3 of the icosahedral code; h_3 is the least of any [6, 3] code, because no [n, k]
code has h_{n-k} below 1/(2 sin^2(pi/(2k+4))) - 1 [arXiv 2606.03011, by puncturing]."""


def solid(name: str) -> ExactCode:
    """The code whose generator columns are the axes of a solid through opposite points.

    Args:
        name: one of `SOLIDS`: `icosahedron` [6, 3] and `dodecahedron` [10, 3] (axes through
            vertices), `icosidodecahedron` [15, 3] (axes through edges of both), `cube` [4, 3],
            `cuboctahedron` [6, 3], `tesseract` [8, 4].

    Raises:
        InvalidCodeError: another name.

    Examples:
        >>> solid("dodecahedron")
        ExactCode([10, 3])
    """
    if name not in SOLIDS:
        raise InvalidCodeError(f"a solid is one of {', '.join(SOLIDS)}, got {name!r}")
    return _of_columns(SOLIDS[name](), Chain.made("solid", name=name))


def roots(kind: str, rank: int) -> ExactCode:
    """The code whose generator columns are the roots of a root system, one of each pair +-.

    Args:
        kind: "A" (as e_i and e_i - e_j: the cut space of a complete graph), "B" (e_i and
            e_i +- e_j), "D" (e_i +- e_j); `roots("D", 4)` is the [12, 4] code of the 24-cell.
        rank: k, at least 2.

    Raises:
        InvalidCodeError: another kind, or a rank below 2 (for D, 3).

    Examples:
        >>> roots("D", 4)
        ExactCode([12, 4])
    """
    if kind not in ("A", "B", "D") or rank < (3 if kind == "D" else 2):
        raise InvalidCodeError(
            f"roots are of kind A or B with rank >= 2, or D with rank >= 3; got {kind!r}, {rank!r}"
        )
    units = [tuple(int(i == j) for i in range(rank)) for j in range(rank)]
    columns: list[Column] = [] if kind == "D" else list(units)
    for x, y in combinations(units, 2):
        columns.append(tuple(a - b for a, b in zip(x, y, strict=True)))
        if kind != "A":
            columns.append(tuple(a + b for a, b in zip(x, y, strict=True)))
    return _of_columns(columns, Chain.made("roots", kind=kind, rank=rank))


def _of_columns(columns: list[Column], chain: Chain) -> ExactCode:
    return ExactCode([list(row) for row in zip(*columns, strict=True)], chain)


def _cyclic_shifts(x: Column) -> list[Column]:
    return [x[i:] + x[:i] for i in range(len(x))]


def _negative(x: str | int) -> str | int:
    return -x if isinstance(x, int) else f"-{x}"


def _icosahedron() -> list[Column]:
    return [s for y in (_PHI, _negative(_PHI)) for s in _cyclic_shifts((0, 1, y))]


def _cube() -> list[Column]:
    return [(1, *rest) for rest in product((1, -1), repeat=2)]


def _dodecahedron() -> list[Column]:
    edges = [s for y in (_PHI, _negative(_PHI)) for s in _cyclic_shifts((0, _INVERSE, y))]
    return [*_cube(), *edges]


def _icosidodecahedron() -> list[Column]:
    units: list[Column] = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    halves: list[Column] = []
    for a, b in product((1, -1), repeat=2):
        inner = "(sqrt(5)-1)/4" if a == 1 else "-(sqrt(5)-1)/4"
        outer = "(1+sqrt(5))/4" if b == 1 else "-(1+sqrt(5))/4"
        halves.extend(_cyclic_shifts(("1/2", inner, outer)))
    return [*units, *halves]


def _cuboctahedron() -> list[Column]:
    return [p for sign in (1, -1) for p in sorted(set(permutations((0, 1, sign))))
            if next(x for x in p if x) == 1]  # fmt: skip


def _tesseract() -> list[Column]:
    return [(1, *rest) for rest in product((1, -1), repeat=3)]


SOLIDS: dict[str, Callable[[], list[Column]]] = {
    "icosahedron": _icosahedron,
    "dodecahedron": _dodecahedron,
    "icosidodecahedron": _icosidodecahedron,
    "cube": _cube,
    "cuboctahedron": _cuboctahedron,
    "tesseract": _tesseract,
}
