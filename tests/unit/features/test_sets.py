from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from mheight.codes import absolute_minors, systematic_generators
from mheight.datasets import generate
from mheight.features import GroupedInputs, grouped
from mheight.features.set_kernel import FLOOR, set_minors, set_shape
from mheight.tiers import COURSE_9


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


def test_batches_hold_every_row_once() -> None:
    group = np.array([0, 0, 0, 8, 8, 3, 0, 0])
    blocks = {str(g): np.arange((group == i).sum())[:, None] for i, g in enumerate(COURSE_9.names)}
    inputs = GroupedInputs(blocks, group)
    for order in permutations([0, 3, 5, 6, 7], 5):
        batches = list(inputs.batches(np.array(order), 2))
        shapes = {tuple(len(v) for v in batch.arrays.values()) for batch in batches}
        assert len(shapes) == 1
        rows = np.concatenate([batch.rows[batch.real] for batch in batches])
        assert sorted(rows) == [0, 3, 5, 6, 7]


def test_rows_stand_where_batches_say() -> None:
    samples = generate("course", 5, 2).samples
    inputs = grouped.punctured.of(COURSE_9).encode(samples)
    for batch in inputs.batches(np.random.default_rng(0).permutation(len(samples)), 10):
        first = 0
        for name, values in batch.arrays.items():
            for i in range(len(values)):
                alone = grouped.punctured.of(COURSE_9).encode(samples.take(batch.rows[[first + i]]))
                np.testing.assert_array_equal(values[i], alone.block(name)[0])
            first += len(values)
