"""A Dask cluster of this machine, whose processes can be killed, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "LocalProcesses", "codes_file", "run_mheight", "shards_in", "start_mheight", "tree", "wait_for",
]  # fmt: skip


_GATED = Path(__file__).parent / "gated_worker.py"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def quiet_environment(**more: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "300", "OMP_NUM_THREADS": "1", **more}


_SMALL_SHARDS = """
import sys
from mheight.cli import heights_job
heights_job._MOST_CODES = int(sys.argv.pop(1))
if __name__ == "__main__":
    from mheight.cli.main import run
    run()
"""


def start_mheight(*arguments: object, codes: int = 100) -> subprocess.Popen[str]:
    """The command line in a process of its own, with shards of so many codes."""
    command = [sys.executable, "-c", _SMALL_SHARDS, str(codes), *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=quiet_environment(), start_new_session=True,
    )  # fmt: skip


def run_mheight(*arguments: object, codes: int = 100, timeout: float = 600) -> tuple[int, str, str]:
    process = start_mheight(*arguments, codes=codes)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, out, err


def codes_file(path: Path, count: int) -> Path:
    rng = np.random.default_rng(7)
    np.save(path, rng.integers(-99, 100, (count, 4, 5)))
    return path


def tree(path: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(path)): p.read_bytes()
        for p in path.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(path).parts)
    }


def shards_in(folder: Path) -> int:
    return len(list((folder / "shards").glob("0*")))


def wait_for(count: int, folder: Path, client: subprocess.Popen[str]) -> None:
    """Until so many shards are there and the client still waits for others."""
    end = time.monotonic() + 600
    while shards_in(folder) < count:
        assert client.poll() is None, client.communicate()
        assert time.monotonic() < end, f"{count} shards never came"
        time.sleep(0.02)
    assert client.poll() is None, client.communicate()


class LocalProcesses:
    """A scheduler and workers, each a process; a context manager.

    Their work on shards can be held back: `allow` says how many may come to be.
    """

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.folder = folder
        self._gate = folder / "gate"
        self.port = free_port()
        self.scheduler_file = folder / "scheduler.json"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self._count = workers

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def __enter__(self) -> LocalProcesses:
        self.start_scheduler()
        for _ in range(self._count):
            self.start_worker()
        return self

    def __exit__(self, *_: Any) -> None:
        for process in (*self.workers, self.scheduler):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()

    def allow(self, shards: int, out: Path) -> None:
        """Let workers begin shards while fewer are in a folder: one more than these may come."""
        fresh = self._gate.with_suffix(".fresh")
        fresh.write_text(f"{shards}\n{out}")
        fresh.replace(self._gate)

    def allow_all(self) -> None:
        """Let workers begin whatever there is."""
        self._gate.unlink(missing_ok=True)

    def start_scheduler(self) -> None:
        self.scheduler_file.unlink(missing_ok=True)
        self.scheduler = self._start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port),
            "--no-dashboard", "--scheduler-file", str(self.scheduler_file),
        )  # fmt: skip
        end = time.monotonic() + 300
        while not self.scheduler_file.exists():
            assert self.scheduler.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)

    def start_worker(self, **more: str) -> subprocess.Popen[bytes]:
        worker = self._start(
            "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny",
            "--no-dashboard", "--memory-limit", "0", "--death-timeout", "300",
            "--local-directory", str(self.folder), "--preload", str(_GATED),
            MHEIGHT_TEST_GATE=str(self._gate), **more,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def kill_worker(self) -> None:
        """Kill the oldest worker."""
        worker = self.workers.pop(0)
        worker.kill()
        worker.wait()

    def _start(self, module: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet_environment(**more),
            start_new_session=True,
        )  # fmt: skip
