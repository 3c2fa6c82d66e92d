"""The choice of engine: from lengths and predicted times alone, with nothing computed."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from mheight.errors import InvalidCodeError
from mheight.heights import choosing
from mheight.heights.choosing import (
    Plan,
    distance_is_counted,
    engine_of_height,
    engine_of_number,
    engine_of_profile,
    engine_of_rest,
    goes_by_parity,
    has_lattice,
    kernel_for,
    plan_within,
    predicted_seconds,
    preparation_seconds,
    require_certificates,
    require_time,
    seconds_for_table,
    settles_exactly,
    way_to_table,
)


def test_what_the_lattice_and_a_search_cost() -> None:
    assert predicted_seconds(10, 5, 3, "lattice") == pytest.approx(0.7e-9 * 10 * 9 * 2**8)
    assert predicted_seconds(26, 13, 3, "lattice") < math.inf
    assert predicted_seconds(27, 13, 3, "lattice") == math.inf
    costs = [predicted_seconds(32, 16, m, "branch-and-bound") for m in range(1, 8)]
    assert all(one < other for one, other in pairwise(costs))


@pytest.mark.parametrize(
    ("n", "k", "count", "kernel"),
    [
        (9, 5, 3, "one code"),
        (9, 5, 4, "batches"),
        (19, 1, 4, "batches"),  # 262,143 sets
        (20, 1, 4, "one code"),  # 524,287 sets
        (30, 28, 1, "batches"),  # 30 sets
        (26, 13, 4, "one code"),
    ],
)
def test_which_kernel(n: int, k: int, count: int, kernel: str) -> None:
    assert kernel_for(n, k, count) == kernel


def test_no_kernel_takes_a_long_code_of_low_rate() -> None:
    with pytest.raises(InvalidCodeError, match=r"an \[27, 13\] code has [\d,]+; .* find_height"):
        kernel_for(27, 13)


@pytest.mark.parametrize(
    ("n", "k", "wanted"), [(16, 8, True), (17, 8, False), (17, 14, True), (256, 255, True),
                           (257, 256, False)],
)  # fmt: skip
def test_what_fractions_settle(n: int, k: int, wanted: bool) -> None:
    assert settles_exactly(n, k) is wanted


def test_finite_heights_are_counted_for_short_codes() -> None:
    assert distance_is_counted(16)
    assert not distance_is_counted(17)


def test_profiles_are_searched_for_only_where_no_lattice_fits() -> None:
    assert engine_of_profile(26, 13) == "lattice"
    assert engine_of_profile(30, 3) == "branch-and-bound"
    with pytest.raises(InvalidCodeError, match=r"an \[40, 20\] code has"):
        engine_of_profile(40, 20)


def test_one_number_is_searched_for_where_that_is_cheaper() -> None:
    assert engine_of_number(16, 8, 1) == "lattice"  # as good as one
    assert engine_of_number(24, 12, 1) == "branch-and-bound"
    assert engine_of_number(24, 12, 12) == "lattice"
    assert engine_of_number(64, 32, 2) == "branch-and-bound"
    with pytest.raises(InvalidCodeError, match=r"h_20 of an \[64, 32\] code takes about [\d,]+ m"):
        engine_of_number(64, 32, 20)


def test_one_certificate_takes_the_cheaper_engine_unless_told() -> None:
    assert engine_of_height(24, 12, 1, "auto") == "branch-and-bound"
    assert engine_of_height(24, 12, 12, "auto") == "lattice"
    assert engine_of_height(24, 12, 12, "auto", time_limit=1e-3) == "branch-and-bound"
    assert engine_of_height(24, 12, 1, "lattice") == "lattice"
    assert engine_of_height(24, 12, 12, "branch-and-bound") == "branch-and-bound"
    with pytest.raises(InvalidCodeError, match=r"the lattice needs n <= 26, got 27"):
        engine_of_height(27, 13, 1, "lattice")
    assert engine_of_height(27, 13, 15, "lattice") == "lattice"  # infinite: nothing to do


@pytest.mark.parametrize(
    ("n", "k", "m", "seconds"), [(32, 16, 1, 0.82e-3), (32, 16, 4, 0.0447), (64, 8, 4, 0.0272)]
)
def test_what_a_search_is_predicted_to_take(n: int, k: int, m: int, seconds: float) -> None:
    assert predicted_seconds(n, k, m, "branch-and-bound") == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize(
    ("n", "k", "seconds"), [(20_000, 10, 1.28), (1000, 100, 1.0), (64, 32, 0.0149)]
)
def test_what_its_preparation_is_predicted_to_take(n: int, k: int, seconds: float) -> None:
    assert preparation_seconds(n, k) == pytest.approx(seconds, rel=0.01)


def test_a_refusal_says_how_many_minutes() -> None:
    minutes = predicted_seconds(32, 16, 12, "branch-and-bound") / 60
    with pytest.raises(InvalidCodeError) as refused:
        engine_of_number(32, 16, 12)
    assert str(refused.value) == (
        f"h_12 of an [32, 16] code takes about {minutes:,.0f} minutes; "
        "find_height(G, 12, time_limit=60) finds bounds"
    )


def test_the_rest_is_a_lattice_once_the_next_search_costs_more() -> None:
    assert engine_of_rest(20, 10, 1, "auto", math.inf) == "branch-and-bound"
    assert engine_of_rest(20, 10, 10, "auto", math.inf) == "lattice"
    assert engine_of_rest(20, 10, 10, "auto", 1e-6) == "branch-and-bound"
    for method in ("lattice", "branch-and-bound"):
        assert engine_of_rest(20, 10, 10, method, math.inf) == "branch-and-bound"
    assert engine_of_rest(30, 15, 10, "auto", math.inf) == "branch-and-bound"


@pytest.mark.parametrize(
    ("n", "k", "m", "method", "stoppable", "witness", "wanted"),
    [
        (9, 5, None, "auto", False, False, False),
        (9, 5, None, "auto", True, False, True),
        (9, 5, None, "branch-and-bound", False, False, True),
        (40, 20, None, "lattice", True, True, False),
        (40, 20, None, "auto", False, False, True),
        (30, 28, None, "auto", False, False, False),
        (30, 28, None, "auto", False, True, True),
        (30, 28, 1, "auto", False, False, False),
        (26, 13, 1, "auto", False, False, True),
        (26, 13, 13, "auto", False, False, False),
        (20, 10, 1, "auto", False, False, False),  # the lattice takes less than a second
    ],
)
def test_the_way_to_a_table(n, k, m, method, stoppable, witness, wanted) -> None:
    options = {"stoppable": stoppable, "witness": witness}
    otherwise = "certificates" if witness else "numbers"
    assert way_to_table(n, k, m, method, **options) == ("search" if wanted else otherwise)
    # Workers share searches; fractions are done without either.
    assert way_to_table(n, k, m, method, **options, shared=True) == "search"
    assert way_to_table(n, k, m, method, **options, shared=True, exact=True) == "fractions"


def test_a_whole_space_has_nothing_to_search_for() -> None:
    assert way_to_table(5, 5, None, "auto", stoppable=True, shared=True) == "numbers"
    assert way_to_table(5, 5, None, "auto", witness=True, shared=True) == "certificates"


def test_what_a_code_of_a_table_takes() -> None:
    lattice = predicted_seconds(20, 10, 1, "lattice")
    assert seconds_for_table("numbers", 20, 10, None, witness=False, limit=None) == lattice
    assert seconds_for_table("certificates", 20, 10, 3, witness=True, limit=1.0) == lattice + 2e-3
    assert seconds_for_table("fractions", 20, 10, None, witness=False, limit=None) == 200 * lattice
    assert seconds_for_table("fractions", 4, 2, None, witness=True, limit=None) == 2e-3
    searches = [predicted_seconds(20, 10, m, "branch-and-bound") for m in range(1, 11)]
    options = {"witness": True, "limit": None}
    assert seconds_for_table("search", 20, 10, None, **options) == pytest.approx(sum(searches))
    assert seconds_for_table("search", 20, 10, 4, **options) == searches[3]
    assert seconds_for_table("search", 20, 10, 15, **options) == searches[9]  # infinite
    assert seconds_for_table("search", 20, 10, 4, witness=True, limit=1e-9) == 1e-9


def test_lengths_of_the_lattice_of_one_code() -> None:
    assert has_lattice(26)
    assert not has_lattice(27)
    require_certificates(26)
    with pytest.raises(InvalidCodeError, match=r"all heights need n <= 26, got 27; use find_h"):
        require_certificates(27)


@pytest.mark.parametrize(
    ("n", "k", "is_check", "wanted"),
    [(26, 24, False, False), (27, 25, False, True), (27, 25, True, False), (27, 2, True, True),
     (28, 14, True, False), (29, 14, True, True)],
)  # fmt: skip
def test_long_codes_go_by_the_fewer_rows(n: int, k: int, is_check: bool, wanted: bool) -> None:
    assert goes_by_parity(n, k, is_check=is_check) is wanted


def test_a_plan_fits_the_time_that_is_left() -> None:
    assert plan_within(16, 8, None, 0.01, witness=False) == Plan("lattice", 0.01)
    lattice = predicted_seconds(24, 12, 1, "lattice")
    fits = 4.1 * lattice  # twice, each with a margin of two
    assert plan_within(24, 12, None, fits, witness=False) == Plan("numbers", fits)
    assert plan_within(24, 12, None, fits, witness=True) == Plan("lattice", fits)
    assert plan_within(24, 12, 3, fits, witness=False) == Plan("auto", fits)
    short = 3.9 * lattice
    assert plan_within(24, 12, None, short, witness=True) == Plan("branch-and-bound", short)
    assert plan_within(24, 12, None, short, witness=True, patience=0.5) == Plan(
        "branch-and-bound", 0.5
    )
    # What can't be stopped in time is not begun.
    assert plan_within(24, 12, None, fits, witness=True, unstoppable=lattice).way == (
        "branch-and-bound"
    )
    # A search that is expected to end in time needs no patience.
    assert plan_within(64, 32, 1, 60.0, witness=True, patience=0.5) == Plan(
        "branch-and-bound", 60.0
    )


def test_a_time_limit_that_is_over_without_the_search_is_refused() -> None:
    seconds = preparation_seconds(20_000, 100)
    assert seconds > preparation_seconds(20_000, 50) > preparation_seconds(10_000, 50)
    require_time(20_000, 100, None)
    require_time(20_000, 100, 1.01 * seconds)
    with pytest.raises(InvalidCodeError, match=r"an \[20000, 100\] code .* limit of 3 s"):
        require_time(20_000, 100, 3.0)
    # What takes less than a second is begun at any limit.
    assert preparation_seconds(1000, 50) < 1.0
    require_time(1000, 50, 1e-6)


def test_limits_are_read_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """At [4, 2] the sets T, without the target, are three pairs and one triple."""
    monkeypatch.setattr(choosing, "LATTICE_LENGTH", 3)
    monkeypatch.setattr(choosing, "MAX_LATTICE_SETS", 4)
    assert kernel_for(4, 2) == "batches"
    monkeypatch.setattr(choosing, "MAX_LATTICE_SETS", 3)
    assert engine_of_profile(4, 2) == "branch-and-bound"
