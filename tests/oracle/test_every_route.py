"""A sample of the hunt through all routes, against rational arithmetic; all of it: `make hunt`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "differential.py"


@pytest.fixture(scope="module")
def differential() -> ModuleType:
    spec = importlib.util.spec_from_file_location("differential", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_route_agrees(differential: ModuleType) -> None:
    hunt = differential.Hunt(alone=0.1, searched=0.03)
    for chunk in range(60):
        hunt.chunk(np.random.default_rng([2024, chunk]))
    assert hunt.codes > 2000
    assert not hunt.wrong
    assert all(tally["codes"] for tally in hunt.by_entries.values())
    assert min(hunt.counts["alone"], hunt.counts["find_height"]) > 30


def test_a_wrong_height_is_seen(differential: ModuleType) -> None:
    """The hunt must be able to fail."""
    hunt = differential.Hunt(alone=0.0, searched=0.0)
    given = differential.given_matrices([[1, 0, 1, 1], [0, 1, 1, 2]])
    hunt.compare("batch", np.array([2.0, 3.0]), (2, 3), given, 0, "fractions")
    assert not hunt.wrong
    hunt.compare("batch", np.array([2.0, 3.0 + 1e-7]), (2, 3), given, 0, "fractions")
    hunt.compare("batch", np.array([2.0, np.inf]), (2, 3e15), given, 0, "fractions")
    assert len(hunt.wrong) == 2
