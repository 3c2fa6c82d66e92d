"""Predictions in shards, kept beside the output until it is written."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mheight.cli.job_options import JobOptions
from mheight.cli.job_running import beside, run_shown
from mheight.cli.predict_models import Predict, PredictedBlock, model_of
from mheight.datasets import ExactHeights, Samples
from mheight.errors import JobError
from mheight.jobs import JobFolder, Task, hashed_path, open_job

__all__ = ["Asked", "KeptPredictions", "predict_shard"]

_SECONDS = 1e-3  # a sample, about
_LOG2 = "log2_height"


@dataclass(frozen=True)
class Asked:
    """What predictions are made with.

    Attributes:
        run: a bundle or a run; None for the model of the package.
        beside: others to average with.
        copies: symmetric copies of each code.
    """

    run: Path | None
    beside: tuple[Path, ...]
    copies: int

    def model(self) -> Predict:
        """What predicts; loaded once a process."""
        return _loaded(self)

    def parameters(self) -> dict[str, Any]:
        """What matters of it, as plain values."""
        return {
            "models": [_hash(path) for path in (self.run, *self.beside)],
            "copies": self.copies,
        }


@lru_cache(maxsize=2)
def _loaded(asked: Asked) -> Predict:
    return model_of(asked.run, list(asked.beside), asked.copies)


def predict_shard(
    samples: Samples, first: int, asked: Asked, exact: ExactHeights | None = None
) -> bytes:
    """A shard: predictions of a block of samples and the columns beside them, as NPZ."""
    block = asked.model()(samples, first, exact)
    sink = io.BytesIO()
    arrays: dict[str, Any] = {_LOG2: block.log2_heights, **block.columns}
    np.savez(sink, **arrays)
    return sink.getvalue()


class KeptPredictions:
    """Predictions of a file, block by block, that are not made twice.

    Args:
        file: the samples.
        asked: what predicts them.
        reading: how the file is read, as plain values.
        output: the file that will be written.
    """

    def __init__(self, file: Path, asked: Asked, reading: dict[str, Any], output: Path) -> None:
        self._file, self._asked = file, asked
        parameters = {"input": hashed_path(file), **reading, **asked.parameters()}
        self._job: JobFolder = open_job(beside(output), "predict", parameters, ".npz")
        self._found = self._job.found()
        self._number = 0

    def predict(self, samples: Samples, first: int, exact: ExactHeights | None) -> PredictedBlock:
        """The next block: what is kept of it, or else made now."""
        task = self._task(self._number, samples, first)
        path = self._found.get(self._number)
        self._number += 1
        if path is None:
            path = self._job.keep(task.shard, predict_shard(samples, first, self._asked, exact))
        elif not task.shard.is_named(path.name.split("-")[1]):
            raise JobError(f"{path}: a shard of another job; remove it")
        with np.load(path, allow_pickle=False) as arrays:
            columns = dict(arrays)
        return PredictedBlock(columns.pop(_LOG2), **columns)

    def run(self, blocks: Iterable[Samples], options: JobOptions, total: int | None) -> bool:
        """Make predictions on workers, or a part of them; whether all of them are there."""
        outcome = run_shown(self._job, self._tasks(blocks), options, "samples", total)
        self._found = self._job.found()
        return options.part is None and outcome.is_complete

    def remove(self) -> None:
        """The output is written, and the shards are not needed any more."""
        shutil.rmtree(self._job.path, ignore_errors=True)

    def _tasks(self, blocks: Iterable[Samples]) -> Iterator[Task]:
        first = 0
        for number, block in enumerate(blocks):
            yield self._task(number, block, first)
            first += len(block)

    def _task(self, number: int, samples: Samples, first: int) -> Task:
        count = len(samples)
        shard = self._job.shard(number, {"first": first, "samples": count})
        label = f"{self._file}, samples {first} to {first + count - 1}"
        return Task(
            shard, predict_shard, (samples, first, self._asked), label, count, count * _SECONDS
        )


def _hash(path: Path | None) -> str:
    """A hash of a bundle or a run; of the model of the package its name."""
    return "packaged" if path is None else hashed_path(path)
