"""`LinearCode`: a real linear code, given by a generator matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes.algebra.conditioning import condition, pivot_order, reduced_generator
from mheight.codes.algebra.exact_matrices import Matrix, as_fractions, echelon, nearest_floats
from mheight.codes.algebra.solving import systematic_part
from mheight.codes.given import GivenMatrices, given_matrices
from mheight.codes.reading.blocks import kind_asked
from mheight.codes.reading.text import parse_block
from mheight.codes.symmetry.fingerprint import (
    SPECTRUM_TOLERANCE,
    minor_spectrum,
    spectrum_names,
)
from mheight.codes.symmetry.symmetries import SymmetryKind, random_equivalent
from mheight.errors import InvalidCodeError

__all__ = ["LinearCode"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_WORST_BASIS = 1e12
"""Condition number up to which an information set serves in float64."""

_WELL_CONDITIONED = 1e6
"""Condition number up to which minors are right to a spectrum's tolerance."""

_MOST_WORK = 2**21
"""Of H with r rows, r^2 n up to which its null space is found exactly, in seconds."""

_EXACT_INTEGERS = 2**53


@dataclass(frozen=True, eq=False, repr=False)
class LinearCode:
    """An [n, k] linear code over the reals: the row space of a generator matrix.

    A message u of k numbers becomes the codeword c = u G of n numbers; the code is the set of
    all codewords, a k-dimensional subspace of R^n.  G and A G, with A invertible, are of one
    code.  A set B of k positions is an *information set* if the columns G_B are independent:
    u = c_B inverse(G_B), so a codeword is known from its entries on B.  With B = {0, ..., k-1}
    a code has the *systematic* generator matrix [I | P].  The same subspace is where a
    *parity-check* matrix H = [-P^T | I] vanishes, c H^T = 0, and up to sign the k x k minors
    of G are the (n-k) x (n-k) minors of H on the complements.

    The m-height of a code is the largest |c|(0) / |c|(m) over its codewords c != 0, where
    |c|(0) >= |c|(1) >= ... are the sorted magnitudes.  It depends on the subspace alone, and
    not on the order and signs of positions.  A codeword that vanishes on k-1 positions has at
    most n-k+1 nonzero entries (Singleton's bound), so h_m is infinite for m > n-k.

    The matrix is held as it was given: what float64 can't hold (fractions, text, integers
    beyond 2^53), and a parity-check matrix whose null space it can't hold, are used exactly
    by all that promises to be exact, and `G` is the nearest float64 of it.

    Args:
        G: generator matrix, shape (k, n), rank k: finite floats, which count as the binary
            fractions that they are, integers, `Fraction`, `Decimal`, or text such as "1/3".

    Raises:
        InvalidCodeError: G has the wrong shape, an entry that is not finite, or
            dependent rows.

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020, sections II and III.

    Examples:
        >>> code = LinearCode([[1, 0, 1], [0, 1, 1]])
        >>> code
        LinearCode([3, 2])
        >>> code.P
        array([[1.],
               [1.]])
        >>> code.H
        array([[-1., -1.,  1.]])
        >>> code.G @ code.H.T
        array([[0.],
               [0.]])
    """

    G: Float
    given: GivenMatrices

    def __init__(self, G: ArrayLike | Sequence[Any]) -> None:
        self._hold(given_matrices(G, "G", (2,)))

    @classmethod
    def parse(
        cls, text: str, *, systematic: bool = False, parity_check: bool = False
    ) -> LinearCode:
        """The code of a typed or pasted matrix: rows, MATLAB, NumPy, LaTeX, JSON.

        Args:
            text: as for `mheight.codes.reading.parse_matrix`.
            systematic: whether the matrix is P of `G = [I | P]` rather than G.
            parity_check: whether it is a parity-check matrix H.

        Examples:
            >>> LinearCode.parse("[1 0 | 1/2; 0 1 | -3]").P.tolist()
            [[0.5], [-3.0]]
        """
        block = parse_block(text, exact=True)
        values, kind = block.told(kind_asked(systematic, parity_check))
        return cls.from_given(given_matrices(values, kind, (2,)))

    @classmethod
    def from_systematic(cls, P: ArrayLike | Sequence[Any]) -> LinearCode:
        """The code with generator matrix `[I | P]`.

        Args:
            P: shape (k, n-k), finite, with n > k; entries as for G.

        Examples:
            >>> LinearCode.from_systematic([[2, 1]]).G
            array([[1., 2., 1.]])
        """
        return cls.from_given(given_matrices(P, "P", (2,)))

    @classmethod
    def from_parity_check(cls, H: ArrayLike | Sequence[Any]) -> LinearCode:
        """The code of all c with `H @ c = 0`.

        Args:
            H: shape (r, n), rank r, finite, with r < n; entries as for G.

        Examples:
            >>> LinearCode.from_parity_check([[1, 1, 1]])
            LinearCode([3, 2])
            >>> LinearCode.from_parity_check([["1/2", 1, 1]]).G
            array([[-2.,  1.,  0.],
                   [-2.,  0.,  1.]])
        """
        return cls.from_given(given_matrices(H, "H", (2,)))

    @classmethod
    def from_given(cls, given: GivenMatrices) -> LinearCode:
        """The code of a single matrix of any kind.

        Raises:
            InvalidCodeError: dependent rows.
        """
        code = object.__new__(cls)
        code._hold(given)
        return code

    def _hold(self, given: GivenMatrices) -> None:
        given.check_ranks([0])
        if given.kind == "H":
            matrix, rows = _check_generator(given)
            object.__setattr__(self, "_null_space", rows)
        else:
            matrix = given.expanded[0]
        matrix = matrix + 0.0  # a copy, without negative zeros
        values = given.values + 0.0
        matrix.flags.writeable = values.flags.writeable = False
        object.__setattr__(self, "G", matrix)
        object.__setattr__(self, "given", GivenMatrices(given.kind, values, given.exact, True))

    @cached_property
    def exact_generator(self) -> Matrix:
        """A generator matrix in fractions, k rows of n, of which `G` is the nearest float64.

        Examples:
            >>> LinearCode.from_parity_check([[3, 1, 1]]).exact_generator[0]
            (Fraction(-1, 1), Fraction(3, 1), Fraction(0, 1))
        """
        if self.given.kind != "H":
            return self.given.generator()
        known: Matrix | None = self._null_space  # type: ignore[attr-defined]
        return self.given.generator() if known is None else known

    @cached_property
    def is_rounded(self) -> bool:
        """Whether no float64 holds an entry of the generator matrix, so that `G` is near it."""
        if self.given.kind != "H":
            return bool(self.given.exact)
        known: Matrix | None = self._null_space  # type: ignore[attr-defined]
        return known is None or as_fractions(self.G) != known

    @property
    def n(self) -> int:
        """Length."""
        return int(self.G.shape[1])

    @property
    def k(self) -> int:
        """Dimension."""
        return int(self.G.shape[0])

    @cached_property
    def information_set(self) -> tuple[int, ...]:
        """K columns that form a basis: the first k if they do, else chosen by pivoting."""
        if _is_well_conditioned(self.G[:, : self.k]):
            return tuple(range(self.k))
        _, pivots = echelon(self.exact_generator, pivot_order(self.G))
        return tuple(sorted(pivots))

    @cached_property
    def systematic_order(self) -> tuple[int, ...]:
        """Column order in which G takes the form `A [I | P]`: information set first."""
        chosen = self.information_set
        return chosen + tuple(j for j in range(self.n) if j not in chosen)

    @cached_property
    def P(self) -> Float:
        """Systematic part, shape (k, n-k), for the columns in `systematic_order`."""
        order = list(self.systematic_order)
        basis, rest = self.G[:, order[: self.k]], self.G[:, order[self.k :]]
        if (basis == np.eye(self.k)).all():
            return rest.copy()
        is_long = self.k * self.k * self.n > _MOST_WORK
        is_float = not (self.is_rounded or self.given.is_meant())
        if _is_well_conditioned(basis) and (is_long or is_float):
            return systematic_part(basis, rest)
        reduced, pivots = echelon(self.exact_generator, order)
        places = [pivots.index(j) for j in order[: self.k]]
        nearest = nearest_floats(tuple(tuple(reduced[i][j] for j in order) for i in places))
        if nearest is None:
            raise InvalidCodeError("P of this code has entries beyond float64")
        parity: Float = nearest[:, self.k :].copy()
        return parity

    @cached_property
    def H(self) -> Float:
        """A parity-check matrix, shape (n-k, n), with `G @ H.T = 0`: that given, if one was."""
        if self.given.kind == "H":
            return np.asarray(self.given.values[0])
        redundancy = self.n - self.k
        check = np.zeros((redundancy, self.n))
        order = list(self.systematic_order)
        check[:, order[: self.k]] = -self.P.T
        check[:, order[self.k :]] = np.eye(redundancy)
        return check

    @cached_property
    def spectrum(self) -> Float:
        """Sorted absolute minors over the largest, shape (C(n, k),); see `minor_spectrum`."""
        matrix = self.G
        if self.is_rounded or condition(matrix) > _WELL_CONDITIONED:
            # Minors of H on complements are those of G, up to one factor.
            given = self.given
            rows = given.rows() if given.is_check else self.exact_generator
            matrix = given.values[0] if given.is_check else matrix
            better = reduced_generator(matrix, rows)
            matrix = matrix if better is None else better
        return np.asarray(minor_spectrum(matrix[None])[0])

    @cached_property
    def fingerprint(self) -> str:
        """A hexadecimal name that all equivalent codes share; see `mheight.codes.fingerprints`."""
        return spectrum_names(self.spectrum[None], self.n, self.k)[0]

    def has_spectrum_of(self, other: LinearCode) -> bool:
        """Whether both codes have the same sorted absolute minors (to 1e-8 of the largest).

        Equivalent codes always do; codes that do are treated as equivalent wherever
        data is split.
        """
        if (self.n, self.k) != (other.n, other.k):
            return False
        return bool((np.abs(self.spectrum - other.spectrum) <= SPECTRUM_TOLERANCE).all())

    def permuted(self, order: Sequence[int]) -> LinearCode:
        """The code with column i equal to column `order[i]` of this one."""
        if sorted(order) != list(range(self.n)):
            raise InvalidCodeError(
                f"order must be a permutation of 0..{self.n - 1}, got {list(order)}"
            )
        return self._moved(list(order), np.ones(self.n))

    def negated(self, columns: Sequence[int]) -> LinearCode:
        """The code with the given columns multiplied by -1."""
        signs = np.ones(self.n)
        for j in columns:
            if not 0 <= j < self.n:
                raise InvalidCodeError(f"columns must lie in 0..{self.n - 1}, got {j}")
            signs[j] = -1.0
        return self._moved(list(range(self.n)), signs)

    def _moved(self, order: list[int], signs: Float) -> LinearCode:
        """Columns in another order, with signs; nothing is rounded."""
        if not self.is_rounded:
            return LinearCode(self.G[:, order] * signs)
        check = self.given.is_check
        rows = self.given.rows() if check else self.exact_generator
        factors = [int(sign) for sign in signs]
        moved = [[row[j] * x for j, x in zip(order, factors, strict=True)] for row in rows]
        return LinearCode.from_parity_check(moved) if check else LinearCode(moved)

    def random_equivalent(
        self, rng: np.random.Generator, kind: SymmetryKind = "information-set"
    ) -> LinearCode:
        """A random equivalent code in systematic form (see `mheight.codes.random_equivalent`)."""
        return LinearCode.from_systematic(random_equivalent(self.P[None], rng, kind)[0])

    def __eq__(self, other: object) -> bool:
        """Equal generator matrices; for equal row spaces up to symmetry, use `fingerprint`."""
        if not isinstance(other, LinearCode):
            return NotImplemented
        if self.G.shape != other.G.shape or not (self.G == other.G).all():
            return False
        if not self.is_rounded and not other.is_rounded:
            return True
        return self.exact_generator == other.exact_generator

    def __hash__(self) -> int:
        return hash((self.G.shape, self.G.tobytes()))

    def __repr__(self) -> str:
        return f"LinearCode([{self.n}, {self.k}])"


