from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from mheight.datasets import Samples, generate
from mheight.features import GroupedInputs
from mheight.features import grouped as module
from mheight.features.grouped import ZERO, input_name
from mheight.tiers import COURSE_9

circuits, minors, punctured = (
    one.of(COURSE_9) for one in (module.circuits, module.minors, module.punctured)
)


def blocks_of(group: np.ndarray) -> dict[str, np.ndarray]:
    """The i-th row of group g holds 100 g + i."""
    return {
        name: 100 * g + np.arange((group == g).sum())[:, None]
        for g, name in enumerate(COURSE_9.names)
    }


def test_minors_are_log2_of_each_minor_in_order() -> None:
    rng = np.random.default_rng(0)
    rows = [[9, g.k, g.m, rng.integers(-3, 4, (g.k, 9 - g.k)).astype(float)] for g in COURSE_9]
    samples = Samples.from_rows(rows)
    inputs = minors.encode(samples)
    for g, (_, k, m, P) in zip(COURSE_9, rows, strict=True):
        G = np.hstack([np.eye(k), P])
        exact = np.array(
            [round(abs(np.linalg.det(G[:, list(c)]))) for c in combinations(range(9), k)]
        )
        block = inputs.block(f"minors_{k}_{m}")
        assert block.dtype == np.float32
        assert block.shape == (1, *minors.shapes[input_name("minors", g)])
        positive = exact > 0
        np.testing.assert_allclose(
            block[0, positive], np.log2(exact[positive] / exact.max()), atol=1e-6
        )
        assert (block[0, ~positive] == ZERO).all()
        assert (~positive).any()


def test_minors_do_not_depend_on_signs() -> None:
    P = np.random.default_rng(1).integers(1, 9, (4, 5)).astype(float)
    signs = np.array([1.0, -1.0, 1.0, -1.0])[:, None]
    one, other = (
        minors.encode(Samples.from_rows([[9, 4, 2, matrix]])).block("minors_4_2")
        for matrix in (P, P * signs)
    )
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("features", [circuits, punctured, minors], ids=lambda f: f.features.name)
def test_chunks_do_not_show(
    features: module.FittedGroups, course_codes: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = course_codes.take(np.arange(0, 360, 7))
    whole = features.encode(some)
    monkeypatch.setattr(module, "_CHUNK", 2)
    again = features.encode(some)
    for name in features.shapes:
        np.testing.assert_allclose(again.block(name), whole.block(name), rtol=1e-6)


def test_group_batches_hold_every_row_once() -> None:
    rng = np.random.default_rng(2)
    group = rng.permutation(np.repeat([0, 3, 8], [5, 1, 4]))
    inputs = GroupedInputs(blocks_of(group), group)
    seen = []
    for name, batch in inputs.group_batches(2):
        values = batch.arrays[name]
        assert set(batch.arrays) == {name}
        assert values.shape == (2, 1)
        assert len(batch.rows) == len(batch.real) == 2
        g = COURSE_9.names.index(name)
        for value, row in zip(values[:, 0], batch.rows, strict=True):
            # Also rows that fill a batch up are what their number says.
            assert group[row] == g
            assert value == 100 * g + np.flatnonzero(group == g).tolist().index(row)
        seen += batch.rows[batch.real].tolist()
    assert sorted(seen) == list(range(10))


def test_group_batches_leave_out_groups_without_rows() -> None:
    group = np.full(3, 4)
    inputs = GroupedInputs(blocks_of(group), group)
    batches = list(inputs.group_batches(64))
    assert [name for name, _ in batches] == [COURSE_9.names[4]]
    assert batches[0][1].real.sum() == 3
    assert batches[0][1].arrays[COURSE_9.names[4]].shape == (64, 1)


def test_group_batches_of_real_codes() -> None:
    samples = generate("course", 3, 4).samples
    mixed = samples.take(np.random.default_rng(0).permutation(len(samples)))
    inputs = minors.encode(mixed)
    for name, batch in inputs.group_batches(4):
        for value, row in zip(batch.arrays[name], batch.rows, strict=True):
            alone = minors.encode(mixed.take(np.array([row])))
            np.testing.assert_array_equal(value, alone.block(name)[0])


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
    inputs = punctured.encode(samples)
    for batch in inputs.batches(np.random.default_rng(0).permutation(len(samples)), 10):
        first = 0
        for name, values in batch.arrays.items():
            for i in range(len(values)):
                alone = punctured.encode(samples.take(batch.rows[[first + i]]))
                np.testing.assert_array_equal(values[i], alone.block(name)[0])
            first += len(values)
