"""Doubts as values: which height rounding leaves open, why, and by how much."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.errors import AccuracyWarning

__all__ = ["Doubt", "DoubtKind", "Profiles", "doubt_text", "summary", "warn_of"]


class DoubtKind(StrEnum):
    """What a doubt is about.

    Attributes:
        DROPPED_MINOR: a minor counts as zero and may be none.
        SMALL_MINOR: a minor is known to few digits.
        UNSETTLED_MINOR: the kernel calls a minor doubtful, and the code is too long to look closer.
        LARGE_HEIGHT: exact for these entries, and so large that rounding may have made it.
        CALLED_INFINITE: finite for exactly these entries, but so large that it counts as infinite.
        CONDITION: the rows of the matrix are nearly dependent.
        NEAR_DEPENDENCE: columns count as dependent, and are not for exactly these entries.
        CERTIFICATE: a codeword does not reach the height when checked without rounding.
    """

    DROPPED_MINOR = "dropped minor"
    SMALL_MINOR = "small minor"
    UNSETTLED_MINOR = "unsettled minor"
    LARGE_HEIGHT = "large height"
    CALLED_INFINITE = "called infinite"
    CONDITION = "condition"
    NEAR_DEPENDENCE = "near dependence"
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class Doubt:
    """What rounding leaves in doubt in one code.

    Attributes:
        code: number of the code in its batch; 0 for a single code.
        kind: what it is about.
        m: the height that it concerns, for large ones the first; None for all.
        value: the number behind: the ratio of the minor to its permanent, the height, or the
            condition number of G; None where there is none.
        error: how far heights may be off, relatively; None where nothing is known.

    Examples:
        >>> doubt = Doubt(0, DoubtKind.SMALL_MINOR, value=2e-10, error=1e-6)
        >>> doubt.text
        'the smallest minor is 2e-10 of its permanent, so heights may be off by a relative 1e-06'
    """

    code: int
    kind: DoubtKind
    m: int | None = None
    value: float | None = None
    error: float | None = None

    @property
    def text(self) -> str:
        """The doubt as a sentence, without the code's number."""
        return _TEXTS[self.kind](self)

    def concerns(self, m: int) -> bool:
        """Whether it is about h_m."""
        if self.kind in (DoubtKind.LARGE_HEIGHT, DoubtKind.CALLED_INFINITE):
            return self.m is None or m >= self.m
        return self.m in (None, m)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the code's number."""
        return {
            "kind": self.kind.value,
            "m": self.m,
            "value": self.value,
            "error": self.error,
            "text": self.text,
        }


def _dropped_minor(doubt: Doubt) -> str:
    return (
        f"a minor of {doubt.value:.1g} of its permanent counts as zero, "
        "so an infinite height may be finite and large"
    )


def _small_minor(doubt: Doubt) -> str:
    return (
        f"the smallest minor is {doubt.value:.1g} of its permanent, so heights may be "
        f"off by a relative {doubt.error:.0e}"
    )


def _large_height(doubt: Doubt) -> str:
    verdict = "called infinite" if doubt.kind is DoubtKind.CALLED_INFINITE else "reported"
    return (
        f"h_{doubt.m} = {doubt.value:.2g} for exactly these entries and is {verdict}; "
        "if they are rounded, it may be finite or infinite"
    )


def _condition(doubt: Doubt) -> str:
    return (
        f"the matrix has condition number {doubt.value:.0e} and is taken as it is; if its "
        f"entries are rounded, heights may be off by a relative {doubt.error:.0e} or more"
    )


_TEXTS: dict[DoubtKind, Callable[[Doubt], str]] = {
    DoubtKind.DROPPED_MINOR: _dropped_minor,
    DoubtKind.SMALL_MINOR: _small_minor,
    DoubtKind.UNSETTLED_MINOR: lambda _: (
        "a minor is close to the rounding error of its computation"
    ),
    DoubtKind.LARGE_HEIGHT: _large_height,
    DoubtKind.CALLED_INFINITE: _large_height,
    DoubtKind.CONDITION: _condition,
    DoubtKind.NEAR_DEPENDENCE: lambda doubt: (
        f"columns count as dependent that are so to {doubt.value:.0e}, "
        "but not for exactly these entries"
    ),
    DoubtKind.CERTIFICATE: lambda doubt: f"the certificate of h_{doubt.m} is spoilt by rounding",
}


@dataclass(frozen=True, eq=False)
class Profiles:
    """Height profiles, and what of them is in doubt.

    Attributes:
        heights: float64, shape (n-k,) of one code or (N, n-k) of a batch; entry m-1 is h_m.
        doubts: what rounding leaves open, by the code's number; mostly empty.
        zero_tolerance: codeword entries up to this part of the largest count as zero; None
            where no tolerance was asked for.

    Examples:
        >>> from mheight import profile_with_doubts
        >>> found = profile_with_doubts([[1, 0, 1, 1], [0, 1, 1, 1 + 3e-13]])
        >>> found.is_certain
        False
        >>> [(doubt.kind.value, doubt.m) for doubt in found.doubts]
        [('large height', 2)]
    """

    heights: NDArray[np.float64]
    doubts: tuple[Doubt, ...] = ()
    zero_tolerance: float | None = None

    @property
    def is_certain(self) -> bool:
        """Whether nothing is in doubt."""
        return not self.doubts

    @property
    def codes(self) -> int | None:
        """Codes of the batch; None for one code alone."""
        return None if self.heights.ndim == 1 else len(self.heights)

    @property
    def doubtful(self) -> NDArray[np.bool_]:
        """Which codes are in doubt, shape (N,); of one code alone shape (1,)."""
        found = np.zeros(1 if self.codes is None else self.codes, dtype=np.bool_)
        found[[doubt.code for doubt in self.doubts]] = True
        return found

    def doubts_of(self, code: int = 0) -> tuple[Doubt, ...]:
        """The doubts about one code of the batch."""
        return tuple(doubt for doubt in self.doubts if doubt.code == code)

    @property
    def text(self) -> str | None:
        """All doubts in a line, None if there are none; of a batch their number and the first."""
        return summary(self.doubts, self.codes)


def doubt_text(doubts: Iterable[Doubt]) -> str | None:
    """What is to be said of one code, None if nothing."""
    return "; ".join(dict.fromkeys(doubt.text for doubt in doubts)) or None


def summary(doubts: Sequence[Doubt], codes: int | None = None) -> str | None:
    """Doubts in a line, None if there are none.

    Args:
        doubts: of one code or of a batch.
        codes: codes of the batch; None for one code alone.
    """
    if not doubts:
        return None
    first = doubts[0].code
    text = doubt_text(doubt for doubt in doubts if doubt.code == first)
    if codes is None:
        return text
    return f"{len({doubt.code for doubt in doubts})} of {codes} codes; code {first}: {text}"


def warn_of(doubts: Sequence[Doubt], codes: int | None = None, *, stacklevel: int = 2) -> None:
    """An `AccuracyWarning` if there are doubts.

    Args:
        doubts: of one code or of a batch.
        codes: codes of the batch; None for one code alone.
        stacklevel: as of `warnings.warn`, counted from the caller.
    """
    text = summary(doubts, codes)
    if text is not None:
        warning = AccuracyWarning(f"{text}; exact_profile computes without rounding")
        warning.doubts = tuple(doubts)
        warnings.warn(warning, stacklevel=stacklevel + 1)
