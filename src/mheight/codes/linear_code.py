"""`LinearCode`: a real linear code, given by a generator matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes.checks import as_generators, as_matrix, ranks
from mheight.codes.fingerprint import (
    SPECTRUM_TOLERANCE,
    fingerprints,
    minor_spectrum,
)
from mheight.codes.solving import systematic_part
from mheight.codes.symmetries import SymmetryKind, random_equivalent, systematic_generators
from mheight.errors import InvalidCodeError

__all__ = ["LinearCode"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class LinearCode:
    """An [n, k] linear code over the reals: the row space of a generator matrix.

    Args:
        G: generator matrix, shape (k, n), rank k, finite.

    Raises:
        InvalidCodeError: G has the wrong shape, an entry that is not finite, or
            dependent rows.

    Examples:
        >>> code = LinearCode([[1, 0, 1], [0, 1, 1]])
        >>> code
        LinearCode([3, 2])
        >>> code.P
        array([[1.],
               [1.]])
    """

    G: Float

    def __init__(self, G: ArrayLike | Sequence[Any]) -> None:
        matrix = as_generators(as_matrix(G, "G", (2,)))
        rank = int(ranks(matrix[None])[0])
        if rank < matrix.shape[0]:
            raise InvalidCodeError(
                f"the rows of G must be independent: rank {matrix.shape[0]} wanted, got {rank}"
            )
        matrix = matrix + 0.0  # a copy, without negative zeros
        matrix.flags.writeable = False
        object.__setattr__(self, "G", matrix)

    @classmethod
    def from_systematic(cls, P: ArrayLike | Sequence[Any]) -> LinearCode:
        """The code with generator matrix `[I | P]`.

        Args:
            P: shape (k, n-k), finite, with n > k.

        Examples:
            >>> LinearCode.from_systematic([[2, 1]]).G
            array([[1., 2., 1.]])
        """
        parity = as_matrix(P, "P", (2,))
        if 0 in parity.shape:
            raise InvalidCodeError(
                f"P must have shape (k, n-k) with k >= 1 and n > k, got {parity.shape}"
            )
        return cls(systematic_generators(parity[None])[0])

    @classmethod
    def from_parity_check(cls, H: ArrayLike | Sequence[Any]) -> LinearCode:
        """The code of all c with `H @ c = 0`.

        Args:
            H: shape (r, n), rank r, finite, with r < n.

        Examples:
            >>> LinearCode.from_parity_check([[1, 1, 1]])
            LinearCode([3, 2])
        """
        check = as_matrix(H, "H", (2,))
        if not 1 <= check.shape[0] < check.shape[1]:
            raise InvalidCodeError(f"H must have shape (r, n) with 1 <= r < n, got {check.shape}")
        try:
            dual = cls(check)
        except InvalidCodeError:
            raise InvalidCodeError(
                f"the rows of H must be independent, got rank {int(ranks(check[None])[0])} "
                f"for {check.shape[0]} rows"
            ) from None
        return cls(dual.H)

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
        first = self.G[:, : self.k]
        if np.linalg.cond(first) < 1e12:
            return tuple(range(self.k))
        # Column-pivoted Gram-Schmidt: take the longest column, project it out of the rest.
        rest, chosen = self.G.copy(), []
        for _ in range(self.k):
            pivot = int(np.argmax(np.linalg.norm(rest, axis=0)))
            direction = rest[:, pivot] / np.linalg.norm(rest[:, pivot])
            rest -= np.outer(direction, direction @ rest)
            rest[:, pivot] = 0.0
            chosen.append(pivot)
        return tuple(sorted(chosen))

    @cached_property
    def systematic_order(self) -> tuple[int, ...]:
        """Column order in which G takes the form `A [I | P]`: information set first."""
        chosen = self.information_set
        return chosen + tuple(j for j in range(self.n) if j not in chosen)

    @cached_property
    def P(self) -> Float:
        """Systematic part, shape (k, n-k), for the columns in `systematic_order`."""
        ordered = self.G[:, list(self.systematic_order)]
        basis, rest = ordered[:, : self.k], ordered[:, self.k :]
        identity = bool((basis == np.eye(self.k)).all())
        return rest.copy() if identity else systematic_part(basis, rest)

    @cached_property
    def H(self) -> Float:
        """A parity-check matrix, shape (n-k, n), with `G @ H.T = 0`."""
        redundancy = self.n - self.k
        check = np.zeros((redundancy, self.n))
        order = list(self.systematic_order)
        check[:, order[: self.k]] = -self.P.T
        check[:, order[self.k :]] = np.eye(redundancy)
        return check

    @cached_property
    def fingerprint(self) -> str:
        """A hexadecimal name that all equivalent codes share; see `mheight.codes.fingerprints`."""
        return fingerprints(self.G[None])[0]

    def has_spectrum_of(self, other: LinearCode) -> bool:
        """Whether both codes have the same sorted absolute minors (to 1e-8 of the largest).

        Equivalent codes always do; codes that do are treated as equivalent wherever
        data is split.
        """
        if (self.n, self.k) != (other.n, other.k):
            return False
        difference = minor_spectrum(self.G[None]) - minor_spectrum(other.G[None])
        return bool((np.abs(difference) <= SPECTRUM_TOLERANCE).all())

    def permuted(self, order: Sequence[int]) -> LinearCode:
        """The code with column i equal to column `order[i]` of this one."""
        if sorted(order) != list(range(self.n)):
            raise InvalidCodeError(
                f"order must be a permutation of 0..{self.n - 1}, got {list(order)}"
            )
        return LinearCode(self.G[:, list(order)])

    def negated(self, columns: Sequence[int]) -> LinearCode:
        """The code with the given columns multiplied by -1."""
        signs = np.ones(self.n)
        for j in columns:
            if not 0 <= j < self.n:
                raise InvalidCodeError(f"columns must lie in 0..{self.n - 1}, got {j}")
            signs[j] = -1.0
        return LinearCode(self.G * signs)

    def random_equivalent(
        self, rng: np.random.Generator, kind: SymmetryKind = "information-set"
    ) -> LinearCode:
        """A random equivalent code in systematic form (see `mheight.codes.random_equivalent`)."""
        return LinearCode.from_systematic(random_equivalent(self.P[None], rng, kind)[0])

    def __eq__(self, other: object) -> bool:
        """Equal generator matrices; for equal row spaces up to symmetry, use `fingerprint`."""
        if not isinstance(other, LinearCode):
            return NotImplemented
        return self.G.shape == other.G.shape and bool((self.G == other.G).all())

    def __hash__(self) -> int:
        return hash((self.G.shape, self.G.tobytes()))

    def __repr__(self) -> str:
        return f"LinearCode([{self.n}, {self.k}])"
