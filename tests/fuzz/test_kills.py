"""A few kills of commands at random moments; `make fuzz` does 100."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).resolve().parent / "kills.py"


@pytest.fixture(scope="module")
def kills() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kills", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks itself up there.
    sys.modules["kills"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["heights", "data"])
def test_a_killed_command_loses_nothing_and_finishes_when_run_again(
    kills: ModuleType, name: str, tmp_path: Path
) -> None:
    in_time, faults = kills.tried(name, 2, 1, tmp_path)
    assert not faults
    assert in_time


def test_what_a_kill_must_not_leave_is_a_fault(
    kills: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hunt must be able to fail: a command that writes in place, and changes its input."""
    (tmp_path / "mheight.py").write_text(
        "import sys, time, pathlib\n"
        "place = pathlib.Path('x.csv')\n"
        "with place.open('a') as out:\n"
        "    for i in range(300):\n"
        "        out.write('row\\n'); out.flush()\n"
        "        pathlib.Path('.partial-x').touch()\n"
        "        end = time.process_time() + 0.002\n"
        "        while time.process_time() < end: pass\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(kills, "COMMANDS", {"bad": kills.Command((), "x.csv")})
    _, faults = kills.tried("bad", 2, 1, tmp_path)
    texts = " ".join(faults)
    assert "neither that of before" in texts
    assert "wrote something else" in texts
    assert "left half written" in texts
