"""Matrices of codes as they were given: G, P of `G = [I | P]`, or H, with nothing rounded.

Almost all matrices are of numbers that float64 holds; then the floats are all there is.
Fractions, text and integers beyond 2^53 are kept besides, so that exact routes can use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes.algebra.conditioning import pivot_order, ranks
from mheight.codes.algebra.exact_matrices import Matrix, as_fractions, exact_rank, null_space
from mheight.codes.algebra.ranges import products_get_lost
from mheight.codes.checks import as_matrix, refuse_masked
from mheight.codes.rationals import rational_number
from mheight.codes.reading.blocks import KINDS, Kind
from mheight.codes.reading.text import rows_of_text
from mheight.codes.symmetry.symmetries import systematic_generators
from mheight.errors import InvalidCodeError

__all__ = ["KINDS", "GivenMatrices", "Kind", "given_matrices"]

Float = NDArray[np.float64]

_EXACT_INTEGERS = 2.0**53

_MEANT_BITS = 20
"""An entry of no more binary digits is meant as it is; a rounded decimal has 50 or so."""

_WELL_CONDITIONED = 1e6
"""First columns of H up to this condition number are taken as an information set."""


@dataclass(frozen=True, eq=False)
class GivenMatrices:
    """Matrices of codes of one shape, as they were given.

    Attributes:
        kind: what they are.
        values: shape (N, a, b), finite; the nearest float64 of each entry.
        exact: the entries of those matrices that float64 does not hold, by their number.
        is_single: whether one matrix was given, rather than a batch.
    """

    kind: Kind
    values: Float
    exact: Mapping[int, Matrix]
    is_single: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def n(self) -> int:
        """Length of the codes."""
        _, a, b = self.values.shape
        return int(a + b if self.kind == "P" else b)

    @property
    def k(self) -> int:
        """Dimension of the codes, if their rows are independent."""
        _, a, b = self.values.shape
        return int(b - a if self.kind == "H" else a)

    @property
    def shape(self) -> tuple[int, int]:
        """Of a generator matrix of one of them: (k, n)."""
        return self.k, self.n

    @property
    def is_check(self) -> bool:
        """Whether `expanded` holds parity-check matrices."""
        return self.kind == "H"

    @cached_property
    def expanded(self) -> Float:
        """Shape (N, r, n): H where it was given, else G; what the kernels expand minors of."""
        values = systematic_generators(self.values) if self.kind == "P" else self.values
        return np.ascontiguousarray(values)

    @classmethod
    def joined(cls, parts: Sequence[GivenMatrices]) -> GivenMatrices:
        """Matrices of one kind and shape in one batch."""
        exact: dict[int, Matrix] = {}
        count = 0
        for part in parts:
            exact |= {count + i: rows for i, rows in part.exact.items()}
            count += len(part)
        values = parts[0].values
        if len(parts) > 1:
            values = np.concatenate([part.values for part in parts])
        return cls(parts[0].kind, values, exact, count == 1)

    def alone(self, i: int) -> GivenMatrices:
        """One of the matrices."""
        exact = {0: self.exact[i]} if i in self.exact else {}
        return GivenMatrices(self.kind, self.values[i : i + 1], exact, True)

    def rows(self, i: int = 0) -> Matrix:
        """One of the matrices in fractions."""
        return self.exact[i] if i in self.exact else as_fractions(self.values[i])

    def generator(self, i: int = 0) -> Matrix:
        """A generator matrix in fractions, nothing rounded; for independent rows."""
        rows = self.rows(i)
        if self.kind == "P":
            unit = [[Fraction(int(r == j)) for j in range(len(rows))] for r in range(len(rows))]
            return tuple((*one, *row) for one, row in zip(unit, rows, strict=True))
        if self.kind == "H":
            return null_space(rows, self.check_order(i))
        return rows

    def check_order(self, i: int = 0) -> list[int]:
        """Columns of an H, a well-conditioned information set of the dual code first."""
        H = self.values[i]
        first = H[:, : len(H)]
        with np.errstate(all="ignore"):
            well = bool(np.isfinite(H).all()) and np.linalg.cond(first) < _WELL_CONDITIONED
        return list(range(H.shape[1])) if well else pivot_order(H)

    def ranks(self) -> NDArray[np.int64]:
        """Shape (N,), ranks of the matrices, of [I | P] for P; exact in every case."""
        if self.kind == "P":
            return np.full(len(self), self.k)
        out = ranks(self.values)
        for i, rows in self.exact.items():
            out[i] = exact_rank(rows)
        return out

    def check_ranks(self, indices: Sequence[int] | NDArray[np.int64], where: str = "") -> None:
        """Refuse dependent rows.

        Args:
            indices: which matrices to look at.
            where: what to add to the message, with `{}` for the number of the matrix.

        Raises:
            InvalidCodeError: the rows of one of them are dependent.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        part = GivenMatrices(
            self.kind,
            self.values[chosen],
            {at: self.exact[i] for at, i in enumerate(chosen.tolist()) if i in self.exact},
        )
        found = part.ranks()
        rows = self.values.shape[1]
        if (found < rows).any():
            at = int(np.argmax(found < rows))
            raise InvalidCodeError(
                _dependent(self.kind, int(found[at]), rows) + where.format(chosen[at])
            )

    def loses_integers(self, i: int) -> bool:
        """Whether rounding makes integers of entries, which kernels would take for exact."""
        return i in self.exact and bool((np.rint(self.values[i]) == self.values[i]).all())

    def is_meant(self, i: int = 0) -> bool:
        """Whether entries are surely no rounded ones: fractions, integers, few binary digits."""
        return i in self.exact or _are_meant(self.values[i])

    def needs_exact_zeros(
        self, chosen: NDArray[np.int64], *, as_given: bool = False
    ) -> NDArray[np.bool_]:
        """Whether no tolerance may call a minor zero, and float64 may not hold the minors.

        Args:
            chosen: shape (C,), numbers of matrices.
            as_given: whether all entries are meant as they are, rounded or not.

        Returns:
            Shape (C,).
        """
        values = self.expanded[chosen]
        whole = (np.rint(values) == values).all(axis=(1, 2))
        bound = _minor_bound(values)
        _, rows, n = values.shape
        if not self.is_check and 0 < n - rows < rows:
            # Of [I | P] kernels expand [P^T | I].
            systematic = (values[:, :, :rows] == np.eye(rows)).all(axis=(1, 2))
            other = _minor_bound(np.swapaxes(values[:, :, rows:], 1, 2), 1.0)
            bound = np.where(systematic, np.minimum(bound, other), bound)
        out: NDArray[np.bool_] = ~(whole & (bound < _EXACT_INTEGERS))
        for at in np.flatnonzero(out).tolist():
            out[at] = as_given or self.is_meant(int(chosen[at]))
        for i in self.exact:
            out[chosen == i] = True
        return out

    def out_of_range(self) -> NDArray[np.bool_]:
        """Shape (N,), whose entries are so small or large that products of them get lost."""
        return products_get_lost(self.expanded)


