"""Preparing a stream; data sets are prepared by the pipeline's tests."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from tiny import tiny_config

from mheight.codes import random_equivalent
from mheight.datasets import (
    CodeStream,
    Samples,
    TrainingView,
    generate,
    sample_fingerprints,
    save_dataset,
    write_parquet,
)
from mheight.errors import InvalidDataError, LeakError
from mheight.experiments import preparation as module
from mheight.experiments import prepare
from mheight.features import FEATURES


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("mheight.datasets.ensembles._CHUNK", 256)


def test_validation_sets_one_by_one():
    data = prepare(tiny_config("run8-stream"))
    assert list(data.clean) == ["course", "normal"]
    for name, samples in data.clean.items():
        assert set(samples.counts().values()) == {12}
        np.testing.assert_array_equal(samples.parity, generate(name, 12, 2026).samples.parity)
    validation = data.validation.samples
    assert len(validation) == len(np.unique(validation.sample_id)) == 216
    np.testing.assert_array_equal(
        validation.log2_heights, np.concatenate([c.log2_heights for c in data.clean.values()])
    )
    assert data.audit.passed
    assert data.audit.validation_rows == 216
    assert data.summary == (
        "stream of course and normal, 8 fresh codes a group and epoch, seed 8; "
        "validated on 12 a group of each, seed 2026"
    )
    assert data.provenance["barred_codes"] == len(data.stream.barred)
    assert set(data.provenance["validation"]) == {"course", "normal"}


def test_the_first_epoch_is_what_features_are_fitted_on():
    data = prepare(tiny_config("run8-stream", "features.name=gram", "model.name=relations"))
    first = data.stream.epoch(0).samples
    originals = data.training.originals.samples
    np.testing.assert_array_equal(originals.parity, first.parity)
    np.testing.assert_array_equal(data.training.samples.parity, first.parity)
    assert not np.isin(originals.sample_id, data.validation.samples.sample_id).any()
    expected = FEATURES["gram"].fit(TrainingView(first))
    np.testing.assert_allclose(data.features.mean, expected.mean)


def test_no_code_of_validation_can_come():
    """A stream that would draw the very codes of validation: it draws others instead."""
    data = prepare(tiny_config("run8-stream"))
    free = CodeStream(data.stream.ensembles, 8, data.stream.seed, data.stream.barred[:0])
    met = np.unique(free.epoch(1).fingerprints)
    barring = CodeStream(data.stream.ensembles, 8, data.stream.seed, met)
    drawn = barring.epoch(1)
    assert not np.isin(drawn.fingerprints, met).any()
    assert drawn.barred >= len(met)
    known = sample_fingerprints(data.validation.samples)
    np.testing.assert_array_equal(data.stream.barred, np.unique(known))


def test_the_seeds_decide():
    def first(*overrides):
        data = prepare(tiny_config("run8-stream", *overrides))
        return data.stream.epoch(0).samples.parity, data.validation.samples.parity

    training, validation = first()
    again = first()
    np.testing.assert_array_equal(again[0], training)
    other_seed, other_data = first("seed=9"), first("data.seed=9")
    assert (other_seed[0] != training).any()
    np.testing.assert_array_equal(other_seed[1], validation)
    assert (other_data[1] != validation).any()


@pytest.mark.parametrize("form", ["folder", "parquet", "pickle"])
def test_excluded_codes_never_come(tmp_path, form):
    """Nor any equivalent ones: what is excluded here is the first epoch, moved."""
    config = tiny_config("run8-stream")
    first = prepare(config).stream.epoch(0).samples
    rng = np.random.default_rng(0)
    rows = [
        [9, int(first.k[i]), int(first.m[i]), random_equivalent(first.matrix(i)[None], rng)[0]]
        for i in range(len(first))
    ]
    moved = Samples.from_rows(rows, first.labels)
    path = tmp_path / {"folder": "set", "parquet": "x.parquet", "pickle": "x.pkl"}[form]
    if form == "folder":
        save_dataset(moved, {}, path)
    elif form == "parquet":
        write_parquet(moved, path)
    else:
        path.write_bytes(pickle.dumps(rows))
    data = prepare(tiny_config("run8-stream", f"stream.exclude=['{path}']"))
    drawn = data.stream.epoch(0)
    assert not np.isin(drawn.fingerprints, sample_fingerprints(first)).any()
    assert drawn.barred >= len(np.unique(sample_fingerprints(first)))
    assert data.provenance["excluded"] == {str(path): 72}


def test_an_excluded_file_must_be_there(tmp_path):
    path = tmp_path / "missing.pkl"
    with pytest.raises(InvalidDataError, match=r"missing.pkl: no such file"):
        prepare(tiny_config("run8-stream", f"stream.exclude=['{path}']"))


def test_a_stream_that_bars_nothing_is_caught(monkeypatch):
    """The audit looks at the codes themselves, not at what the stream says of them."""

    class Leaky(CodeStream):
        def epoch(self, number):
            drawn = super().epoch(number)
            known = generate("course", 12, 2026).samples
            samples = Samples.concatenate([drawn.samples, known.take([3])], renumber=True)
            return type(drawn)(samples, drawn.fingerprints, 0)

    monkeypatch.setattr(module, "CodeStream", Leaky)
    with pytest.raises(LeakError, match=r"exact rows: 1 rows .sample 3, \(n,k,m\) = \(9,4,2\)"):
        prepare(tiny_config("run8-stream"))
