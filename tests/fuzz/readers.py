"""Feeds damaged and hostile files to the readers, under a limit on memory and time.

    python tests/fuzz/readers.py [--together] COUNT SEED [READER ...]

changes bytes of honest files COUNT times for each reader.  A fault is any error that mheight
does not raise on purpose, a warning that is not one of ours, more than 512 MiB beyond what was in
use before, more than 5 s of CPU, or the end of the process; faults are printed, with the input, and
the exit status is their number (at most 100).  Each reader runs in a process of its own, because a
fault may end it; another one then goes on behind that input.  `--together` takes one process for
all, which is faster and ends with it.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mheight.codes.from_blocks import batches
from mheight.codes.reading import read_blocks
from mheight.datasets import generate, load_pickle, read_any_samples, read_parquet, read_samples
from mheight.datasets.reading import read_labels
from mheight.deployment import Predictor
from mheight.deployment.bundle import FILES, Bundle, read_bundle, write_bundle
from mheight.deployment.checked_json import object_of
from mheight.deployment.manifest import Manifest
from mheight.errors import InputWarning, MheightError
from mheight.experiments.config import load_config
from mheight.experiments.study_file import load_study
from mheight.protection.word_files import read_words

MEMORY = 2**29
SECONDS = 5.0
RUNS = Path(__file__).resolve().parent.parent.parent / "runs"
PACKAGED = Path(__file__).parents[1] / "bundle_run8_stream"
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


def parquet(columns: dict[str, Any], **how: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **how)
    return stream.getvalue()


WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"compression": "zstd", "use_dictionary": False},
    {"compression": "none", "data_page_version": "2.0", "row_group_size": 2},
)


def honest_parquet() -> list[bytes]:
    rows = {"n": [9, 9], "k": [4, 4], "m": [2, 3], "height": [2.5, 3.5]}
    text = "1 2 3 4 5; 6 7 8 9 1; 1 3 5 7 9; 2 4 6 8 1"
    matrices = ([np.arange(20.0).tolist()] * 2, [np.eye(4, 5).tolist()] * 2, [text] * 2)
    return [parquet({**rows, "P": P}, **how) for P in matrices for how in WAYS]


def honest_matrices() -> list[bytes]:
    G = [[1, 0, 1], [0, 1, 2]]
    tables: list[dict[str, Any]] = [
        {"G": [G, G, G], "k": [2, 2, 2]},
        {"P": [[1.0, 2.0]] * 3, "n": [3] * 3, "k": [2] * 3},
        {"n": [3], "k": [2], "p0": [1.0], "p1": [2.0]},
        {"G": ["1 0 1; 0 1 2"] * 3},
    ]
    return [parquet(table, **how) for table in tables for how in WAYS]


def saved(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def honest_npy() -> list[bytes]:
    stack = np.random.default_rng(0).integers(-9, 9, (3, 2, 4))
    arrays = [stack, stack[0], np.asfortranarray(stack.astype(">f4")), stack.astype(bool)]
    return [saved(array) for array in arrays]


def honest_words() -> list[bytes]:
    return [saved(np.random.default_rng(0).normal(size=(4, 6)))]


def honest_word_tables() -> list[bytes]:
    rows = np.random.default_rng(0).normal(size=(4, 6)).tolist()
    return [parquet({"w": rows}), parquet({f"x{i}": [1.0, 2.0] for i in range(6)})]


def honest_word_lines() -> list[bytes]:
    return [b"1,2,3,4,5,6\n1,nan,3,4,inf,6\n", b"a,b,c,d,e,f\n1,2,3,4,5,6\n"]


def honest_lines() -> list[bytes]:
    texts = [
        'row,g0,g1,g2\n0,1,0,1\n1,"0",1,1/2\n',
        "1;0;1\n0;1;.5\n\n1;2;3\n",
        "n,k,p0,p1\n3,2,1,2\n",
        "1 0 1\n0 1 2\n",
        "H = [1 1 | ½]\n\n\\begin{bmatrix} 1 & \\frac12 \\end{bmatrix}",
        '{"G": [[1, 0, 1], [0, 1, "1/2"]]}\n[[1, 2.5]]\n',
    ]
    return [text.encode() for text in texts]


def honest_json_matrices() -> list[bytes]:
    ONE, P = [[1, 0, 1], [0, 1, 2]], [[1], [2]]
    values: list[Any] = [
        {"codes": [{"G": ONE}, {"P": P}]},
        [ONE, ONE],
        {"a": {"G": ONE}, "b": {"H": ONE}},
        [{"P": [1, 2], "n": 3, "k": 2}],
    ]
    return [json.dumps(value).encode() for value in values]


def honest_runs() -> list[bytes]:
    return [path.read_bytes() for path in sorted(RUNS.glob("run*.toml"))]


def honest_studies() -> list[bytes]:
    return [path.read_bytes().replace(b'base = "', b'base = "' + str(RUNS).encode() + b"/")
            for path in sorted(RUNS.glob("tune*.toml"))]  # fmt: skip


def honest_networks() -> list[bytes]:
    """The packaged network, and a smaller one whose bytes all matter more."""
    from hostile_networks import ONE, joined, network

    return [contents()["network.onnx"], network(joined(), ONE)]


def contents() -> dict[str, bytes]:
    return {name: (PACKAGED / name).read_bytes() for name in FILES}


def run_network(path: Path) -> Any:
    """A bundle with this network, and one prediction if it is accepted."""
    texts = {name: object_of(content) for name, content in contents().items() if "json" in name}
    bundle = Bundle(
        "x", path.read_bytes(), texts["features.json"], texts["domain.json"],
        texts["calibration.json"], Manifest.from_dict(texts["manifest.json"]), "",
    )  # fmt: skip
    Predictor(bundle).predict_log2(CODES)


def honest_bundle_texts() -> list[bytes]:
    """All texts of a bundle in one, so that any of them is changed."""
    return [b"\0".join(content for name, content in contents().items() if "onnx" not in name)]


def read_bundle_texts(path: Path) -> Any:
    texts = path.read_bytes().split(b"\0")
    names = [name for name in FILES if "onnx" not in name]
    made = {**contents(), **dict(zip(names, texts, strict=False))}
    target = path.parent / "bundle.zip"
    target.unlink(missing_ok=True)
    write_bundle(made, target)
    Predictor(read_bundle(target))


def honest_zips() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(contents(), Path(folder) / "b.zip")
        return [(Path(folder) / "b.zip").read_bytes()]


def read_matrices(path: Path) -> Any:
    for exact in (False, True):
        for _ in read_blocks(path, exact=exact):
            pass
    for _ in batches(read_blocks(path), str(path), None):
        pass


def read_six(path: Path) -> Any:
    for _ in read_words(path, 6):
        pass


def honest_heights() -> list[bytes]:
    texts = ["2\n3\ninf\n", "height\n2\n3\n", "n,k,m,h_m\n9,4,2,2.5\n", "[2, 3, null]"]
    texts += ['{"[9,4,2]": 2.5, "[9, 4, 3]": [3, 4]}', '{"heights": [2, 3]}']
    values = [[2.5, np.float64(3)], np.array([2.5, 3]), {(9, 4, 2): 2.5}]
    return [text.encode() for text in texts] + [pickle.dumps(value) for value in values]


CODES = generate("uniform", 1, 1).samples

READERS: dict[str, tuple[str, Callable[[Path], Any], Callable[[], list[bytes]]]] = {
    "pickle": ("x.pkl", load_pickle, honest_pickles),
    "json": ("x.json", read_any_samples, honest_json),
    "json-lines": ("x.jsonl", read_any_samples, honest_json_lines),
    "table": ("x.csv", read_any_samples, honest_tables),
    "gzip": ("x.csv.gz", read_any_samples, honest_gzip),
    "archive": ("x.npz", read_any_samples, honest_archives),
    "parquet": ("x.parquet", read_any_samples, honest_parquet),
    "data-set": ("x.parquet", read_parquet, lambda: honest_parquet()[:6]),
    "content": ("x", read_samples, lambda: [*honest_json()[:1], *honest_tables()[:3]]),
    "heights": ("y", read_labels, honest_heights),
    "heights-parquet": ("y.parquet", read_labels, lambda: [parquet({"height": [2.5, 3.0]})]),
    "matrices-npy": ("x.npy", read_matrices, honest_npy),
    "matrices-npy-gz": ("x.npy.gz", read_matrices, lambda: list(map(gzip.compress, honest_npy()))),
    "matrices-npz": ("x.npz", read_matrices, honest_archives),
    "matrices-parquet": ("x.parquet", read_matrices, honest_matrices),
    "matrices-lines": ("x.txt", read_matrices, honest_lines),
    "matrices-csv": ("x.csv", read_matrices, lambda: honest_lines()[:4]),
    "matrices-json": ("x.json", read_matrices, honest_json_matrices),
    "words-npy": ("x.npy", read_six, honest_words),
    "words-csv": ("x.csv", read_six, honest_word_lines),
    "words-parquet": ("x.parquet", read_six, honest_word_tables),
    "runs": ("x.toml", load_config, honest_runs),
    "studies": ("x.toml", load_study, honest_studies),
    "networks": ("x.onnx", run_network, honest_networks),
    "bundle-texts": ("x", read_bundle_texts, honest_bundle_texts),
    "bundle-zips": ("x.zip", read_bundle, honest_zips),
}


def damaged(name: str, content: bytes, rng: np.random.Generator) -> bytes:
    """A changed file; of Parquet often the footer alone, and with the right length."""
    if "parquet" not in name or rng.random() < 0.5:
        return changed(content, rng)
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    footer = changed(content[start:-8], rng)
    return content[:start] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


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
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", InputWarning)
            read(path)
    except MheightError as error:
        plain = "\n" not in str(error) and len(str(error)) < 2000
        return "refused" if plain else f"fault: many lines: {str(error)[:200]!r}"
    except (Exception, TooSlowError) as error:
        return f"fault: {type(error).__name__}: {str(error)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return "read"


def tried(name: str, count: int, seed: int, path: Path, start: int = 0) -> Iterator[str]:
    """Outcomes of a reader, whose input lies at the path; the honest files come first."""
    _, read, make = READERS[name]
    honest = make()
    for i in range(start, len(honest) + count):
        rng = np.random.default_rng([seed, i, *name.encode()])
        content = (
            honest[i]
            if i < len(honest)
            else damaged(name, honest[int(rng.integers(len(honest)))], rng)
        )
        path.write_bytes(content)
        found = outcome(read, path)
        refused = i < len(honest) and found == "refused"
        yield "fault: an honest file is refused" if refused else found


def watched(name: str, count: int, seed: int) -> tuple[dict[str, int], int]:
    """Outcomes of a reader in processes of their own, counted, and how many faults."""
    counts: dict[str, int] = {}
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / READERS[name][0]
        while True:
            here = [sys.executable, __file__, "--here", name, str(count), str(seed), str(path)]
            with subprocess.Popen([*here, str(done)], stdout=subprocess.PIPE) as child:
                for line in lines_of(child):
                    done += 1
                    found, _, shown = line.partition("\t")
                    _count(counts, name, found, shown)
            if child.returncode == 0:
                return counts, counts.get("fault", 0)
            done += 1
            ended = f"fault: the process ended with {child.returncode}"
            _count(counts, name, ended, readable(path))
            if child.returncode > 0 and done == 1:
                return counts, counts["fault"]


def lines_of(child: subprocess.Popen[bytes]) -> Iterator[str]:
    """Its lines, taken many at a time: to wake for each costs as much as the reading."""
    assert child.stdout is not None
    rest = b""
    while part := os.read(child.stdout.fileno(), 2**16):
        *whole, rest = (rest + part).split(b"\n")
        yield from (line.decode() for line in whole)
        time.sleep(0.05)


def readable(path: Path) -> str:
    """An input as a fault is printed with it."""
    return base64.b64encode(path.read_bytes()).decode()[:4000] if path.exists() else ""


def alone(name: str, count: int, seed: int) -> tuple[dict[str, int], int]:
    """The same in this process."""
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / READERS[name][0]
        for found in tried(name, count, seed, path):
            _count(counts, name, found, readable(path) if found.startswith("fault") else "")
    return counts, counts.get("fault", 0)


def _count(counts: dict[str, int], name: str, found: str, shown: str) -> None:
    kind = found.split(":")[0]
    counts[kind] = counts.get(kind, 0) + 1
    if kind == "fault":
        print(name, found, shown, flush=True)


def main(arguments: list[str]) -> int:
    if arguments[0] == "--here":
        name, count, seed, place, start = arguments[1:]
        limit_memory()
        for found in tried(name, int(count), int(seed), Path(place), int(start)):
            shown = readable(Path(place)) if found.startswith("fault") else ""
            print(" ".join(found.split()), shown, sep="\t", flush=True)
        return 0
    together = arguments[0] == "--together"
    count, seed, *names = arguments[together:]
    faults = 0
    if together:
        limit_memory()
    for name in names or READERS:
        start = time.perf_counter()
        counts, found = (alone if together else watched)(name, int(count), int(seed))
        faults += found
        seconds = f"{time.perf_counter() - start:.1f} s"
        print(name, json.dumps(counts), seconds, flush=True)
    return min(faults, 100)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main(sys.argv[1:]))
