"""What first answers cost: CPU seconds with no compiled kernel kept, and at the next start.

make benchmark-first
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from mheight.evaluation import render

TYPED = "1 0 1 1; 0 1 1 2"
NINE = "1 0 0 0 1 3 2 4 5; 0 1 0 0 2 1 4 2 3; 0 0 1 0 3 4 1 1 2; 0 0 0 1 1 1 1 1 7"
SAMPLE = """{"n": 9, "k": 5, "m": 2,
"P": [[1, 2, 3, 4], [2, 1, 1, 3], [3, 1, 2, 1], [1, 1, 1, 1], [4, 1, 3, 2]]}"""
SETUP = "import mheight, numpy as np; rng = np.random.default_rng(0); "
PROGRAMS = {
    "height_profile, one [9, 4] code": "mheight.height_profile(rng.integers(-9, 10, (4, 9)))",
    "height_profile, ten [9, 4] codes": "mheight.height_profile(rng.integers(-9, 10, (10, 4, 9)))",
    "height_profile, a thousand [9, 4] codes": (
        "mheight.height_profile(rng.integers(-9, 10, (1000, 4, 9)))"
    ),
    "find_height, [24, 12], m = 3": (
        "assert mheight.find_height(rng.standard_normal((12, 24)), 3, time_limit=10).is_exact"
    ),
}


def cpu_seconds(job: Callable[[], None]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    job()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run(*arguments: str) -> Callable[[], None]:
    def job() -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    return job


def serve() -> None:
    """Until the service is ready."""
    port = "18747"
    server = subprocess.Popen(
        [sys.executable, "-m", "mheight", "serve", "--port", port], stderr=subprocess.DEVNULL
    )
    try:
        while server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready").close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "one.jsonl").write_text(SAMPLE.replace("\n", " "))
        heights = ("-m", "mheight", "heights")
        output = str(folder / "out.csv")
        jobs: dict[str, Callable[[], None]] = {
            "mheight --version": run("-m", "mheight", "--version"),
            "mheight heights, a typed [4, 2] code": run(*heights, TYPED),
            "the same with --witness": run(*heights, TYPED, "--witness"),
            "the same with -H": run(*heights, TYPED, "-H"),
            "mheight heights, a typed [9, 4] code": run(*heights, NINE),
            **{title: run("-c", SETUP + program) for title, program in PROGRAMS.items()},
            "mheight predict, one sample": run(
                "-m", "mheight", "predict", str(folder / "one.jsonl"), "-o", output
            ),
            "mheight serve, until ready": serve,
        }
        rows = []
        for i, (title, job) in enumerate(jobs.items()):
            os.environ["NUMBA_CACHE_DIR"] = str(folder / f"kernels-{i}")
            rows.append([title, *(f"{cpu_seconds(job):.1f}" for _ in range(2))])
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(render("CPU seconds", ["", "nothing compiled", "next start"], rows))


if __name__ == "__main__":
    main()
