"""train_model_v7.ipynb and its twin, the script."""

from __future__ import annotations

import re
import subprocess
import sys

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient
from tiny import OVERRIDES, ROOT

TINY = [argument for value in OVERRIDES for argument in ("--set", value)]


def test_the_two_are_in_step():
    script = jupytext.read(ROOT / "train_model_v7.py")
    notebook = nbformat.read(ROOT / "train_model_v7.ipynb", as_version=4)
    assert [c.source for c in notebook.cells] == [c.source for c in script.cells]
    assert all(not cell.get("outputs") for cell in notebook.cells)


def without_time(report):
    """All but how long training took, which stands in a sentence and in the table of runs."""
    return re.sub(r"[0-9.]+ minutes", "N minutes", report.split("Runs\n")[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_notebook_leaves_what_the_script_leaves(tmp_path):
    notebook = nbformat.read(ROOT / "train_model_v7.ipynb", as_version=4)
    (parameters,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    there = tmp_path / "notebook"
    parameters.source += f"\noverrides = {list(OVERRIDES)!r}\noutput_root = {str(there)!r}"
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}, kernel_name="python3"
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
    assert not any("text/html" in output.get("data", {}) for output in outputs)
    assert not any("\x1b" in output.get("text", "") for output in outputs)

    command = [sys.executable, str(ROOT / "train_model_v7.py"), *TINY]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for name in ("report.txt", "detailed_comparison.txt"):
        by_notebook = (there / "run_7" / name).read_text(encoding="utf-8")
        by_script = (tmp_path / "run_7" / name).read_text(encoding="utf-8")
        assert without_time(by_notebook) == without_time(by_script)
        assert "(4,2)" in by_notebook


def test_the_script_trains_on_course_pickles(tmp_path):
    import pickle

    from mheight.datasets import generate

    samples = generate("course", 40, 1).samples
    rows = [[9, int(samples.k[i]), int(samples.m[i]), samples.matrix(i)] for i in range(360)]
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(rows))
    (tmp_path / "y.pkl").write_bytes(pickle.dumps(samples.labels.tolist()))
    command = [sys.executable, str(ROOT / "train_model_v7.py"), "x.pkl", "y.pkl", *TINY]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "criteria met" in done.stdout
    assert (tmp_path / "run_7" / "detailed_comparison.txt").is_file()
    assert (tmp_path / "best_model_run7.h5").is_file()
    bad = subprocess.run(
        [*command[:2], "no.pkl", *TINY, "--output-root", "other"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert bad.returncode == 1
    assert bad.stderr.strip().endswith("error: no.pkl: no such file or folder")
