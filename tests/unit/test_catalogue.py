"""The shipped catalogue, its checker, and merges."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mheight
from mheight.catalogue import best_code, check_catalogue, read_catalogue, shipped
from mheight.catalogue.building import best_of, built
from mheight.catalogue.chains import Chain
from mheight.catalogue.checking import sampled
from mheight.catalogue.closure import BestCodes, heights_of
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.files import as_table, write_catalogue
from mheight.catalogue.found import judged, write_found
from mheight.catalogue.merging import found_matrices, merge, united
from mheight.cli.main import main
from mheight.errors import InvalidDataError

GIVEN = Chain.given("test")


G6 = best_code(6, 3, 3).G


LONGEST = max(shipped().lengths())


def test_every_place_is_filled() -> None:
    entries = shipped().entries
    assert LONGEST == 16
    wanted = {
        (n, k, m, kind)
        for n in range(2, LONGEST + 1)
        for k in range(1, n)
        for m in range(1, n - k + 1)
        for kind in ("real", "integer")
    }
    assert set(entries) == wanted


def test_a_sample_computed_again() -> None:
    known = shipped()
    entries = [e for e in sampled(known, 80, seed=3) if e.n <= 13]
    assert check_catalogue(known, entries) == []


def test_it_is_closed_under_monotony() -> None:
    """What no rule can improve: heights along every axis."""
    value = {key: entry.number for key, entry in shipped().entries.items()}
    slack = 1 + 1e-9
    for (n, k, m, kind), h in value.items():
        if m > 1:
            assert value[n, k, m - 1, kind] <= h * slack
        if k > 1:
            assert value[n, k - 1, m, kind] <= h * slack
            assert value[n - 1, k - 1, m, kind] <= h * slack
            if n < LONGEST:
                assert value[n + 1, k, m, kind] <= h * slack
        if n - 1 > k and m > 1:
            assert value[n - 1, k, m - 1, kind] <= h * slack
        if kind == "integer":
            assert value[n, k, m, "real"] <= h * slack


def test_bounds_lie_below() -> None:
    for entry in shipped().entries.values():
        assert entry.bound.number <= entry.number * (1 + 1e-9), entry
        assert entry.bound.rule
        assert entry.bound.source


def test_importing_stays_light() -> None:
    program = (
        "import sys, mheight; assert 'mheight.catalogue' not in sys.modules; "
        "mheight.best_code(5, 2, 2); assert 'jax' not in sys.modules; "
        "assert 'matplotlib' not in sys.modules; assert 'fastapi' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# --- the checker -----------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A catalogue of n <= 5 in a folder."""
    write_catalogue(_short(), tmp_path)
    return tmp_path


def _short() -> mheight.catalogue.Catalogue:  # type: ignore[name-defined]
    best = BestCodes(longest=5)
    for entry in shipped().entries.values():
        if entry.n <= 5:
            best.offer(replace_chain(entry.record.code), "test", "search")
    return built(best, "2026-01-01")


def replace_chain(code: ExactCode) -> ExactCode:
    return ExactCode(code.rows, GIVEN)


def test_files_round_trip(small: Path) -> None:
    known = read_catalogue(small)
    assert check_catalogue(known) == []
    assert all(as_table(known, n) == as_table(_short(), n) for n in range(2, 6))


Change = Callable[[dict[str, Any]], None]


def _entry(value: dict[str, Any], k: int, m: int, kind: str = "real") -> dict[str, Any]:
    return next(e for e in value["entries"] if (e["k"], e["m"], e["kind"]) == (k, m, kind))


def _set(k: int, m: int, name: str, to: Any) -> Change:
    def change(value: dict[str, Any]) -> None:
        _entry(value, k, m)[name] = to

    return change


def _sign(value: dict[str, Any]) -> None:
    _entry(value, 2, 2)["signs"][0] *= -1


def _matrix(value: dict[str, Any]) -> None:
    code = value["codes"][_entry(value, 2, 2)["code"]]
    code["rows"] = [row[:-1] for row in code["rows"]]


def _chain(value: dict[str, Any]) -> None:
    value["codes"][_entry(value, 2, 2)["code"]]["chain"] = {"made": "by hand"}


