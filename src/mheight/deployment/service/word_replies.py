"""What was found in received words, as values until they become JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.deployment.service.replies import finite
from mheight.heights.doubts import doubt_text
from mheight.protection import Decoder

__all__ = ["DecodedReply", "DrawnMessage", "Violation", "Violations", "WordReply"]

Float = NDArray[np.float64]


class Violation(NamedTuple):
    """A circuit that a word violates, and its check in units of delta."""

    positions: Sequence[int]
    value: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"positions": list(self.positions), "value": self.value}


class Violations(NamedTuple):
    """How many circuits a word violates, and the largest of them."""

    number: int
    largest: tuple[Violation, ...]


class WordReply(NamedTuple):
    """What was found in one word.  There are many of these, and a named tuple is quickly made.

    Attributes:
        verdict: one of `mheight.protection.VERDICTS`.
        positions: the located outliers.
        codeword: near the word; None where the verdict is "too many".
        residual: how far the word is from it outside the outliers, in units of delta.
        violations: of circuits; None if not asked for.
    """

    verdict: str
    positions: Sequence[int]
    codeword: Sequence[float] | None
    residual: float
    violations: Violations | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = self.violations
        return {
            "verdict": self.verdict,
            "positions": list(self.positions),
            "corrected": None if self.codeword is None else [finite(x) for x in self.codeword],
            "residual": finite(self.residual),
            "violated": None if found is None else found.number,
            "checks": None if found is None else [one.as_dict() for one in found.largest],
        }


@dataclass(frozen=True, eq=False)
class DrawnMessage:
    """A message of normal entries, its codeword, and that with errors within delta."""

    message: Float
    codeword: Float
    word: Float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "message": self.message.tolist(),
            "codeword": self.codeword.tolist(),
            "word": self.word.tolist(),
        }


@dataclass(frozen=True, eq=False)
class DecodedReply:
    """What was found in all words of a request.

    Attributes:
        decoder: that found it, with what it promises.
        words: what was found in each.
        drawn: the word, where a seed was given instead of words.
        seconds: that it took.
    """

    decoder: Decoder
    words: tuple[WordReply, ...]
    drawn: DrawnMessage | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        decoder = self.decoder
        return {
            "n": decoder.code.n, "k": decoder.code.k, "tau": decoder.tau, "sigma": decoder.sigma,
            "m": decoder.m, "height": decoder.height, "circuits": len(decoder.circuits),
            "thresholds": [finite(x) for x in decoder.thresholds.tolist()],
            "bounds": [finite(x) for x in decoder.error_bounds.tolist()],
            "seconds": self.seconds,
            "drawn": None if self.drawn is None else self.drawn.as_dict(),
            "words": [word.as_dict() for word in self.words],
            "remark": doubt_text(decoder.doubts),
            "doubts": [doubt.as_dict() for doubt in decoder.doubts],
        }  # fmt: skip
