"""Real schedulers, workers and clients are killed: nothing is lost, the bytes are the same."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import LocalProcesses, codes_file, run_mheight, start_mheight, tree, wait_for

pytest.importorskip("distributed")

QUESTION = ("-P", "--witness")  # some milliseconds a code


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcesses]:
    with LocalProcesses(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A file of codes, and what one process makes of it."""
    folder = tmp_path_factory.mktemp("codes")
    path = codes_file(folder / "codes.npy", 1_000)
    status, out, err = run_mheight("heights", path, *QUESTION, "-o", folder / "out")
    assert (status, "in 10 shards" in out) == (0, True), err
    return path, tree(folder / "out")


def test_a_worker_that_dies_and_one_whose_disk_is_full(
    cluster: LocalProcesses, material: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    path, expected = material
    out = tmp_path / "out"
    # No byte of a file can be written there from now on.
    resource.prlimit(cluster.workers[1].pid, resource.RLIMIT_FSIZE, (0, 0))
    cluster.allow(1, out)
    client = start_mheight("heights", path, *QUESTION, "-o", out, "--cluster", cluster.address)
    wait_for(1, out, client)
    cluster.kill_worker()
    cluster.start_worker()
    cluster.allow_all()
    stdout, err = client.communicate(timeout=600)
    assert client.returncode == 0, err
    # Workers elsewhere write nothing, so that the full disk is in nobody's way.
    assert err == ""
    assert cluster.workers[0].poll() is None
    assert "in 10 shards" in stdout
    assert tree(out) == expected


def test_workers_of_this_machine_write_the_same_bytes(
    material: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    path, expected = material
    out = tmp_path / "out"
    status, stdout, err = run_mheight("heights", path, *QUESTION, "-o", out, "--cluster", "local:2")
    assert (status, "in 10 shards" in stdout) == (0, True), err
    assert tree(out) == expected


HANGING = """
import json, sys
from mheight.jobs import Shard, Task, hashed
from mheight.jobs.addresses import cluster_name
from mheight.jobs.cluster import Cluster

tasks = [
    Task(Shard(i, hashed({"i": i})), json.dumps, ([i],), f"task {i}", seconds=0.1)
    for i in range(20)
]
with Cluster(cluster_name(sys.argv[1]), print, patience=2.0) as cluster:
    results = {task.shard.number: value for task, value in cluster.results(tasks)}
assert results == {i: json.dumps([i]) for i in range(20)}
"""


def test_the_work_of_a_worker_that_hangs_is_done_again(cluster: LocalProcesses) -> None:
    hanging = cluster.workers[0]
    hanging.send_signal(signal.SIGSTOP)
    try:
        command = [sys.executable, "-c", HANGING, cluster.address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    finally:
        hanging.send_signal(signal.SIGCONT)
    assert done.returncode == 0, done.stderr
    assert "has not been heard of; its work is done again" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_client_that_is_killed_and_one_that_is_interrupted(
    cluster: LocalProcesses, material: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    path, expected = material
    out = tmp_path / "out"
    command = ("heights", path, *QUESTION, "-o", out, "--cluster", cluster.scheduler_file)
    cluster.allow(1, out)
    killed = start_mheight(*command)
    wait_for(1, out, killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    cluster.allow(4, out)
    interrupted = start_mheight(*command)
    wait_for(4, out, interrupted)
    os.killpg(interrupted.pid, signal.SIGINT)
    _, err = interrupted.communicate(timeout=600)
    assert interrupted.returncode == 130, err
    assert "shards are kept, and the same command goes on" in err
    assert "Traceback" not in err
    cluster.allow_all()
    status, _, err = run_mheight(*command)
    assert status == 0, err
    assert tree(out) == expected


def test_a_scheduler_that_dies(material: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    path, expected = material
    out = tmp_path / "out"
    with LocalProcesses(tmp_path, workers=1) as cluster:
        command = ("heights", path, *QUESTION, "-o", out, "--cluster", cluster.address)
        cluster.allow(1, out)
        client = start_mheight(*command)
        wait_for(1, out, client)
        assert cluster.scheduler is not None
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        _, err = client.communicate(timeout=600)
        assert client.returncode == 1
        assert err.strip().splitlines()[-1] == (
            f"error: the scheduler of {cluster.address} is gone; what is done is kept, and the "
            "same command goes on"
        )
    # It goes on without a cluster, too.
    assert run_mheight("heights", path, *QUESTION, "-o", out)[0] == 0
    assert tree(out) == expected


def test_workers_of_another_version_are_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "site" / "mheight-0.0.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: mheight\nVersion: 0.0.9\n")
    path = codes_file(tmp_path / "codes.npy", 5)
    with LocalProcesses(tmp_path, workers=0) as cluster:
        cluster.start_worker(PYTHONPATH=str(other.parent))
        for _ in range(100):  # until the worker has come
            status, _, err = run_mheight(
                "heights", path, "-P", "-o", tmp_path / "out", "--cluster", cluster.address
            )
            if "no workers yet" not in err:
                break
        assert status == 1
        assert "error: worker tcp://127.0.0.1:" in err
        assert "has mheight 0.0.9, this is" in err
