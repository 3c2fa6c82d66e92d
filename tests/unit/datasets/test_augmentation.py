from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from material import COPIES, noise

from mheight.datasets import (
    Augmentation,
    AugmentationKind,
    Samples,
    TrainingView,
    ValidationView,
    augment,
    augment_then_split,
    content_hash,
    exact_heights,
)
from mheight.errors import InvalidDataError, LeakError
from mheight.tiers import COURSE_9, Tier

KINDS: list[AugmentationKind] = ["noise", "monomial", "information-set"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrap", [ValidationView, lambda samples: samples, lambda samples: None])
def test_only_a_training_view_is_augmented(
    uniform_codes: Samples, kind: AugmentationKind, wrap: Any
) -> None:
    view = wrap(uniform_codes)
    name = type(view).__name__
    with pytest.raises(LeakError, match=f"augmentation accepts a TrainingView only, got {name}"):
        augment(view, Augmentation(kind, COPIES), np.random.default_rng(0))


def test_augmented_training_is_no_training_view(uniform_codes: Samples) -> None:
    made = augment(TrainingView(uniform_codes), noise(), np.random.default_rng(0))
    with pytest.raises(LeakError, match="got AugmentedTraining"):
        augment(made, noise(), np.random.default_rng(0))  # type: ignore[arg-type]


def test_copies_of_group() -> None:
    assert noise().copies_of(COURSE_9).tolist() == [1, 1, 2, 3, 1, 2, 3, 2, 3]


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_copies(uniform_codes: Samples, kind: AugmentationKind) -> None:
    view, augmentation = TrainingView(uniform_codes), Augmentation(kind, COPIES)
    one, two, other = (
        augment(view, augmentation, np.random.default_rng(seed)).copies for seed in (1, 1, 2)
    )
    assert content_hash(one) == content_hash(two)
    assert (one.parity != other.parity).any(axis=1).mean() > 0.99


def test_noise_is_relative_and_of_the_stated_size(uniform_codes: Samples) -> None:
    large = Augmentation("noise", dict.fromkeys(Tier, 20), 0.05)
    made = augment(TrainingView(uniform_codes), large, np.random.default_rng(3))
    parents = np.repeat(uniform_codes.parity, 20, axis=0)
    entries = parents != 0
    relative = made.copies.parity[entries] / parents[entries] - 1.0
    # 140,000 entries; infinite heights that are drawn again hardly matter.
    assert relative.std() == pytest.approx(0.05, rel=0.02)
    assert relative.mean() == pytest.approx(0.0, abs=0.001)
    largest = np.abs(parents[entries]) > 50
    assert relative[largest].std() == pytest.approx(relative[~largest].std(), rel=0.03)


def test_noisy_copies_have_heights_of_their_own(uniform_codes: Samples) -> None:
    made = augment(TrainingView(uniform_codes), noise(), np.random.default_rng(4))
    parents = np.repeat(uniform_codes.labels, noise().copies_of(COURSE_9)[uniform_codes.group])
    np.testing.assert_array_equal(made.copies.labels, exact_heights(made.copies))
    assert (made.copies.labels != parents).all()


def test_noise_that_always_leads_to_infinite_heights(uniform_codes: Samples) -> None:
    """With a column of zeros, which noise keeps, h_5 of a [9, 4] code is infinite."""
    rows = uniform_codes.take(uniform_codes.group == 3)
    parity = rows.parity.copy()
    parity[5, ::5] = 0.0
    bad = replace(rows, parity=parity)
    message = f"no code of finite height within 0.05 .* of sample {rows.sample_id[5]} in 100 draws"
    with pytest.raises(InvalidDataError, match=message):
        augment(TrainingView(bad), noise(), np.random.default_rng(5))


def test_augment_then_split_does_what_run6_did(uniform_codes: Samples) -> None:
    """Relatives on both sides, old labels on new codes: kept as a warning only."""
    copies = {Tier.EASY: 50, Tier.MEDIUM: 25, Tier.HARD: 0}
    before = content_hash(uniform_codes)
    leaky = augment_then_split(
        uniform_codes, Augmentation("noise", copies, 0.02), 0.15, np.random.default_rng(6)
    )
    assert content_hash(uniform_codes) == before
    training, validation = leaky.training.samples, leaky.validation.samples
    rows = 360 + 120 * 50 + 120 * 25
    assert len(training) + len(validation) == rows
    assert len(validation) == round(0.15 * rows)
    assert len(np.unique(np.concatenate([training.sample_id, validation.sample_id]))) == rows
    # Originals come first on the training side, and each is its own parent.
    count = len(leaky.training.originals.samples)
    assert (training.sample_id[:count] == leaky.training.parent_id[:count]).all()
    assert (training.sample_id[:count] < 360).all()
    assert (training.sample_id[count:] >= 360).all()
    # Nearly all of the validation rows have relatives in training.
    assert np.isin(leaky.validation_parent_id, leaky.training.parent_id).mean() > 0.9
    # The label is that of the parent, not of the noisy code.
    parents = uniform_codes.take(leaky.validation_parent_id)
    np.testing.assert_array_equal(validation.labels, parents.labels)
    wrong = np.abs(validation.labels / exact_heights(validation) - 1) > 1e-6
    assert wrong.mean() > 0.9
