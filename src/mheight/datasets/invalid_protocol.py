"""The protocol of Run 6, kept as a warning: augment first, split afterwards.

Copies of one code land on both sides, so the validation figure measures memory, not
generalisation.  Nothing here checks types, because letting validation data into
training is the point; whatever uses it must mark its results INVALID.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mheight.datasets.augmentation import Augmentation, AugmentedTraining, noisy_entries
from mheight.datasets.samples import Samples
from mheight.datasets.split import TrainingView, ValidationView

__all__ = ["LeakySplit", "augment_then_split"]

Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LeakySplit:
    """Rows split after augmentation: both sides hold relatives of each other."""

    training: AugmentedTraining
    validation: ValidationView
    validation_parent_id: Int


def augment_then_split(
    samples: Samples, augmentation: Augmentation, fraction: float, rng: np.random.Generator
) -> LeakySplit:
    """Copy every sample with noise, keep the old label, then split rows at random.

    Args:
        samples: originals.
        augmentation: copies by tier and noise; labels are not computed again.
        fraction: share of all rows that becomes "validation".
        rng: source of randomness.
    """
    copies_of = augmentation.copies_of(samples.groups)
    parents = samples.take(np.repeat(np.arange(len(samples)), copies_of[samples.group]))
    copies = replace(
        parents,
        parity=noisy_entries(parents.parity, augmentation.noise_scale, rng),
        sample_id=int(samples.sample_id.max()) + 1 + np.arange(len(parents)),
    )
    rows = Samples.concatenate([samples, copies])
    parent_id = np.concatenate([samples.sample_id, parents.sample_id])
    order = rng.permutation(len(rows))
    cut = round(fraction * len(rows))
    validation, training = np.sort(order[:cut]), np.sort(order[cut:])
    originals = training[training < len(samples)]
    reordered = np.concatenate([originals, training[training >= len(samples)]])
    return LeakySplit(
        AugmentedTraining(
            TrainingView(rows.take(originals)), rows.take(reordered), parent_id[reordered]
        ),
        ValidationView(rows.take(validation)),
        parent_id[validation],
    )
