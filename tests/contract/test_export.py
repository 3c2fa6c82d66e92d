"""Every registered network says the same in ONNX Runtime as in Keras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from contract_models import MODELS, whole

from mheight.datasets import Samples, TrainingView, generate
from mheight.deployment import onnx_graph
from mheight.deployment.bundle import Bundle, read_bundle
from mheight.deployment.export import TOLERANCE
from mheight.deployment.onnx_graph import onnx_model
from mheight.deployment.predictor import Predictor
from mheight.errors import MheightError
from mheight.evaluation.calibration import calibrate
from mheight.features import FEATURES, GroupedInputs
from mheight.features.domain import Domain
from mheight.models import build_model

STORED = Path(__file__).parents[1] / "bundle_run8_stream"
CODES = generate("course", 12, 5).samples


def predictor(model, feature_name, features) -> Predictor:
    logs = CODES.log2_heights
    return Predictor(
        Bundle(
            "a test",
            onnx_model(model).SerializeToString(),
            {"name": feature_name, "values": features.as_dict()},
            Domain.fit(TrainingView(CODES)).as_dict(),
            calibrate(logs, logs, CODES.group, CODES.groups).as_dict(),
            read_bundle(STORED).manifest,
            "",
        )
    )


def by_keras(model, features, samples: Samples) -> np.ndarray:
    """The network called as it is, nothing compiled."""
    batch = whole(features.encode(samples))
    arrays = {name: np.asarray(values, np.float32) for name, values in batch.arrays.items()}
    for name in set(arrays) & {"k", "m"}:
        arrays[name] = batch.arrays[name]
    out = np.empty(len(samples))
    out[batch.rows[batch.real]] = np.asarray(model(arrays)).reshape(-1)[batch.real]
    return out


@pytest.mark.parametrize("name", MODELS)
def test_onnx_says_what_keras_says(name):
    config, feature_name = MODELS[name]
    features = FEATURES[feature_name].fit(TrainingView(CODES))
    model = build_model(config, features.shapes, features.groups, 3)
    found = predictor(model, feature_name, features)
    fresh = generate("normal", 9, 6).samples
    fresh = fresh.take(np.random.default_rng(1).permutation(len(fresh)))
    expected = by_keras(model, features, fresh)
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(found.predict_log2(fresh), expected, atol=TOLERANCE)
    # One by one, in threes, and one group alone.
    for rows in (np.array([7]), np.array([80, 2, 2]), np.flatnonzero(fresh.group == 4)):
        np.testing.assert_allclose(
            found.predict_log2(fresh.take(rows)), expected[rows], atol=TOLERANCE
        )


def test_more_rows_than_one_call_takes():
    config, feature_name = MODELS["relations"]
    features = FEATURES[feature_name].fit(TrainingView(CODES))
    found = predictor(
        build_model(config, features.shapes, features.groups, 3), feature_name, features
    )
    many = CODES.take(np.random.default_rng(2).integers(0, len(CODES), 20_000))
    once = found.predict_log2(CODES)
    index = {number: i for i, number in enumerate(CODES.sample_id)}
    expected = once[[index[number] for number in many.sample_id]]
    np.testing.assert_allclose(found.predict_log2(many), expected, atol=1e-5)


def test_an_unknown_layer_is_refused_by_name(monkeypatch):
    config, feature_name = MODELS["relations"]
    features = FEATURES[feature_name].fit(TrainingView(CODES))
    model = build_model(config, features.shapes, features.groups, 3)
    assert isinstance(features.encode(CODES), GroupedInputs)
    monkeypatch.delitem(onnx_graph._LAYERS, "CircuitRelations")
    with pytest.raises(MheightError, match=r"the layer CircuitRelations \(relations\) can't be"):
        onnx_model(model)
