"""Damaged files of matrices, of every kind."""

from __future__ import annotations

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from read_codes import ONE, TWO, P, read

from mheight.errors import InputWarning, InvalidCodeError


def whole_files(folder: Path) -> list[Path]:
    """One good file of each kind."""
    np.save(folder / "a.npy", np.array([ONE, TWO], dtype=float))
    np.savez(folder / "a.npz", G=np.array([ONE, TWO]))
    pq.write_table(pa.table({"G": [ONE, TWO], "k": [2, 2]}), folder / "a.parquet")
    pq.write_table(pa.table({"n": [3], "k": [2], "p0": [1.0], "p1": [2.0]}), folder / "b.parquet")
    (folder / "a.json").write_text(json.dumps({"codes": [{"G": ONE}, {"P": P}]}))
    (folder / "a.jsonl").write_text(f"{json.dumps(ONE)}\n{json.dumps({'P': P})}\n")
    (folder / "a.csv").write_text('row,g0,g1,g2\n0,1,0,1\n1,"0",1,1/2\n')
    (folder / "b.csv").write_text("1;0;1\n0;1;.5\n\n1;2;3\n")
    (folder / "a.txt").write_text(
        "H = [1 1 | ½] % said\n\n\\begin{bmatrix} 1 & \\frac12 \\end{bmatrix}"
    )
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"1,0,1\n0,1,2\n"))
    return sorted(folder.iterdir())


def test_damaged_files_are_refused_or_read(tmp_path: Path) -> None:
    """Bytes changed, cut, doubled: an answer or one line, and nothing else."""
    rng = np.random.default_rng(17)
    refused = 0
    for path in whole_files(tmp_path):
        content = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(content)
            kind = rng.integers(4)
            at = int(rng.integers(len(content)))
            if kind == 0:
                damaged = damaged[:at]
            elif kind == 1:
                damaged[at:at] = content[at : at + int(rng.integers(1, 40))]
            else:
                for _ in range(int(rng.integers(1, 4))):
                    damaged[int(rng.integers(len(content)))] = int(rng.integers(256))
            path.write_bytes(damaged)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InputWarning)
                try:
                    read(path)
                except InvalidCodeError:
                    refused += 1
        path.write_bytes(content)
    assert refused > 100
