from __future__ import annotations

import numpy as np
import pytest

from mheight.errors import InvalidDataError
from mheight.protection import AnalogArray, ArrayConfig

RNG = np.random.default_rng(0)
W = RNG.normal(size=(6, 40))
X = RNG.uniform(-1, 1, size=(40, 50))


def test_a_perfect_array_multiplies_exactly():
    np.testing.assert_allclose(AnalogArray(W) @ X, W @ X, atol=1e-12)
    np.testing.assert_allclose(AnalogArray(W) @ X[:, 0], W @ X[:, 0], atol=1e-12)
    assert AnalogArray(np.zeros((2, 3))) @ [1, 2, 3] == pytest.approx(0.0)


def test_arrays_of_one_seed_are_the_same():
    settings = {"programming_noise": 0.1, "read_noise": 0.1, "stuck_low": 0.1}
    one, two, other = (AnalogArray(W, seed=s, **settings) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.programmed, two.programmed)
    np.testing.assert_array_equal(one @ X, two @ X)
    assert (one.programmed != other.programmed).any()
    assert ((one @ X) != (one @ X)).any()  # read anew


def test_stuck_cells_are_as_many_as_asked_for():
    array = AnalogArray(RNG.normal(size=(100, 100)), stuck_low=0.03, stuck_high=0.02)
    assert array.stuck.mean() == pytest.approx(1 - 0.95**2, abs=0.01)
    wrong = array.programmed != array.W
    assert not (wrong & ~array.stuck & (np.abs(array.programmed - array.W) > 1e-9)).any()
    assert np.abs(array.programmed).max() <= array.scale


def test_levels_and_drift():
    coarse = AnalogArray(W, levels=3)
    steps = np.abs(coarse.programmed) / coarse.scale
    np.testing.assert_allclose(steps * 2, np.rint(steps * 2), atol=1e-12)
    drifted = AnalogArray(W, drift=0.5, time=100.0)
    np.testing.assert_allclose(drifted.programmed, W / 10.0)


def test_converters_round_by_half_a_step_and_cut_off():
    array = AnalogArray(W, adc_bits=4, output_range=2.0)
    outputs = array @ X
    inside = np.abs(W @ X) < 2.0
    assert np.abs(outputs - W @ X)[inside].max() <= 2.0 / 15 + 1e-12
    assert np.abs(outputs).max() <= 2.0
    assert len(np.unique(np.round(outputs, 9))) <= 16
    fed = AnalogArray(np.eye(2), dac_bits=2, input_range=3.0) @ [5.0, 0.9]
    np.testing.assert_allclose(fed, [3.0, 1.0])


@pytest.mark.parametrize(
    "settings",
    [
        {"levels": 9},
        {"dac_bits": 5},
        {"adc_bits": 6, "output_range": 20.0},
        {"levels": 17, "dac_bits": 6, "adc_bits": 7, "output_range": 20.0},
    ],
)
def test_a_bounded_error_is_never_exceeded(settings):
    array = AnalogArray(W, **settings)
    bound = array.noise_bound(X)
    assert bound.deviation == 0.0
    error = np.abs(array @ X - W @ X).max()
    assert 0.2 * bound.delta < error <= bound.delta + 1e-12


def test_a_gaussian_error_is_exceeded_as_often_as_said():
    wide = RNG.normal(size=(4, 200))
    x = RNG.uniform(-1, 1, 200)
    above, many = 0, 2000
    for seed in range(many):
        array = AnalogArray(wide, seed=seed, read_noise=0.05, programming_noise=0.05)
        if not seed:
            delta = array.noise_bound(x, failure=0.05).delta
        above += int((np.abs(array @ x - wide @ x) > delta).sum())
    # The bound is that of the worst output; the others exceed it less often.
    assert above / (4 * many) < 0.055
    assert above > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levels": 1}, "levels: Input should be greater than or equal to 2, got 1"),
        ({"stuck_low": 0.7, "stuck_high": 0.7}, r"at most 1, got 1.4"),
        ({"adc_bits": 8}, "adc_bits needs output_range"),
        ({"read_noise": float("nan")}, "read_noise: .*finite"),
        ({"noise": 1.0}, "noise: Extra inputs are not permitted"),
    ],
)
def test_settings_that_are_refused(settings, message):
    with pytest.raises(InvalidDataError, match=message):
        AnalogArray(W, **settings)


def test_shapes_that_are_refused():
    with pytest.raises(InvalidDataError, match=r"with inputs = 40, got \(3,\)"):
        AnalogArray(W) @ [1.0, 2.0, 3.0]
    with pytest.raises(InvalidDataError, match="not both"):
        AnalogArray(W, ArrayConfig(), levels=4)
    with pytest.raises(InvalidDataError, match=r"failure must lie in \(0, 1\), got 0"):
        AnalogArray(W).noise_bound(X, failure=0)
