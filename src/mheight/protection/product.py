"""Products of a matrix on analog hardware, with outliers found and corrected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.checks import as_matrix
from mheight.errors import InvalidDataError
from mheight.protection.decoding import VERDICTS, Decoded, Decoder
from mheight.protection.encoding import Encoder
from mheight.protection.long_decoding import LongDecoder, decoder_for

__all__ = ["Multiplier", "Product", "ProtectedProduct", "Statistics"]

Float = NDArray[np.float64]


class Multiplier(Protocol):
    """Anything that multiplies by `@`: a NumPy array, `AnalogArray`, a simulator's matrix."""

    def __matmul__(self, x: Any, /) -> Any:
        """The product with x of shape (inputs,) or (inputs, N)."""


@dataclass(frozen=True)
class Product:
    """A product and what the decoder found.

    Attributes:
        values: shape (outputs,) or (outputs, N), corrected.
        decoded: the words: N * blocks of them, the blocks of one product after the other.
        recomputed: shape (N * blocks,), words whose products were computed digitally.
    """

    values: Float
    decoded: Decoded
    recomputed: NDArray[np.bool_]


@dataclass(frozen=True)
class Statistics:
    """What was found in all products so far.

    Attributes:
        words: words decoded.
        verdicts: how many had which verdict.
        located: shape (n,), how often each position was located.
        recomputed: words computed digitally.
    """

    words: int
    verdicts: dict[str, int]
    located: tuple[int, ...]
    recomputed: int


