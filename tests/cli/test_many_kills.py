"""Workers, schedulers and clients killed at random moments; KILLS=100 for as many."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from clusters import LocalProcesses, codes_file, run_mheight, start_mheight, tree

pytest.importorskip("distributed")

KILLS = int(os.environ.get("KILLS", "6"))
SHARDS = 2 * KILLS + 10
CODES = 20


def test_nothing_is_lost_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    path = codes_file(tmp_path / "codes.npy", CODES * SHARDS)
    plain, out = tmp_path / "plain", tmp_path / "out"
    assert run_mheight("heights", path, "-P", "--witness", "-o", plain, codes=CODES)[0] == 0
    rng = np.random.default_rng(2026)
    left = rng.permutation(
        ["worker"] * (KILLS - 2 * (KILLS // 6)) + ["client", "scheduler"] * (KILLS // 6)
    ).tolist()
    killed: Counter[str] = Counter()
    with LocalProcesses(tmp_path) as cluster:
        command = (
            "heights", path, "-P", "--witness", "-o", out, "--cluster", cluster.scheduler_file
        )  # fmt: skip
        client = start_mheight(*command, codes=CODES)
        while left:
            before = shards_in(out)
            wait_for_more(out, before + 1, client)
            time.sleep(float(rng.exponential(0.3)))
            if client.poll() is not None and shards_in(out) == SHARDS:
                break  # done before all kills: the rest of the test says so
            what = left.pop()
            killed[what] += 1
            if what == "worker":
                cluster.kill_worker()
                cluster.start_worker()
            elif what == "scheduler":
                assert cluster.scheduler is not None
                cluster.scheduler.kill()
                cluster.scheduler.wait()
                _, err = client.communicate(timeout=600)
                assert "Traceback" not in err
                for _ in range(len(cluster.workers)):
                    cluster.kill_worker()
                cluster.start_scheduler()
                cluster.start_worker()
                cluster.start_worker()
            else:
                os.killpg(client.pid, signal.SIGKILL)
                client.communicate()
            if client.poll() is not None:
                client = start_mheight(*command, codes=CODES)
        _, err = client.communicate(timeout=1200)
        assert client.returncode == 0, err
        print(dict(killed))
    assert sum(killed.values()) == KILLS, killed
    assert tree(out) == tree(plain)
    assert not [p for p in out.rglob("*") if p.name.startswith(".")]


def shards_in(folder: Path) -> int:
    return len(list((folder / "shards").glob("0*"))) if (folder / "shards").is_dir() else 0


def wait_for_more(folder: Path, count: int, client: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 600
    while shards_in(folder) < count and client.poll() is None:
        assert time.monotonic() < end, f"{count} shards never came"
        time.sleep(0.02)