def _minor_bound(rows: Float, more: float = 0.0) -> Float:
    """Product of the absolute sums of the rows, each with so much more; shape (N,)."""
    with np.errstate(over="ignore"):
        sums = np.abs(rows).sum(axis=2) + more
        return np.asarray(np.maximum(sums, 1.0).prod(axis=1))


def _are_meant(values: Float) -> bool:
    mantissas = np.ldexp(np.frexp(values)[0], _MEANT_BITS)
    return bool(((np.rint(mantissas) == mantissas) | (np.rint(values) == values)).all())


def _dependent(kind: Kind, found: int, rows: int) -> str:
    if kind == "H":
        return f"the rows of H must be independent, got rank {found} for {rows} rows"
    return f"the rows of G must be independent: rank {rows} wanted, got {found}"


# --- reading what came ----------------------------------------------------------------------


def given_matrices(
    value: Any, kind: Kind = "G", dimensions: tuple[int, ...] = (2, 3)
) -> GivenMatrices:
    """Matrices from whatever describes them in Python, checked, nothing lost.

    Args:
        value: shape (a, b) or (N, a, b): numbers, fractions, decimals, text such as "1/3"; or
            a text, "1 0 1/3; 0 1 .5", as `mheight.codes.reading.parse_matrix` reads it.
        kind: what they are.
        dimensions: numbers of dimensions that are allowed.

    Returns:
        The matrices; one has N = 1.

    Raises:
        InvalidCodeError: no such numbers, not rectangular, an entry that is not finite or
            beyond float64, or a shape that no code has.

    Examples:
        >>> given_matrices([["1/3", 2**60 + 1]]).rows()
        ((Fraction(1, 3), Fraction(1152921504606846977, 1)),)
    """
    if isinstance(value, GivenMatrices):
        return value
    if isinstance(value, str):
        value = rows_of_text(value, kind, exact=True)
    refuse_masked(value, kind)
    values, entries = _numbers(value, kind)
    values = as_matrix(values, kind, dimensions)
    single = values.ndim == 2
    values = values[None] if single else values
    _check_shape(kind, values.shape[1:] if single else values.shape)
    exact = {}
    if entries is not None:
        for i, matrix in enumerate(entries[None] if single else entries):
            rows = tuple(tuple(row) for row in matrix)
            if as_fractions(values[i]) != rows:
                exact[i] = rows
    return GivenMatrices(kind, values, exact, single)


