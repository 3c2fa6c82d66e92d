from __future__ import annotations

from collections.abc import Sequence

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
from mheight.tiers import COURSE_9, Groups, Tier

THREE = Groups.of([(5, 2, 1), (5, 2, 2), (5, 2, 3)])


def of_orbits(*orbits: Sequence[int]) -> Samples:
    """Samples [5, 2]: for each orbit one code, once under every m that it names."""
    rng = np.random.default_rng(5)
    rows: list[list[object]] = []
    for orbit in orbits:
        parity = rng.integers(1, 1000, (2, 3)).astype(np.float64)
        rows += [[5, 2, m, parity] for m in orbit]
    samples = Samples.from_rows(rows, groups=THREE)
    assert len(np.unique(orbit_numbers(samples))) == len(orbits)
    return samples


def held_out(samples: Samples, fraction: float, seed: int) -> tuple[list[int], list[int]]:
    """Validation samples of each group, of orbits of one and of orbits of several.

    Also looks that every orbit is whole, and every sample on one side, in its old order.
    """
    split = split_by_orbit(samples, fraction, np.random.default_rng(seed))
    inside = split.validation.samples.sample_id
    outside = split.training.samples.sample_id
    both = np.concatenate([inside, outside])
    assert sorted(both.tolist()) == samples.sample_id.tolist()
    assert sorted(inside.tolist()) == inside.tolist()
    assert sorted(outside.tolist()) == outside.tolist()
    orbits = orbit_numbers(samples)
    assert not np.isin(orbits[inside], orbits[outside]).any()
    sizes = np.bincount(orbits)[orbits[inside]]
    groups = samples.group[inside]
    one, several = (np.bincount(groups[of], minlength=3) for of in (sizes == 1, sizes > 1))
    return one.tolist(), several.tolist()


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
        rf"{fraction:g} leaves {leaves[0]} for validation and {leaves[1]} for training; "
        "each needs at least 1$"
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
    message = (
        r"^group \(5,4\) can't be split: its 10 samples fall into orbits that leave none for "
        "validation; more codes that are not equivalent are needed$"
    )
    with pytest.raises(InvalidDataError, match=message):
        split_by_orbit(samples, 0.5, np.random.default_rng(0))


def test_an_empty_group_cannot_be_split() -> None:
    samples = of_orbits(*20 * [(1,)], *20 * [(2,)])
    with pytest.raises(InvalidDataError, match=r"group \(5,2,3\) is too small .* with 0 samples"):
        split_by_orbit(samples, 0.5, np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("orbits", "fraction", "singles", "several"),
    [
        # Ten pairs may have 5 of the quota of 10: two pairs fit.
        ([*20 * [(1,)], *10 * [(1, 1)], *8 * [(2,)], *4 * [(3,)]], 0.25, [6, 2, 1], [4, 0, 0]),
        # Four pairs may have 2 of the quota of 4, which one pair fills to the last.
        ([*8 * [(1,)], *4 * [(1, 1)], *8 * [(2,)], *4 * [(3,)]], 0.25, [2, 2, 1], [2, 0, 0]),
        # 0.26 of 12 samples is 3: no second pair.
        ([*6 * [(1, 1)], *8 * [(2,)], *4 * [(3,)]], 0.26, [0, 2, 1], [2, 0, 0]),
        # Orbits in two groups count in both: three of them fill the share of either.
        ([*10 * [(1, 2)], *10 * [(1,)], *10 * [(2,)], *10 * [(3,)]], 0.3, [3, 3, 3], [3, 3, 0]),
        # One group's share is spent by 2 orbits, and no other orbit gets into the other.
        ([*4 * [(1, 3, 3)], *8 * [(1,)], *8 * [(2,)]], 0.5, [4, 4, 0], [2, 0, 4]),
        # A triple fits into a share of 3, one of four does not.
        ([(1, 1, 1), (1, 1, 1), *6 * [(1,)], *4 * [(2,)], *4 * [(3,)]], 0.5, [3, 2, 2], [3, 0, 0]),
        # What does not fit is passed over, whenever it is drawn.
        (
            [*2 * [(1, 1, 1, 1)], (1, 1), *10 * [(1,)], *4 * [(2,)], *4 * [(3,)]],
            0.3,
            [4, 1, 1],
            [2, 0, 0],
        ),
        ([(1, 1, 1, 1), *6 * [(1,)], *4 * [(2,)], *4 * [(3,)]], 0.5, [5, 2, 2], [0, 0, 0]),
    ],
)
def test_orbits_of_several_have_their_own_share(
    orbits: list[tuple[int, ...]],
    fraction: float,
    singles: list[int],
    several: list[int],
    seed: int,
) -> None:
    assert held_out(of_orbits(*orbits), fraction, seed) == (singles, several)


def test_what_is_held_out_depends_on_the_randomness_only() -> None:
    samples = of_orbits(*40 * [(1,)], *40 * [(2, 2)], *20 * [(1, 3)])

    def chosen(seed: int, *, pairs: bool) -> list[int]:
        split = split_by_orbit(samples, 0.25, np.random.default_rng(seed))
        held = split.validation.samples
        return held.sample_id[(held.m == 2) == pairs].tolist()

    for pairs in (False, True):
        assert chosen(3, pairs=pairs) == chosen(3, pairs=pairs)
        assert chosen(3, pairs=pairs) != chosen(4, pairs=pairs)


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