def _number(value: dict[str, Any]) -> None:
    code = value["codes"][_entry(value, 2, 2)["code"]]
    code["rows"][0][-1] = 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(2, 2, "height", "1.6"), "the entry says 1.6"),
        (_set(2, 2, "height", "1.62"), "the entry says 1.62"),
        (_sign, "codeword has"),
        (_set(2, 2, "information_set", [1, 1]), "different positions"),
        (_set(2, 2, "proof", "fractions"), "its proof is in balls"),
        (_number, "it was changed"),
    ],
)
def test_the_checker_names_the_entry(small: Path, change: Change, message: str) -> None:
    path = small / "n05.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    faults = check_catalogue(read_catalogue(small))
    assert any(message in fault.text and "(5, 2, 2), real" in fault.where for fault in faults), [
        str(fault) for fault in faults
    ]
    assert main(["table", "--check", "--catalogue", str(small)]) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(2, 2, "colour", "red"), r"\(5, 2, 2\), real: unknown field 'colour'"),
        (_matrix, r"n05.json: code .*shape \(k, n\) = \(2, 5\), got \(2, 4\)"),
        (_chain, r"n05.json: code .*: a chain must have one of make, rule, given, code"),
        (_set(2, 2, "code", "abc"), r"\(5, 2, 2\), real: there is no code 'abc'"),
        (lambda value: value.update(version=2), "version 1 is read"),
    ],
)
def test_files_that_are_refused(small: Path, change: Change, message: str) -> None:
    path = small / "n05.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    with pytest.raises(InvalidDataError, match=message):
        read_catalogue(small)
    assert main(["table", "--check", "--catalogue", str(small)]) == 1


def test_a_bound_that_is_too_high(small: Path) -> None:
    known = read_catalogue(small)
    entry = known.entries[5, 2, 2, "real"]
    known.entries[entry.key] = replace(entry, bound=replace(entry.bound, value="1.7"))
    faults = check_catalogue(known)
    assert any("lower bound 1.7 is above" in fault.text for fault in faults)


def _found(folder: Path, matrix: list[list[Any]], m: int) -> None:
    found = judged(
        tuple(tuple(row) for row in matrix), m, entries="real", bound=None, seed=1,
        method="cma", seconds=1.0, date="2026-01-02",
    )  # fmt: skip
    assert found is not None
    write_found(folder, found)


def test_merging_closes_and_certifies(tmp_path: Path) -> None:
    best = BestCodes(longest=6)
    rng = np.random.default_rng(1)
    for n in range(2, 7):
        for k in range(1, n):
            rows = np.hstack([np.eye(k), rng.integers(1, 30, (k, n - k))]).astype(int)
            best.offer(ExactCode(rows.tolist(), GIVEN), "test", "search")
    best.close()
    known = built(best, "2026-01-01")
    before = {key: entry.number for key, entry in known.entries.items()}
    _found(tmp_path, best_code(6, 3, 3).G.tolist(), 3)
    again = best_of(known, 6)
    better = merge(again, found_matrices([tmp_path]))
    assert (6, 3, 3, "real") in better
    again.close()
    after = built(again, "2026-01-03", known)
    assert check_catalogue(after) == []
    # The shortened code came by itself.
    assert after.entries[5, 2, 3, "real"].number <= after.entries[6, 3, 3, "real"].number
    assert all(after.entries[key].number <= h * (1 + 1e-9) for key, h in before.items())
    record = after.entries[6, 3, 3, "real"].record
    assert (record.finder, record.date) == ("mheight design (cma)", "2026-01-02")


def test_found_files_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="no files of found codes"):
        found_matrices([tmp_path])
    with pytest.raises(InvalidDataError, match="no such file"):
        found_matrices([tmp_path / "x.json"])
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InvalidDataError, match="has the format"):
        found_matrices([tmp_path / "x.json"])
    _found(tmp_path, [[1, 0, 1, 1], [0, 1, 1, 2]], 1)
    (path,) = tmp_path.glob("n04*.json")
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "exact": "9", "height": "9.0"}))
    with pytest.raises(InvalidDataError, match=r"n04.*does not reach h_1 = 9\.0"):
        found_matrices([path])


def test_heights_in_floats_agree_with_the_engine() -> None:
    np.testing.assert_allclose(heights_of(G6[None])[0], mheight.height_profile(G6))


def test_targets_of_another_search() -> None:
    """Heights that public searches and earlier trials reached, at n = 9 and 10."""
    assert best_code(9, 6, 3).number <= 34
    assert best_code(10, 5, 3).number <= 3 * (1 + 1e-9)
    assert best_code(10, 4, 3, "integer").number <= 2
    assert best_code(10, 6, 2, "integer").number <= 3


def test_catalogues_are_united(small: Path) -> None:
    first = read_catalogue(small)
    worse = read_catalogue(small)
    key = (5, 2, 2, "real")
    worse.entries[key] = replace(worse.entries[key], height="9", reached=("submission",))
    assert united(worse, first).entries[key].height == first.entries[key].height
    assert united(first, worse).entries[key].height == first.entries[key].height
    del worse.entries[key]
    both = united(worse, first)
    assert both.entries.keys() == first.entries.keys()
    assert best_of(both, 5).close() == 0
