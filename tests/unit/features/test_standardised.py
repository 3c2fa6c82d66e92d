from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from material import noise

from mheight.datasets import Samples, TrainingView, ValidationView, augment
from mheight.errors import InvalidDataError, LeakError
from mheight.features import FEATURES
from mheight.features.code_vectors import raw_p
from mheight.features.standardised import FittedVectors


def test_inputs(course_codes: Samples) -> None:
    fitted = raw_p.fit(TrainingView(course_codes))
    inputs = fitted.encode(course_codes)
    assert {name: values.shape[1:] for name, values in inputs.items()} == fitted.shapes
    assert {name: values.dtype for name, values in inputs.items()} == {
        "n": np.float32,
        "k": np.int32,
        "m": np.int32,
        "P": np.float32,
    }
    assert (inputs["n"] == 9).all()
    assert (inputs["k"][:, 0] == course_codes.k).all()
    assert (inputs["m"][:, 0] == course_codes.m).all()
    np.testing.assert_allclose(inputs["P"].mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(inputs["P"].std(axis=0), 1.0, rtol=1e-5)


def test_other_samples_are_encoded_with_the_statistics_of_training() -> None:
    """By hand: entries 1 and 5, mean 3, deviation 2; entry 9 becomes 3."""
    first, second, other = (
        Samples.from_rows([[9, 4, 2, np.full((4, 5), value)]]) for value in (1.0, 5.0, 9.0)
    )
    fitted = raw_p.fit(TrainingView(Samples.concatenate([first, second])))
    assert (fitted.encode(other)["P"] == 3.0).all()


def test_entries_that_never_vary_are_not_scaled(course_codes: Samples) -> None:
    """With k = 6 alone, the last two of the 20 places are always zero."""
    sixes = course_codes.take(course_codes.k == 6)
    fitted = raw_p.fit(TrainingView(sixes))
    assert (fitted.scale[18:] == 1.0).all()
    assert (fitted.encode(sixes)["P"][:, 18:] == 0.0).all()
    assert np.isfinite(fitted.encode(course_codes)["P"]).all()


@pytest.mark.parametrize(
    "wrap",
    [
        ValidationView,
        lambda samples: samples,
        lambda samples: augment(TrainingView(samples), noise(), np.random.default_rng(0)),
    ],
)
def test_only_a_training_view_is_fitted(course_codes: Samples, wrap: Any) -> None:
    view = wrap(course_codes)
    name = type(view).__name__
    message = f"fitting statistics accepts a TrainingView only, got {name}"
    with pytest.raises(LeakError, match=message):
        raw_p.fit(view)


def test_statistics_are_those_of_the_originals(course_codes: Samples) -> None:
    view = TrainingView(course_codes)
    made = augment(view, noise(), np.random.default_rng(0))
    fitted = raw_p.fit(view)
    assert fitted.provenance_error(made) is None
    wrong = "mean and deviation of P are not those of the training originals"
    for mean, scale in ((1e-4, 0.0), (0.0, 1e-4)):
        other = FittedVectors(raw_p, fitted.groups, fitted.mean + mean, fitted.scale + scale)
        assert other.provenance_error(made) == wrong
    assert raw_p.fit(TrainingView(made.samples)).provenance_error(made) == wrong


def test_statistics_survive_json(course_codes: Samples) -> None:
    fitted = FEATURES["raw-p"].fit(TrainingView(course_codes))
    again = FEATURES["raw-p"].restore(json.loads(json.dumps(fitted.as_dict())))
    for name, values in fitted.encode(course_codes).items():
        np.testing.assert_array_equal(again.encode(course_codes)[name], values)


def test_statistics_of_another_shape() -> None:
    message = r"mean and scale must have shape \(20,\), got \(20,\) and \(19,\)"
    with pytest.raises(InvalidDataError, match=message):
        raw_p.restore({"mean": [0.0] * 20, "scale": [1.0] * 19})
