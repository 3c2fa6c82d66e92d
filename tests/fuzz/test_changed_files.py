"""Files of samples and heights with bytes changed; `make fuzz` does so for long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

READERS = Path(__file__).resolve().parent / "readers.py"


@pytest.mark.parametrize(("count", "names"), [(2000, ["pickle"]), (60, [])])
def test_changed_files_are_read_or_refused(count: int, names: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, READERS, "--together", str(count), "1", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    assert len(done.stdout.splitlines()) == (len(names) or 26)


def test_the_end_of_a_process_is_a_fault_and_the_rest_goes_on(tmp_path: Path) -> None:
    """What `make fuzz` relies on, with a reader that kills its process twice."""
    program = f"""
import os, sys
sys.path.insert(0, {str(READERS.parent)!r})
import readers
readers.__file__ = sys.argv[0]
def fatal(path):
    if path.read_bytes()[:1] in b"ab":
        os.abort()
readers.READERS = {{"fatal": ("x", fatal, lambda: [b"a", b"c", b"b", b"d"])}}
if __name__ == "__main__":
    sys.exit(readers.main(sys.argv[1:]))
"""
    script = tmp_path / "fatal.py"
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, script, "0", "1", "fatal"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert '{"fault": 2, "read": 2}' in done.stdout
    assert "the process ended with -6 YQ==" in done.stdout
