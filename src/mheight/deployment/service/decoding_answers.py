"""Outliers in received words, as the service finds them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode, icosahedral
from mheight.codes.given import GivenMatrices
from mheight.deployment.service.failures import ServiceError, busy
from mheight.deployment.service.settings import LARGEST_ENTRY
from mheight.deployment.service.word_replies import (
    DecodedReply,
    DrawnMessage,
    Violation,
    Violations,
    WordReply,
)
from mheight.deployment.service.word_schemas import DecodeRequest
from mheight.deployment.service.work import Stop
from mheight.errors import InvalidCodeError
from mheight.protection import Decoder, nearest_codeword
from mheight.protection.circuits import CIRCUITS_LENGTH

__all__ = ["Decoders", "check_task", "decoded", "drawn_word"]

Float = NDArray[np.float64]

_MOST_SETS = 10_000  # of tau positions or less: 32 MB of projections at n = 20
_MOST_CHECKED = 100  # words whose violated circuits are wanted
_MOST_CHECKS = 100  # circuits listed of each
_KEPT_BYTES = 2**27  # of decoders
_PIECE = 2**21  # words times circuits between two looks at the clock


def check_task(asked: DecodeRequest, given: GivenMatrices) -> None:
    """Refuse what would take too long, and words that are none of the code.

    Raises:
        ServiceError: 422.
    """
    k, n = given.shape
    if n > CIRCUITS_LENGTH:
        raise ServiceError(
            422, f"n may be at most {CIRCUITS_LENGTH} here, got n = {n}; `mheight protect` takes "
            "longer codes", str(given.kind),
        )  # fmt: skip
    m = 2 * asked.tau + asked.sigma
    if not 1 <= m <= n - k:
        raise ServiceError(
            422, f"2 tau + sigma must lie in 1..n-k = 1..{n - k}, got 2*{asked.tau} + "
            f"{asked.sigma} = {m}", "tau",
        )  # fmt: skip
    sets = sum(comb(n, size) for size in range(asked.tau + 1))
    if sets > _MOST_SETS:
        raise ServiceError(
            422, f"tau = {asked.tau} at n = {n} means {sets} sets of positions, more than the "
            f"{_MOST_SETS} that are gone through here; `mheight protect` has no such limit", "tau",
        )  # fmt: skip
    if isinstance(asked.delta, tuple) and len(asked.delta) != n:
        raise ServiceError(
            422, f"delta must be one number or {n}, one for each position, got {len(asked.delta)}",
            "delta",
        )  # fmt: skip
    words = asked.words or []
    for i, word in enumerate(words):
        if len(word) != n:
            raise ServiceError(
                422, f"a word must have n = {n} entries, got {len(word)}", f"words[{i}]"
            )
    entries = np.abs(np.array(words, dtype=np.float64))  # null becomes NaN
    if entries.size and (large := entries > LARGEST_ENTRY).any():
        i, j = np.argwhere(large)[0].tolist()
        raise ServiceError(
            422, f"entries must be of magnitude at most {LARGEST_ENTRY:g}, got {words[i][j]:g}",
            f"words[{i}][{j}]",
        )  # fmt: skip
    if asked.checks and len(words) > _MOST_CHECKED:
        raise ServiceError(
            422, f"checks are listed for at most {_MOST_CHECKED} words, got {len(words)}", "checks"
        )


class Decoders:
    """Decoders that were made before, the latest of them; any thread may ask.

    Who moves a slider asks for the same decoder twenty times a second.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Decoder] = OrderedDict()
        self._lock = threading.Lock()

    def exercise(self) -> None:
        """Compile whatever decodes."""
        decoder = Decoder(icosahedral(), 1, 0, 0.01)
        for size in (0.0, 0.1, 3.0):
            decoder.decode(np.eye(6) * size)
        nearest_codeword(icosahedral().G, np.ones(6), np.arange(6) > 0)

    def of(self, given: GivenMatrices, asked: DecodeRequest) -> Decoder:
        """The decoder for a code and a task.

        Raises:
            ServiceError: 422; dependent rows, or the height that decides is infinite.
        """
        delta = np.asarray(asked.delta, dtype=np.float64)
        key = (
            given.kind, given.shape, given.values.tobytes(), asked.tau, asked.sigma,
            delta.tobytes(),
        )  # fmt: skip
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                where = str(given.kind)
                try:
                    code = LinearCode.from_given(given)
                    where = "tau"
                    # Its doubts are in the reply, and not for the log.
                    found = Decoder(code, asked.tau, asked.sigma, delta, warn=False)
                except InvalidCodeError as error:
                    raise ServiceError(422, str(error), where) from None
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(map(_bytes, self._kept.values())) > _KEPT_BYTES:
                self._kept.popitem(last=False)
        return found


