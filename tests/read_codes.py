"""Matrices that tests write to files, and what is read back, shared by the tests of readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mheight.codes.from_blocks import batches
from mheight.codes.reading import read_blocks

ONE = [[1, 0, 1], [0, 1, 2]]
TWO = [[2, 0, 1], [0, 2, 1]]
P = [[1], [2]]


def read(path: Path, kind: Any = None) -> list[Any]:
    found = batches(read_blocks(path), str(path), kind)
    return [G.tolist() for batch in found for G in batch.generators]
