"""Lower bounds that are proved by computation: branch and bound over all codes of small (n, k).

Every [n, k] code has, up to equivalence, the generator matrix [I | P] with P in normal form:

* the first k columns have the largest minor, so that every minor of P is at most 1;
* the entry of largest magnitude stands in the corner, first row and first column are not
  negative and descend (rows and columns of P are permuted and get signs).

So P lies in a box of entries of magnitude at most 1.  The box is halved along its widest side
until, for each part, some codeword shows h_m >= v for all P in it
(`mheight.catalogue.proof_kernel` says how, and how it rounds), or no P of it is in normal form.
Codewords are tried that are +1 or -1 on k columns; at a single P some such word attains the height.

A proof is run again by doing it again: nothing of its log is used but (n, k, m, v), and the
number of boxes must come out the same.  The box is cut into 2^6 parts first, which can be run one
by one.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue.numbers import as_float
from mheight.catalogue.proof_files import PROOFS, read_logs, write_logs
from mheight.catalogue.proof_kernel import prove_box
from mheight.errors import InvalidCodeError

__all__ = ["Proof", "parts_of", "prove", "prove_part", "read_proofs", "write_proofs"]

Float = NDArray[np.float64]

_CUTS = 6
_DEPTH = 600


@dataclass(frozen=True)
class Proof:
    """The log of a proof of h_m >= value for all [n, k] codes.

    Attributes:
        n: length.
        k: dimension.
        m: index of the height.
        value: the bound, as a decimal.
        boxes: how many boxes each of the 64 parts took.
        seconds: of computing.
        date: year-month-day.
    """

    n: int
    k: int
    m: int
    value: str
    boxes: tuple[int, ...]
    seconds: float
    date: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.__dict__, "boxes": list(self.boxes)}


def parts_of(n: int, k: int) -> list[tuple[Float, Float]]:
    """The boxes that hold every P in normal form: centres and radii as [I | P], shape (k, n)."""
    if not 1 <= k < n:
        raise InvalidCodeError(f"k must be in 1..n-1, got n = {n}, k = {k}")
    low, high = -np.ones((k, n - k)), np.ones((k, n - k))
    low[0], low[:, 0] = 0.0, 0.0
    boxes = [(low, high)]
    for _ in range(_CUTS):
        boxes = [half for box in boxes for half in _halves(*box)]
    out = []
    for low, high in boxes:
        centre, radius = np.zeros((k, n)), np.zeros((k, n))
        centre[:, :k] = np.eye(k)
        centre[:, k:], radius[:, k:] = (low + high) / 2, (high - low) / 2
        out.append((centre, radius))
    return out


def _halves(low: Float, high: Float) -> list[tuple[Float, Float]]:
    at = np.unravel_index(int(np.argmax(high - low)), low.shape)
    middle = (low[at] + high[at]) / 2
    first, second = high.copy(), low.copy()
    first[at], second[at] = middle, middle
    return [(low, first), (second, high)]


def prove_part(n: int, k: int, m: int, value: float, part: int, most: int = 10**9) -> int:
    """Prove h_m >= value in one of the 64 parts.

    Args:
        n: length, at most 9.
        k: dimension, at most 4.
        m: index of the height.
        value: the bound.
        part: 0 to 63.
        most: boxes after which it gives up.

    Returns:
        How many boxes it took; negative where it gave up.
    """
    if not 1 <= k < n <= 9 or k > 4:
        raise InvalidCodeError(f"proofs are for n <= 9 and k <= 4, got n = {n}, k = {k}")
    if not 1 <= m <= n - k:
        raise InvalidCodeError(f"m must be in 1..n-k = 1..{n - k}, got {m}")
    bases = np.array(list(itertools.combinations(range(n), k)), dtype=np.int64)
    signs = np.array([(1, *rest) for rest in itertools.product((1, -1), repeat=k - 1)], dtype=float)
    centre, radius = parts_of(n, k)[part]
    room = np.zeros((_DEPTH, 2, k, n))
    return int(prove_box(centre, radius, bases, signs, n, k, m, value, most, room))


def prove(
    n: int,
    k: int,
    m: int,
    value: str,
    *,
    most: int = 10**9,
    date: str = "",
    parts: Sequence[int] = range(2**_CUTS),
    progress: Callable[[int], object] | None = None,
) -> Proof | None:
    """Prove h_m >= value for all [n, k] codes.

    Args:
        n: length, at most 9.
        k: dimension, at most 4.
        m: index of the height.
        value: the bound, as a decimal.
        most: boxes in all after which it gives up.
        date: for the log.
        parts: which parts, for a look at some.
        progress: called after each part with 1.

    Returns:
        The log; None if a part was given up: the bound is false, or too near the truth.

    Examples:
        >>> proof = prove(4, 2, 2, "2.3")
        >>> proof.value, len(proof.boxes)
        ('2.3', 64)
        >>> prove(4, 2, 2, "2.5", most=1000) is None
        True
    """
    start = time.perf_counter()
    target = float(np.nextafter(as_float(value), np.inf))
    boxes: list[int] = []
    for part in parts:
        count = prove_part(n, k, m, target, part, most - sum(boxes))
        if count < 0:
            return None
        boxes.append(count)
        if progress is not None:
            progress(1)
    seconds = round(time.perf_counter() - start, 1)
    return Proof(n, k, m, value, tuple(boxes), seconds, date)


def read_proofs(path: Path | None = None) -> list[Proof]:
    """The logs of proofs, those shipped or those of a file."""
    return read_logs(PROOFS, lambda held: Proof(**{**held, "boxes": tuple(held["boxes"])}), path)


def write_proofs(proofs: Sequence[Proof], path: Path) -> None:
    """Write logs, one a line."""
    write_logs("mheight-proofs", [proof.as_dict() for proof in proofs], path)
