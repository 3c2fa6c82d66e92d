"""Predictions averaged over equivalent codes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mheight.datasets import (
    Samples,
    TrainingView,
    generate,
    sample_fingerprints,
)
from mheight.experiments.averaging import averaged, averaged_and_flagged, symmetric_copies
from mheight.features.domain import Domain, code_statistics
from mheight.features.grouped import input_name, minors
from mheight.models import RelationsConfig, build_model
from mheight.tiers import COURSE_9
from mheight.training.callbacks import predict_log2

TRAINING = generate("uniform", 40, 31).samples


DOMAIN = Domain.fit(TrainingView(TRAINING))


def test_copies_are_equivalent_codes_in_the_same_order() -> None:
    samples = TRAINING.take(np.random.default_rng(0).permutation(len(TRAINING)))
    copies = symmetric_copies(samples, 2, seed=1)
    assert len(copies) == 2
    for copy in copies:
        np.testing.assert_array_equal(sample_fingerprints(copy), sample_fingerprints(samples))
        np.testing.assert_array_equal(copy.m, samples.m)
        assert not (copy.parity == samples.parity).all(axis=1).any()
    assert (copies[0].parity != copies[1].parity).any(axis=1).all()
    again = symmetric_copies(samples, 2, seed=1)[1]
    np.testing.assert_array_equal(again.parity, copies[1].parity)
    other = symmetric_copies(samples, 2, seed=2)[1]
    assert (other.parity != copies[1].parity).any(axis=1).all()
    assert symmetric_copies(samples, 0, seed=1) == []


def test_averages_by_hand() -> None:
    seen = []

    def first(samples: Samples) -> np.ndarray:
        seen.append(samples.parity)
        return samples.parity[:, 0]

    def second(samples: Samples) -> np.ndarray:
        return np.full(len(samples), 3.0)

    np.testing.assert_allclose(averaged([first], TRAINING, 0), TRAINING.parity[:, 0])
    np.testing.assert_allclose(
        averaged([first, second], TRAINING, 0), (TRAINING.parity[:, 0] + 3.0) / 2
    )
    seen.clear()
    got = averaged([first, second], TRAINING, 3)
    # The codes themselves and three copies of each.
    assert len(seen) == 4
    np.testing.assert_array_equal(seen[0], TRAINING.parity)
    np.testing.assert_allclose(got, (np.mean([P[:, 0] for P in seen], axis=0) + 3.0) / 2)
    np.testing.assert_array_equal(averaged([first, second], TRAINING, 3), got)


class Model:
    """Predicts a number for all, measures or not, and notes what it is asked."""

    domain = DOMAIN

    def __init__(self, height: float, statistics: np.ndarray | None) -> None:
        self.height, self.statistics = height, statistics
        self.asked: list[Samples] = []

    def predict_log2(self, samples: Samples) -> np.ndarray:
        self.asked.append(samples)
        return np.full(len(samples), self.height)

    def measured_log2(self, samples: Samples) -> tuple[np.ndarray, np.ndarray | None]:
        return self.predict_log2(samples), self.statistics


def test_codes_that_were_measured_are_not_measured_again(monkeypatch) -> None:
    strange = code_statistics(TRAINING)
    strange[3, 0] -= 100.0
    models = [Model(2.0, None), Model(4.0, strange)]
    monkeypatch.setattr("mheight.evaluation.predictions.code_statistics", None)
    log2, flags = averaged_and_flagged(models, TRAINING, 1)
    assert (log2 == 3.0).all()
    # Each its codes once and the copies once.
    assert [len(model.asked) for model in models] == [2, 2]
    assert all(model.asked[0] is TRAINING for model in models)
    assert "smallest minor" in flags[3]
    assert np.char.find(np.delete(flags, 3), "smallest minor").max() == -1


def test_averaging_changes_nothing_for_an_invariant_network() -> None:
    name = input_name("minors", COURSE_9[8])
    model = build_model(
        RelationsConfig(), {name: minors.of(COURSE_9).shapes[name]}, COURSE_9, seed=0
    )
    samples = TRAINING.take(TRAINING.group == 8)

    def predict(samples: Samples) -> np.ndarray:
        return predict_log2(model, minors.of(COURSE_9).encode(samples))

    plain = predict(samples)
    np.testing.assert_allclose(averaged([predict], samples, 4), plain, atol=1e-5)
    assert plain.std() > 1e-2

    # One that reads P is another matter.
    def reads_p(samples: Samples) -> np.ndarray:
        return samples.parity.sum(axis=1)

    assert not np.allclose(averaged([reads_p], samples, 4), reads_p(samples), atol=1e-2)


def test_samples_without_labels_can_be_averaged() -> None:
    samples = replace(TRAINING, heights=None)
    got = averaged([lambda samples: samples.m.astype(float)], samples, 2)
    assert got == pytest.approx(TRAINING.m)
