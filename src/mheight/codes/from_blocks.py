"""Codes from typed matrices and from files, one by one or in batches of one shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes.algebra.exact_matrices import null_space
from mheight.codes.algebra.solving import systematic_part
from mheight.codes.given import GivenMatrices, given_matrices
from mheight.codes.linear_code import LinearCode
from mheight.codes.numbers import number
from mheight.codes.rationals import Matrix, rational_matrix
from mheight.codes.reading.blocks import Block, Kind, batch_length, kind_asked
from mheight.codes.reading.files import read_blocks
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
        given: their matrices, as they were given; ranks of generator matrices are not
            looked at.
    """

    first: int
    given: GivenMatrices

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def generators(self) -> Float:
        """Generator matrices, shape (N, k, n), 1 <= k <= n, finite; rounded where need be."""
        if self.given.is_check:
            return _of_parity_checks(self.given)
        return self.given.expanded

    def code(self, i: int) -> LinearCode:
        """One of the codes.

        Raises:
            InvalidCodeError: dependent rows.
        """
        return LinearCode.from_given(self.given.alone(i))


def parse_code(text: str, *, systematic: bool = False, parity_check: bool = False) -> LinearCode:
    """A code from a typed or pasted matrix, whose fractions and decimals are held exactly.

    Args:
        text: as for `mheight.codes.reading.parse_matrix`: rows of numbers between semicolons,
            `1 0 1/3; 0 1 1`, MATLAB, NumPy, LaTeX, JSON.
        systematic: whether the matrix is P of `G = [I | P]` rather than G.
        parity_check: whether it is a parity-check matrix H.

    Raises:
        InvalidCodeError: no matrix of numbers, or no code.

    Examples:
        >>> parse_code("1 0 1; 0 1 1")
        LinearCode([3, 2])
    """
    return LinearCode.parse(text, systematic=systematic, parity_check=parity_check)


def read_codes(
    path: Path, *, systematic: bool = False, parity_check: bool = False
) -> list[LinearCode]:
    """Codes from a file; see `mheight.codes.reading.read_blocks` for what it may hold.

    Args:
        path: the file.
        systematic: whether matrices without a key are P rather than G.
        parity_check: whether matrices without a key are parity-check matrices H.

    Raises:
        InvalidCodeError: the file can't be read, or a matrix is no code; the text says
            which.
    """
    codes = []
    kind = kind_asked(systematic, parity_check)
    for batch in batches(read_blocks(path), str(path), kind):
        for i in range(len(batch)):
            try:
                codes.append(batch.code(i))
            except InvalidCodeError as error:
                raise InvalidCodeError(f"{path}, matrix {batch.first + i}: {error}") from None
    return codes


def batches(
    blocks: Iterable[Block], name: str = "", kind: Kind | None = None, first: int = 0
) -> Iterator[CodeBatch]:
    """Codes in batches of one shape, in the order of the source.

    Args:
        blocks: from `read_blocks`, `read_stream` or `parse_matrix`.
        name: what messages call the source; empty for a single matrix.
        kind: what matrices are that do not say so themselves; None for G.
        first: the number of the first matrix.

    Raises:
        InvalidCodeError: a matrix that describes no code, with its number; or none at all.
    """
    waiting: list[GivenMatrices] = []
    begun = after = first
    last: tuple[Kind, tuple[int, ...]] | None = None

    def release() -> Iterator[CodeBatch]:
        if last is not None and waiting:
            yield CodeBatch(first, _together(waiting, first, name))

    for block in blocks:
        values, actual = block.told(kind, _where(name, after))
        matrices = _checked(values, actual, after, name)
        shape = matrices.values.shape[1:]
        now = (actual, shape)
        if now != last:
            yield from release()
            waiting, first, last = [], after, now
        waiting.append(matrices)
        after += len(matrices)
        if after - first >= batch_length(shape[0] * shape[1]):
            yield from release()
            waiting, first = [], after
    yield from release()
    if after == begun:
        raise InvalidCodeError(f"{name}: at least one matrix is needed, got none")


