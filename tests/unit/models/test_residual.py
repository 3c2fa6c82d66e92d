from __future__ import annotations

import numpy as np
import pytest
from tiny import ROOT

from mheight.datasets import generate
from mheight.datasets.split import TrainingView
from mheight.errors import ConfigError
from mheight.experiments import load_config
from mheight.features import FEATURES
from mheight.models import ResidualConfig, build_model
from mheight.models.backend import keras
from mheight.tiers import COURSE_9

SHAPES = {"n": (1,), "k": (1,), "m": (1,), "P": (20,)}


@pytest.fixture(scope="module")
def network():
    return build_model(ResidualConfig(), SHAPES, COURSE_9, seed=0)


def test_run7_has_exactly_the_parameters_of_its_description(network):
    assert network.count_params() == 5_630_369


def test_the_layers_are_those_of_the_description(network):
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense] == [256, 512, 1024, *[1024] * 4, 512, 256, 128, 1]
    assert {layer.activation.__name__ for layer in dense[:-1]} <= {"gelu"}
    assert dense[-1].activation.__name__ == "softplus"
    assert all(float(layer.kernel_regularizer.l2) == pytest.approx(1e-4) for layer in dense)
    dropout = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropout == [0.3, 0.2, 0.3, 0.2, 0.2, 0.2, 0.1, 0.1]
    embeddings = [la for la in network.layers if isinstance(la, keras.layers.Embedding)]
    assert [layer.output_dim for layer in embeddings] == [32, 32]
    assert all(layer.embeddings_regularizer is not None for layer in embeddings)


def test_heights_are_at_least_one(network):
    samples = generate("course", 2, 0).samples
    inputs = FEATURES["raw-p"].fit(TrainingView(samples)).encode(samples)
    predicted = network.predict(dict(inputs), verbose=0)
    assert predicted.shape == (18, 1)
    assert (predicted >= 0).all()


def test_each_of_the_three_knobs_turns():
    config = ResidualConfig(l2=0.0, dropout_factor=0.5, capacity=0.5)
    model = build_model(config, SHAPES, COURSE_9, seed=0)
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.15, 0.1, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05]
    assert model.losses == []
    assert model.count_params() < 5_630_369 / 3
    assert ResidualConfig(dropout_factor=9.0).dropout(0.3) == 0.95


def test_the_seed_decides_the_weights():
    small = ResidualConfig(capacity=0.02)
    first, same, other = (
        build_model(small, SHAPES, COURSE_9, seed).get_weights() for seed in (1, 1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_other_inputs_are_refused():
    with pytest.raises(
        ConfigError, match="n, k, m and one vector, or sets_k_m for each group, got x"
    ):
        build_model(ResidualConfig(), {"x": (1,)}, COURSE_9, seed=0)


@pytest.mark.parametrize("shapes", [{**SHAPES, "Q": (3,)}, {"n": (1,), "k": (1,), "m": (1,)}])
def test_one_vector_is_read(shapes):
    with pytest.raises(ConfigError, match="reads the inputs n, k, m and one vector, or sets_k_m"):
        build_model(ResidualConfig(), shapes, COURSE_9, seed=0)


def test_a_vector_of_another_name_and_length():
    small = ResidualConfig(capacity=0.02)
    shapes = {"n": (1,), "k": (1,), "m": (1,), "minors": (126,)}
    model = build_model(small, shapes, COURSE_9, seed=0)
    assert set(model.input) == set(shapes)
    assert model.input["minors"].shape == (None, 126)


@pytest.fixture(scope="module")
def run7():
    """The network of runs/run7.toml, in full."""
    config = load_config(ROOT / "runs" / "run7.toml")
    assert config.model.name == "residual"
    return build_model(
        config.model, FEATURES[config.features.name].of(COURSE_9).shapes, COURSE_9, seed=0
    )


def test_run7_has_about_the_parameters_of_its_description(run7):
    assert 5_400_000 <= run7.count_params() <= 5_800_000


def test_run7_has_the_trunk_of_its_description(run7):
    shared = [
        layer
        for layer in run7.layers
        if isinstance(layer, keras.layers.Dense) and not layer.name.startswith("sets_")
    ]
    trunk = [layer.units for layer in shared if layer.input.shape[-1] >= 128]
    assert trunk[-9:] == [1024, *[1024] * 4, 512, 256, 128, 1]
    dense = [layer for layer in run7.layers if isinstance(layer, keras.layers.Dense)]
    assert all(float(layer.kernel_regularizer.l2) == pytest.approx(1e-4) for layer in dense)
    rates = [layer.rate for layer in run7.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.3, 0.2, 0.2, 0.2, 0.1, 0.1]


def test_run7_keeps_to_the_protocol_of_its_description():
    """The input is a setting; the rest is as on raw P, but for the length of training."""
    ours = load_config(ROOT / "runs" / "run7.toml").model_dump()
    raw = load_config(ROOT / "runs" / "run7-raw.toml").model_dump()
    for values in (ours, raw):
        assert values["training"].pop("epochs") <= 250
        # What is validated and kept; it changes nothing of what is trained.
        del values["training"]["weight_average"]
    for section in ("data", "split", "augmentation", "loss", "training", "tier_guard", "criteria"):
        assert ours[section] == raw[section]
    assert raw["data"]["per_group"] == 12_000
    small = load_config(ROOT / "runs" / "quickstart.toml").model_dump()
    for section in ("split", "augmentation", "loss", "tier_guard", "criteria"):
        assert small[section] == ours[section]


def test_sets_are_read_pooled_or_one_by_one_or_both():
    shapes = {"sets_4_2": (9, 126), "sets_6_3": (36, 8)}
    small = {"capacity": 0.02, "leading_width": 80}

    def built(**changes):
        names = [
            layer.name
            for layer in build_model(ResidualConfig(**small, **changes), shapes, COURSE_9, 0).layers
        ]
        return any("pool" in name for name in names), "sets_6_3_leading" in names

    assert built(set_width=100, leading=0) == (True, False)
    assert built(set_width=0, leading=300) == (False, True)
    assert built(set_width=100, leading=300) == (True, True)
    with pytest.raises(
        ConfigError, match=r"at least the 126 numbers of a set of sets_4_2.*neither"
    ):
        built(set_width=0, leading=125)
    # One group both ways and another pooled alone would not fit together.
    with pytest.raises(ConfigError, match=r"model.leading must be at least the 126 .* or 0, got 8"):
        built(set_width=100, leading=8)
    assert built(set_width=100, leading=7) == (True, False)
