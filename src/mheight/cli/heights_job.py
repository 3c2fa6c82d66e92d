"""`mheight heights FILE -o FOLDER`: heights in shards, which go on where they stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from mheight.cli.console import out, say
from mheight.cli.heights_display import Watch
from mheight.cli.heights_work import InterruptedSearch, Request, results
from mheight.cli.job_options import JobOptions
from mheight.cli.job_running import run_shown
from mheight.cli.sources import opened_path
from mheight.codes.reading import Block, Kind
from mheight.codes.reading.arrays import count_arrays, npy_range
from mheight.codes.reading.files import check_readable
from mheight.codes.reading.opening import ending
from mheight.errors import InvalidDataError, JobError
from mheight.files import atomic_path, require_apart, require_writable
from mheight.heights.output.files import FORMATS
from mheight.heights.output.rows import HeightRows
from mheight.heights.output.summary import Summary
from mheight.jobs import JobFolder, Task, hashed_file, open_job

__all__ = [
    "KIND",
    "file_of_job",
    "gather_heights",
    "height_rows",
    "heights_job",
    "is_job_folder",
    "tell_heights",
]

KIND = "heights"
_SHARD_SECONDS = 8.0  # of one core, about
_MOST_CODES = 2**17
_MOST_ENTRIES = 2**22  # 32 MiB of float64


def is_job_folder(output: Path) -> bool:
    """Whether an output names a folder of shards rather than a file."""
    return not output.suffix or (output.is_dir() and output.suffix.lower() not in FORMATS)


def heights_job(
    path: Path, output: Path, kind: Kind | None, request: Request, options: JobOptions
) -> None:
    """Heights of all codes of a file, in shards of a folder.

    Args:
        path: the file.
        output: the folder.
        kind: what matrices are that do not say so themselves.
        request: what is wanted of each code.
        options: where it is done, and which part.
    """
    if output.parent.exists() and not output.exists():
        require_writable(output, (), any_ending=True)
    check_readable(path)
    count = count_arrays(path) if ending(path) == (".npy", False) else None
    parameters = {
        "input": hashed_file(path),
        "ending": "".join(path.suffixes[-2:]).lower(),
        "kind": kind,
        "m": request.m,
        "exact": request.exact,
        "witness": request.witness,
        "capability": request.capability,
        "method": request.method,
        "time_limit": request.time_limit,
        "zero_tolerance": request.zero_tolerance,
    }
    job = open_job(output, KIND, parameters, ".parquet", repeatable=request.time_limit is None)
    tasks = _tasks(job, path, kind, request, count)
    outcome = run_shown(job, tasks, options, "codes", count)
    if outcome.is_complete:
        tell_heights(job)


def tell_heights(job: JobFolder) -> None:
    """Say what a finished job holds, and what of it is in doubt."""
    from mheight.heights.output.shards import shard_summary

    summary = Summary()
    paths = job.require_complete()
    for path in paths:
        summary.add(shard_summary(path))
    out(f"{job.path}: {summary}, in {len(paths):,} shards")
    if summary.doubtful:
        say(f"warning: matrix {summary.first}: {summary.doubt}; --exact rounds nothing")


def gather_heights(job: JobFolder, output: Path) -> None:
    """One file of the heights of a finished job.

    Args:
        job: of the kind `heights`.
        output: ends in `.parquet` or `.csv`.
    """
    from mheight.heights.output.shards import join_shards

    endings = tuple(form for form in FORMATS if form != ".jsonl")
    require_writable(output, endings)
    require_apart([output], [job.path])
    paths = job.require_complete()
    with atomic_path(output) as temporary:
        join_shards(paths, temporary)
    out(f"{output}: the heights of {len(paths):,} shards")


# --- shards --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Range:
    """Matrices of a `.npy` file, which is read where they are worked on.

    Attributes:
        path: the file.
        first: number of the first matrix.
        last: number behind the last one.
        stamp: size and time of the file when its hash was taken.
    """

    path: Path
    first: int
    last: int
    stamp: tuple[int, int]

    def blocks(self) -> Iterator[Block]:
        """The matrices.

        Raises:
            JobError: the file is not there, or is another one.
        """
        if not self.path.is_file():
            raise JobError(
                f"{self.path}: not to be seen by a worker; put it where all workers see it under "
                "the same name, or give another kind of file, which is sent to them"
            )
        if _stamp(self.path) != self.stamp:
            raise JobError(f"{self.path}: changed since the job began")
        yield from npy_range(self.path, self.first, self.last)


@dataclass(frozen=True)
class _Sent:
    """Matrices that travel with their task."""

    pieces: tuple[Block, ...]

    def blocks(self) -> Iterator[Block]:
        """The matrices."""
        yield from self.pieces


def height_rows(
    source: _Range | _Sent, first: int, name: str, kind: Kind | None, request: Request
) -> list[HeightRows]:
    """The heights of some codes; `shard_bytes` makes a shard of them."""
    try:
        return list(results(source.blocks(), name, kind, request, _Unwatched(), first))
    except InterruptedSearch:
        raise KeyboardInterrupt from None


class _Unwatched(Watch):
    """Progress is that of shards."""

    def _show(self, *_: Any) -> None:
        pass


def _tasks(
    job: JobFolder, path: Path, kind: Kind | None, request: Request, count: int | None
) -> Iterator[Task]:
    """All tasks of a job; their ranges depend on the input and what is asked only."""
    from mheight.heights.output.shards import shard_bytes

    first = 0
    spans = _spans(path, kind, request) if count is None else _ranges(path, kind, request, count)
    for number, (source, codes, seconds) in enumerate(spans):
        shard = job.shard(number, {"first": first, "codes": codes})
        yield Task(
            shard, height_rows, (source, first, str(path), kind, request),
            f"{path}, codes {first} to {first + codes - 1}", codes, seconds,
            partial(shard_bytes, capability=request.capability),
        )  # fmt: skip
        first += codes


def _ranges(
    path: Path, kind: Kind | None, request: Request, count: int
) -> Iterator[tuple[_Range, int, float]]:
    stamp = _stamp(path)
    shape = next(npy_range(path, 0, 1)).values.shape[1:] if count else (1, 1)
    step, seconds = _step(shape, kind, request)
    for first in range(0, max(count, 1), step):
        last = min(first + step, count)
        yield _Range(path.absolute(), first, last, stamp), last - first, seconds


def _spans(path: Path, kind: Kind | None, request: Request) -> Iterator[tuple[_Sent, int, float]]:
    """Matrices of any other file, read one after the other."""
    blocks, _ = opened_path(str(path), path, request.exact)
    waiting: list[Block] = []
    codes, share, seconds = 0, 0.0, 0.0
    for block in chain.from_iterable(_pieces(block, kind, request) for block in blocks):
        step, longest = _step(_shape(block), block.kind or kind, request)
        more = _length(block)
        if waiting and share + more / step > 1.0:
            yield _Sent(tuple(waiting)), codes, seconds
            waiting, codes, share, seconds = [], 0, 0.0, 0.0
        waiting.append(block)
        codes, share, seconds = codes + more, share + more / step, max(seconds, longest)
    yield _Sent(tuple(waiting)), codes, seconds


def _pieces(block: Block, kind: Kind | None, request: Request) -> Iterator[Block]:
    """A block in parts of at most a shard each."""
    step, _ = _step(_shape(block), block.kind or kind, request)
    if _length(block) <= step:
        yield block
        return
    for start in range(0, len(block.values), step):
        yield Block(block.values[start : start + step], block.kind, block.not_p)


def _length(block: Block) -> int:
    values = block.values
    return len(values) if isinstance(values, np.ndarray) and values.ndim == 3 else 1


def _shape(block: Block) -> tuple[int, ...]:
    """Rows and columns; a guess where what came is no matrix, which the shard will say."""
    values = block.values
    if isinstance(values, dict):
        values = next(iter(values.values()), [[0]])
    if isinstance(values, np.ndarray) and values.ndim >= 2:
        return tuple(values.shape[-2:])
    try:
        return len(values), max(len(values[0]), 1)
    except (TypeError, IndexError, KeyError):
        return 1, 1


def _step(shape: tuple[int, ...], kind: Kind | None, request: Request) -> tuple[int, float]:
    """Codes of one shard, and about how many seconds it takes."""
    rows, columns = shape
    n = rows + columns if kind == "P" else columns
    k = columns - rows if kind == "H" else rows
    each = request.seconds(n, k) if 0 < k < n else 1e-6
    entries = max(rows * columns, 1)
    step = int(min(_SHARD_SECONDS / each, _MOST_CODES, _MOST_ENTRIES / entries))
    return max(step, 1), max(step, 1) * each


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def file_of_job(path: Path | None) -> Path:
    """The file of a job.

    Raises:
        InvalidDataError: a typed matrix or standard input, which can't be read again.
    """
    if path is None:
        raise InvalidDataError(
            "a folder of shards is made from a file, which can be read again when it goes on; "
            "for a typed matrix or standard input name a file: -o heights.parquet"
        )
    return path
