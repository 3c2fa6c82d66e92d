"""Kills commands at random moments: nothing is lost, and the same command then finishes.

    python tests/fuzz/kills.py COUNT SEED [COMMAND ...]

runs each command once undisturbed, then COUNT times with a SIGKILL.  Half of the kills come
when the process has used a random share of the CPU time that the command takes, the other half
a moment after something half written lies in its folder.  After each of them

* the inputs are as they were, and an output of before is there unchanged, or the new one whole;
* the same command ends with status 0 and writes the same bytes as without a kill;
* nothing half written is left.

Whatever else is a fault; faults are printed, and the exit status is their number (at most 100).
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mheight.datasets import generate

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 600.0  # seconds for a command, on a machine with other work
TINY = (
    "features.name=raw-p", "data.per_group=40", "model.capacity=0.02", "training.epochs=4",
    "training.batch_size=16",
)  # fmt: skip


def no_inputs(folder: Path) -> None:
    """For commands that draw what they need."""


def matrices(folder: Path) -> None:
    np.save(folder / "codes.npy", np.random.default_rng(0).integers(-9, 10, (20_000, 3, 6)))


def samples(folder: Path) -> None:
    found = generate("uniform", 20, 1).samples
    rows = [[int(n), int(k), int(m), found.matrix(i).tolist()]
            for i, (n, k, m) in enumerate(zip(found.n, found.k, found.m, strict=True))]  # fmt: skip
    (folder / "samples.json").write_text(json.dumps(rows))


def words(folder: Path) -> None:
    np.save(folder / "words.npy", np.random.default_rng(0).normal(size=(20_000, 6)))


@lru_cache
def finished_run() -> Path:
    """A run that was trained once, for the commands that need one."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    subprocess.run(
        [sys.executable, "-m", "mheight", *COMMANDS["train"].arguments],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "runs" / "run_7"


def run_folder(folder: Path) -> None:
    shutil.copytree(finished_run(), folder / "run")


def whole(path: Path) -> str:
    """What must be the same: the bytes of a file, or of all files of a folder."""
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.is_file())
        return " ".join(f"{p.relative_to(path)}={whole(p)}" for p in inside)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def scores(path: Path) -> str:
    """Of a run, whose files hold times, the scores of the report."""
    report = path / "run_7" / "report.json"
    return json.dumps(json.loads(report.read_text())["scores"], sort_keys=True)


@dataclass(frozen=True)
class Command:
    """A command line, run in a folder of its own.

    Attributes:
        arguments: of `mheight`.
        output: the file or folder that it writes.
        prepare: writes its inputs into the folder.
        result: of the output, what must be the same.
        replaces: whether it takes the place of an output that is there.
        again: further arguments to go on with what a kill left.
    """

    arguments: tuple[str, ...]
    output: str
    prepare: Callable[[Path], None] = no_inputs
    result: Callable[[Path], str] = whole
    replaces: bool = True
    again: tuple[str, ...] = ()


COMMANDS: dict[str, Command] = {
    "heights": Command(
        ("heights", "codes.npy", "-o", "heights.parquet"), "heights.parquet", matrices
    ),
    "data": Command(("data", "make", "-o", "set", "--per-group", "30"), "set", replaces=False),
    "predict": Command(("predict", "samples.json", "-o", "out.csv"), "out.csv", samples),
    "protect": Command(
        ("protect", "words.npy", "--code", "1 0 0 1 1 1; 0 1 0 1 2 3; 0 0 1 1 3 6",
         "--delta", "1", "-o", "words.csv"), "words.csv", words,
    ),
    "export": Command(
        ("export", "run", "-o", "bundle.zip"), "bundle.zip", run_folder, replaces=False
    ),
    "train": Command(
        ("train", str(ROOT / "runs" / "run7.toml"), "-o", "runs",
         *(part for setting in TINY for part in ("--set", setting))),
        "runs", result=scores, replaces=False, again=("--resume",),
    ),
}  # fmt: skip


def started(command: Command, folder: Path, more: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "mheight", *command.arguments, *more]
    log = (folder.parent / f"{folder.name}.log").open("wb")
    with log:
        return subprocess.Popen(line, cwd=folder, stdout=log, stderr=subprocess.STDOUT)


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, zero if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob(".partial-*"))


