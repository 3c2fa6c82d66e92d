from __future__ import annotations

import numpy as np
import pytest

from mheight.datasets import (
    Augmentation,
    Samples,
    augment,
    orbit_numbers,
    require_training,
    split_by_orbit,
)
from mheight.errors import InvalidDataError, LeakError
from mheight.tiers import COURSE_9, Tier


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_fractions_out_of_range(uniform_codes: Samples, fraction: float) -> None:
    message = rf"the validation fraction must lie in \(0, 1\), got {fraction}"
    with pytest.raises(InvalidDataError, match=message):
        split_by_orbit(uniform_codes, fraction, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("size", "fraction", "leaves"),
    [(2, 0.15, (0, 2)), (1, 0.5, (0, 1)), (0, 0.5, (0, 0)), (2, 0.8, (2, 0))],
)
def test_a_group_too_small_to_split(
    uniform_codes: Samples, size: int, fraction: float, leaves: tuple[int, int]
) -> None:
    few = np.flatnonzero(uniform_codes.group == 6)[:size]
    others = np.flatnonzero(uniform_codes.group != 6)
    samples = uniform_codes.take(np.concatenate([others, few]))
    message = (
        rf"group \(5,4\) is too small to split: with {size} samples, a validation fraction of "
        rf"{fraction:g} leaves {leaves[0]} for validation and {leaves[1]} for training"
    )
    with pytest.raises(InvalidDataError, match=message):
        split_by_orbit(samples, fraction, np.random.default_rng(0))


def test_a_group_of_two_splits_in_halves(uniform_codes: Samples) -> None:
    few = np.flatnonzero(uniform_codes.group == 6)[:2]
    others = np.flatnonzero(uniform_codes.group != 6)
    samples = uniform_codes.take(np.concatenate([others, few]))
    split = split_by_orbit(samples, 0.5, np.random.default_rng(0))
    assert split.validation.samples.counts()["(5,4)"] == 1
    assert split.training.samples.counts()["(5,4)"] == 1


def test_a_group_of_one_orbit_cannot_be_split(uniform_codes: Samples) -> None:
    first = int(np.flatnonzero(uniform_codes.group == 6)[0])
    others = np.flatnonzero(uniform_codes.group != 6)
    samples = uniform_codes.take(np.concatenate([others, np.full(10, first)]))
    with pytest.raises(InvalidDataError, match=r"group \(5,4\) can't be split: its 10 samples"):
        split_by_orbit(samples, 0.5, np.random.default_rng(0))


def test_orbits_of_several_stand_on_both_sides_in_proportion(ds1: Samples) -> None:
    """DS-1: most codes stand under several m, so hardly an orbit is a single sample."""
    split = split_by_orbit(ds1, 0.15, np.random.default_rng(1))
    validation = split.validation.samples
    orbits = orbit_numbers(ds1)
    sides = np.isin(ds1.sample_id, validation.sample_id)
    assert len(np.unique(orbits[sides])) + len(np.unique(orbits[~sides])) == len(np.unique(orbits))
    counts, sizes = (np.array(list(s.counts().values())) for s in (validation, ds1))
    np.testing.assert_allclose(counts, 0.15 * sizes, rtol=0.06)
    _, inverse, size = np.unique(orbits, return_inverse=True, return_counts=True)
    several = size[inverse] > 1
    assert several.mean() > 0.5
    assert several[sides].mean() == pytest.approx(several[~sides].mean(), abs=0.03)


def test_run7_at_full_size(run7_originals: Samples) -> None:
    """108,000 originals, 16,200 of them for validation, 275,400 rows to train on."""
    split = split_by_orbit(run7_originals, 0.15, np.random.default_rng(2026))
    validation, training = split.validation.samples, split.training.samples
    assert len(run7_originals) == 108_000
    assert validation.counts() == dict.fromkeys(COURSE_9.names, 1_800)
    assert training.counts() == dict.fromkeys(COURSE_9.names, 10_200)
    orbits = orbit_numbers(run7_originals)
    inside = np.isin(run7_originals.sample_id, validation.sample_id)
    assert not np.isin(orbits[inside], orbits[~inside]).any()

    copies = {Tier.EASY: 1, Tier.MEDIUM: 2, Tier.HARD: 3}
    made = augment(split.training, Augmentation("noise", copies), np.random.default_rng(2026))
    assert len(made.originals.samples) == 91_800
    assert len(made.samples) == 275_400
    assert list(made.samples.counts().values()) == [
        10_200 * (1 + copies[tier]) for tier in COURSE_9.tiers
    ]


def test_only_a_training_view_is_for_training(uniform_codes: Samples) -> None:
    split = split_by_orbit(uniform_codes, 0.25, np.random.default_rng(0))
    assert require_training(split.training, "fitting") is split.training
    for other in (split.validation, split, uniform_codes, None):
        name = type(other).__name__
        with pytest.raises(LeakError, match=f"fitting accepts a TrainingView only, got {name}"):
            require_training(other, "fitting")
