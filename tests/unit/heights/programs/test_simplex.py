"""Linear programs of one target by the warm-started simplex method, against all bases."""

from __future__ import annotations

import numpy as np
import pytest
from all_bases import by_all_bases

from mheight.heights.programs.proven_bounds import start_errors
from mheight.heights.programs.simplex import (
    Vertex,
    crash,
    drop,
    drop_value,
    expel,
    pivot,
    reduced_table,
)


class Program:
    """The program of a target with given columns kept, at its optimal vertex."""

    def __init__(self, G: np.ndarray, target: int, kept: list[int]) -> None:
        k, n = G.shape
        basis, errors, allowed = np.full(k, -1), np.zeros(n + 1), np.zeros(n, np.bool_)
        table = reduced_table(G, basis, errors)
        start_errors(table, 0.0, errors)
        allowed[kept] = True
        self.spans = expel(table, basis, errors, allowed)
        self.vertex = v = Vertex(
            table, basis, errors, np.empty(k), np.empty(n), allowed.copy(), np.ones(n)
        )
        v.open_[basis] = False
        if self.spans:
            self.value, _ = crash(v, target)


def codes() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal((k, n)) for k, n in [(1, 4), (2, 5), (3, 7), (4, 8)]]


def test_the_tableau_is_of_its_basis() -> None:
    for G in codes():
        basis, errors = np.full(len(G), -1), np.zeros(G.shape[1] + 1)
        table = reduced_table(G, basis, errors)
        np.testing.assert_allclose(table, np.linalg.solve(G[:, basis], G), atol=1e-12)
        entering = next(j for j in range(G.shape[1]) if j not in basis)
        pivot(table, basis, errors, 0, entering)
        assert basis[0] == entering
        np.testing.assert_allclose(table, np.linalg.solve(G[:, basis], G), atol=1e-11)


@pytest.mark.parametrize("G", codes(), ids=lambda G: str(G.shape))
def test_an_optimal_vertex_is_a_codeword_within_its_bounds(G: np.ndarray) -> None:
    n = G.shape[1]
    for target in range(n):
        kept = [j for j in range(n) if j != target]
        program = Program(G, target, kept)
        vertex = program.vertex
        assert program.value == pytest.approx(by_all_bases(G, target, kept), rel=1e-9)
        assert abs(vertex.word[target]) == pytest.approx(program.value, rel=1e-9)
        assert np.abs(vertex.word[kept]).max() <= 1.0 + 1e-9
        np.testing.assert_allclose(vertex.word[vertex.basis], vertex.signs)
        np.testing.assert_allclose(vertex.signs @ vertex.table, vertex.word, atol=1e-9)


@pytest.mark.parametrize("G", codes(), ids=lambda G: str(G.shape))
def test_dropping_a_constraint(G: np.ndarray) -> None:
    k, n = G.shape
    for row in range(k):
        vertex = Program(G, 0, list(range(1, n))).vertex
        dropped = int(vertex.basis[row])
        first, bound = drop_value(vertex, 0, row)
        value, _ = drop(vertex, 0, row)
        kept = [j for j in range(1, n) if j != dropped]
        assert value == pytest.approx(by_all_bases(G, 0, kept), rel=1e-9)
        # The first step bounds what all of them come to.
        assert value <= first * (1 + 1e-12)
        assert first <= bound
        assert dropped not in vertex.basis
        assert not vertex.open_[dropped]


def test_columns_that_do_not_span_have_no_basis() -> None:
    G = np.array([[1.0, 0, 0, 1], [0, 1, 1, 0]])
    assert not Program(G, 0, [1, 2]).spans
    program = Program(G, 0, [1, 2, 3])
    assert program.spans
    row = int(np.flatnonzero(program.vertex.basis == 3)[0])
    assert drop(program.vertex, 0, row)[0] == np.inf