def until(process: subprocess.Popen[bytes], happened: Callable[[], bool]) -> None:
    """Wait until something happened, or the process ended."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and not happened():
        if time.monotonic() > end:
            process.kill()
            raise TimeoutError(f"{process.args} took more than {PATIENCE:g} s")
        time.sleep(0.002)


def killed(
    command: Command, folder: Path, seconds: float, rng: np.random.Generator, at_writing: bool
) -> bool:
    """Start a command and kill it; whether it was before its end."""
    process = started(command, folder)
    share = float(rng.uniform(0.0, 1.0)) * seconds
    if at_writing:
        until(process, lambda: bool(half_written(folder)))
        begun = cpu_seconds(process.pid)
        share = begun + float(rng.uniform(0.0, 0.3)) * max(seconds - begun, 0.0)
    until(process, lambda: cpu_seconds(process.pid) >= share)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def inputs(folder: Path, command: Command) -> dict[str, str]:
    return {
        path.name: whole(path)
        for path in sorted(folder.iterdir())
        if path.name != command.output and not path.name.startswith(".partial-")
    }


def faults_of_one(
    command: Command, folder: Path, expected: str, seconds: float, rng: np.random.Generator,
    at_writing: bool,
) -> tuple[bool, list[str]]:  # fmt: skip
    """One kill in a new folder: whether it came in time, and what was wrong after it."""
    folder.mkdir()
    command.prepare(folder)
    output = folder / command.output
    if command.replaces:
        output.write_bytes(b"of before")
    given = inputs(folder, command)
    in_time = killed(command, folder, seconds, rng, at_writing)
    found = []
    if inputs(folder, command) != given:
        found.append("the inputs were changed")
    if command.replaces and output.read_bytes() != b"of before" and whole(output) != expected:
        found.append("the output is neither that of before nor the new one")
    elif not command.replaces and not command.again and output.exists():
        if whole(output) != expected:
            found.append("the output is there, but not whole")
        (shutil.rmtree if output.is_dir() else Path.unlink)(output)
    process = started(command, folder, command.again)
    until(process, lambda: False)
    if process.wait() != 0:
        text = (folder.parent / f"{folder.name}.log").read_text()[-300:]
        found.append(f"the same command ended with {process.returncode}: {text}")
    elif command.result(output) != expected:
        found.append("the same command wrote something else")
    if half_written(folder):
        found.append(f"left half written: {half_written(folder)}")
    if inputs(folder, command) != given:
        found.append("the inputs were changed by the second run")
    return in_time, found


def tried(name: str, count: int, seed: int, place: Path, first: int = 0) -> tuple[int, list[str]]:
    """How many kills of a command, numbered from `first`, came before its end, and the faults."""
    command = COMMANDS[name]
    undisturbed = place / f"{name}-whole"
    undisturbed.mkdir()
    command.prepare(undisturbed)
    process = started(command, undisturbed)
    used = 0.0

    def look() -> bool:
        nonlocal used
        used = max(used, cpu_seconds(process.pid))
        return False

    until(process, look)
    if process.wait() != 0:
        return 0, [f"{name} fails without a kill"]
    expected = command.result(undisturbed / command.output)
    in_time, faults = 0, []
    for i in range(first, first + count):
        rng = np.random.default_rng([seed, i, *name.encode()])
        folder = place / f"{name}-{i}"
        came, found = faults_of_one(command, folder, expected, used, rng, at_writing=i % 2 == 1)
        in_time += came
        faults += [f"{name}, kill {i}: {text}" for text in found]
        if not found:
            shutil.rmtree(folder)
    return in_time, faults


def main(arguments: list[str]) -> int:
    count, seed, *names = arguments
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names or COMMANDS:
            in_time, found = tried(name, int(count), int(seed), Path(folder))
            faults += len(found)
            print(*found, sep="\n", end="\n" if found else "")
            print(
                f"{name}: {count} kills, {in_time} before the end, {len(found)} faults", flush=True
            )
    return min(faults, 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
