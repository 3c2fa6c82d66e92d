"""Workers, schedulers and clients killed in the middle of work; KILLS=100 for as many."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from clusters import (
    LocalProcesses,
    codes_file,
    run_mheight,
    shards_in,
    start_mheight,
    tree,
    wait_for,
)  # fmt: skip

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
            more = shards_in(out) + 1
            cluster.allow(more, out)  # and the workers hold what comes after
            wait_for(more, out, client)
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
        cluster.allow_all()
        _, err = client.communicate(timeout=1200)
        assert client.returncode == 0, err
        print(dict(killed))
    assert sum(killed.values()) == KILLS, killed
    assert tree(out) == tree(plain)
    assert not [p for p in out.rglob("*") if p.name.startswith(".")]
