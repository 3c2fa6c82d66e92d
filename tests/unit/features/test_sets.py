from __future__ import annotations

from itertools import permutations

import numpy as np

from mheight.datasets import generate
from mheight.features import GroupedInputs, grouped
from mheight.tiers import COURSE_9


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
