"""Codes of simple parity checks, and sums of repetition codes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product

from mheight.catalogue.chains import Chain
from mheight.catalogue.exact_code import ExactCode
from mheight.codes.algebra.exact_matrices import null_space
from mheight.errors import InvalidCodeError

__all__ = [
    "disjunct_checks",
    "is_disjunct",
    "net_checks",
    "repetition_sum",
    "single_parity",
    "vandermonde",
]


def repetition_sum(lengths: Sequence[int]) -> ExactCode:
    """The direct sum of repetition codes of some lengths: h_m = 1 for m < the least of them.

    A codeword is constant on k blocks of t_i positions, so at least min t_i of its entries
    have the largest magnitude.  With k blocks of m+1, h_m = 1 at n = k (m+1); see
    `mheight.catalogue.rules.one_is_attained`.

    Examples:
        >>> repetition_sum([3, 2]).rows
        ((1, 1, 1, 0, 0), (0, 0, 0, 1, 1))
    """
    sizes = [int(t) for t in lengths]
    if not sizes or min(sizes) < 1:
        raise InvalidCodeError(f"lengths must be positive, got {sizes}")
    n = sum(sizes)
    rows, start = [], 0
    for t in sizes:
        rows.append([int(start <= j < start + t) for j in range(n)])
        start += t
    return ExactCode(rows, Chain.made("repetition_sum", lengths=sizes))


def single_parity(n: int) -> ExactCode:
    """The [n, n-1] code of words with sum 0: h_1 = n-1, the least, by h_1 >= ceil(k/(n-k)).

    One check of n columns without a zero gives |c|(0) <= (n-1) |c|(1) where all its entries are
    alike, and more where they are not.
    """
    if n < 2:
        raise InvalidCodeError(f"the single parity code needs n >= 2, got {n}")
    rows = [[*(int(i == j) for j in range(n - 1)), -1] for i in range(n - 1)]
    return ExactCode(rows, Chain.made("single_parity", n=n))


def is_disjunct(H: Sequence[Sequence[int]], d: int) -> bool:
    """Whether no column of a 0/1 matrix is covered by d others.

    Examples:
        >>> is_disjunct([[1, 1, 0], [1, 0, 1]], 1)
        False
    """
    n = len(H[0])
    columns = [{i for i, row in enumerate(H) if row[j]} for j in range(n)]
    return all(
        columns[a] - set().union(*(columns[s] for s in others))
        for a in range(n)
        for others in combinations([j for j in range(n) if j != a], min(d, n - 1))
    )


def disjunct_checks(checks: Sequence[Sequence[int]]) -> ExactCode:
    """The code with 0/1 parity checks; h_m <= rho - 1 where they are (m-1)-disjunct.

    rho is the most positions in a check.  Proof: let |c_a| be the largest and S the m-1 next
    largest.  Some check holds a and none of S; by it |c_a| <= (rho - 1) |c|(m).

    Args:
        checks: rows of zeros and ones, some maybe dependent.

    Raises:
        InvalidCodeError: other entries, or no codeword but 0.

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020, uses such matrices.

    Examples:
        >>> disjunct_checks([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1]])
        ExactCode([5, 3])
    """
    held = [[int(x) for x in row] for row in checks]
    if (
        not held
        or len({len(row) for row in held}) != 1
        or any(x not in (0, 1) for row in held for x in row)
    ):
        raise InvalidCodeError("checks must be rows of zeros and ones of one length")
    H = tuple(tuple(Fraction(x) for x in row) for row in held)
    rows = null_space(H, range(len(held[0])))
    if not rows:
        raise InvalidCodeError("only the word 0 satisfies these checks")
    return ExactCode(rows, Chain.made("disjunct_checks", checks=held))


def net_checks(sides: Sequence[int], slopes: int = 0) -> list[list[int]]:
    """Checks on the points of a grid: one for each line along an axis, or of a slope.

    The column of a point has a 1 for each direction, and two points share at most one line, so
    that d directions make a (d-1)-disjunct matrix.

    Args:
        sides: of the grid.
        slopes: further directions y = s x + b, s = 1, 2, ..., in a square grid of prime side.

    Examples:
        >>> net_checks([2, 2])
        [[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1]]
    """
    points = list(product(*(range(q) for q in sides)))
    rows = []
    for axis in range(len(sides)):
        others = [range(q) if i != axis else range(1) for i, q in enumerate(sides)]
        for fixed in product(*others):
            rows.append([int(all(x == y for i, (x, y) in enumerate(zip(p, fixed, strict=True))
                             if i != axis)) for p in points])  # fmt: skip
    if slopes:
        if len(sides) != 2 or sides[0] != sides[1] or not 0 < slopes < sides[0]:
            raise InvalidCodeError(f"slopes need a square grid and fewer than its side, got "
                                   f"{slopes} in {list(sides)}")  # fmt: skip
        q = sides[0]
        for s in range(1, slopes + 1):
            rows.extend([int((y - s * x) % q == b) for x, y in points] for b in range(q))
    return rows


def vandermonde(n: int, k: int) -> ExactCode:
    """The [n, k] code of polynomials of degree below k at n whole points around 0; it is MDS.

    A bad code, and a rational one in which h_m is finite for all m <= n-k.

    Examples:
        >>> vandermonde(4, 2).rows
        ((1, 1, 1, 1), (-1, 0, 1, 2))
    """
    if not 1 <= k < n:
        raise InvalidCodeError(f"k must be in 1..n-1, got n = {n}, k = {k}")
    points = [j - (n - 1) // 2 for j in range(n)]
    rows = [[x**i for x in points] for i in range(k)]
    return ExactCode(rows, Chain.made("vandermonde", n=n, k=k))
