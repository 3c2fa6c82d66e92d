from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mheight as package
from mheight.cli.data import app as data
from mheight.cli.main import COMMANDS

EVERY = [
    *((command.name,) for command in COMMANDS),
    *(("data", c.name or c.callback.__name__) for c in data.registered_commands),
]


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_every_command_explains_itself(mheight, command):
    status, out, _ = mheight(*command, "--help")
    assert status == 0
    assert f" {' '.join(command)} " in out.splitlines()[0]
    assert len(out.split()) > 20


def test_the_commands_that_the_readme_tells_of_are_there():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^    mheight ([a-z]+)", readme, re.M))
    assert told - {command.name for command in COMMANDS} == set()
    assert len(told) > 8


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_summary_is_what_the_command_says_of_itself(mheight, command):
    _, own, _ = mheight(command.name, "--help")
    assert command.summary in " ".join(own.split())
    _, listed, _ = mheight("--help")
    assert f"{command.name} {command.summary}" in " ".join(listed.split())


def test_version(mheight):
    assert mheight("--version")[:2] == (0, f"mheight {package.__version__}\n")


def test_a_misspelt_command_is_a_usage_error(mheight):
    status, _, err = mheight("hights")
    assert status == 2
    assert "No such command 'hights'" in err


@pytest.mark.parametrize("module", ["mheight", "mheight.cli.main"])
def test_import_loads_nothing_heavy(module):
    heavy = ("keras", "jax", "matplotlib", "sklearn", "fastapi", "pyarrow", "numba")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unexpected_error_is_one_line_too(mheight, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("mheight.cli.sources.parse_block", broken)
    status, _, err = mheight("heights", "1 2")
    assert status == 1
    assert err.startswith("error: unexpected ZeroDivisionError: boom")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("package", "advice"),
    [
        (
            "matplotlib.pyplot",
            "this needs the package matplotlib; in the source of mheight: pip install '.[train]'",
        ),
        (
            "uvicorn",
            "this needs the package uvicorn; in the source of mheight: pip install '.[serve]'",
        ),
        ("pyarrow", "the package pyarrow is missing; in the source of mheight: pip install ."),
    ],
)
def test_a_missing_package_is_told_with_what_to_install(mheight, monkeypatch, package, advice):
    def broken(*_: object, **__: object) -> None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    monkeypatch.setattr("mheight.cli.sources.parse_block", broken)
    line = advice.format("in the source of mheight: pip install")
    assert mheight("heights", "1 2")[::2] == (1, f"error: {line}\n")
