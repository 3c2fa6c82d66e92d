"""A sample of the hunt through all routes, against rational arithmetic; all of it: `make hunt`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matrices import BADLY_SCALED

import mheight
from mheight.codes.algebra.exact_matrices import exact_rank
from mheight.codes.minors.rounding import ACCURACY
from mheight.heights.certificate import rounded
from mheight.heights.profile import profile_with_doubts

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


def test_decimals_of_all_sizes_agree_alone_and_in_a_batch(differential: ModuleType) -> None:
    entries = [name for name in differential.ENTRIES if name.startswith("decimals")]
    hunt = differential.Hunt(alone=0.25, searched=0.0, entries=entries, lengths=[6, 7, 8])
    for chunk in range(16):
        hunt.chunk(np.random.default_rng([17, chunk]))
    assert len(entries) == 2
    assert not hunt.wrong
    assert hunt.counts["alone"] > 80


def test_a_badly_scaled_code_is_as_accurate_in_a_batch_as_alone(differential: ModuleType) -> None:
    given = differential.given_matrices([BADLY_SCALED] * 9, "G")
    truth = np.array([rounded(h) for h in mheight.exact_profile(given.generator(0))])
    batch, alone = profile_with_doubts(given), profile_with_doubts(given.alone(0))
    assert truth[1] == pytest.approx(42086030801.678, rel=1e-12)
    assert alone.is_certain
    assert batch.is_certain
    np.testing.assert_allclose(alone.heights, truth, rtol=ACCURACY)
    np.testing.assert_allclose(batch.heights, np.tile(truth, (9, 1)), rtol=ACCURACY)


def test_powers_of_two_of_full_rank_are_taken_as_they_are(differential: ModuleType) -> None:
    rng, seen = np.random.default_rng(17), 0
    for n, k in ((4, 2), (5, 3), (7, 3), (8, 6)):
        for G in differential.powers_of_two(rng, (10, k, n)):
            if exact_rank(G) < k:
                with pytest.raises(mheight.InvalidCodeError, match="must be independent"):
                    mheight.LinearCode(G)
                continue
            found = profile_with_doubts(differential.given_matrices(G[None], "G"))
            truth = np.array([rounded(h) for h in mheight.exact_profile(G)])
            if found.is_certain:
                np.testing.assert_allclose(found.heights[0], truth, rtol=ACCURACY)
                seen += 1
    assert seen > 20


def test_a_wrong_height_is_seen(differential: ModuleType) -> None:
    """The hunt must be able to fail."""
    hunt = differential.Hunt(alone=0.0, searched=0.0)
    given = differential.given_matrices([[1, 0, 1, 1], [0, 1, 1, 2]])
    hunt.compare("batch", np.array([2.0, 3.0]), (2, 3), given, 0, "fractions")
    assert not hunt.wrong
    hunt.compare("batch", np.array([2.0, 3.0 + 1e-7]), (2, 3), given, 0, "fractions")
    hunt.compare("batch", np.array([2.0, np.inf]), (2, 3e15), given, 0, "fractions")
    assert len(hunt.wrong) == 2
