"""A stream of codes as training reads it: encoded, one epoch ahead, and written down."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import AuditCheck, CodeStream
from mheight.features import FittedFeatures
from mheight.files import atomic_path
from mheight.training.rows import Encoded

__all__ = ["EncodedStream", "check_stream", "streamed_fingerprints"]


class EncodedStream:
    """Rows of each epoch; while one is trained on, a thread makes the next."""

    def __init__(
        self, stream: CodeStream, features: FittedFeatures, folder: Path | None, epochs: int
    ) -> None:
        """The stream, its features, where fingerprints go (None: nowhere), how many epochs."""
        self._stream = stream
        self._features = features
        self._folder = folder
        self._epochs = epochs
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._ahead: dict[int, Future[Encoded]] = {}

    def __len__(self) -> int:
        """Rows an epoch."""
        return self._stream.rows

    def epoch(self, number: int) -> Encoded:
        """The rows of an epoch, numbered from 0."""
        ready = self._ahead.pop(number, None)
        # This epoch before the next begins: not every threading layer of the kernels can
        # serve two callers at once.
        rows = self._make(number) if ready is None else ready.result()
        if number + 1 < self._epochs and number + 1 not in self._ahead:
            self._ahead[number + 1] = self._worker.submit(self._make, number + 1)
        return rows

    def _make(self, number: int) -> Encoded:
        drawn = self._stream.epoch(number)
        if self._folder is not None:
            with atomic_path(_codes_file(self._folder, number)) as temporary:
                np.savez(temporary, fingerprints=drawn.fingerprints, barred=drawn.barred)
        return Encoded.of(self._features, drawn.samples)


def _codes_file(folder: Path, number: int) -> Path:
    return folder / f"codes_{number + 1}.npz"


def streamed_fingerprints(folder: Path, epochs: int) -> tuple[NDArray[np.bytes_], int]:
    """Fingerprints of all codes of the first epochs, and how many were left out as barred."""
    parts, barred = [], 0
    for number in range(epochs):
        with np.load(_codes_file(folder, number), allow_pickle=False) as stored:
            parts.append(stored["fingerprints"])
            barred += int(stored["barred"])
    return np.concatenate(parts), barred


def check_stream(
    stream: CodeStream, names: NDArray[np.bytes_], barred: int, epochs: int
) -> AuditCheck:
    """Whether any code that was trained on is a barred one."""
    found = np.flatnonzero(np.isin(names, stream.barred))
    return AuditCheck(
        "stream",
        f"codes of the {epochs} epochs equivalent to one in validation or an excluded file "
        f"({len(names):,} trained on; {barred:,} such were drawn and left out)",
        len(found),
        names[found[0]].decode() if len(found) else "",
    )
