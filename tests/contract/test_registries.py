"""What every registered feature set and network must keep to."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mheight.datasets import Augmentation, augment, generate, split_by_orbit
from mheight.errors import LeakError
from mheight.features import FEATURES
from mheight.models import ResidualConfig, build_model
from mheight.models.backend import keras
from mheight.tiers import Tier

MODELS = {"residual": ResidualConfig(capacity=0.02)}


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
        count = len(split.validation.samples)
        assert {key: values.shape for key, values in inputs.items()} == {
            key: (count, *shape) for key, shape in fitted.shapes.items()
        }
        assert all(values.dtype in (np.float32, np.int32) for values in inputs.values())
        assert all(np.isfinite(values).all() for values in inputs.values())

    def test_survives_json(self, name, split):
        fitted = FEATURES[name].fit(split.training)
        again = FEATURES[name].restore(json.loads(json.dumps(fitted.as_dict())))
        samples = split.validation.samples
        for key, values in fitted.encode(samples).items():
            np.testing.assert_array_equal(values, again.encode(samples)[key])

    def test_knows_its_provenance(self, name, split):
        augmentation = Augmentation("noise", dict.fromkeys(Tier, 1))
        training = augment(split.training, augmentation, np.random.default_rng(0))
        assert FEATURES[name].fit(split.training).provenance_error(training) is None

    def test_a_row_does_not_depend_on_its_neighbours(self, name, split):
        fitted = FEATURES[name].fit(split.training)
        samples = split.validation.samples
        alone = fitted.encode(samples.take(np.array([5])))
        together = fitted.encode(samples)
        for key, values in alone.items():
            np.testing.assert_allclose(values[0], together[key][5], rtol=1e-6)


@pytest.mark.parametrize("name", MODELS)
class TestModels:
    def build(self, name):
        shapes = {"n": (1,), "k": (1,), "m": (1,), "P": (20,)}
        return build_model(MODELS[name], shapes, seed=0)

    def test_gives_one_number_a_sample_at_least_zero(self, name, split):
        model = self.build(name)
        inputs = FEATURES["raw-p"].fit(split.training).encode(split.validation.samples)
        predicted = model.predict(inputs, verbose=0)
        assert predicted.shape == (len(split.validation.samples), 1)
        assert (predicted >= 0).all()

    @pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
    @pytest.mark.parametrize("ending", [".keras", ".h5"])
    def test_survives_saving(self, name, ending, split, tmp_path):
        model = self.build(name)
        inputs = FEATURES["raw-p"].fit(split.training).encode(split.validation.samples)
        path = tmp_path / f"model{ending}"
        model.save(path)
        again = keras.models.load_model(path, compile=False)
        np.testing.assert_array_equal(
            model.predict(inputs, verbose=0), again.predict(inputs, verbose=0)
        )

    def test_predictions_are_deterministic(self, name, split):
        model = self.build(name)
        inputs = FEATURES["raw-p"].fit(split.training).encode(split.validation.samples)
        np.testing.assert_array_equal(
            model.predict(inputs, verbose=0), model.predict(inputs, verbose=0)
        )
