"""A decoder for codes too long to go through their circuits: explanations by linear programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError
from mheight.heights import find_height
from mheight.heights.programs.simplex import (
    Vertex,
    crash,
    drop,
    drop_value,
    expel,
    pivot,
    reduced_table,
)
from mheight.protection.circuits import CIRCUITS_LENGTH
from mheight.protection.decoding import (
    VERDICTS,
    Decoded,
    Decoder,
    checked_deltas,
    checked_task,
    checked_words,
    has_room,
)
from mheight.protection.fitting import nearest_codeword

__all__ = ["LongDecoder", "decoder_for"]

Float = NDArray[np.float64]

_CLEAN, _LOCATED, _UNLOCATED, _TOO_MANY, _UNDECIDED = range(len(VERDICTS))
_TIE = 1e-9  # the bounds of the programs are moved by up to twice this
_ENOUGH = 1.0 - 1e-8  # so delta is meant up to a relative 1e-8


@dataclass(frozen=True, eq=False, repr=False)
class LongDecoder:
    """Finds outliers in words of a long code from one explanation of each word.

    An explanation is a codeword c' within delta of the word y outside at most tau positions.
    It is searched by dropping, one after the other, the constraints of a linear program that
    gain most, and then the others; however it was found, it is checked, and positions with
    |y_j - c'_j| > (2 h + 1) delta are located, where h is h_m or an upper bound of it,
    m = 2 tau + sigma.  If at most tau + sigma entries of the error z exceed delta, then

    1. whatever is located is an outlier;
    2. every position with |z_j| > (4 h + 1) delta is located, unless the verdict is "too many"
       or "undecided";
    3. c' is off by at most 2 h delta.

    Rounding is allowed for by taking delta up to a relative 1e-8.  "too many": there is no
    explanation, as far as linear programs in floating point tell.
    "undecided": none was found among `node_limit` programs.

    Args:
        code: a `LinearCode` with k < n.
        tau: outliers to locate, at least 0.
        sigma: further ones, at least 0; 2 tau + sigma >= 1.
        delta: as for `Decoder`.
        height: an upper bound of h_m, if it is known (of the code with columns over delta, if
            that is not one number); else `find_height` is asked.
        time_limit: seconds for that.
        node_limit: linear programs for one word.

    Raises:
        InvalidCodeError: no such code, or no finite upper bound of the height is known.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> code = LinearCode.from_systematic(rng.normal(size=(12, 12)))
        >>> decoder = LongDecoder(code, tau=1, delta=0.1)
        >>> word = rng.normal(size=12) @ code.G
        >>> word[5] += 1000.0
        >>> decoder.decode(word).positions
        ((5,),)
    """

    code: LinearCode
    tau: int
    sigma: int
    delta: Float
    height: float
    node_limit: int

    def __init__(
        self,
        code: LinearCode,
        tau: int = 1,
        sigma: int = 0,
        delta: float | ArrayLike = 1.0,
        *,
        height: float | None = None,
        time_limit: float = 60.0,
        node_limit: int = 20_000,
    ) -> None:
        m = checked_task(code, tau, sigma)
        widths = checked_deltas(delta, code.n)
        scaled = code if (widths == widths[0]).all() else LinearCode(code.G / widths)
        if height is None:
            solution = find_height(scaled, m, time_limit=time_limit)
            height = solution.upper
            if not np.isfinite(height):
                raise InvalidCodeError(
                    f"a finite upper bound of h_{m} is needed, after {time_limit:g} s it is only "
                    f"known to be at least {solution.lower:.6g}: give `height`, or more time"
                )
        if not 1.0 <= height < np.inf:
            raise InvalidCodeError(f"height must be finite and at least 1, got {height}")
        G = np.ascontiguousarray(scaled.G)
        basis = np.empty(code.k, np.int64)
        table = reduced_table(G, basis, np.zeros(code.n + 1))
        frozen: dict[str, Any] = {
            "code": code, "tau": int(tau), "sigma": int(sigma), "delta": widths,
            "height": float(height), "node_limit": int(node_limit),
            "_generator": G, "_table": table, "_basis": basis,
            "_bounds": 1.0 + _TIE * np.random.default_rng(0).uniform(1.0, 2.0, code.n + 1),
        }  # fmt: skip
        for name, value in frozen.items():
            object.__setattr__(self, name, value)

    _generator: Float
    _table: Float
    _basis: NDArray[np.int64]
    _bounds: Float

    @property
    def m(self) -> int:
        """Index of the height that decides, 2 tau + sigma."""
        return 2 * self.tau + self.sigma

    @property
    def thresholds(self) -> Float:
        """Shape (n,): errors |z_j| above these are located, (4 h + 1) delta."""
        return (4.0 * self.height + 1.0) * self.delta

    @property
    def error_bounds(self) -> Float:
        """Shape (n,): how far the codeword may be off, 2 h delta."""
        return 2.0 * self.height * self.delta

    @property
    def error_bound(self) -> float:
        """The largest of `error_bounds`."""
        return float(self.error_bounds.max())

    def decode(self, words: ArrayLike | Sequence[Any]) -> Decoded:
        """Find the outliers of one word, or of each word of a batch; as `Decoder.decode`."""
        received, known, single = checked_words(words, self.code.n)
        scaled = np.where(known, received, 0.0) / self.delta
        count, n = scaled.shape
        codes = np.full(count, _TOO_MANY, np.int8)
        located = np.zeros((count, n), np.bool_)
        explained = np.zeros((count, n), np.bool_)
        codewords, residuals = np.full((count, n), np.nan), np.full(count, np.nan)
        for i in range(count):
            erased = np.flatnonzero(~known[i])
            chosen, is_done = self._explanation(scaled[i], erased.tolist())
            if chosen is None:
                codes[i] = _TOO_MANY if is_done else _UNDECIDED
                continue
            explained[i, chosen] = True
            codewords[i], residuals[i] = _fitted(self._generator, scaled[i], ~explained[i])
            located[i] = np.abs(scaled[i] - codewords[i]) > 2.0 * self.height + 1.0
            located[i, erased] = True
            if not explained[i].any():
                codes[i] = _CLEAN
            else:
                codes[i] = _LOCATED if located[i].any() else _UNLOCATED
        return Decoded(codes, located, codewords * self.delta, residuals, explained, single)

    def _explanation(self, word: Float, erased: list[int]) -> tuple[list[int] | None, bool]:
        """At most tau positions that explain a word, and whether all were gone through."""
        room = self.tau - len(erased)
        if room < 0:
            return None, True
        node = _root(self, word, erased)
        if node is None or node.value >= _ENOUGH:
            return erased, True
        programs = [0]
        chosen = _dropped(node, room, frozenset(), programs, self.node_limit)
        return (erased + chosen if chosen is not None else None), programs[0] < self.node_limit

    def __repr__(self) -> str:
        return (
            f"LongDecoder([{self.code.n}, {self.code.k}], tau={self.tau}, sigma={self.sigma}, "
            f"h_{self.m}<={self.height:.6g})"
        )


@dataclass
class _Node:
    """The program "largest t with |t y_j - <u, g_j>| <= 1 at kept j" at its optimum."""

    vertex: Vertex  # its errors are not followed: what is found is measured
    value: float

    @property
    def target(self) -> int:
        """The column of t, the last one."""
        return len(self.vertex.bounds) - 1

    def child(self, row: int) -> _Node:
        """Without the constraint of the basic column of a row."""
        v = Vertex._make(array.copy() for array in self.vertex)
        return _Node(v, drop(v, self.target, row)[0])


def _root(decoder: LongDecoder, word: Float, erased: list[int]) -> _Node | None:
    """The program with nothing dropped but erased positions; None if y is a codeword there."""
    k, n = decoder._table.shape
    rest = word - word[decoder._basis] @ decoder._table
    kept = np.ones(n, np.bool_)
    kept[erased] = False
    if not erased and np.abs(rest).max() <= 1e-13 * (np.abs(word).max() or 1.0):
        return None
    table = np.zeros((k + 1, n + 1))
    table[:k, :n], table[k, :n], table[k, n] = decoder._table, rest, 1.0
    basis, errors = np.append(decoder._basis, -1), np.zeros(n + 2)
    free = np.abs(rest)
    free[decoder._basis] = 0.0
    pivot(table, basis, errors, k, int(np.argmax(free)))
    allowed = np.append(kept, False)
    if not expel(table, basis, errors, allowed):
        return None
    v = Vertex(table, basis, errors, np.empty(k + 1), np.empty(n + 1), allowed, decoder._bounds)
    v.open_[basis] = False
    return _Node(v, crash(v, n)[0])


def _dropped(
    node: _Node,
    room: int,
    promised: frozenset[int],
    programs: list[int],
    limit: int,
) -> list[int] | None:
    """At most `room` positions whose constraints are to be dropped so that t >= 1."""
    if room == 0:
        return None
    v, target = node.vertex, node.target
    rows = [
        i
        for i in range(len(v.basis))
        if int(v.basis[i]) not in promised and v.table[i, target] != 0.0
    ]
    gains = {i: drop_value(v, target, i)[0] for i in rows}
    kept = promised
    for row in sorted(rows, key=lambda i: -gains[i]):
        if room == 1 and gains[row] < _ENOUGH:
            return None  # the rest are no better: this bounds what a last drop gains
        if programs[0] >= limit:
            return None
        programs[0] += 1
        column = int(v.basis[row])
        child = node.child(row)
        if child.value >= _ENOUGH:
            return [column]
        found = _dropped(child, room - 1, kept, programs, limit)
        if found is not None:
            return [column, *found]
        kept = kept | {column}
    return None


def _fitted(G: Float, word: Float, kept: NDArray[np.bool_]) -> tuple[Float, float]:
    """The nearest codeword in squares if it is within delta, else in the largest distance."""
    message = np.linalg.lstsq(G[:, kept].T, word[kept], rcond=None)[0]
    codeword = message @ G
    residual = float(np.abs(word - codeword)[kept].max())
    return (codeword, residual) if residual <= 1.0 else nearest_codeword(G, word, kept)


def decoder_for(
    code: LinearCode,
    tau: int = 1,
    sigma: int = 0,
    delta: float | ArrayLike = 1.0,
    *,
    height: float | None = None,
) -> Decoder | LongDecoder:
    """The decoder that suits a code: by its circuits where that is affordable.

    Args:
        code: a `LinearCode` with k < n.
        tau: as for `Decoder`.
        sigma: as for `Decoder`.
        delta: as for `Decoder`.
        height: as for `LongDecoder`.

    Examples:
        >>> from mheight.codes import icosahedral
        >>> decoder_for(icosahedral())
        Decoder([6, 3], tau=1, sigma=0, h_2=2.23607)
    """
    checked_task(code, tau, sigma)
    if code.n <= CIRCUITS_LENGTH and has_room(code.n, tau):
        return Decoder(code, tau, sigma, delta)
    return LongDecoder(code, tau, sigma, delta, height=height)
