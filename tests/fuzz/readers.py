"""Feeds damaged and hostile files to the readers, under a limit on memory and time.

    python tests/fuzz/readers.py COUNT SEED [READER ...]

changes bytes of honest files COUNT times for each reader.  A fault is any error that mheight
does not raise on purpose, more than 512 MiB beyond what was in use before, or more than 5 s of
CPU; faults are printed, with the input, and the exit status is their number (at most 100).
It runs in a process of its own, because a fault may end it.
"""

from __future__ import annotations

import base64
import json
import pickle
import resource
import signal
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mheight.datasets import load_pickle
from mheight.errors import MheightError

MEMORY = 2**29
SECONDS = 5.0
FIXTURES = Path(__file__).resolve().parent.parent / "unit" / "datasets" / "numpy_pickles.jsonl"


class TooSlowError(BaseException):
    """Stands outside of what readers may catch."""


def honest_pickles() -> list[bytes]:
    lines = [json.loads(line) for line in FIXTURES.read_text().splitlines()]
    found = [zlib.decompress(base64.b64decode(text)) for one in lines for text in one["protocols"]]
    rng = np.random.default_rng(0)
    rows = [[9, 4, 2, rng.integers(-9, 9, (4, 5))] for _ in range(3)]
    return found + [pickle.dumps(rows, protocol) for protocol in range(6)]


READERS: dict[str, tuple[str, Callable[[Path], Any], Callable[[], list[bytes]]]] = {
    "pickle": ("x.pkl", load_pickle, honest_pickles),
}


def changed(content: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, cut out, doubled or put in."""
    out = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(0, max(len(out), 1)))
        length = int(rng.integers(1, 9))
        match int(rng.integers(0, 5)):
            case 0 | 1:
                out[at : at + 1] = bytes([int(rng.integers(0, 256))])
            case 2:
                del out[at : at + length]
            case 3:
                out[at:at] = out[at : at + length] * int(rng.integers(1, 4))
            case 4:
                other = int(rng.integers(0, max(len(out), 1)))
                out[at : at + length] = out[other : other + length]
    return bytes(out)


def limit_memory(more: int = MEMORY) -> None:
    """From here on the process may take so many bytes more than now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def outcome(read: Callable[[Path], Any], path: Path) -> str:
    """`read`, `refused`, or the fault."""

    def late(*_: object) -> None:
        raise TooSlowError

    signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        read(path)
    except MheightError as error:
        return "refused" if "\n" not in str(error) else f"fault: many lines: {error}"
    except (Exception, TooSlowError) as error:
        return f"fault: {type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return "read"


def tried(name: str, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Outcomes and inputs of a reader; the honest files come first, unchanged."""
    file_name, read, make = READERS[name]
    honest = make()
    rng = np.random.default_rng([seed, *name.encode()])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file_name
        for content in honest:
            path.write_bytes(content)
            found = outcome(read, path)
            yield (found if found != "refused" else "fault: an honest file is refused"), content
        for _ in range(count):
            content = changed(honest[int(rng.integers(len(honest)))], rng)
            path.write_bytes(content)
            yield outcome(read, path), content


def main(arguments: list[str]) -> int:
    count, seed, *names = arguments
    faults = 0
    limit_memory()
    for name in names or READERS:
        counts: dict[str, int] = {}
        for found, content in tried(name, int(count), int(seed)):
            counts[found.split(":")[0]] = counts.get(found.split(":")[0], 0) + 1
            if found.startswith("fault"):
                faults += 1
                print(name, found, base64.b64encode(content).decode(), flush=True)
        print(name, json.dumps(counts), flush=True)
    return min(faults, 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
