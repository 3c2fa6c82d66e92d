"""Pieces of a height, their logarithms and slopes, against NumPy and difference quotients."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mheight import height_profile
from mheight.design.searching.charts import around
from mheight.design.searching.kernel import height_program
from mheight.design.searching.pieces import _minors, active_pieces, piece_slopes, solved_square
from mheight.design.searching.polishing import bases_of

SIZES = [(4, 2, 1), (5, 2, 2), (5, 2, 3), (5, 3, 1), (4, 1, 2), (4, 3, 1)]


def generator(n: int, k: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([n, k, seed]).normal(size=(k, n))


def check_of(G: np.ndarray) -> np.ndarray:
    """A parity-check matrix: the rows that G kills."""
    return np.ascontiguousarray(np.linalg.svd(G)[2][len(G) :])


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_squares_are_solved(size):
    rng = np.random.default_rng(size)
    square, right = rng.normal(size=(size, size)), rng.normal(size=(size, 2))
    if size > 1:
        square[0, 0] = 0.0  # rows must trade places
    found = right.copy()
    assert solved_square(square.copy(), found)
    np.testing.assert_allclose(square @ found, right, atol=1e-10)
    square[-1] = square[0] if size > 1 else 0.0
    assert not solved_square(np.rint(4 * square), right)


def test_the_largest_pivot_is_taken():
    square, right = np.array([[1e-20, 1.0], [1.0, 1.0]]), np.array([[1.0], [2.0]])
    assert solved_square(square, right)
    np.testing.assert_allclose(right, [[1.0], [1.0]])


@pytest.mark.parametrize(("n", "k", "m"), SIZES)
@pytest.mark.parametrize("is_check", [False, True])
def test_minors_of_one_code(n, k, m, is_check):
    G = np.random.default_rng([n, k]).integers(-2, 3, (k, n)).astype(float)
    G[:, :k] = np.eye(k)
    matrix = np.hstack([-G[:, k:].T, np.eye(n - k)]) if is_check else G
    terms = height_program(n, k, m, is_check).tables.terms
    true = [abs(np.linalg.det(G[:, B])) for B in map(list, combinations(range(n), k))]
    minors = np.empty(len(true))
    _minors(matrix, 0.0, minors, terms)
    np.testing.assert_allclose(minors, true, atol=1e-9)
    # One on the limit counts as zero.
    top = max(minors)
    _minors(matrix, 1.0 / top, minors, terms)
    np.testing.assert_allclose(minors, [x if x > 1.5 else 0.0 for x in true], atol=1e-9)


def pieces_of(G: np.ndarray, m: int) -> tuple[float, dict[tuple[int, int], float]]:
    """The largest F_a(T), and of each piece (a, B) the largest F_a(T) that it gives."""
    k, n = G.shape
    bases = list(combinations(range(n), k))
    norms = np.full((n, len(bases)), np.inf)
    for b, B in enumerate(bases):
        if abs(np.linalg.det(G[:, B])) > 1e-9:
            norms[:, b] = 1.0 + np.abs(np.linalg.solve(G[:, B], G)).sum(axis=0)
    found: dict[tuple[int, int], float] = {}
    for a in range(n):
        others = [j for j in range(n) if j != a]
        for T in combinations(others, n - m):
            inside = [b for b, B in enumerate(bases) if set(B) <= set(T)]
            best = min(inside, key=lambda b: norms[a, b])
            found[a, best] = norms[a, best]
    return max(found.values()), found


@pytest.mark.parametrize(("n", "k", "m"), SIZES)
@pytest.mark.parametrize("is_check", [False, True])
@pytest.mark.parametrize("margin", [1.0, 0.7, 0.0])
def test_active_pieces(n, k, m, is_check, margin):
    G = generator(n, k)
    tables = height_program(n, k, m, is_check).tables
    found = np.full((60, 2), -1, np.int64)
    top, count = active_pieces(check_of(G) if is_check else G, 1e-10, margin, found, tables)
    assert top - 1.0 == pytest.approx(height_profile(G)[m - 1], rel=1e-9)
    true_top, true = pieces_of(G, m)
    assert top == pytest.approx(true_top, rel=1e-9)
    wanted = {piece for piece, value in true.items() if value >= margin * true_top * (1 - 1e-12)}
    assert {tuple(row) for row in found[:count].tolist()} == wanted
    assert count == len(wanted)
    values = [true[tuple(row)] for row in found[:count].tolist()]
    assert values == sorted(values, reverse=True)
    assert (found[count:] == -1).all()
    # No more than there is room for, the largest first.
    few = np.full((2, 2), -1, np.int64)
    _, count = active_pieces(check_of(G) if is_check else G, 1e-10, margin, few, tables)
    assert count == min(2, len(wanted))
    np.testing.assert_array_equal(few[:count], found[:count])


def test_an_infinite_height_has_no_pieces():
    tables = height_program(4, 2, 2, False).tables
    G = np.array([[1.0, 0.0, 1.0, 2.0], [0.0, 1.0, 0.0, 3.0]])  # two columns alike
    assert active_pieces(G, 1e-10, 0.5, np.zeros((9, 2), np.int64), tables) == (np.inf, 0)


@pytest.mark.parametrize(("n", "k", "m"), SIZES)
@pytest.mark.parametrize("is_check", [False, True])
def test_slopes_are_difference_quotients(n, k, m, is_check):
    """Of log ||x||_1, x = inverse(G_B) g_a, along each coordinate of a chart."""
    G = generator(n, k, 1)
    chart, program = around(check_of(G) if is_check else G), height_program(n, k, m, is_check)
    matrix = chart.at(np.zeros(chart.d))
    pieces, subsets = np.empty((60, 2), np.int64), bases_of(n, k)
    _, count = active_pieces(matrix, 1e-10, 0.5, pieces, program.tables)
    values, slopes = np.empty(100), np.empty((100, chart.d))
    size = piece_slopes(
        matrix, is_check, pieces, count, subsets, chart.by_direction, values, slopes
    )
    assert size == count

    def log_norm(coordinates: np.ndarray, a: int, inside: np.ndarray) -> float:
        moved = chart.at(coordinates)
        own = check_of(moved) if is_check else moved
        return float(np.log(np.abs(np.linalg.solve(own[:, inside], own[:, a])).sum()))

    step = 1e-6
    for i in range(size):
        a, inside = pieces[i, 0], subsets[pieces[i, 1]]
        assert values[i] == pytest.approx(log_norm(np.zeros(chart.d), a, inside), abs=1e-9)
        for j in range(chart.d):
            shift = step * np.eye(chart.d)[j]
            quotient = (log_norm(shift, a, inside) - log_norm(-shift, a, inside)) / (2 * step)
            assert slopes[i, j] == pytest.approx(quotient, abs=1e-6 * (1 + abs(quotient)))


@pytest.mark.parametrize("is_check", [False, True])
def test_an_entry_that_is_nearly_zero_stands_with_both_signs(is_check):
    """x = (2, 0): the slopes of |x_1| + x_2 and |x_1| - x_2."""
    G = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    chart = around(check_of(G) if is_check else G)
    matrix = chart.at(np.zeros(chart.d))
    pieces, subsets = np.array([[2, 0]], np.int64), bases_of(3, 2)
    values, slopes = np.empty(9), np.empty((9, chart.d))
    arguments = (matrix, is_check, pieces, 1, subsets, chart.by_direction)
    assert piece_slopes(*arguments, values, slopes) == 2
    np.testing.assert_allclose(values[:2], np.log(2.0))
    assert not np.allclose(slopes[0], slopes[1])
    # No more than there is room for.
    assert piece_slopes(*arguments, values[:1], slopes[:1]) == 1
    # A basis that is none has no piece.
    pieces[0] = 1, 1  # columns 0 and 2 are parallel
    assert piece_slopes(*arguments, values, slopes) == 0
