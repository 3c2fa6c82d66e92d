"""The least h_(n-k) of integer codes, by going through all of them."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from mheight import best_code, exact_profile, height_profile
from mheight.catalogue import shipped
from mheight.catalogue.checking import check_catalogue
from mheight.catalogue.exhaustion import (
    exhaust,
    read_integer_proofs,
    write_integer_proofs,
)
from mheight.catalogue.lower import bound_of, bound_table, integer_bounds
from mheight.errors import InvalidCodeError, InvalidDataError


@pytest.mark.parametrize(("n", "k", "least", "most"), [(4, 2, 3, 4), (5, 2, 5, 5), (5, 3, 6, 6)])
def test_the_least_is_that_of_all_codes_one_by_one(n: int, k: int, least: int, most: int) -> None:
    values = [x for x in range(-most, most + 1) if x]
    vectors = [(a, b) for a in values for b in values if a > 0]
    chosen = np.array(list(itertools.combinations(vectors, n - 2)), float)
    P = chosen if k == n - 2 else np.swapaxes(chosen, 1, 2)
    G = np.concatenate([np.broadcast_to(np.eye(k), (len(P), k, k)), P], axis=2)
    assert height_profile(G)[:, n - k - 1].min() == pytest.approx(least, rel=1e-12)
    assert not isinstance(exhaust(n, k, str(least)), list)
    found = exhaust(n, k, str(least + 1))
    assert isinstance(found, list)
    matrix = [[*(int(i == j) for j in range(k)), *row] for i, row in enumerate(found)]
    assert least <= exact_profile(matrix)[n - k - 1] < least + 1


@pytest.mark.parametrize("case", read_integer_proofs(), ids=lambda p: f"{p.n},{p.k}")
def test_shipped_proofs_replay_and_are_met(case) -> None:
    if case.seconds < 1.0:
        again = exhaust(case.n, case.k, case.value)
        assert not isinstance(again, list)
        assert again.steps == case.steps
    entry = best_code(case.n, case.k, case.n - case.k, "integer")
    assert entry.certificate.height == Fraction(case.value)
    assert entry.status == "proved"
    assert "integers" in entry.bound.rule


def test_bounds_for_integers_are_not_for_all_codes() -> None:
    assert len(read_integer_proofs()) >= 10
    real, integer = best_code(5, 2, 3), best_code(5, 2, 3, "integer")
    assert real.number < integer.number
    assert real.bound.number < integer.bound.number == 5
    common = bound_table(6)[5, 2, 3]
    assert bound_of("real", common, 6) is common
    assert bound_of("integer", common, 6).number == 5
    for place, bound in integer_bounds(16).items():
        assert shipped().entries[(*place, "integer")].number >= bound.number * (1 - 1e-12)
    chosen = [shipped().entries[place] for place in ((5, 2, 3, "integer"), (5, 2, 3, "real"))]
    assert check_catalogue(shipped(), chosen) == []


def test_logs_are_written_and_read(tmp_path) -> None:
    path = tmp_path / "proofs.json"
    proof = exhaust(5, 3, "11/2", date="2026-01-01")
    write_integer_proofs([proof], path)
    assert read_integer_proofs(path) == [proof]
    path.write_text('{"proofs": [{"n": 5}]}')
    with pytest.raises(InvalidDataError, match="no file of proofs"):
        read_integer_proofs(path)
    assert read_integer_proofs(tmp_path / "none.json") == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((6, 3, "5"), "k must be 2 or n-2"),
        ((3, 2, "5"), "n at least 4"),
        ((5, 2, "1"), "must lie above 1, up to 200, got 1"),
        ((5, 2, "201"), "up to 200, got 201"),
    ],
)
def test_what_is_refused(asked, message) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        exhaust(*asked)