def _bytes(decoder: Decoder) -> int:
    n = decoder.code.n
    sets = sum(comb(n, size) for size in range(decoder.tau + 1))
    return 16 * n * len(decoder.circuits) + 8 * n * n * sets + (4 << n)


def drawn_word(code: LinearCode, delta: Float, seed: int) -> DrawnMessage:
    """A word that was drawn.

    Args:
        code: [n, k].
        delta: shape (n,).
        seed: the same seed gives the same message.
    """
    rng = np.random.default_rng(seed)
    message = rng.standard_normal(code.k).round(2) + 0.0
    codeword = message @ code.G
    return DrawnMessage(message, codeword, codeword + delta * rng.uniform(-1.0, 1.0, code.n))


def decoded(
    decoders: Decoders, given: GivenMatrices, asked: DecodeRequest, stop: Stop
) -> DecodedReply:
    """The reply to a request to decode.

    Raises:
        ServiceError: 422 as for `Decoders.of`; 503 where time ends before the last word.
    """
    start = time.perf_counter()
    decoder = decoders.of(given, asked)
    drawn = None
    if asked.seed is not None:
        drawn = drawn_word(decoder.code, decoder.delta, asked.seed)
        words = drawn.word[None]
    else:
        words = np.array(asked.words, dtype=np.float64)
    found = _in_pieces(decoder, words, stop)
    if asked.checks:
        found = _with_violations(decoder, words, found, stop)
    return DecodedReply(decoder, tuple(found), drawn, time.perf_counter() - start)


def _in_pieces(decoder: Decoder, words: Float, stop: Stop) -> list[WordReply]:
    """The words one piece after the other; the first one in any case."""
    size = max(1, _PIECE // max(1, len(decoder.circuits)))
    out: list[WordReply] = []
    for first in range(0, len(words), size):
        if first and stop():
            raise _out_of_time(len(words))
        piece = decoder.decode(words[first : first + size])
        columns = zip(
            piece.verdicts, piece.positions, piece.codewords.tolist(), piece.residuals.tolist(),
            strict=True,
        )  # fmt: skip
        out += [
            WordReply(verdict, positions, None if verdict == "too many" else codeword, residual)
            for verdict, positions, codeword, residual in columns
        ]
    return out


def _with_violations(
    decoder: Decoder, words: Float, found: list[WordReply], stop: Stop
) -> list[WordReply]:
    """What was found in the words, with the circuits that they violate."""
    out = []
    for word, reply in zip(words, found, strict=True):
        if stop() and len(words) > 1:
            raise _out_of_time(len(words))
        out.append(reply._replace(violations=_violations(decoder, word)))
    return out


def _out_of_time(words: int) -> ServiceError:
    return busy(f"the time limit ended before all {words} words were decoded; send fewer at once")


def _violations(decoder: Decoder, word: Float) -> Violations:
    violated, values = decoder.violated(word)
    largest = np.argsort(-values, kind="stable")[:_MOST_CHECKS]
    return Violations(
        len(values),
        tuple(
            Violation(np.flatnonzero(violated.words[i]).tolist(), float(values[i])) for i in largest
        ),
    )
