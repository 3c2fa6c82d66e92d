"""CONTRIBUTING's main ways: the files are called, in the order in which they stand."""

from __future__ import annotations

import json
import pickle
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny import OVERRIDES, ROOT

WAYS = {"typed": "A typed matrix", "predict": "A file to predictions", "train": "A run's file",
        "serve": "A request"}  # fmt: skip


def listed(start: str) -> list[str]:
    """The files of the way whose paragraph begins so."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    block = re.search(rf"^{start}(?:[^\n]+\n)+\n((?:    [^\n]*\n)+)", text, re.MULTILINE)
    assert block is not None, start
    return re.findall(r"^    (\S+\.py)\b", block[1], re.MULTILINE)


def called(*arguments: str) -> list[str]:
    """Modules in the order of their first call."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "tracing.py", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("called ")]
    assert lines, done.stderr
    found: list[str] = json.loads(lines[0].removeprefix("called "))
    return found


def arguments_of(way: str, folder: Path) -> list[str]:
    if way == "typed":
        return ["heights", "1 0 1 1; 0 1 1 2"]
    if way == "predict":
        P = np.random.default_rng(0).uniform(-100.0, 100.0, (5, 4))
        (folder / "samples.pkl").write_bytes(pickle.dumps([[9, 5, 2, P]]))
        return ["predict", str(folder / "samples.pkl"), "-o", str(folder / "heights.csv")]
    if way == "train":
        smaller = (*OVERRIDES, "training.epochs=1", "data.per_group=12")
        sets = [piece for one in smaller for piece in ("--set", one)]
        return ["train", str(ROOT / "runs" / "run7.toml"), "--output-root", str(folder), *sets]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return ["serve", "--no-model", "--port", str(free.getsockname()[1])]


@pytest.mark.parametrize(
    "way", ["typed", "predict", pytest.param("train", marks=pytest.mark.slow), "serve"]
)
def test_a_way_goes_through_its_files_in_their_order(way: str, tmp_path: Path) -> None:
    wanted, found = listed(WAYS[way]), called(*arguments_of(way, tmp_path))
    assert len(wanted) > 8
    assert not set(wanted) - set(found)
    assert sorted(wanted, key=found.index) == wanted
