"""What every registered feature set and network must keep to."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mheight.datasets import Augmentation, TrainingView, augment, generate, split_by_orbit
from mheight.errors import LeakError
from mheight.features import FEATURES
from mheight.models import ResidualConfig, SetsConfig, build_model
from mheight.models.backend import keras
from mheight.tiers import Tier
from mheight.training.callbacks import predict_log2

MODELS = {
    "residual": (ResidualConfig(capacity=0.02), "raw-p"),
    "sets, circuits": (SetsConfig(width=8, pooled_width=8), "circuits"),
    "sets, punctured": (SetsConfig(width=8, pooled_width=8), "punctured"),
}


def whole(inputs):
    """All rows as one batch."""
    return next(iter(inputs.batches(np.arange(len(inputs)), len(inputs))))


@pytest.fixture(scope="module")
def split():
    return split_by_orbit(generate("course", 20, 1).samples, 0.2, np.random.default_rng(0))


@pytest.mark.parametrize("name", FEATURES)
class TestFeatures:
    def test_fitting_accepts_the_training_view_alone(self, name, split):
        FEATURES[name].fit(split.training)
        for other in (split.validation, split.training.samples):
            with pytest.raises(LeakError, match="accepts a TrainingView only"):
                FEATURES[name].fit(other)

    def test_encodes_the_shapes_it_declares(self, name, split):
        fitted = FEATURES[name].fit(split.training)
        inputs = fitted.encode(split.validation.samples)
        assert len(inputs) == len(split.validation.samples)
        for batch in inputs.batches(np.arange(len(inputs)), 16):
            shapes = {key: values.shape[1:] for key, values in batch.arrays.items()}
            assert shapes == fitted.shapes
            for values in batch.arrays.values():
                assert values.dtype in (np.float16, np.float32, np.int32)
                assert np.isfinite(values).all()

    def test_survives_json(self, name, split):
        fitted = FEATURES[name].fit(split.training)
        again = FEATURES[name].restore(json.loads(json.dumps(fitted.as_dict())))
        samples = split.validation.samples
        for key, values in whole(fitted.encode(samples)).arrays.items():
            np.testing.assert_array_equal(values, whole(again.encode(samples)).arrays[key])

    def test_knows_its_provenance(self, name, split):
        augmentation = Augmentation("noise", dict.fromkeys(Tier, 1))
        training = augment(split.training, augmentation, np.random.default_rng(0))
        assert FEATURES[name].fit(split.training).provenance_error(training) is None

    def test_a_row_does_not_depend_on_its_neighbours(self, name, split):
        fitted = FEATURES[name].fit(split.training)
        samples = split.validation.samples
        alone = whole(fitted.encode(samples.take(np.array([5]))))
        together = whole(fitted.encode(samples))
        for key, values in alone.arrays.items():
            if len(values):
                # The row's place among those of its group, where inputs are grouped.
                own = together.rows if len(together.arrays[key]) == len(samples) else None
                if own is None:
                    own = np.flatnonzero(samples.group == samples.group[5])
                place = int(np.flatnonzero(own == 5)[0])
                np.testing.assert_allclose(values[0], together.arrays[key][place], rtol=1e-6)


@pytest.mark.parametrize("name", MODELS)
class TestModels:
    def build(self, name, split):
        config, features = MODELS[name]
        fitted = FEATURES[features].fit(split.training)
        model = build_model(config, fitted.shapes, seed=0)
        return model, fitted.encode(split.validation.samples)

    def test_gives_one_number_a_sample_at_least_zero(self, name, split):
        model, inputs = self.build(name, split)
        predicted = predict_log2(model, inputs)
        assert predicted.shape == (len(split.validation.samples),)
        assert (predicted >= 0).all()

    def test_a_prediction_does_not_depend_on_its_neighbours(self, name, split):
        model, inputs = self.build(name, split)
        fitted = FEATURES[MODELS[name][1]].fit(split.training)
        together = predict_log2(model, inputs)
        for row in (0, 7, 20):
            alone = fitted.encode(split.validation.samples.take(np.array([row])))
            np.testing.assert_allclose(predict_log2(model, alone), together[[row]], rtol=1e-4)

    @pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
    @pytest.mark.parametrize("ending", [".keras", ".h5"])
    def test_survives_saving(self, name, ending, split, tmp_path):
        model, inputs = self.build(name, split)
        path = tmp_path / f"model{ending}"
        model.save(path)
        again = keras.models.load_model(path, compile=False)
        np.testing.assert_array_equal(predict_log2(model, inputs), predict_log2(again, inputs))

    def test_predictions_are_deterministic(self, name, split):
        model, inputs = self.build(name, split)
        np.testing.assert_array_equal(predict_log2(model, inputs), predict_log2(model, inputs))


INVARIANT = {"sets, circuits": ("circuits", 1e-5), "sets, punctured": ("punctured", 1e-5)}


@pytest.mark.parametrize("name", INVARIANT)
@pytest.mark.parametrize("ensemble", ["course", "uniform"])
def test_equivalent_codes_get_the_same_prediction(name, ensemble):
    features, tolerance = INVARIANT[name]
    samples = generate(ensemble, 60, 3).samples
    view = split_by_orbit(samples, 0.2, np.random.default_rng(0)).training
    fitted = FEATURES[features].fit(view)
    model = build_model(SetsConfig(width=16, pooled_width=16), fitted.shapes, seed=0)
    moved = augment(
        TrainingView(samples),
        Augmentation("information-set", dict.fromkeys(Tier, 1)),
        np.random.default_rng(1),
    )
    parents = {int(i): row for row, i in enumerate(samples.sample_id)}
    rows = np.array([parents[int(i)] for i in moved.parent_id[len(samples) :]])
    expected = predict_log2(model, fitted.encode(samples.take(rows)))
    np.testing.assert_allclose(
        predict_log2(model, fitted.encode(moved.copies)), expected, atol=tolerance
    )
