"""What is read of each set of columns, and the order in which it is."""

from __future__ import annotations

from itertools import combinations, permutations, product

import numpy as np
import pytest

from mheight.codes import absolute_minors, systematic_generators
from mheight.features import set_kernel
from mheight.features.set_kernel import (
    FLOOR,
    _break_ties,
    _fill,
    _next_arrangement,
    _rank_columns,
    _read,
    _tables,
    set_minors,
    set_shape,
)


def test_by_hand() -> None:
    """[3, 1] with G = (1, 2, 4), pairs: minors 1 and 2, 1 and 4, 2 and 4."""
    read = set_minors(np.array([[1.0, 2.0, 4.0]]), 3, 1, 2)
    # Largest first: log2 of 1 and 1/2, and of their sum.
    expected = [[0, -1, np.log2(1.5)], [0, -2, np.log2(1.25)], [0, -1, np.log2(1.5)]]
    np.testing.assert_allclose(read[0], expected, atol=1e-6)


def test_zero_minors_are_at_the_floor() -> None:
    read = set_minors(np.array([[0.0, 0.0, 4.0]]), 3, 1, 2)
    np.testing.assert_allclose(read[0, 0], FLOOR)  # both minors are zero
    np.testing.assert_allclose(read[0, 1], [0, FLOOR, 0])


def test_small_minors_are_at_the_floor() -> None:
    read = set_minors(np.array([[1.0, 2.0**-24, 2.0**-25]]), 3, 1, 2)
    np.testing.assert_allclose(read[0, :, :2], [[0, -24], [0, -24], [0, -1]])


