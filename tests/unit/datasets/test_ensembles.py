from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mheight.datasets import ENSEMBLES, EnsembleName, Samples, content_hash, exact_heights, generate
from mheight.errors import InvalidDataError
from mheight.tiers import COURSE_9

# Rows of DS-1 by the largest magnitude in P, and by group (run7_system.md).
LARGEST_MAGNITUDE = {1: 186, 2: 211, 3: 174, 4: 2050, 5: 198, 10: 5230, 20: 3119, 50: 6506}
LARGEST_MAGNITUDE[100] = 14_413
GROUP_SIZES = [2677, 2588, 2376, 1494, 3579, 3286, 2002, 9336, 4749]


@pytest.mark.parametrize("ensemble", ["uniform", "course"])
def test_ensembles(ensemble: EnsembleName) -> None:
    generated = generate(ensemble, 30, seed=11)
    samples = generated.samples
    assert samples.counts() == dict.fromkeys(COURSE_9.names, 30)
    assert samples.sample_id.tolist() == list(range(270))
    assert (samples.parity == np.rint(samples.parity)).all()
    assert np.abs(samples.parity).max() <= 100
    assert np.isfinite(samples.labels).all()
    np.testing.assert_array_equal(samples.labels, exact_heights(samples))
    assert (samples.parity[samples.k == 6, 18:] == 0).all()

    provenance = generated.provenance
    named = {name: provenance[name] for name in ("ensemble", "seed", "per_group")}
    assert named == {"ensemble": ensemble, "seed": 11, "per_group": 30}
    assert set(provenance["infinite_drawn_again"]) == set(COURSE_9.names)


def test_same_seed_same_codes_other_seed_others() -> None:
    one, two, other = (generate("course", 20, seed=seed).samples for seed in (3, 3, 4))
    assert content_hash(one) == content_hash(two)
    assert not (one.parity == other.parity).all(axis=1).any()


def test_normal_entries_are_normal() -> None:
    generated = generate("normal", 100, seed=12)
    samples = generated.samples
    assert samples.counts() == dict.fromkeys(COURSE_9.names, 100)
    np.testing.assert_array_equal(samples.labels, exact_heights(samples))
    for (n, k), index, parity in samples.by_shape():
        assert (samples.parity[index, k * (n - k) :] == 0).all()
        assert (parity != np.rint(parity)).all()
        # At least 3,600 entries: standard errors of mean and deviation under 0.02.
        assert abs(parity.mean()) < 0.07
        assert parity.std() == pytest.approx(1.0, abs=0.05)
    assert generated.provenance["scales"] == {}


def test_searched_heights_are_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    """In every group; without any step the codes are those of `course`."""
    monkeypatch.setattr("mheight.datasets.ensembles._CHUNK", 64)
    monkeypatch.setattr("mheight.datasets.ensembles._SEARCH_CHUNK", 64)
    monkeypatch.setattr("mheight.datasets.ensembles._SEARCH_STEPS", 0)
    course, start = (generate(name, 50, seed=13).samples for name in ("course", "searched"))
    assert content_hash(start) == content_hash(course)
    monkeypatch.setattr("mheight.datasets.ensembles._SEARCH_STEPS", 80)
    found = generate("searched", 50, seed=13).samples
    np.testing.assert_array_equal(found.labels, exact_heights(found))
    assert (found.parity == np.rint(found.parity)).all()
    assert np.abs(found.parity).max() <= 100
    for group in range(len(COURSE_9)):
        before, after = (x.log2_heights[x.group == group] for x in (course, found))
        assert np.median(after) < np.median(before) - 1.0


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_a_larger_set_begins_with_the_smaller_one(
    ensemble: EnsembleName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each group, also where the larger set takes several chunks."""
    monkeypatch.setattr("mheight.datasets.ensembles._CHUNK", 64)
    monkeypatch.setattr("mheight.datasets.ensembles._SEARCH_CHUNK", 40)
    monkeypatch.setattr("mheight.datasets.ensembles._SEARCH_STEPS", 5)
    small, large = (generate(ensemble, count, seed=5).samples for count in (10, 150))
    for group in range(len(COURSE_9)):
        few, many = small.take(small.group == group), large.take(large.group == group)
        np.testing.assert_array_equal(few.parity, many.parity[:10])
        np.testing.assert_array_equal(few.labels, many.labels[:10])
        assert (many.parity[10:] != many.parity[:140]).any(axis=1).all()


def test_groups_of_one_shape_have_streams_of_their_own() -> None:
    samples = generate("uniform", 50, seed=6).samples
    by_group = [samples.parity[samples.group == group] for group in range(len(COURSE_9))]
    rows = np.concatenate(by_group)
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_infinite_heights_are_drawn_again_and_counted() -> None:
    """Of 500 uniform codes, about 50 have infinite height in (4,5), and none in (4,2)."""
    generated = generate("uniform", 500, seed=7)
    again = generated.provenance["infinite_drawn_again"]
    assert np.isfinite(generated.samples.labels).all()
    assert 25 < again["(4,5)"] < 100
    assert again["(4,2)"] == 0


def test_uniform_entries_are_uniform() -> None:
    """In groups where hardly a code is drawn again; in (4,5) zeros are rarer, rightly."""
    samples = generate("uniform", 1000, seed=8).samples
    entries = samples.take((samples.k == 4) & (samples.m <= 3)).parity
    counts = np.bincount((entries.ravel() + 100).astype(int), minlength=201)
    # 40,000 entries over 201 values: 199 each, standard deviation 14.
    assert counts.min() > 129
    assert counts.max() < 269


def test_course_scales_are_spread_as_in_ds1(run7_originals: Samples) -> None:
    """The largest magnitudes in P, each group weighed as in DS-1."""
    largest = np.abs(run7_originals.parity).max(axis=1)
    edges = np.array([0, *LARGEST_MAGNITUDE]) + 0.5
    weights = np.array(GROUP_SIZES)[run7_originals.group] / 12_000
    drawn, _ = np.histogram(largest, bins=edges, weights=weights)
    wanted = np.array(list(LARGEST_MAGNITUDE.values()))
    assert wanted.sum() == sum(GROUP_SIZES) == 32_087
    assert drawn.sum() == pytest.approx(32_087)
    # No class is off by more than a quarter, and all together by less than 2 %.
    np.testing.assert_allclose(drawn, wanted, rtol=0.25)
    assert np.abs(drawn - wanted).sum() / 2 < 0.02 * wanted.sum()


def test_progress_adds_up() -> None:
    steps: list[int] = []
    generate("course", 25, 1, steps.append)
    assert sum(steps) == 225


@pytest.mark.parametrize(
    ("ensemble", "per_group", "seed", "message"),
    [
        (
            "gauss",
            1,
            1,
            r"one of \['course', 'normal', 'searched', 'uniform'\], got 'gauss'",
        ),
        ("course", 0, 1, "at least 1 sample a group is needed, and at most 10,000,000, got 0"),
        ("course", -5, 1, "at least 1 sample a group is needed, and at most 10,000,000, got -5"),
        ("course", 1, -1, "the seed must be a non-negative integer, got -1"),
    ],
)
def test_arguments_out_of_range(ensemble: Any, per_group: int, seed: int, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        generate(ensemble, per_group, seed)
