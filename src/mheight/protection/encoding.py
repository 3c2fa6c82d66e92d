"""A matrix with check rows, so that its products are codewords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.checks import as_matrix
from mheight.errors import InvalidCodeError, InvalidDataError

__all__ = ["Encoder", "systematic"]

Float = NDArray[np.float64]


def systematic(code: LinearCode) -> LinearCode:
    """An equivalent code with G = [I | P], whose heights are the same.

    Raises:
        InvalidCodeError: k = n.
    """
    if code.k == code.n:
        raise InvalidCodeError(f"a code with n > k is needed, got [{code.n}, {code.k}]")
    return LinearCode.from_systematic(code.P)


@dataclass(frozen=True, eq=False)
class Encoder:
    """Adds n-k rows of checks to each k rows of a matrix.

    With G = [I | P] the encoded matrix is G^T W: its first k rows are W itself, and for every
    x the product G^T W x is the codeword of the message W x.  Blocks of k rows follow one
    another, the last one filled up with zero rows.

    Args:
        code: a `LinearCode` with k < n, brought to the form [I | P].

    Examples:
        >>> from mheight.codes import single_parity
        >>> Encoder(single_parity(3)).encode([[1.0, 2.0], [3.0, 4.0]])
        array([[ 1.,  2.],
               [ 3.,  4.],
               [-4., -6.]])
    """

    code: LinearCode

    def __init__(self, code: LinearCode) -> None:
        object.__setattr__(self, "code", systematic(code))

    def encode(self, W: ArrayLike | Sequence[Any]) -> Float:
        """The encoded matrix.

        Args:
            W: shape (outputs, inputs), finite.

        Returns:
            Shape (blocks * n, inputs), where blocks = ceil(outputs / k).
        """
        matrix = as_matrix(W, "W", (2,))
        if 0 in matrix.shape:
            raise InvalidDataError(f"W must have at least one row and column, got {matrix.shape}")
        n, k = self.code.n, self.code.k
        outputs, inputs = matrix.shape
        blocks = -(-outputs // k)
        padded = np.zeros((blocks * k, inputs))
        padded[:outputs] = matrix
        encoded = np.einsum("kn,bki->bni", self.code.G, padded.reshape(blocks, k, inputs))
        return np.ascontiguousarray(encoded.reshape(blocks * n, inputs))

    def words(self, products: ArrayLike) -> Float:
        """The words in products of an encoded matrix.

        Args:
            products: shape (blocks * n,) or (blocks * n, N).

        Returns:
            Shape (N * blocks, n), the blocks of one product after the other.
        """
        array = np.asarray(products, dtype=np.float64)
        columns = array[:, None] if array.ndim == 1 else array
        n = self.code.n
        if columns.ndim != 2 or len(columns) % n:
            raise InvalidDataError(
                f"products must have shape (blocks * n,) or (blocks * n, N) with n = {n}, "
                f"got {array.shape}"
            )
        return np.ascontiguousarray(columns.T.reshape(-1, n))

    def outputs(self, words: Float, outputs: int) -> Float:
        """The products of W in codewords: the inverse of `words`, without the checks.

        Args:
            words: shape (N * blocks, n).
            outputs: rows of W.

        Returns:
            Shape (outputs, N).
        """
        n, k = self.code.n, self.code.k
        blocks = -(-outputs // k)
        parts = words.reshape(-1, blocks, n)[:, :, :k]
        return np.ascontiguousarray(parts.reshape(len(parts), blocks * k)[:, :outputs].T)