class ProtectedProduct:
    """W x on hardware that errs, with a code that finds and corrects what is badly wrong.

    Args:
        W: shape (outputs, inputs), finite; cut into blocks of k outputs, the last one filled up.
        code: a `LinearCode`, brought to the form [I | P].
        program: makes a multiplier of the encoded matrix G^T W: `AnalogArray`, a lambda that
            gives it settings, or anything that returns an object with `@`.
        tau: outliers to locate in each word.
        sigma: further ones to detect.
        delta: largest ordinary error of an output, one number or one for each of the n
            positions; None: `calibrate` first.
        suspect: what becomes of words with the verdict "too many" or "undecided": "recompute"
            computes them digitally, "keep" gives the outputs as they came.
        height: for codes too long for `Decoder`: an upper bound of the height that decides, if
            it is known, as for `LongDecoder`.

    Examples:
        >>> import numpy as np
        >>> from mheight.codes import icosahedral
        >>> from mheight.protection import AnalogArray
        >>> rng = np.random.default_rng(0)
        >>> W, x = rng.normal(size=(6, 50)), rng.uniform(-1, 1, 50)
        >>> product = ProtectedProduct(
        ...     W, icosahedral(), lambda A: AnalogArray(A, stuck_high=0.003), delta=0.02)
        >>> found = product.multiply(x)
        >>> found.decoded.verdicts, found.decoded.positions[0]
        (('located', 'too many'), (0,))
        >>> bool(abs(found.values - W @ x).max() < product.decoder.error_bound)
        True
    """

    def __init__(
        self,
        W: ArrayLike | Sequence[Any],
        code: LinearCode,
        program: Callable[[Float], Multiplier],
        *,
        tau: int = 1,
        sigma: int = 0,
        delta: float | ArrayLike | None = None,
        suspect: Literal["recompute", "keep"] = "recompute",
        height: float | None = None,
    ) -> None:
        if suspect not in ("recompute", "keep"):
            raise InvalidDataError(f"suspect must be 'recompute' or 'keep', got {suspect!r}")
        self.W = as_matrix(W, "W", (2,)).copy()
        self.encoder = Encoder(code)
        self.tau, self.sigma, self.suspect = tau, sigma, suspect
        # A wrong tau or sigma is told before anything is programmed.
        self._decoder = decoder_for(
            self.encoder.code, tau, sigma, 1.0 if delta is None else delta, height=height
        )
        self._is_calibrated = delta is not None
        self.array = program(self.encoder.encode(self.W))
        self._verdicts = np.zeros(len(VERDICTS), np.int64)
        self._located = np.zeros(self.encoder.code.n, np.int64)
        self._recomputed = 0

    @property
    def decoder(self) -> Decoder | LongDecoder:
        """The decoder that suits the code: see `decoder_for`.

        Raises:
            InvalidDataError: delta is not known yet.
        """
        if not self._is_calibrated:
            raise InvalidDataError("delta is not known: give delta, or call calibrate(X) first")
        return self._decoder

    def calibrate(
        self, x: ArrayLike, *, failure: float = 1e-3, margin: float = 1.0, spread: float = 4.0
    ) -> float:
        """Estimate delta from products with known results.

        Delta is the quantile 1 - failure of the |errors| of ordinary rows of the array: those
        whose own quantile is at most `spread` times the median row's, so that rows with a stuck
        cell do not count as long as they are fewer than half.

        Args:
            x: shape (inputs,) or (inputs, N), like those to come.
            failure: share of ordinary outputs that may exceed delta, in (0, 1).
            margin: factor on the quantile, positive.
            spread: at least 1.

        Returns:
            Delta, which the decoder uses from now on.
        """
        if not 0.0 < failure < 1.0:
            raise InvalidDataError(f"failure must lie in (0, 1), got {failure!r}")
        for name, value, least in (("margin", margin, 0.0), ("spread", spread, 1.0)):
            if not value > 0.0 or value < least:
                raise InvalidDataError(f"{name} must be positive, spread at least 1, got {value!r}")
        inputs = self._inputs(x)
        wanted = self.encoder.encode(self.W) @ inputs
        errors = np.abs(np.asarray(self.array @ inputs, dtype=np.float64) - wanted)
        rows = np.quantile(errors, 1.0 - failure, axis=1)
        ordinary = rows <= spread * np.median(rows)
        delta = margin * float(np.quantile(errors[ordinary], 1.0 - failure))
        if not delta > 0.0:
            raise InvalidDataError("these products are exact: there is nothing to calibrate")
        known = self._decoder  # whose delta was one number too, or else its height may differ
        same = (known.delta == known.delta[0]).all()
        self._decoder = decoder_for(
            self.encoder.code, self.tau, self.sigma, delta, height=known.height if same else None
        )
        self._is_calibrated = True
        return delta

    def multiply(self, x: ArrayLike) -> Product:
        """W x, corrected.

        Args:
            x: shape (inputs,) or (inputs, N), finite.

        Raises:
            InvalidDataError: another shape, or delta is not known.
        """
        inputs = self._inputs(x)
        decoder = self.decoder
        words = self.encoder.words(np.asarray(self.array @ inputs, dtype=np.float64))
        decoded = decoder.decode(words)
        lost = decoded.codes >= VERDICTS.index("too many")  # or "undecided"
        values = decoded.codewords
        if lost.any():
            values = np.where(lost[:, None], words, values)
        recomputed = lost & (self.suspect == "recompute")
        if recomputed.any():
            k = self.encoder.code.k
            blocks = -(-len(self.W) // k)
            padded = np.zeros((blocks * k, self.W.shape[1]))
            padded[: len(self.W)] = self.W
            which = np.flatnonzero(recomputed)
            rows = padded.reshape(blocks, k, -1)[which % blocks]
            values[which, :k] = np.einsum("wki,iw->wk", rows, inputs[:, which // blocks])
        self._verdicts += np.bincount(decoded.codes, minlength=len(VERDICTS))
        self._located += decoded.located[decoded.codes == VERDICTS.index("located")].sum(axis=0)
        self._recomputed += int(recomputed.sum())
        outputs = self.encoder.outputs(values, len(self.W))
        return Product(outputs[:, 0] if np.ndim(x) == 1 else outputs, decoded, recomputed)

    def __matmul__(self, x: ArrayLike) -> Float:
        return self.multiply(x).values

    @property
    def statistics(self) -> Statistics:
        """What was found so far."""
        counts = self._verdicts.tolist()
        return Statistics(
            sum(counts),
            dict(zip(VERDICTS, counts, strict=True)),
            tuple(self._located.tolist()),
            self._recomputed,
        )

    def _inputs(self, x: ArrayLike) -> Float:
        inputs = as_matrix(x, "x", (1, 2))
        if inputs.shape[0] != self.W.shape[1]:
            raise InvalidDataError(
                f"x must have shape (inputs,) or (inputs, N) with inputs = {self.W.shape[1]}, "
                f"got {inputs.shape}"
            )
        return inputs[:, None] if inputs.ndim == 1 else inputs
