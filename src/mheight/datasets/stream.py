"""Fresh labelled codes without end, none of them equivalent to a barred one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mheight.codes import fingerprints
from mheight.datasets.ensembles import EnsembleName, generate
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError
from mheight.tiers import COURSE_9, Groups

__all__ = ["CodeStream", "StreamedCodes", "sample_fingerprints"]

_LARGEST_FACTOR = 64
"""Codes drawn for one that is kept, at most: else the ensemble has too few codes."""


def sample_fingerprints(samples: Samples) -> NDArray[np.bytes_]:
    """Fingerprint of each sample's code (m is not part of it), shape (N,), dtype S32."""
    out = np.empty(len(samples), dtype="S32")
    for index, generators in samples.generators():
        out[index] = fingerprints(generators)
    return out


@dataclass(frozen=True, eq=False)
class StreamedCodes:
    """The codes of one epoch.

    Attributes:
        samples: `per_group` labelled samples of each group.
        fingerprints: of their codes, shape (N,).
        barred: codes drawn and left out because they are equivalent to a barred one.
    """

    samples: Samples
    fingerprints: NDArray[np.bytes_]
    barred: int


@dataclass(frozen=True, eq=False)
class CodeStream:
    """Codes for each epoch, from the seed and the epoch's number alone.

    Attributes:
        ensembles: drawn from in equal parts.
        per_group: samples a group and epoch, over all ensembles.
        seed: a non-negative integer.
        barred: sorted fingerprints of codes that must not come up: those of validation
            and test sets.
        groups: those that codes are drawn for.
    """

    ensembles: Sequence[EnsembleName]
    per_group: int
    seed: int
    barred: NDArray[np.bytes_]
    groups: Groups = COURSE_9

    @property
    def rows(self) -> int:
        """Samples of an epoch."""
        return self.per_group * len(self.groups)

    def epoch(self, number: int) -> StreamedCodes:
        """The codes of an epoch, numbered from 0.

        Raises:
            InvalidDataError: nearly all codes of an ensemble are barred.
        """
        shares = np.full(len(self.ensembles), self.per_group // len(self.ensembles))
        shares[: self.per_group % len(self.ensembles)] += 1
        parts = [
            self._draw(ensemble, int(share), [self.seed, number, i])
            for i, (ensemble, share) in enumerate(zip(self.ensembles, shares, strict=True))
            if share
        ]
        return StreamedCodes(
            Samples.concatenate([part.samples for part in parts], renumber=True),
            np.concatenate([part.fingerprints for part in parts]),
            sum(part.barred for part in parts),
        )

    def _draw(self, ensemble: EnsembleName, share: int, entropy: list[int]) -> StreamedCodes:
        seed = int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0])
        count = share + share // 8 + 32
        while count <= _LARGEST_FACTOR * (share + 32):
            # The first codes of a larger data set are those of a smaller one.
            drawn = generate(ensemble, count, seed, groups=self.groups).samples
            names = sample_fingerprints(drawn)
            free = ~np.isin(names, self.barred)
            place = np.cumsum(free.reshape(len(self.groups), -1), axis=1)
            if (place[:, -1] >= share).all():
                # Up to the last one kept: fewer free ones than wanted stand before it.
                before: NDArray[np.int64] = place.ravel() - free
                looked_at = before < share
                kept = np.flatnonzero(free & looked_at)
                return StreamedCodes(drawn.take(kept), names[kept], int((looked_at & ~free).sum()))
            count *= 2
        raise InvalidDataError(
            f"nearly all codes of the ensemble {ensemble!r} are equivalent to ones in validation "
            "or excluded files; a larger ensemble is needed"
        )
