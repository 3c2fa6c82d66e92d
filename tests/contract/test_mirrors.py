"""Unit tests stand where the source does, so that whoever changes a module finds its tests."""

from __future__ import annotations

from pathlib import Path

import mheight

UNIT = Path(__file__).parents[1] / "unit"
SOURCE = Path(mheight.__file__).parent


def mirrored(test: Path) -> Path:
    """What `folder/test_X.py` is of, without its ending: `folder/X`."""
    return SOURCE / test.relative_to(UNIT).with_name(test.stem.removeprefix("test_"))


def test_every_unit_test_mirrors_a_module_or_a_package() -> None:
    tests = sorted(UNIT.rglob("test_*.py"))
    assert len(tests) > 100
    strays = [
        str(test.relative_to(UNIT))
        for test in tests
        if not (mirrored(test).with_suffix(".py").is_file() or mirrored(test).is_dir())
    ]
    assert strays == [], "of several modules: tests/property; of none: tests/contract"
