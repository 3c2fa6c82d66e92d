"""Work in shards, run with its progress shown; what is done is kept when it is interrupted.

Its options are in `job_options`, how Ctrl-C is waited for in `interrupting`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mheight.cli.console import error_console, out, say
from mheight.cli.interrupting import Interrupted
from mheight.cli.job_options import JobOptions
from mheight.errors import JobError
from mheight.jobs import JobFolder, Outcome, Place, Task, run_job

__all__ = ["beside", "run_shown"]

_LINE = 60.0  # seconds between two lines where there is no terminal


def beside(output: Path) -> Path:
    """The folder where shards of an output are kept until it is written."""
    return output.with_name(output.name + ".job")


def run_shown(
    job: JobFolder,
    tasks: Iterable[Task],
    options: JobOptions,
    units: str,
    total: int | None,
    *,
    are_all: bool = True,
    place: Place | None = None,
) -> Outcome:
    """Run a job with its progress shown; what is done is kept when it is interrupted.

    Args:
        job: the folder.
        tasks: all tasks of the job.
        options: where, and which part.
        units: what is counted, as `codes`.
        total: of these, in all shards; None if unknown.
        are_all: whether the job has no other shards than these.
        place: of the options, where it is open already.
    """
    with _Progress(units, total) as shown:
        try:
            with options.place() if place is None else nullcontext(place) as here:
                outcome = run_job(job, tasks, here, options.part, shown.watch, are_all=are_all)
        except KeyboardInterrupt:
            shown.stop()
            there = len(job.numbers())
            raise Interrupted(
                f"interrupted; {there:,} shards are kept, and the same command goes on"
            ) from None
    if options.part is not None:
        out(
            f"{job.path}: part {options.part} is done, {outcome.made:,} shards made; "
            f"{outcome.there:,} of {outcome.shards:,} are there"
        )
    elif not outcome.is_complete:
        raise JobError(f"{job.path}: {outcome.there:,} of {outcome.shards:,} shards are there")
    return outcome


class _Progress:
    """A bar with rate and time left; without a terminal, a line now and then."""

    def __init__(self, units: str, total: int | None) -> None:
        self._units, self._total = units, total
        self._there = self._made = self._shards = 0
        self._begun = self._said = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(), console=error_console, transient=True,
            disable=not error_console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("computing", total=total, text="")

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def watch(self, task: Task, made: bool) -> None:
        """A shard is there."""
        self._there += task.units
        self._shards += 1
        if made:
            self._made += task.units
        self._bar.update(self._task, completed=self._there, text=self._text())
        now = time.monotonic()
        if not error_console.is_terminal and now - self._said > _LINE:
            self._said = now
            say(self._text())

    def _text(self) -> str:
        of = "" if self._total is None else f"/{self._total:,}"
        text = f"{self._there:,}{of} {self._units} in {self._shards:,} shards"
        seconds = time.monotonic() - self._begun
        if not self._made or seconds <= 0:
            return text
        rate = self._made / seconds
        text += f", {rate:,.0f}/s" if rate >= 10 else f", {rate:.2g}/s"
        if self._total is not None:
            text += f", {_duration((self._total - self._there) / rate)} left"
        return text


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
