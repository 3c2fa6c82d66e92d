"""Feeds damaged and hostile files to the readers, under a limit on memory and time.

    python tests/fuzz/readers.py COUNT SEED [READER ...]

changes bytes of honest files COUNT times for each reader.  A fault is any error that mheight
does not raise on purpose, more than 512 MiB beyond what was in use before, or more than 5 s of
CPU; faults are printed, with the input, and the exit status is their number (at most 100).
It runs in a process of its own, because a fault may end it.
"""

from __future__ import annotations

import base64
import gzip
import io
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
import pyarrow as pa
import pyarrow.parquet as pq

from mheight.datasets import load_pickle, read_any_samples, read_samples
from mheight.datasets.reading import read_labels
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


def sample_values() -> list[Any]:
    """Samples in the nestings that `docs/data.md` names."""
    rng = np.random.default_rng(0)
    matrices = [rng.integers(-9, 9, (4, 5)), rng.normal(size=(6, 3))]
    rows = [[9, len(P), 2, P.tolist()] for P in matrices]
    objects = [{**dict(zip("nkmP", row, strict=True)), "height": 2.5} for row in rows]
    return [
        rows,
        rows[0],
        objects,
        {"about": "x", "codes": objects},
        {"[9, 4, 2]": rows[0][3], "[9,6,2]": [rows[1][3]]},
        {
            "a": {"n": 9, "k": 4, "m": 2, "P": rows[0][3]},
            "b": {"m": 2, "GeneratorMatrix": np.eye(4, 9).tolist()},
        },
        {name: [row[i] for row in rows] for i, name in enumerate("nkmP")},
    ]


def honest_json() -> list[bytes]:
    return [json.dumps(value).encode() for value in sample_values()]


def honest_json_lines() -> list[bytes]:
    lines = [[json.dumps(one) for one in value] for value in sample_values() if type(value) is list]
    return ["\n".join(part).encode() for part in lines if part[0][0] in "[{"]


def honest_tables() -> list[bytes]:
    header = ["n", "k", "m", *(f"p{i}" for i in range(20)), "height"]
    rows = [
        ["9", "4", "2", *map(str, range(20)), "2.5"],
        ["9", "6", "2", *["1/3"] * 18, "", "", "inf"],
    ]
    texts = ["\n".join(mark.join(row) for row in [header, *rows]) for mark in ",;\t"]
    texts.append('n,k,m,P\n9,4,2,"[[1,2,3,4,5],[6,7,8,9,1],[1,3,5,7,9],[2,4,6,8,1]]"\n')
    return [text.encode() for text in texts]


def honest_gzip() -> list[bytes]:
    return [gzip.compress(content) for content in honest_tables()]


def honest_archives() -> list[bytes]:
    stream = io.BytesIO()
    P = np.arange(40.0).reshape(2, 20)
    np.savez(stream, n=[9, 9], k=[4, 4], m=[2, 3], P=P)
    return [stream.getvalue()]


def honest_parquet() -> list[bytes]:
    out = []
    for P in ([np.arange(20.0).tolist()] * 2, [np.eye(4, 5).tolist()] * 2):
        stream = io.BytesIO()
        table = {"n": [9, 9], "k": [4, 4], "m": [2, 3], "P": P, "height": [2.5, 3.5]}
        pq.write_table(pa.table(table), stream)
        out.append(stream.getvalue())
    return out


def honest_heights() -> list[bytes]:
    texts = ["2\n3\ninf\n", "height\n2\n3\n", "n,k,m,h_m\n9,4,2,2.5\n", "[2, 3, null]"]
    texts += ['{"[9,4,2]": 2.5, "[9, 4, 3]": [3, 4]}', '{"heights": [2, 3]}']
    values = [[2.5, np.float64(3)], np.array([2.5, 3]), {(9, 4, 2): 2.5}]
    return [text.encode() for text in texts] + [pickle.dumps(value) for value in values]


READERS: dict[str, tuple[str, Callable[[Path], Any], Callable[[], list[bytes]]]] = {
    "pickle": ("x.pkl", load_pickle, honest_pickles),
    "json": ("x.json", read_any_samples, honest_json),
    "json-lines": ("x.jsonl", read_any_samples, honest_json_lines),
    "table": ("x.csv", read_any_samples, honest_tables),
    "gzip": ("x.csv.gz", read_any_samples, honest_gzip),
    "archive": ("x.npz", read_any_samples, honest_archives),
    "parquet": ("x.parquet", read_any_samples, honest_parquet),
    "content": ("x", read_samples, lambda: [*honest_json()[:1], *honest_tables()[:3]]),
    "heights": ("y", read_labels, honest_heights),
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
