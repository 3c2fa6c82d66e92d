from __future__ import annotations

import numpy as np
import pytest
from tiny import tiny_config

from mheight.datasets import CodeStream
from mheight.experiments import prepare
from mheight.experiments.run_rows import RunRows
from mheight.features import RowInputs
from mheight.training.rows import Encoded


class Counting:
    """Features that tell how many rows they encoded."""

    def __init__(self, features):
        self.features = features
        self.rows: list[int] = []

    def encode(self, samples, statistics=None):
        self.rows.append(len(samples))
        return self.features.encode(samples, statistics)


def counted(run: str = "run7", *overrides: str):
    data = prepare(tiny_config(run, *overrides))
    features = Counting(data.features)
    rows = data.rows
    source = rows.source
    return (
        data,
        features,
        RunRows(features, source, rows.held_out, rows.clean_sets, rows.clean_is_held_out),
    )


def same(left: Encoded, right: Encoded) -> None:
    np.testing.assert_array_equal(left.log2_heights, right.log2_heights)
    np.testing.assert_array_equal(left.group, right.group)
    assert left.groups == right.groups
    if isinstance(left.inputs, RowInputs):
        for name, values in left.inputs.items():
            np.testing.assert_array_equal(values, right.inputs[name])
        return
    for name in left.inputs.names:
        np.testing.assert_array_equal(left.inputs.block(name), right.inputs.block(name))


@pytest.mark.parametrize("name", ["raw-p", "minors", "punctured"])
def test_every_row_is_encoded_once(name):
    data, features, rows = counted("run7", f"features.name={name}")
    for _ in range(2):
        training = rows.training(3)
        same(training.epoch(0), Encoded.of(data.features, data.training.samples))
        same(rows.originals, Encoded.of(data.features, data.training.originals.samples))
        same(rows.validation, Encoded.of(data.features, data.validation.samples))
        (clean,) = rows.clean.values()
        same(clean, rows.validation)
        some = rows.some_originals
    assert features.rows == [len(data.training.samples), len(data.validation.samples)]
    # Fewer than a thousand of a group: all, in their order.
    same(some, rows.originals)


def test_no_more_than_so_many_originals_of_a_group(monkeypatch):
    monkeypatch.setattr("mheight.experiments.run_rows._MOST", 7)
    data, _, rows = counted()
    some = rows.some_originals
    assert np.bincount(some.group).tolist() == [7] * 9
    samples = data.training.originals.samples
    order = np.random.default_rng(0).permutation(len(samples))
    taken = np.sort(np.concatenate([order[samples.group[order] == g][:7] for g in range(9)]))
    same(some, Encoded.of(data.features, samples.take(taken)))


def test_leaked_validation_is_not_the_clean_one():
    data, features, rows = counted("run6")
    (clean,) = rows.clean.values()
    same(clean, Encoded.of(data.features, data.clean["validation"]))
    same(rows.validation, Encoded.of(data.features, data.validation.samples))
    assert len(clean) != len(rows.validation)
    assert rows.clean is rows.clean
    assert features.rows == [len(clean), len(rows.validation)]


def test_the_sets_of_a_stream_are_parts_of_validation():
    data, features, rows = counted("run8-stream")
    assert list(rows.clean) == ["course", "normal"]
    for name, part in rows.clean.items():
        same(part, Encoded.of(data.features, data.clean[name]))
    assert features.rows == [len(data.validation.samples)]
    assert rows.originals is None
    assert rows.some_originals is None
    assert isinstance(rows.source, CodeStream)
    assert len(rows.training(2)) == rows.source.rows
