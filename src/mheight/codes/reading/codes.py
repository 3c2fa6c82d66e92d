"""Codes from typed matrices and from files, one by one or in batches of one shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes.checks import as_generators, as_matrix, real_array
from mheight.codes.linear_code import LinearCode
from mheight.codes.rationals import Matrix, rational_matrix
from mheight.codes.reading.blocks import KINDS, Block, Kind, batch_length
from mheight.codes.reading.files import read_blocks
from mheight.codes.reading.numbers import number
from mheight.codes.reading.text import parse_block
from mheight.codes.solving import systematic_part
from mheight.codes.symmetries import systematic_generators
from mheight.errors import InvalidCodeError

__all__ = ["CodeBatch", "batches", "parse_code", "rational_codes", "read_codes"]

Float = NDArray[np.float64]

_WORST_CONDITION = 1e6
"""Of the last columns of H, for them to be solved for in a batch."""


@dataclass(frozen=True, eq=False)
class CodeBatch:
    """Codes of one shape that follow each other.

    Attributes:
        first: number of the first one in its source.
        generators: shape (N, k, n), 1 <= k <= n, finite; ranks are not looked at.
    """

    first: int
    generators: Float


def parse_code(text: str, *, systematic: bool = False, parity_check: bool = False) -> LinearCode:
    """A code from a typed matrix.

    Args:
        text: JSON, `[[1, 0, 1], [0, 1, 1]]`, or rows of numbers between semicolons,
            `1 0 1; 0 1 1`; fractions such as `1/3` are numbers too.
        systematic: whether the matrix is P of `G = [I | P]` rather than G.
        parity_check: whether it is a parity-check matrix H.

    Raises:
        InvalidCodeError: no matrix of numbers, or no code.

    Examples:
        >>> parse_code("1 0 1; 0 1 1")
        LinearCode([3, 2])
    """
    blocks = [parse_block(text)]
    (batch,) = batches(blocks, kind=_kind(systematic, parity_check))
    return LinearCode(batch.generators[0])


def read_codes(
    path: Path, *, systematic: bool = False, parity_check: bool = False
) -> list[LinearCode]:
    """Codes from a `.json`, `.jsonl`, `.csv`, `.npy` or `.parquet` file.

    See `mheight.codes.reading.read_blocks` for what a file may hold.

    Args:
        path: the file.
        systematic: whether matrices without a key are P rather than G.
        parity_check: whether matrices without a key are parity-check matrices H.

    Raises:
        InvalidCodeError: the file can't be read, or a matrix is no code; the text says
            which.
    """
    codes = []
    kind = _kind(systematic, parity_check)
    for batch in batches(read_blocks(path), str(path), kind):
        for i, G in enumerate(batch.generators, start=batch.first):
            try:
                codes.append(LinearCode(G))
            except InvalidCodeError as error:
                raise InvalidCodeError(f"{path}, matrix {i}: {error}") from None
    return codes


def batches(
    blocks: Iterable[Block], name: str = "", kind: Kind | None = None
) -> Iterator[CodeBatch]:
    """Generator matrices in batches of one shape, in the order of the source.

    Args:
        blocks: from `read_blocks`, `read_stream` or `parse_matrix`.
        name: what messages call the source; empty for a single matrix.
        kind: what matrices are that do not say so themselves; None for G.

    Raises:
        InvalidCodeError: a matrix that describes no code, with its number; or none at all.
    """
    waiting: list[Float] = []
    first, after = 0, 0
    last: tuple[Kind, tuple[int, ...]] | None = None

    def release() -> Iterator[CodeBatch]:
        if last is not None and waiting:
            matrices = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
            yield CodeBatch(first, _generators(matrices, last[0], first, name))

    for block in blocks:
        values, actual = _said(block, kind, _where(name, after))
        matrices = _checked(values, actual, after, name)
        now = (actual, matrices.shape[1:])
        if now != last:
            yield from release()
            waiting, first, last = [], after, now
        waiting.append(matrices)
        after += len(matrices)
        if after - first >= batch_length(matrices.shape[1] * matrices.shape[2]):
            yield from release()
            waiting, first = [], after
    yield from release()
    if after == 0:
        raise InvalidCodeError(f"{name}: at least one matrix is needed, got none")


def rational_codes(
    blocks: Iterable[Block], name: str = "", kind: Kind | None = None
) -> Iterator[tuple[int, Matrix]]:
    """Generator matrices in fractions, one by one, with their number; nothing is rounded.

    Args:
        blocks: read with `exact=True`.
        name: what messages call the source; empty for a single matrix.
        kind: what matrices are that do not say so themselves; None for G.

    Raises:
        InvalidCodeError: a matrix that is not rational or has the wrong shape, with its
            number; or none at all.

    Examples:
        >>> next(rational_codes([Block([["1/2", 1]], "H")]))
        (0, ((Fraction(-2, 1), Fraction(1, 1)),))
    """
    after = 0
    for block in blocks:
        values, actual = _said(block, kind, _where(name, after))
        for matrix in values if isinstance(values, np.ndarray) else [values]:
            try:
                G = _rational_generator(matrix, actual)
            except InvalidCodeError as error:
                raise InvalidCodeError(f"{_where(name, after)}{error}") from None
            yield after, G
            after += 1
    if after == 0:
        raise InvalidCodeError(f"{name}: at least one matrix is needed, got none")


def _kind(systematic: bool, parity_check: bool) -> Kind | None:
    if systematic and parity_check:
        raise InvalidCodeError("a matrix is either P or H: choose systematic or parity_check")
    return "P" if systematic else "H" if parity_check else None


def _where(name: str, index: int) -> str:
    return f"{name}, matrix {index}: " if name else ""


def _said(block: Block, wanted: Kind | None, where: str) -> tuple[Any, Kind]:
    """The values of a block, and what they are."""
    values, said = block.values, block.kind
    if isinstance(values, dict):
        keys = [key for key in KINDS if key in values]
        if len(keys) != 1:
            raise InvalidCodeError(
                f"{where}an object needs exactly one of the keys {', '.join(KINDS)}"
            )
        values, said = values[keys[0]], keys[0]
    if block.not_p and (said or wanted) == "P":
        raise InvalidCodeError(f"{where}{block.not_p}")
    if said is not None and wanted is not None and said != wanted:
        raise InvalidCodeError(
            f"{where}a matrix {wanted} is asked for, but this one is called {said}"
        )
    return values, said or wanted or "G"


def _checked(values: Any, kind: Kind, first: int, name: str) -> Float:
    """Finite float64 numbers, shape (N, a, b)."""
    if isinstance(values, np.ndarray) and values.ndim == 3:
        matrices = values.astype(np.float64, copy=False)
        finite = np.isfinite(matrices).all(axis=(1, 2))
        if finite.all():
            return matrices
        first += int(np.argmin(finite))
        values = matrices[int(np.argmin(finite))]
    try:
        return as_matrix(_without_texts(values), kind, (2,))[None]
    except InvalidCodeError as error:
        raise InvalidCodeError(f"{_where(name, first)}{error}") from None


def _without_texts(values: Any) -> Any:
    """Rows with fractions such as "1/3" as numbers, or the same rows."""
    if real_array(values) is not None:
        return values
    try:
        return [[number(x) if isinstance(x, str) else x for x in row] for row in values]
    except (ValueError, TypeError, ArithmeticError):
        return values


def _generators(matrices: Float, kind: Kind, first: int, name: str) -> Float:
    try:
        if kind == "P":
            if 0 in matrices.shape[1:]:
                LinearCode.from_systematic(matrices[0])  # says what is wrong
            return systematic_generators(matrices)
        if kind == "G":
            as_generators(matrices[0])
            return matrices
    except InvalidCodeError as error:
        raise InvalidCodeError(f"{_where(name, first)}{error}") from None
    return _of_parity_checks(matrices, first, name)


def _of_parity_checks(checks: Float, first: int, name: str) -> Float:
    count, redundancy, n = checks.shape
    k = n - redundancy
    out = np.zeros((count, max(k, 0), n))
    easy = np.zeros(count, dtype=np.bool_)
    if count > 1 and k >= 1:
        # H = [A | B] has the generator matrix [I | -(inverse(B) A)^T].
        easy = np.linalg.cond(checks[:, :, k:]) < _WORST_CONDITION
        parity = systematic_part(checks[easy, :, k:], checks[easy, :, :k])
        out[easy, :, :k] = np.eye(k)
        out[easy, :, k:] = -parity.swapaxes(1, 2)
    for i in np.flatnonzero(~easy):
        try:
            out[i] = LinearCode.from_parity_check(checks[i]).G
        except InvalidCodeError as error:
            raise InvalidCodeError(f"{_where(name, first + int(i))}{error}") from None
    return out


def _rational_generator(matrix: Any, kind: Kind) -> Matrix:
    if kind == "G":
        return rational_matrix(matrix)
    if kind == "H":
        return _null_space(rational_matrix(matrix, "H"))
    try:
        rows = [list(row) for row in matrix]
    except TypeError:
        raise InvalidCodeError(
            f"P must be a matrix of numbers, got {type(matrix).__name__}"
        ) from None
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise InvalidCodeError(f"P must have rows of one length, got {lengths} entries")
    if not lengths or not lengths[0]:
        raise InvalidCodeError("P must have shape (k, n-k) with k >= 1 and n > k, got no entry")
    # [P | I] is wide enough for a generator matrix, and entries keep their place in messages.
    unit = [[int(i == j) for j in range(len(rows))] for i in range(len(rows))]
    wide = rational_matrix([[*row, *one] for row, one in zip(rows, unit, strict=True)], "P")
    return tuple((*row[lengths[0] :], *row[: lengths[0]]) for row in wide)


def _null_space(checks: Matrix) -> Matrix:
    """A basis of all c with `H c = 0`, from the reduced echelon form of H."""
    rows, n = [list(row) for row in checks], len(checks[0])
    if len(rows) == n:
        raise InvalidCodeError(f"H must have shape (r, n) with 1 <= r < n, got {(n, n)}")
    pivots: list[int] = []
    for column in range(n):
        at = len(pivots)
        found = next((i for i in range(at, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[at], rows[found] = rows[found], rows[at]
        scale = rows[at][column]
        rows[at] = [x / scale for x in rows[at]]
        for i, row in enumerate(rows):
            if i != at and row[column]:
                factor = row[column]
                rows[i] = [x - factor * y for x, y in zip(row, rows[at], strict=True)]
        pivots.append(column)
    if len(pivots) < len(rows):
        raise InvalidCodeError(
            f"the rows of H must be independent, got rank {len(pivots)} for {len(rows)} rows"
        )
    basis = []
    for free in sorted(set(range(n)) - set(pivots)):
        word = [Fraction(int(j == free)) for j in range(n)]
        for row, pivot in zip(rows, pivots, strict=True):
            word[pivot] = -row[free]
        basis.append(tuple(word))
    return tuple(basis)
