"""A decoder that finds the outlying entries of an analog product, with what it promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.checks import as_matrix, checked_integer, real_array
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.heights.doubts import Doubt, warn_of
from mheight.heights.profile import profile_with_doubts
from mheight.kernels.threads import in_ranges
from mheight.protection.circuits import CIRCUITS_LENGTH, Circuits, circuits
from mheight.protection.explanations import ROUNDING
from mheight.protection.fitting import nearest_codeword
from mheight.protection.kernel import Rules, clean_words, decode_words

__all__ = [
    "VERDICTS",
    "Decoded",
    "Decoder",
    "checked_deltas",
    "checked_task",
    "checked_words",
    "has_room",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

VERDICTS = ("clean", "located", "unlocated", "too many", "undecided")
"""What a decoder says of a word, in the order of `Decoded.codes`; the last one by `LongDecoder`
alone."""


_MOST_NUMBERS = 2**24
_SECONDS = 1e-9  # for each number that decoding a word looks at


@dataclass(frozen=True)
class Decoded:
    """What a decoder found in N words.

    Attributes:
        codes: shape (N,), index into `VERDICTS`.
        located: shape (N, n), the positions listed as outliers.
        codewords: shape (N, n), a codeword within `residuals` of the word outside the
            positions of the best explanation; NaN where the verdict is "too many".
        residuals: shape (N,), in units of delta, at most 1; NaN likewise.
        explained: shape (N, n), the positions of that explanation.
        single: whether one word was given.
    """

    codes: NDArray[np.int8]
    located: NDArray[np.bool_]
    codewords: Float
    residuals: Float
    explained: NDArray[np.bool_]
    single: bool = False

    @property
    def verdicts(self) -> tuple[str, ...]:
        """One of `VERDICTS` for each word."""
        return tuple(VERDICTS[i] for i in self.codes.tolist())

    @property
    def verdict(self) -> str:
        """The verdict of a single word.

        Raises:
            InvalidDataError: more words than one.
        """
        if len(self.codes) != 1:
            raise InvalidDataError(f"one verdict needs one word, got {len(self.codes)}")
        return VERDICTS[int(self.codes[0])]

    @property
    def positions(self) -> tuple[tuple[int, ...], ...]:
        """The located positions of each word."""
        return tuple(tuple(np.flatnonzero(row).tolist()) for row in self.located)

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        counts = np.bincount(self.codes, minlength=len(VERDICTS)).tolist()
        told = ", ".join(f"{c} {v}" for c, v in zip(counts, VERDICTS, strict=True) if c)
        return f"Decoded({told or 'no words'})"


@dataclass(frozen=True, eq=False, repr=False)
class Decoder:
    """Finds outliers in words y = c + z of a code by its circuits.

    All entries of z are at most delta in magnitude but for a few, the outliers.  Let
    h = h_m for m = 2 tau + sigma.  If at most tau + sigma entries exceed delta, then

    1. every position with |z_j| > (2 h + 1) delta is located, unless the verdict is "too many";
    2. with at most tau of them it never says "too many", and locates outliers only;
    3. with more it says "too many", or locates, perhaps with false alarms, at least all of 1;
    4. with at most tau, the codeword it returns is off by at most 2 h_{2 tau} delta, and with
       up to sigma more by at most 2 h delta, unless it says "too many".

    The verdict is "clean" where no outlier is needed to explain the word, "unlocated" where
    one is, though it can't be said which: each of them is then at most (2 h + 1) delta.

    Entries that are NaN or infinite are outliers whose position is known.  Rounding is allowed
    for: a check counts as violated if it exceeds delta by more than 1e-12 of what is added up
    in it.

    Attribute `doubts` is what rounding leaves open about the heights; it is warned of, too.

    Args:
        code: a `LinearCode` with k < n <= 20.
        tau: outliers to locate, at least 0.
        sigma: further ones to detect, at least 0; 2 tau + sigma >= 1.
        delta: the largest ordinary error, positive; or one for each position, shape (n,).  Then
            it is the code with columns divided by these that decides, whose heights differ.
        warn: whether doubts about its heights are warned of; they are in `doubts` anyway.

    Raises:
        InvalidCodeError: no such code, or the height that decides is infinite.

    Reference:
        Roth, "Analog Error-Correcting Codes", IEEE T-IT 66(7), 2020; the decoder, its proof
        and the bound of the codeword are on the page docs/protection.md.

    Examples:
        >>> from mheight.codes import icosahedral
        >>> decoder = Decoder(icosahedral(), tau=1, delta=0.01)
        >>> word = 2.0 * icosahedral().G[0]
        >>> word[3] += 0.5
        >>> found = decoder.decode(word)
        >>> found.verdict, found.positions
        ('located', ((3,),))
        >>> float(abs(found.codewords[0] - 2.0 * icosahedral().G[0]).max()) <= decoder.error_bound
        True
    """

    code: LinearCode
    tau: int
    sigma: int
    delta: Float
    height: float
    height_of_tau: float
    doubts: tuple[Doubt, ...]
    _circuits: Circuits
    _rules: Rules

    def __init__(
        self,
        code: LinearCode,
        tau: int = 1,
        sigma: int = 0,
        delta: float | ArrayLike = 1.0,
        *,
        warn: bool = True,
    ) -> None:
        m, n = checked_task(code, tau, sigma), code.n
        if n > CIRCUITS_LENGTH:
            raise InvalidCodeError(
                f"the decoder by circuits needs n <= {CIRCUITS_LENGTH}, got {n}; use LongDecoder"
            )
        if not has_room(n, int(tau)):
            raise InvalidCodeError(
                f"there are too many sets of up to tau = {tau} of {n} positions to go through; "
                "use LongDecoder"
            )
        widths = checked_deltas(delta, n)
        scaled = code if (widths == widths[0]).all() else LinearCode(code.G / widths)
        found = profile_with_doubts(scaled)
        if warn:
            warn_of(found.doubts)
        profile = found.heights
        if not np.isfinite(profile[m - 1]):
            finite = int(np.isfinite(profile).sum())
            possible = (
                f"2 tau + sigma at most {finite} is possible" if finite else "nothing is possible"
            )
            raise InvalidCodeError(f"h_{m} of this code is infinite: {possible}")
        frozen: dict[str, Any] = {
            "code": code, "tau": int(tau), "sigma": int(sigma), "delta": widths,
            "height": float(profile[m - 1]),
            "height_of_tau": float(profile[2 * tau - 1]) if tau else 1.0,
            "doubts": found.doubts,
            "_circuits": (dual := circuits(scaled)),
            "_rules": Rules(
                widths, np.ascontiguousarray(scaled.G), dual.words,
                np.ascontiguousarray(dual.words.T), dual.masks, *_projections(scaled.G, int(tau)),
            ),
        }  # fmt: skip
        for name, value in frozen.items():
            object.__setattr__(self, name, value)

    @property
    def m(self) -> int:
        """Index of the height that decides, 2 tau + sigma."""
        return 2 * self.tau + self.sigma

    @property
    def circuits(self) -> Circuits:
        """The circuits by which it decides, of the code with columns divided by delta."""
        return self._circuits

    @property
    def thresholds(self) -> Float:
        """Shape (n,): errors |z_j| above these are located, (2 h + 1) delta."""
        return (2.0 * self.height + 1.0) * self.delta

    @property
    def error_bounds(self) -> Float:
        """Shape (n,): how far the codeword may be off with at most tau outliers, 2 h_{2 tau} delta.

        Without outliers it is off by at most 2 delta: then h_0 = 1 counts.
        """
        return 2.0 * self.height_of_tau * self.delta

    @property
    def error_bound(self) -> float:
        """The largest of `error_bounds`."""
        return float(self.error_bounds.max())

    def decode(self, words: ArrayLike | Sequence[Any]) -> Decoded:
        """Find the outliers of one word, or of each word of a batch.

        Args:
            words: shape (n,) or (N, n); NaN and infinite entries count as outliers.

        Raises:
            InvalidDataError: not real numbers, or another length than n.
        """
        n = self.code.n
        received, single = _word_stack(words, n)
        count = len(received)
        found = Decoded(
            np.empty(count, np.int8),
            np.empty((count, n), np.bool_),
            np.empty((count, n)),
            np.empty(count),
            np.empty((count, n), np.bool_),
            single,
        )
        rest = np.empty(count, np.int64)

        def decode(first: int, last: int) -> None:
            some = slice(first, last)
            out = (
                found.codes[some], found.located[some], found.explained[some],
                found.codewords[some], found.residuals[some],
            )  # fmt: skip
            which = rest[some][: clean_words(received[some], self._rules, *out, rest[some])]
            decode_words(received[some], which, self._rules, self.tau, *out)
            for i in (first + which[found.residuals[some][which] < 0.0]).tolist():
                scaled = np.where(np.isfinite(received[i]), received[i], 0.0) / self.delta
                nearest, found.residuals[i] = nearest_codeword(
                    self._rules.G, scaled, ~found.explained[i]
                )
                found.codewords[i] = nearest * self.delta

        in_ranges(decode, count, _SECONDS * count * (n * n + len(self._circuits.masks)))
        return found

    def violated(self, word: ArrayLike | Sequence[Any]) -> tuple[Circuits, Float]:
        """The circuits that a word violates: every explanation has a position in each of them.

        Args:
            word: shape (n,); circuits with NaN or infinite entries are left out.

        Returns:
            Those circuits, and their |<lambda_A, y>| in units of delta, above 1.

        Raises:
            InvalidDataError: not real numbers, or another length than n.

        Examples:
            >>> from mheight.codes import single_parity
            >>> decoder = Decoder(single_parity(3), tau=0, sigma=1, delta=0.1)
            >>> decoder.violated([1.0, 1.0, -2.6])[1].round(6)
            array([2.])
        """
        (received,), (known,), _ = checked_words([word], self.code.n)
        scaled = np.where(known, received, 0.0) / self.delta
        lost = int((~known) @ (np.int64(1) << np.arange(self.code.n, dtype=np.int64)))
        words, masks = self._circuits.words, self._circuits.masks
        values = np.abs(words @ scaled)
        slack = ROUNDING * (1.0 + np.abs(words) @ np.abs(scaled))
        which = (masks & lost == 0) & (values > 1.0 + slack)
        return Circuits(words[which], masks[which]), values[which]

    def __repr__(self) -> str:
        return (
            f"Decoder([{self.code.n}, {self.code.k}], tau={self.tau}, sigma={self.sigma}, "
            f"h_{self.m}={self.height:.6g})"
        )


def _projections(G: Float, tau: int) -> tuple[NDArray[np.int32], Float]:
    """For each set of at most tau positions, from a word to the nearest codeword outside it.

    Returns:
        Shape (2^n,), the index of each set by its bit mask; shape (sets, n, n).
    """
    n = G.shape[1]
    sets = [s for size in range(tau + 1) for s in combinations(range(n), size)]
    places = np.zeros(2**n, np.int32)
    projections = np.zeros((len(sets), n, n))
    for i, chosen in enumerate(sets):
        places[sum(1 << j for j in chosen)] = i
        kept = [j for j in range(n) if j not in chosen]
        projections[i, kept] = np.linalg.pinv(G[:, kept]) @ G
    return places, projections


def has_room(n: int, tau: int) -> bool:
    """Whether a matrix for each set of up to tau of n positions fits into 128 MB."""
    return n * n * sum(comb(n, size) for size in range(tau + 1)) <= _MOST_NUMBERS


def checked_task(code: LinearCode, tau: int, sigma: int) -> int:
    """M = 2 tau + sigma, if a code may have such a task.

    Raises:
        InvalidCodeError: no code, tau or sigma is no integer of at least 0, or m > n-k.
    """
    if not isinstance(code, LinearCode):
        raise InvalidCodeError(f"a LinearCode is needed, got {type(code).__name__}")
    for name, value in (("tau", tau), ("sigma", sigma)):
        checked_integer(name, value, 0)
    m, redundancy = 2 * int(tau) + int(sigma), code.n - code.k
    if not 1 <= m <= redundancy:
        raise InvalidCodeError(
            f"2 tau + sigma must lie in 1..n-k = 1..{redundancy}, got 2*{tau} + {sigma} = {m}"
        )
    return m


def checked_words(words: Any, n: int) -> tuple[Float, NDArray[np.bool_], bool]:
    """Words as shape (N, n), which entries are finite, and whether one word was given.

    Raises:
        InvalidDataError: not real numbers, or another length.
    """
    stack, single = _word_stack(words, n)
    return stack, np.isfinite(stack), single


def _word_stack(words: Any, n: int) -> tuple[Float, bool]:
    received = real_array(words)
    if received is None:
        raise InvalidDataError("words must be an array of real numbers")
    single = received.ndim == 1
    stack = received[None] if single else received
    if stack.ndim != 2 or stack.shape[1] != n:
        raise InvalidDataError(
            f"words must have shape (n,) or (N, n) with n = {n}, got {received.shape}"
        )
    return np.ascontiguousarray(stack), single


def checked_deltas(delta: float | ArrayLike, n: int) -> Float:
    """Delta for each of n positions.

    Raises:
        InvalidCodeError: another length, or not positive and finite.
    """
    values = as_matrix(np.asarray(delta), "delta", (0, 1))
    if values.ndim == 1 and len(values) != n:
        raise InvalidCodeError(
            f"delta must be one number or one for each of {n} positions, got {len(values)}"
        )
    if not (values > 0.0).all():
        raise InvalidCodeError(f"delta must be positive, got {float(values.min())}")
    out = np.broadcast_to(values, (n,)).astype(np.float64)
    out.flags.writeable = False
    return out