def _numbers(value: Any, kind: Kind) -> tuple[Any, NDArray[np.object_] | None]:
    """What `as_matrix` takes, and all entries as fractions where floats may not hold them."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return value, None  # as_matrix says what is wrong
    if array.dtype.kind in "iu":
        # Two comparisons, since the least integer has no absolute value.
        beyond = array.dtype.itemsize == 8 and bool(((array > 2**53) | (array < -(2**53))).any())
    elif array.dtype.kind == "f":
        # A list of integers and floats has its integers rounded by NumPy.
        beyond = array.dtype.itemsize > 8 or (
            not isinstance(value, np.ndarray)
            and array.dtype.itemsize == 8
            and array.size > 0
            and bool((np.abs(array) >= _EXACT_INTEGERS).any())
        )
    else:
        beyond = array.dtype.kind in "OU"
    if not beyond:
        return (array if array.dtype.kind in "biuf" else value), None
    if not isinstance(value, np.ndarray):
        try:
            array = np.asarray(value, dtype=object)
        except (ValueError, TypeError):
            return value, None
    if array.dtype.kind == "f":
        array = array.astype(object)  # long doubles
    if array.ndim not in (2, 3) or not array.size:
        return value, None
    entries = np.empty(array.shape, dtype=object)
    floats = np.empty(array.shape)
    for at, x in np.ndenumerate(array):
        if isinstance(x, Sequence | np.ndarray) and not isinstance(x, str):
            return value, None  # ragged
        where = f" at index {at}"
        number = rational_number(x, kind, where)
        entries[at] = number
        try:
            floats[at] = number.numerator / number.denominator
        except OverflowError:
            raise InvalidCodeError(
                f"{kind} must be within the range of float64, got a number of "
                f"{len(str(abs(int(number))))} digits{where}"
            ) from None
    return floats, entries


def _check_shape(kind: Kind, shape: tuple[int, ...]) -> None:
    a, b = shape[-2:]
    if kind == "G" and not 1 <= a <= b:
        raise InvalidCodeError(
            f"G must have shape (k, n) or (N, k, n) with 1 <= k <= n, got {shape}"
        )
    if kind == "P" and 0 in (a, b):
        raise InvalidCodeError(f"P must have shape (k, n-k) with k >= 1 and n > k, got {shape}")
    if kind == "H" and not 1 <= a < b:
        raise InvalidCodeError(f"H must have shape (r, n) with 1 <= r < n, got {shape}")