@pytest.mark.parametrize("size", [5, 6])
def test_nothing_depends_on_the_order_of_the_columns(size: int) -> None:
    """With ties everywhere: entries of -1, 0 and 1."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        G = np.hstack([np.eye(3), rng.integers(-1, 2, (3, 4))])
        first = set_minors(absolute_minors(G[None]), 7, 3, size)[0]
        again = set_minors(absolute_minors(G[None][:, :, rng.permutation(7)]), 7, 3, size)[0]
        order = [np.lexsort(np.round(x, 5).T) for x in (first, again)]
        np.testing.assert_allclose(first[order[0]], again[order[1]], atol=1e-5)


def test_the_minors_are_those_of_the_set() -> None:
    rng = np.random.default_rng(1)
    G = systematic_generators(rng.integers(-9, 10, (1, 4, 5)).astype(float))
    minors = absolute_minors(G)
    read = set_minors(minors, 9, 4, 6)
    assert read.shape[1:] == set_shape(9, 4, 6)
    number = {s: i for i, s in enumerate(combinations(range(9), 4))}
    for s, members in enumerate(combinations(range(9), 6)):
        own = np.array([minors[0, number[b]] for b in combinations(members, 4)])
        with np.errstate(divide="ignore"):
            expected = np.maximum(np.log2(own / own.max()), FLOOR)
        np.testing.assert_allclose(np.sort(read[0, s, :15]), np.sort(expected), atol=1e-5)


def test_nothing_is_read_of_no_codes() -> None:
    assert set_minors(np.empty((0, 6)), 4, 2, 3).shape == (0, 4, 4)


# --- the tables, and the order of the columns ----------------------------------------------

SHAPES = [(3, 1), (4, 2), (5, 2), (5, 4)]  # size of a set, k


@pytest.mark.parametrize(("size", "k"), SHAPES)
def test_tables_number_subsets(size: int, k: int) -> None:
    n = size + 1
    number, sets, inside, places, circuits = _tables(n, k, size)
    assert [tuple(row) for row in sets.tolist()] == list(combinations(range(n), size))
    assert [tuple(row) for row in inside.tolist()] == list(combinations(range(size), k))
    for i, subset in enumerate(combinations(range(n), k)):
        assert number[sum(1 << j for j in subset)] == i
    within = list(combinations(range(size), k))
    for i, subset in enumerate(within):
        assert places[sum(1 << j for j in subset)] == i
    for row, circuit in zip(circuits, combinations(range(size), k + 1), strict=True):
        assert sorted(within[b] for b in row) == list(combinations(circuit, k))


def keys_of(values: np.ndarray, inside: np.ndarray, size: int) -> np.ndarray:
    """The formula of `_rank_columns`, with a matrix of who takes part in which minor."""
    part = np.array([[i in subset for subset in inside.tolist()] for i in range(size)], float)
    k = inside.shape[1]
    key = part @ (values + 0.61803 * values**2)
    for _ in range(2):
        weight = key / key.max()
        products = values * np.array([np.prod(0.7 + weight[list(b)]) for b in inside.tolist()])
        key = key + 0.37713 / k * (part @ products)
    return key


@pytest.mark.parametrize(("size", "k"), SHAPES)
@pytest.mark.parametrize("kind", ["real", "ties", "one"])
def test_columns_descend_by_their_keys(size: int, k: int, kind: str) -> None:
    _, _, inside, _, _ = _tables(size + 1, k, size)
    rng = np.random.default_rng([size, k])
    for _ in range(4):
        values = {
            "real": rng.random(len(inside)),
            "ties": rng.integers(0, 2, len(inside)).astype(float),
            "one": np.ones(len(inside)),
        }[kind]
        values[rng.integers(len(values))] = 1.0
        key, weight, order = np.empty(size), np.empty(size), np.empty(size, np.int64)
        _rank_columns(values, inside, key, weight, order)
        wanted = keys_of(values, inside, size)
        np.testing.assert_allclose(key, wanted, rtol=1e-12)
        rounded = np.round(wanted / wanted.max(), 9)
        assert order.tolist() == np.argsort(-rounded, kind="stable").tolist()


def test_keys_within_the_tie_keep_the_order_of_the_columns() -> None:
    """k = 1: the key of a column depends on its own minor and on the largest key."""
    _, _, inside, _, _ = _tables(4, 1, 3)
    key, weight, order = np.empty(3), np.empty(3), np.empty(3, np.int64)
    for value, expected in ((1 - 1e-11, [0, 1, 2]), (1 - 1e-7, [1, 2, 0])):
        _rank_columns(np.array([value, 1.0, 1.0]), inside, key, weight, order)
        assert order.tolist() == expected


@pytest.mark.parametrize("items", [[0, 1, 2, 3], [5], [2, 2, 7], [1, 1], [0, 3, 3, 9]])
def test_arrangements_come_as_sorted_permutations(items: list[int]) -> None:
    order = np.array([99, *items, -5, 98])
    stop = 1 + len(items)
    wanted = sorted(set(permutations(items)))
    for i, expected in enumerate(wanted):
        assert order.tolist() == [99, *expected, -5, 98]
        assert bool(_next_arrangement(order, 1, stop)) == (i + 1 < len(wanted))
    assert order.tolist() == [99, *items, -5, 98]


def test_minors_are_read_in_an_order() -> None:
    _, _, inside, places, _ = _tables(5, 2, 4)
    values, out = np.arange(6.0), np.empty(6)
    _read(values, places, inside, np.array([2, 0, 3, 1]), out)
    named = dict(zip(combinations(range(4), 2), values, strict=True))
    pairs = [(2, 0), (2, 3), (2, 1), (0, 3), (0, 1), (3, 1)]
    assert out.tolist() == [named[min(p), max(p)] for p in pairs]


def largest_reading(values, places, inside, classes) -> np.ndarray:
    """Over all arrangements within classes, by brute force."""
    best = None
    for parts in product(*(permutations(c) for c in classes)):
        out = np.empty(len(inside))
        _read(values, places, inside, np.array([j for part in parts for j in part]), out)
        if best is None or out.tolist() > best:
            best = out.tolist()
    return np.array(best)


@pytest.mark.parametrize(
    "classes",
    [
        [[0, 1, 2, 3]],
        [[3], [0, 1, 2]],
        [[1, 3], [0, 2]],
        [[0, 2, 3], [1]],
        [[2], [0], [1, 3]],
        [[3], [2], [1], [0]],
    ],
)
def test_ties_are_broken_by_the_largest_minors(classes: list[list[int]]) -> None:
    _, _, inside, places, _ = _tables(5, 2, 4)
    rng = np.random.default_rng(len(classes))
    for _ in range(5):
        values = rng.integers(0, 3, 6) / 2.0
        key = np.empty(4)
        for rank, members in enumerate(classes):
            key[members] = 10.0 - rank
        order = np.array([j for members in classes for j in members])
        best, trial = np.empty(6), np.empty(6)
        _break_ties(values, places, inside, key, order, best, trial)
        assert best.tolist() == largest_reading(values, places, inside, classes).tolist()


@pytest.mark.parametrize(("last", "tied"), [(1 + 0.9e-9, True), (1 + 1.1e-9, False)])
def test_what_counts_as_a_tie(last: float, tied: bool) -> None:
    """A difference of keys up to 1e-9 of the largest; here, of its minors too."""
    _, _, inside, places, _ = _tables(4, 1, 3)
    best, trial = np.empty(3), np.empty(3)
    _break_ties(
        np.array([0.5, 1.0, 0.25]), places, inside, np.array([2.0, 2.0 - 2.0 * (last - 1), 0.1]),
        np.array([0, 1, 2]), best, trial,
    )  # fmt: skip
    assert best.tolist() == ([1.0, 0.5, 0.25] if tied else [0.5, 1.0, 0.25])


def test_minors_that_differ_by_rounding_do_not_decide() -> None:
    """The first of two places differs by less than a tie, so the second decides."""
    _, _, inside, places, _ = _tables(4, 2, 3)
    values = np.array([1.0, 1.0 - 1e-12, 0.5])  # of 01, 02, 12
    key, best, trial = np.ones(3), np.empty(3), np.empty(3)
    _break_ties(values, places, inside, key, np.arange(3), best, trial)
    assert best[1] == 1.0 - 1e-12 or best[0] == 1.0 - 1e-12
    values = np.array([1.0, 0.5, 1.0 + 1e-12])
    _break_ties(values, places, inside, key, np.arange(3), best, trial)
    np.testing.assert_allclose(best, [1.0, 1.0, 0.5])


@pytest.mark.parametrize(("size", "most", "broken"), [(4, 24, True), (4, 23, False)])
def test_of_too_many_orders_none_is_chosen(
    size: int, most: int, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mheight.kernels.compiling import plain

    monkeypatch.setattr(set_kernel, "_MOST_ARRANGEMENTS", most)
    plain.cache_clear()
    _, _, inside, places, _ = _tables(size + 1, 1, size)
    values, best, trial = np.arange(float(size)), np.empty(size), np.empty(size)
    plain(_break_ties)(values, places, inside, np.ones(size), np.arange(size), best, trial)
    plain.cache_clear()
    assert best.tolist() == sorted(values.tolist(), reverse=broken)


def test_seven_columns_alike_are_too_many() -> None:
    """7! is more than 1,000, and the columns stay as they stand; 6! is not."""
    for size, wanted in (
        (6, [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]),
        (7, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    ):
        _, _, inside, places, _ = _tables(size + 1, 1, size)
        values, best, trial = np.arange(float(size)), np.empty(size), np.empty(size)
        _break_ties(values, places, inside, np.ones(size), np.arange(size), best, trial)
        assert best.tolist() == wanted


def test_all_of_it_by_brute_force() -> None:
    """Keys by the formula, ties by all arrangements, logs and circuits by NumPy."""
    n, k, size = 5, 2, 4
    tables = number, sets, inside, places, circuits = _tables(n, k, size)
    rng = np.random.default_rng(7)
    minors = rng.integers(0, 4, (5, 10)).astype(float)
    minors[4] = 0.0
    out = np.full((5, *set_shape(n, k, size)), 99.0, np.float32)
    _fill(minors, *tables, out, 1, 5)
    assert (out[0] == 99.0).all()
    for code in range(1, 5):
        for s, members in enumerate(sets.tolist()):
            own = np.array([minors[code, number[sum(1 << members[i] for i in b)]]
                            for b in inside.tolist()])  # fmt: skip
            if not own.any():
                assert (out[code, s] == FLOOR).all()
                continue
            own /= own.max()
            key = keys_of(own, inside, size)
            ranked = np.round(key / key.max(), 9)
            classes = [
                np.flatnonzero(ranked == x).tolist() for x in sorted(set(ranked), reverse=True)
            ]
            read = largest_reading(own, places, inside, classes)
            sums = read[circuits].sum(axis=1)
            with np.errstate(divide="ignore"):
                wanted = np.maximum(np.log2([*read, *sums]), FLOOR)
            np.testing.assert_allclose(out[code, s], wanted, atol=1e-5)
    assert (out[4] == FLOOR).all()
