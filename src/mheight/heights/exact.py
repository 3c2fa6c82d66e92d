"""Heights of rational codes without rounding: fractions in, fractions and witnesses out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpq_mat, fmpz_mat
from numpy.typing import ArrayLike

from mheight.codes import LinearCode
from mheight.codes.rationals import rational_matrix
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate, Number
from mheight.heights.lattice.integers import IntegerCode, integer_code, sweep

__all__ = ["exact_certificates", "exact_profile", "singleton_certificate"]


def exact_profile(G: LinearCode | ArrayLike | Sequence[Sequence[Any]]) -> tuple[Number, ...]:
    """All heights h_1 ... h_{n-k} of a rational code, exactly.

    Args:
        G: as for `rational_matrix`, rank k.

    Returns:
        n-k numbers; entry m-1 is h_m, a `Fraction` at least 1, or the float `inf`.

    Raises:
        InvalidCodeError: as for `rational_matrix`; dependent rows; or a code with too
            many sets of columns.

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020, defines the heights;
        arXiv 2602.20366, Theorem 8, is the formula behind.

    Examples:
        >>> exact_profile([[1, 0, 1, 3, 3, -2], [0, 1, -2, 1, 3, -2]])
        (Fraction(8, 3), Fraction(3, 1), Fraction(6, 1), inf)
    """
    code = integer_code(G)
    if code.k == code.n:
        return ()
    lattice = sweep(code)
    return tuple(lattice.reached(m)[0] for m in range(1, code.n - code.k + 1))


def exact_certificates(
    G: LinearCode | ArrayLike | Sequence[Sequence[Any]],
) -> tuple[Certificate, ...]:
    """For each height of a rational code, a codeword that reaches it, in fractions.

    Args:
        G: as for `exact_profile`.

    Returns:
        n-k certificates, for m = 1 ... n-k, with the heights of `exact_profile`.

    Raises:
        InvalidCodeError: as for `exact_profile`.

    Examples:
        >>> witness = exact_certificates([[1, 0, 1, 1], [0, 1, 1, 2]])[1]
        >>> [str(x) for x in witness.codeword]
        ['1', '1', '2', '3']
    """
    code = integer_code(G)
    if code.k == code.n:
        return ()
    lattice = sweep(code)
    certificates = []
    vanishing: tuple[list[Fraction], list[Fraction]] | None = None
    for m in range(1, code.n - code.k + 1):
        height, target, kept = lattice.reached(m)
        if isinstance(height, Fraction):
            start = lattice.basis(m, target, kept)
            basis, message, word = _optimal_basis(code, target, kept, start)
        else:
            # A codeword with d nonzero entries shows every infinite height.
            vanishing = vanishing or _vanishing_word(code, kept)
            message, word = vanishing
            target = max(range(code.n), key=lambda j: abs(word[j]))
            basis = ()
        # B stays out of the m largest: if some s in S has |c_s| < 1, then c cannot grow at
        # a b with x_b != 0 only because a position of T - B has |c| = 1, which may replace s.
        order = sorted(range(code.n), key=lambda j: (-abs(word[j]), j != target, j in basis, j))
        certificates.append(
            Certificate(
                m,
                height,
                target,
                tuple(sorted(order[:m])),
                tuple(sorted(basis)) or None,
                tuple(message),
                tuple(word),
            )
        )
    return tuple(certificates)


def singleton_certificate(
    G: LinearCode | ArrayLike | Sequence[Sequence[Any]], m: int
) -> Certificate:
    """A codeword of at most n-k+1 nonzero entries: h_m is infinite for n-k < m < n.

    Args:
        G: as for `rational_matrix`, rank k.
        m: n-k < m < n.

    Raises:
        InvalidCodeError: as for `rational_matrix`, or dependent rows.

    Reference:
        The Singleton bound, d <= n-k+1.

    Examples:
        >>> witness = singleton_certificate([[1, 0, 1, 1], [0, 1, 1, 2]], 3)
        >>> witness.height, [str(x) for x in witness.codeword]
        (inf, ['1', '0', '1', '1'])
    """
    rows = [[fmpq(x.numerator, x.denominator) for x in row] for row in rational_matrix(G)]
    k, n = len(rows), len(rows[0])
    echelon, rank = fmpq_mat(rows).rref()
    if rank < k:
        raise InvalidCodeError(f"the rows of G must be independent: rank {k} wanted, got {rank}")
    table = echelon.tolist()
    pivots = [next(j for j, x in enumerate(row) if x != 0) for row in table]
    square = fmpq_mat([[row[j] for row in rows] for j in pivots])
    unit = fmpq_mat([[fmpq(int(i == 0))] for i in range(k)])
    word, message = table[0], square.solve(unit).entries()
    target = max(range(n), key=lambda j: abs(word[j]))
    scale = word[target]
    order = sorted(range(n), key=lambda j: (-abs(word[j]), j))
    u, c = ([Fraction(int(y.p), int(y.q)) for y in (x / scale for x in vector)]
            for vector in (message, word))  # fmt: skip
    return Certificate(m, math.inf, target, tuple(sorted(order[:m])), None, tuple(u), tuple(c))


def _optimal_basis(
    code: IntegerCode, target: int, kept: tuple[int, ...], basis: tuple[int, ...]
) -> tuple[tuple[int, ...], list[Fraction], list[Fraction]]:
    """A codeword with |c| <= 1 on T and |c_a| = F_a(T) - 1, and a basis where |c| = 1.

    The LP is  max c_a, |c| <= 1 on T;  its dual  min ||x||_1, G_T x = g_a.  `basis` solves
    the dual.  If some x_b = 0 the signs of c_b are free and the first choice may break
    |c| <= 1 elsewhere; steps of the simplex method then exchange such b (by Bland's rule,
    so that they end) while x stays as it is.
    """
    columns, generator = list(basis), fmpz_mat(code.rows)
    solution = code.columns(columns).solve(code.columns([target])).entries()
    nonzero = {b for b, x in zip(columns, solution, strict=True) if x != 0}
    signs = [-1 if x < 0 else 1 for x in solution]
    while True:
        square = code.columns(columns)
        message = square.transpose().solve(fmpz_mat([[sign] for sign in signs])).entries()
        word = (fmpq_mat(1, code.k, message) * generator).entries()
        entering = next((j for j in kept if abs(word[j]) > 1), None)
        if entering is None:
            return tuple(columns), *_in_fractions(code, message, word)
        sign = 1 if word[entering] > 0 else -1
        change = square.solve(code.columns([entering])).entries()
        _, place = min(
            (b, i)
            for i, b in enumerate(columns)
            if b not in nonzero and sign * signs[i] * change[i] > 0
        )
        columns[place], signs[place] = entering, sign


def _vanishing_word(
    code: IntegerCode, kept: tuple[int, ...]
) -> tuple[list[Fraction], list[Fraction]]:
    """A codeword that is 0 on T, where the columns in T have a rank below k."""
    vectors, _ = code.columns(kept).transpose().nullspace()
    message = vectors.transpose().tolist()[0]
    word = (fmpz_mat([message]) * fmpz_mat(code.rows)).entries()
    largest = max(abs(x) for x in word)
    return _in_fractions(
        code, [fmpq(x, largest) for x in message], [fmpq(x, largest) for x in word]
    )


def _in_fractions(
    code: IntegerCode, message: list[fmpq], word: list[fmpq]
) -> tuple[list[Fraction], list[Fraction]]:
    """The message in terms of the rows of G, and the codeword."""
    u, c = ([Fraction(int(x.p), int(x.q)) for x in vector] for vector in (message, word))
    return [x * scale for x, scale in zip(u, code.scales, strict=True)], c