def _check_generator(given: GivenMatrices) -> tuple[Float, Matrix | None]:
    """A generator matrix for an H: in float64, and in fractions unless that takes too long.

    With the identity where its columns are free; times its denominators where it takes
    that for float64 to hold it.
    """
    _, redundancy, n = given.values.shape
    H, order = given.values[0], given.check_order()
    is_long = redundancy * redundancy * n > _MOST_WORK
    if is_long and not given.exact and _is_well_conditioned(H[:, order[:redundancy]]):
        P = systematic_part(H[:, order[:redundancy]], H[:, order[redundancy:]])
        matrix = np.zeros((n - redundancy, n))
        free = np.argsort(order[redundancy:])
        matrix[:, order[:redundancy]] = -P.T[free]
        matrix[np.arange(len(free)), np.array(order[redundancy:])[free]] = 1.0
        return matrix, None
    rows = given.generator()
    nearest = nearest_floats(rows)
    if nearest is None:
        raise InvalidCodeError(
            "the null space of H must be within the range of float64 to be a generator matrix"
        )
    if as_fractions(nearest) == rows:
        return nearest, rows
    whole = tuple(_times_denominators(row) for row in rows)
    if all(abs(x) <= _EXACT_INTEGERS for row in whole for x in row):
        return np.array([[float(x) for x in row] for row in whole]), whole
    return nearest, rows


def _times_denominators(row: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    common = math.lcm(*(x.denominator for x in row))
    return tuple(x * common for x in row)


def _is_well_conditioned(basis: Float) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.linalg.cond(basis) < _WORST_BASIS)
