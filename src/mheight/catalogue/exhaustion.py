"""Lower bounds for integer codes, by going through all of them: h_(n-k) for k = 2 and n-k = 2.

Let P of [I | P] be of integers, m = n-k and h_m < v.  Row i is a codeword: 1, the row P_i, zeros.
It has m+1 entries that are not 0, the least is 1 at most, so that all |P_ij| < v: however large
integers are allowed, finitely many codes are left.

With p(S) for the magnitude of the minor of columns S, h_m < v says: for every set A of k+1
columns, the sum of p(A - a) over a in A is less than (1 + v) times the least of them.

* k = 2: a condition on three columns of G at a time.  It holds for all columns but one, too, so
  that columns are added to (1, 0), (0, 1), one after the other.
* n-k = 2: p(A - a) is a minor of two columns b, c of H = [-P^T | I], where b is what A leaves
  out.  For each column b, the sum of |det(b, c)| is less than (1 + v) times the least.  With t
  columns still to come, which add the least at least, it is less than (1 + v - t) times it.

Columns are taken up to sign and order; signed permutations of both rows leave the least of all
images to be the first.  All numbers are integers: nothing is rounded.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue.proof_files import INTEGER_PROOFS, read_logs, write_logs
from mheight.errors import InvalidCodeError
from mheight.kernels.compiling import kernel

__all__ = ["IntegerProof", "exhaust", "read_integer_proofs", "write_integer_proofs"]

Int = NDArray[np.int64]

_MOST_VALUE = 200


@dataclass(frozen=True)
class IntegerProof:
    """The log of a proof of h_(n-k) >= value for all [n, k] codes [I | P] of integers.

    Attributes:
        n: length.
        k: dimension; 2 or n-2.
        value: the bound, as a fraction.
        steps: how many sets of columns were gone through.
        seconds: of computing.
        date: year-month-day.
    """

    n: int
    k: int
    value: str
    steps: int
    seconds: float
    date: str


@kernel()
def _det(a, b):  # type: ignore[no-untyped-def]
    """The magnitude of the minor of two columns.

    Args:
        a: shape (2,), a column.
        b: shape (2,), another.
    """
    return abs(a[0] * b[1] - a[1] * b[0])


@kernel()
def _fits_triples(points, count, new, p, q):  # type: ignore[no-untyped-def]
    """Whether a column fits the last one and each before it (k = 2).

    Args:
        points: shape (size+2, 2), the columns that are there.
        count: how many are, at least 2.
        new: shape (2,), the column.
        p: numerator of the value v.
        q: its denominator.
    """
    last = points[count - 1]
    side = _det(last, new)
    for i in range(count - 1):
        one, other = _det(points[i], last), _det(points[i], new)
        if q * (one + other + side) >= (p + q) * min(one, other, side):
            return False
    return True


@kernel()
def _fits_sums(points, sums, least, count, new, p, q, left):  # type: ignore[no-untyped-def]
    """Whether a column fits all that are there, with `left` more to come (n-k = 2).

    Args:
        points: shape (size+2, 2), the columns that are there.
        sums: shape (size+2,), for each of them the sum of its minors with the others.
        least: shape (size+2,), the least of these minors.
        count: how many are.
        new: shape (2,), the column.
        p: numerator of the value v.
        q: its denominator.
        left: columns still to come after this one.
    """
    total, low = 0, _det(points[0], new)
    for i in range(count):
        d = _det(points[i], new)
        total += d
        low = min(low, d)
        if q * (sums[i] + d) >= (p + q - q * left) * min(least[i], d):
            return False
    return q * total < (p + q - q * left) * low


@kernel()
def _go_through(vectors, image, size, p, q, is_check, chosen):  # type: ignore[no-untyped-def]
    """All sets of `size` vectors; the steps taken, or minus them where a set is below p/q.

    Args:
        vectors: shape (N, 2), the columns that may be taken.
        image: shape (N,), the number of the least image of each under signed permutations.
        size: columns to add to (1, 0) and (0, 1).
        p: numerator of the value v.
        q: its denominator.
        is_check: whether the columns are those of H (n-k = 2), else of G (k = 2).
        chosen: shape (size,), filled: the numbers of the columns that were taken last; where a
            set is below p/q, that set.
    """
    number = len(vectors)
    points = np.zeros((size + 2, 2), np.int64)
    points[0, 0] = points[1, 1] = 1
    sums, least = np.ones((size + 1, size + 2), np.int64), np.ones((size + 1, size + 2), np.int64)
    waiting = np.zeros((size + 1, number), np.int64)
    counts, at = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
    for i in range(number):
        if is_check:
            fits = _fits_sums(points, sums[0], least[0], 2, vectors[i], p, q, size - 1)
        else:
            fits = _fits_triples(points, 2, vectors[i], p, q)
        if fits:
            waiting[0, counts[0]] = i
            counts[0] += 1
    level, steps = 0, 0
    while level >= 0:
        if at[level] == counts[level]:
            level -= 1
            continue
        i = waiting[level, at[level]]
        at[level] += 1
        if level == 0 and image[i] != i:
            continue
        steps += 1
        chosen[level] = i
        here = level + 2
        points[here] = vectors[i]
        if level + 1 == size:
            return -steps
        total, low = 0, _det(points[0], points[here])
        for j in range(here):
            d = _det(points[j], points[here])
            sums[level + 1, j] = sums[level, j] + d
            least[level + 1, j] = min(least[level, j], d)
            total += d
            low = min(low, d)
        sums[level + 1, here], least[level + 1, here] = total, low
        found = 0
        for j in range(0 if level == 0 else at[level], counts[level]):
            c = waiting[level, j]
            if level == 0 and (image[c] < i or c == i):
                continue
            if is_check:
                fits = _fits_sums(points, sums[level + 1], least[level + 1], here + 1,
                                  vectors[c], p, q, size - level - 2)  # fmt: skip
            else:
                fits = _fits_triples(points, here + 1, vectors[c], p, q)
            if fits:
                waiting[level + 1, found] = c
                found += 1
        if found >= size - level - 1:
            level += 1
            counts[level], at[level] = found, 0
    return steps


def _vectors(value: Fraction) -> tuple[Int, Int]:
    """Columns (a, b), a > 0, b not 0, both smaller than the value, and the least image of each."""
    top = int(np.ceil(float(value))) + 1
    found = [
        (a, s * b)
        for a in range(1, top)
        for b in range(1, top)
        if max(a, b) < value
        for s in (1, -1)
    ]
    number = {vector: i for i, vector in enumerate(found)}
    image = [
        min(number[a, abs(b)], number[a, -abs(b)], number[abs(b), a], number[abs(b), -a])
        for a, b in found
    ]
    return np.array(found, np.int64).reshape(-1, 2), np.array(image, np.int64)


def exhaust(n: int, k: int, value: str, *, date: str = "") -> IntegerProof | list[list[int]]:
    """Prove h_(n-k) >= value for all [n, k] codes [I | P] of integers, of any magnitude.

    Args:
        n: length.
        k: dimension: 2, or n-2.
        value: the bound, as a fraction, at most 200.
        date: for the log.

    Returns:
        The log, or the P of a code whose height is below the value.

    Raises:
        InvalidCodeError: other sizes, or no such value.

    Examples:
        >>> exhaust(5, 3, "6").steps > 0, exhaust(5, 2, "5").value
        (True, '5')
        >>> len(exhaust(5, 3, "7"))
        3
    """
    if n < 4 or k not in (2, n - 2):
        raise InvalidCodeError(f"k must be 2 or n-2, and n at least 4, got n = {n}, k = {k}")
    bound = Fraction(value)
    if not 1 < bound <= _MOST_VALUE:
        raise InvalidCodeError(f"the value must lie above 1, up to {_MOST_VALUE}, got {value}")
    start = time.process_time()
    is_check = k > 2
    size = n - 2
    vectors, image = _vectors(bound)
    chosen = np.zeros(size, np.int64)
    steps = int(
        _go_through(vectors, image, size, bound.numerator, bound.denominator, is_check, chosen)
    )
    if steps < 0:
        columns: list[list[int]] = vectors[chosen].tolist()
        return columns if is_check else [list(row) for row in zip(*columns, strict=True)]
    return IntegerProof(n, k, value, steps, round(time.process_time() - start, 1), date)


def read_integer_proofs(path: Path | None = None) -> list[IntegerProof]:
    """The logs of proofs, those shipped or those of a file."""
    return read_logs(INTEGER_PROOFS, lambda held: IntegerProof(**held), path)


def write_integer_proofs(proofs: list[IntegerProof], path: Path) -> None:
    """Write logs, one a line."""
    write_logs("mheight-integer-proofs", [proof.__dict__ for proof in proofs], path)
