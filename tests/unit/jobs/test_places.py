"""Parts of a job, and shards written while the next one is computed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from square_job import files, job_at, squares, tasks_of

from mheight.errors import JobError
from mheight.jobs import (
    Part,
    Task,
    ThisProcess,
    run_job,
)


def test_a_shard_is_written_while_the_next_one_is_computed(tmp_path: Path) -> None:
    job, began = job_at(tmp_path / "a"), threading.Event()

    def work(number: int) -> int:
        if number:
            began.set()
        return number**2

    def seal(value: int) -> bytes:
        # Nobody sets this if the first shard is to be there before the second is begun.
        assert value or began.wait(60)
        return str(value).encode()

    tasks = [Task(job.shard(i, {"first": i}), work, (i,), "", seal=seal) for i in range(6)]
    assert run_job(job, tasks, ThisProcess()).made == 6
    whole = job_at(tmp_path / "b")
    run_job(whole, tasks_of(whole), ThisProcess())
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_what_is_being_written_is_kept_when_the_next_one_fails(tmp_path: Path) -> None:
    job, failing = job_at(tmp_path / "a"), threading.Event()

    def seal(value: bytes) -> bytes:
        # Shard 1 is still being written when the work on shard 2 fails.
        assert value != squares(1) or failing.wait(60)
        return value

    def interrupted(number: int) -> bytes:
        if number == 2:
            failing.set()
            raise KeyboardInterrupt
        return squares(number)

    tasks = [Task(job.shard(i, {"first": i}), interrupted, (i,), "", seal=seal) for i in range(6)]
    with pytest.raises(KeyboardInterrupt):
        run_job(job, tasks, ThisProcess())
    assert sorted(job_at(tmp_path / "a").found()) == [0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *(
            (text, f"a part is i/N, as 0/100, got {text[:40]!r}")
            for text in ("3", "-1/3", "a/b", "1/2/3", "¹/3", "9/" + "9" * 99, "")
        ),
        ("3/3", "parts count from 0: 0/3 to 2/3, got '3/3'"),
        ("1/0", "a part is i/N with N at least 1, got '1/0'"),
    ],
)
def test_no_part(text: str, message: str) -> None:
    with pytest.raises(JobError) as caught:
        Part.parse(text)
    assert str(caught.value) == message
