"""Jobs: shards by name, folders that go on, merging."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from square_job import files, job_at, squares, tasks_of

from mheight.errors import JobError
from mheight.jobs import (
    JobFolder,
    Part,
    Shard,
    Task,
    ThisProcess,
    hashed,
    merge_jobs,
    read_job,
    run_job,
)
from mheight.jobs.on_worker import kept_there, sealed


def test_names_are_the_same_in_every_process_and_version_of_python() -> None:
    about = {"kind": "heights", "m": None, "range": [0, 5], "tolerance": 1e-9, "exact": False}
    assert hashed(about) == "c6e248fe383fd82c8769ef6ea5140e5164a5c247293a4b74bbc7ce137d284d76"


@pytest.mark.parametrize(
    ("name", "value"), [("input", "cd"), ("m", 2), ("seed", 4), ("more", True)]
)
def test_everything_that_matters_is_in_the_name(tmp_path: Path, name: str, value: object) -> None:
    left, right = job_at(tmp_path / "a"), job_at(tmp_path / "b", **{name: value})
    assert left.name != right.name
    assert left.shard(0, {"first": 0}).name != right.shard(0, {"first": 0}).name
    assert left.shard(0, {"first": 0}).name != left.shard(0, {"first": 1}).name


def test_another_version_is_another_job(tmp_path: Path) -> None:
    job = job_at(tmp_path / "a")
    other = JobFolder(job.path, job.kind, job.parameters, job.ending, "99.0")
    assert other.name != job.name
    other.write_manifest()
    with pytest.raises(
        JobError, match=r"holds another job: of mheight 99\.0, this is .*; it has no sh"
    ):
        job_at(tmp_path / "a")
    other.keep(other.shard(0, {"first": 0}), b"done")
    with pytest.raises(
        JobError, match=r"holds another job: of mheight 99\.0, .*; choose another name$"
    ):
        job_at(tmp_path / "a")


def test_a_job_goes_on_and_comes_to_the_same_bytes(tmp_path: Path) -> None:
    whole, stopped = job_at(tmp_path / "whole"), job_at(tmp_path / "stopped")
    run_job(whole, tasks_of(whole), ThisProcess())

    def interrupted(job: JobFolder) -> Iterator[Task]:
        for task in tasks_of(job):
            if task.shard.number == 3:
                raise KeyboardInterrupt
            yield task

    with pytest.raises(KeyboardInterrupt):
        run_job(stopped, interrupted(stopped), ThisProcess())
    again = job_at(tmp_path / "stopped")
    outcome = run_job(again, tasks_of(again), ThisProcess())
    assert (outcome.made, outcome.there, outcome.shards) == (3, 6, 6)
    assert files(tmp_path / "whole") == files(tmp_path / "stopped")


def test_workers_seal_shards_and_may_write_them(tmp_path: Path) -> None:
    job, whole = job_at(tmp_path / "a"), job_at(tmp_path / "b")
    run_job(whole, tasks_of(whole), ThisProcess())
    for task in tasks_of(job):
        inner = sealed(task)
        assert inner.work(*inner.arguments) == squares(*task.arguments)
        there = kept_there(task, job)
        job.note(job.folder / there.work(*there.arguments))
    assert run_job(job, tasks_of(job), ThisProcess()).made == 0
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_what_this_process_wrote_is_read_again_once_it_is_changed(tmp_path: Path) -> None:
    job = job_at(tmp_path / "a")
    run_job(job, tasks_of(job), ThisProcess())
    path = job.require_complete()[3]
    path.write_bytes(b"8")  # as long as before
    with pytest.raises(JobError, match=f"{path.name}: changed since it was written"):
        job.require_complete()


def test_parts_add_up_in_any_order_and_twice(tmp_path: Path) -> None:
    whole = job_at(tmp_path / "whole")
    run_job(whole, tasks_of(whole), ThisProcess())
    for i in range(3):
        job = job_at(tmp_path / f"part{i}")
        outcome = run_job(job, tasks_of(job), ThisProcess(), Part(i, 3))
        assert not outcome.is_complete
        assert outcome.made == 2
    parts = [tmp_path / f"part{i}" for i in range(3)]
    with pytest.raises(JobError, match="2 of 6 shards are there"):
        read_job(parts[0]).require_complete()
    assert merge_jobs(parts, tmp_path / "all").added == 6
    assert files(tmp_path / "all") == files(tmp_path / "whole")
    assert merge_jobs([parts[2], tmp_path / "all", parts[0]], tmp_path / "all").added == 0
    assert merge_jobs(parts, parts[1]).there == 6
    assert files(tmp_path / "all") == files(parts[1]) == files(tmp_path / "whole")


def test_a_changed_byte_is_refused_by_name(tmp_path: Path) -> None:
    job = job_at(tmp_path / "a")
    run_job(job, tasks_of(job), ThisProcess())
    path = sorted(job.folder.iterdir())[4]
    path.write_bytes(b"17")
    with pytest.raises(JobError, match=f"{path.name}: changed since it was written"):
        run_job(job, tasks_of(job), ThisProcess())
    with pytest.raises(JobError, match="changed since it was written"):
        merge_jobs([tmp_path / "a"], tmp_path / "b")
    assert not (tmp_path / "b").exists()
    path.unlink()
    assert run_job(job, tasks_of(job), ThisProcess()).made == 1


def test_shards_and_manifests_of_another_job_are_refused(tmp_path: Path) -> None:
    job, other = job_at(tmp_path / "a"), job_at(tmp_path / "b", seed=4)
    for one in (job, other):
        run_job(one, tasks_of(one), ThisProcess())
    with pytest.raises(JobError, match="seed 4 there, 3 asked for"):
        job_at(tmp_path / "b")
    with pytest.raises(JobError, match="different jobs"):
        merge_jobs([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    first = sorted(job.folder.iterdir())[0]
    first.unlink()
    foreign = sorted(other.folder.iterdir())[0]
    (job.folder / foreign.name).write_bytes(foreign.read_bytes())
    with pytest.raises(JobError, match="a shard of another job"):
        run_job(job, tasks_of(job), ThisProcess())


def test_two_results_of_one_shard_are_refused(tmp_path: Path) -> None:
    left, right = job_at(tmp_path / "a"), job_at(tmp_path / "b")
    shard = left.shard(0, {"first": 0})
    left.keep(shard, b"0")
    right.keep(shard, b"1")
    with pytest.raises(JobError, match="another result than"):
        merge_jobs([tmp_path / "a", tmp_path / "b"], tmp_path / "a")
    left.keep(shard, b"1")
    with pytest.raises(JobError, match="another result of shard 0"):
        left.found()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "\xff", "[" * 100_000, '{"what": "mheight job"}', "null",
        '{"what": "mheight job", "format": 1, "shards": null}',
    ],
)  # fmt: skip
def test_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(JobError, match="not the manifest of a job"):
        read_job(tmp_path)


def test_a_manifest_that_was_changed(tmp_path: Path) -> None:
    job_at(tmp_path / "a")
    path = tmp_path / "a" / "manifest.json"
    values = json.loads(path.read_text())
    for name, value, message in (
        ("format", 2, "format 1 is needed, got 2"),
        ("kind", "cubes", "changed since it was written"),
        ("parameters", {"m": 1}, "changed since it was written"),
        ("shards", -1, "not the manifest"),
        ("ending", 3, "not the manifest"),
    ):
        path.write_text(json.dumps({**values, name: value}))
        with pytest.raises(JobError, match=message):
            read_job(tmp_path / "a")


def test_a_folder_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(JobError, match="exists already and holds no job"):
        job_at(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(JobError, match="no job is there"):
        read_job(tmp_path)


def test_a_full_disk_leaves_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_at(tmp_path / "a")
    usual = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if data == b"9":
            usual(path, b"")
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return usual(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        run_job(job, tasks_of(job), ThisProcess())
    monkeypatch.undo()
    assert len(job.found()) == 3
    assert run_job(job, tasks_of(job), ThisProcess()).made == 3
    assert not list(job.folder.glob(".partial-*"))


def test_shards_are_numbered_in_the_order_of_their_names() -> None:
    names = [Shard(i, "0" * 64).file_name(b"", ".txt") for i in (0, 9, 10, 99_999_999)]
    assert names == sorted(names)
