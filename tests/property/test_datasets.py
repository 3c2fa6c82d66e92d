"""What holds for every data set: storage, split and augmentation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mheight.codes import random_equivalent
from mheight.datasets import (
    Augmentation,
    AugmentationKind,
    Samples,
    TrainingView,
    augment,
    content_hash,
    exact_heights,
    orbit_numbers,
    read_parquet,
    split_by_orbit,
    write_parquet,
)
from mheight.tiers import COURSE_9, COURSE_21, Tier

seeds = st.integers(0, 2**32 - 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
heights = st.floats(1.0, allow_nan=False, allow_infinity=True)


@st.composite
def sample_sets(draw: st.DrawFn) -> Samples:
    """Any entries, heights and numbers that the rules allow; labelled or not."""
    groups = draw(st.lists(st.sampled_from(COURSE_21.members), min_size=1, max_size=12))
    rows = [[n, k, m, draw(arrays(np.float64, (k, n - k), elements=finite))] for n, k, m in groups]
    count = len(rows)
    labels = draw(st.none() | st.lists(heights, min_size=count, max_size=count))
    numbers = st.integers(-(2**63), 2**63 - 1)
    ids = draw(st.lists(numbers, min_size=count, max_size=count, unique=True))
    samples = Samples.from_rows(rows, labels)
    return replace(samples, sample_id=np.array(ids))


def picked(pool: Samples, per_group: list[int]) -> Samples:
    """The first so many samples of each group."""
    index = [np.flatnonzero(pool.group == g)[:count] for g, count in enumerate(per_group)]
    return pool.take(np.concatenate(index))


@given(sample_sets())
def test_parquet_gives_back_every_bit(
    tmp_path_factory: pytest.TempPathFactory, samples: Samples
) -> None:
    path: Path = tmp_path_factory.mktemp("round_trip") / "samples.parquet"
    write_parquet(samples, path)
    back = read_parquet(path)
    for name in ("k", "m", "parity", "sample_id"):
        left, right = getattr(samples, name), getattr(back, name)
        assert (left.dtype, left.tobytes()) == (right.dtype, right.tobytes())
    assert (samples.heights is None) == (back.heights is None)
    if samples.heights is not None:
        assert samples.labels.tobytes() == back.labels.tobytes()
    assert content_hash(samples) == content_hash(back)


@given(
    st.lists(st.integers(10, 40), min_size=9, max_size=9),
    st.floats(0.1, 0.9, allow_nan=False),
    seeds,
)
def test_orbits_of_one_sample_fill_every_quota(
    uniform_codes: Samples, per_group: list[int], fraction: float, seed: int
) -> None:
    samples = picked(uniform_codes, per_group)
    split = split_by_orbit(samples, fraction, np.random.default_rng(seed))
    training, validation = split.training.samples, split.validation.samples

    both = Samples.concatenate([training, validation])
    order = np.argsort(both.sample_id)
    assert content_hash(both.take(order)) == content_hash(samples)
    quota = [round(fraction * count) for count in per_group]
    assert list(validation.counts().values()) == quota

    again = split_by_orbit(samples, fraction, np.random.default_rng(seed))
    assert content_hash(again.validation.samples) == content_hash(validation)


@given(st.integers(1, 60), st.floats(0.1, 0.5), seeds)
def test_equivalent_codes_stay_on_one_side(
    uniform_codes: Samples, relatives: int, fraction: float, seed: int
) -> None:
    """Relatives share no entry with their code, and half of them stand under another m."""
    rng = np.random.default_rng(seed)
    of = rng.integers(len(uniform_codes), size=relatives)
    cousins = uniform_codes.take(of)
    parity, m = cousins.parity.copy(), cousins.m.copy()
    for (n, k), index, matrices in cousins.by_shape():
        parity[index, : matrices[0].size] = random_equivalent(matrices, rng).reshape(len(index), -1)
        other = COURSE_9.orders(n, k)
        m[index[::2]] = rng.choice(other, size=len(index[::2]))
    # Heights play no part in a split.
    numbers = 10_000 + np.arange(relatives)
    added = replace(cousins, m=m, parity=parity, sample_id=numbers)
    samples = Samples.concatenate([uniform_codes, added])
    family = dict(zip(samples.sample_id.tolist(), [*range(len(uniform_codes)), *of], strict=True))

    split = split_by_orbit(samples, fraction, rng)

    training = split.training.samples.sample_id.tolist()
    validation = split.validation.samples.sample_id.tolist()
    assert sorted(training + validation) == sorted(samples.sample_id.tolist())
    assert not {family[i] for i in training} & {family[i] for i in validation}
    # Single samples, of which there are enough, make up whatever families leave open.
    quota = [round(fraction * count) for count in samples.counts().values()]
    assert list(split.validation.samples.counts().values()) == quota


@pytest.mark.parametrize("kind", ["noise", "monomial", "information-set"])
@given(
    st.tuples(*[st.integers(0, 3)] * 3),
    st.floats(0.001, 0.1),
    st.lists(st.integers(1, 10), min_size=9, max_size=9),
    seeds,
)
def test_augmentation(
    kind: AugmentationKind,
    course_codes: Samples,
    copies: tuple[int, int, int],
    scale: float,
    per_group: list[int],
    seed: int,
) -> None:
    originals = picked(course_codes, per_group)
    by_tier = dict(zip(Tier, copies, strict=True))
    made = augment(
        TrainingView(originals), Augmentation(kind, by_tier, scale), np.random.default_rng(seed)
    )

    kept = made.samples.take(np.arange(len(originals)))
    assert content_hash(kept) == content_hash(originals)
    assert len(np.unique(made.samples.sample_id)) == len(made.samples) == len(made.parent_id)
    born, parents = np.unique(made.parent_id[len(originals) :], return_counts=True)
    wanted = {
        int(i): by_tier[COURSE_9.tiers[g]]
        for i, g in zip(originals.sample_id, originals.group, strict=True)
    }
    assert dict(zip(born.tolist(), parents.tolist(), strict=True)) == {
        i: count for i, count in wanted.items() if count
    }

    new = made.copies
    position = np.searchsorted(originals.sample_id, made.parent_id[len(originals) :])
    parent = originals.take(position)
    assert (new.k == parent.k).all()
    assert (new.m == parent.m).all()
    np.testing.assert_allclose(new.labels, exact_heights(new), rtol=1e-6)
    if kind == "noise":
        assert ((new.parity == 0) == (parent.parity == 0)).all()
        entries = parent.parity != 0
        relative = new.parity[entries] / parent.parity[entries] - 1.0
        assert (np.abs(relative) <= 6 * scale).all()
        assert (relative != 0).all()
    else:
        assert (new.labels == parent.labels).all()
        orbits = orbit_numbers(Samples.concatenate([new, parent]))
        assert (orbits[: len(new)] == orbits[len(new) :]).all()
    if kind == "monomial":
        magnitudes = np.sort(np.abs(new.parity), axis=1)
        assert (magnitudes == np.sort(np.abs(parent.parity), axis=1)).all()
