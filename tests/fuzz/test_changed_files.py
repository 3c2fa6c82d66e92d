"""Files of samples and heights with bytes changed; `make fuzz` does so for long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

READERS = Path(__file__).resolve().parent / "readers.py"


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (2000, ["pickle"]),
        (200, ["json", "json-lines", "table", "gzip", "archive", "parquet", "content", "heights"]),
    ],
)
def test_changed_files_are_read_or_refused(count: int, names: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, READERS, str(count), "1", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    assert len(done.stdout.splitlines()) == len(names)
