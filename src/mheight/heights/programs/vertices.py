"""Certificates from a target a and a set T of kept positions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from mheight.codes.algebra.solving import solve_refined
from mheight.codes.rationals import Matrix, rational_matrix
from mheight.heights.certificate import Certificate, Number, rounded
from mheight.heights.programs.enclosure import rounded_down
from mheight.heights.programs.simplex import Vertex, crash, expel, reduced_table
from mheight.kernels.compiling import for_work, of_one_form

__all__ = [
    "IntegerRows",
    "build_certificate",
    "certify_vertex",
    "integer_rows",
    "loose_certificate",
    "optimal_vertex",
    "positions",
    "ratio",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STEP = 1e-9  # seconds for an entry of a tableau in one of the k pivots

_CLEAR = 1e-7
"""A multiplier of a basis is not zero if it is this large beside the largest."""


def positions(mask: int) -> list[int]:
    """The elements of a set given as a bit mask, ascending."""
    return [j for j in range(int(mask).bit_length()) if int(mask) >> j & 1]


def build_certificate(
    G: Float,
    m: int,
    target: int,
    kept: Sequence[int],
    basis: Iterable[int] = (),
    rows: IntegerRows | None = None,
) -> Certificate:
    """The codeword of largest |c_a| among those with |c_j| <= 1 on the kept positions.

    Args:
        G: shape (k, n), rank k.
        m: index of the height.
        target: a, not kept.
        kept: T, n - m positions.
        basis: an optimal basis in T, if one is known; otherwise it is found by a linear
            program.
        rows: a matrix of the same code, which the message is for; by default G.

    Returns:
        A certificate whose `height` is what its codeword reaches; infinite if the
        kept columns do not span.
    """
    if rows is None:
        rows = integer_rows(rational_matrix(G))
    columns = list(basis)
    if len(columns) == len(G):
        multipliers = solve_refined(G[:, columns], G[:, [target]])[:, 0]
        sizes = np.abs(multipliers)
        if sizes.min() > _CLEAR * sizes.max():
            return certify_vertex(rows, m, kept, columns, np.sign(multipliers))
    vertex = _vertex_of_kept(G, target, kept)
    if vertex is None:
        return loose_certificate(rows, m, kept)
    return certify_vertex(rows, m, kept, *vertex)


def optimal_vertex(
    table: Float, basis: Int, target: int, allowed: Flags
) -> tuple[Int, Float] | None:
    """The vertex of largest |c_a| with |c_j| <= 1 on the allowed columns.

    Args:
        table: shape (k, n), the tableau of `basis`; neither is changed.
        basis: shape (k,).
        target: a.
        allowed: shape (n,).

    Returns:
        The columns that are at a bound, shape (k,), and which, 1 or -1; None if the
        allowed columns do not span.
    """
    k, n = table.shape
    v = Vertex(
        table.copy(), basis.copy(), np.zeros(n + 1), np.empty(k), np.empty(n), allowed.copy(),
        np.ones(n),
    )  # fmt: skip
    seconds = _STEP * k * k * n
    if not for_work(expel, seconds)(v.table, v.basis, v.errors, allowed):
        return None
    v.open_[v.basis] = False
    for_work(crash, seconds)(v, target)
    return v.basis, v.signs


def _vertex_of_kept(G: Float, target: int, kept: Sequence[int]) -> tuple[list[int], Float] | None:
    allowed = np.zeros(G.shape[1], np.bool_)
    allowed[list(kept)] = True
    basis, errors = np.full(len(G), -1), np.zeros(G.shape[1] + 1)
    seconds = _STEP * G.size * len(G)
    table = for_work(reduced_table, seconds)(of_one_form(G), basis, errors)
    if (basis < 0).any():
        return None
    found = optimal_vertex(table, basis, target, allowed)
    return None if found is None else (found[0].tolist(), found[1])


def certify_vertex(
    rows: IntegerRows, m: int, kept: Sequence[int], basis: Sequence[int], signs: Float
) -> Certificate:
    """The codeword that has given signs on a basis, calculated in whole numbers.

    Its height is rounded down, its message and entries to the nearest floats.
    """
    square = fmpz_mat([[int(rows.matrix[i, b]) for i in range(len(basis))] for b in basis])
    solution = square.solve(fmpz_mat([[int(sign)] for sign in signs])).entries()
    common = math.lcm(*(int(x.q) for x in solution))
    whole = [int(x.p) * (common // int(x.q)) for x in solution]
    return _certificate(rows, m, whole, set(kept), basis)


@dataclass(frozen=True, eq=False)
class IntegerRows:
    """A generator matrix in whole numbers: row i of `matrix` is `scales[i]` times that of G."""

    matrix: fmpz_mat
    scales: list[Fraction]

    def encode(self, message: Sequence[int]) -> list[int]:
        """The codeword of a message in whole numbers."""
        return [int(x) for x in (fmpz_mat([list(message)]) * self.matrix).entries()]

    def codeword(self, message: Sequence[Number]) -> list[int]:
        """A multiple, in whole numbers, of the codeword of a message to G."""
        scaled = [Fraction(u) / s for u, s in zip(message, self.scales, strict=True)]
        common = math.lcm(*(x.denominator for x in scaled))
        return self.encode([x.numerator * (common // x.denominator) for x in scaled])


def integer_rows(G: Matrix) -> IntegerRows:
    """The rows of a rational matrix, each multiplied by a fraction to whole numbers."""
    rows, scales = [], []
    for row in G:
        common = math.lcm(*(x.denominator for x in row))
        whole = [x.numerator * (common // x.denominator) for x in row]
        content = math.gcd(*whole) or 1
        rows.append([x // content for x in whole])
        scales.append(Fraction(common, content))
    return IntegerRows(fmpz_mat(rows), scales)


def ratio(word: Sequence[int], m: int) -> float:
    """|c|(0) / |c|(m) of a codeword in whole numbers, rounded down; infinite where |c|(m) = 0."""
    magnitudes = sorted(map(abs, word), reverse=True)
    if magnitudes[m] == 0:
        return float("inf")
    return rounded_down(Fraction(magnitudes[0], magnitudes[m]))


def loose_certificate(rows: IntegerRows, m: int, kept: Sequence[int]) -> Certificate:
    """A codeword that vanishes on the kept positions; nearly, where their columns span.

    Columns that span, taken as they are, make a finite height, however large.  All that can
    be said of it here is the ratio that the codeword has.
    """
    k = rows.matrix.nrows()
    part = [[int(rows.matrix[i, j]) for i in range(k)] for j in kept]
    vectors, nullity = fmpz_mat(part).nullspace()
    if nullity:
        whole = [int(vectors[i, 0]) for i in range(k)]
    else:
        # Rows and columns of like size, so that the least singular value is the near zero.
        sizes = [max(map(abs, line)) or 1 for line in zip(*part, strict=True)]
        scaled = np.array(
            [[x / size for x, size in zip(line, sizes, strict=True)] for line in part]
        )
        largest = np.abs(scaled).max(axis=1, keepdims=True)
        message = _left_vectors((scaled / np.where(largest > 0, largest, 1.0)).T)[:, -1]
        exact = [Fraction(float(u)) / size for u, size in zip(message, sizes, strict=True)]
        common = math.lcm(*(x.denominator for x in exact))
        whole = [x.numerator * (common // x.denominator) for x in exact]
    return _certificate(rows, m, whole, set(kept))


def _left_vectors(matrix: Float) -> Float:
    """Left singular vectors; the right ones of thousands of columns would fill the memory."""
    return np.asarray(np.linalg.svd(matrix, full_matrices=matrix.shape[0] > matrix.shape[1])[0])


def _certificate(
    rows: IntegerRows, m: int, whole: Sequence[int], kept: set[int], basis: Sequence[int] = ()
) -> Certificate:
    """What a message in whole numbers shows; positions outside `kept` count as larger."""
    n = rows.matrix.ncols()
    word = rows.encode(whole)
    order = sorted(range(n), key=lambda j: (-abs(word[j]), j in kept, j in basis, j))
    target = order[0]
    if word[target] < 0:
        whole, word = [-x for x in whole], [-x for x in word]
    unit = abs(word[order[m]]) or word[target]
    height = ratio(word, m)
    return Certificate(
        m=m,
        height=height,
        target=target,
        larger=tuple(sorted(order[:m])),
        information_set=None if math.isinf(height) or not basis else tuple(sorted(basis)),
        message=tuple(
            rounded(Fraction(x, unit) * s) for x, s in zip(whole, rows.scales, strict=True)
        ),
        codeword=tuple(rounded(Fraction(x, unit)) for x in word),
    )