def rational_codes(
    blocks: Iterable[Block], name: str = "", kind: Kind | None = None, first: int = 0
) -> Iterator[tuple[int, Matrix]]:
    """Generator matrices in fractions, one by one, with their number; nothing is rounded.

    Args:
        blocks: read with `exact=True`.
        name: what messages call the source; empty for a single matrix.
        kind: what matrices are that do not say so themselves; None for G.
        first: the number of the first matrix.

    Raises:
        InvalidCodeError: a matrix that is not rational or has the wrong shape, with its
            number; or none at all.

    Examples:
        >>> next(rational_codes([Block([["1/2", 1]], "H")]))
        (0, ((Fraction(-2, 1), Fraction(1, 1)),))
    """
    after = first
    for block in blocks:
        values, actual = block.told(kind, _where(name, after))
        for matrix in values if isinstance(values, np.ndarray) else [values]:
            try:
                G = _rational_generator(matrix, actual)
            except InvalidCodeError as error:
                raise InvalidCodeError(f"{_where(name, after)}{error}") from None
            yield after, G
            after += 1
    if after == first:
        raise InvalidCodeError(f"{name}: at least one matrix is needed, got none")


def _where(name: str, index: int) -> str:
    return f"{name}, matrix {index}: " if name else ""


def _checked(values: Any, kind: Kind, first: int, name: str) -> GivenMatrices:
    """Matrices of one shape."""
    many = isinstance(values, np.ndarray) and values.ndim == 3
    if many and values.dtype.kind == "f":
        finite = np.isfinite(values).all(axis=(1, 2))
        if not finite.all():
            first += int(np.argmin(finite))
            values, many = values[int(np.argmin(finite))], False
    try:
        if many:
            given_matrices(values[0], kind, (2,))  # says what is wrong with the shape
            return given_matrices(values, kind, (3,))
        return given_matrices(_without_texts(values), kind, (2,))
    except InvalidCodeError as error:
        raise InvalidCodeError(f"{_where(name, first)}{error}") from None


def _without_texts(values: Any) -> Any:
    """Rows with fractions such as "1/3" as numbers, or the same rows."""
    try:
        if not any(isinstance(x, str) for row in values for x in row):
            return values
        return [[number(x) if isinstance(x, str) else x for x in row] for row in values]
    except (ValueError, TypeError, ArithmeticError):
        return values


def _together(parts: list[GivenMatrices], first: int, name: str) -> GivenMatrices:
    """Matrices of one kind and shape; those of H are of independent rows."""
    given = GivenMatrices.joined(parts)
    if given.is_check:
        found, rows = given.ranks(), given.values.shape[1]
        if (found < rows).any():
            at = int(np.argmax(found < rows))
            try:
                given.check_ranks([at])
            except InvalidCodeError as error:
                raise InvalidCodeError(f"{_where(name, first + at)}{error}") from None
    return given


def _of_parity_checks(given: GivenMatrices) -> Float:
    checks = given.values
    count, redundancy, n = checks.shape
    k = n - redundancy
    out = np.zeros((count, k, n))
    easy = np.zeros(count, dtype=np.bool_)
    if count > 1:
        # H = [A | B] has the generator matrix [I | -(inverse(B) A)^T].
        easy = np.linalg.cond(checks[:, :, k:]) < _WORST_CONDITION
        easy[list(given.exact)] = False
        parity = systematic_part(checks[easy, :, k:], checks[easy, :, :k])
        out[easy, :, :k] = np.eye(k)
        out[easy, :, k:] = -parity.swapaxes(1, 2)
    for i in np.flatnonzero(~easy).tolist():
        out[i] = LinearCode.from_given(given.alone(i)).G
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
    n = len(checks[0])
    if len(checks) == n:
        raise InvalidCodeError(f"H must have shape (r, n) with 1 <= r < n, got {(n, n)}")
    basis = null_space(checks, range(n))
    if len(basis) > n - len(checks):
        raise InvalidCodeError(
            f"the rows of H must be independent, got rank {n - len(basis)} for {len(checks)} rows"
        )
    return basis
