"""Tiered augmentation of training originals: noise with exact labels, or symmetries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mheight.codes import SymmetryKind, random_equivalent
from mheight.datasets.labelling import exact_heights
from mheight.datasets.samples import Samples
from mheight.datasets.split import TrainingView, require_training
from mheight.errors import InvalidDataError
from mheight.tiers import Groups, Tier

__all__ = ["Augmentation", "AugmentationKind", "AugmentedTraining", "augment"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

AugmentationKind = Literal["noise", "monomial", "information-set"]

_MAX_TRIES = 100


@dataclass(frozen=True)
class Augmentation:
    """How many copies of what kind are made of each training original.

    Attributes:
        kind: `noise` multiplies each entry of P by 1 + noise_scale * N(0, 1) and computes
            the height of the new code; `monomial` and `information-set` apply a random
            symmetry, which keeps the height (see `mheight.codes.random_equivalent`).
        copies: copies of each original, by tier.
        noise_scale: relative standard deviation of the noise.
    """

    kind: AugmentationKind
    copies: dict[Tier, int]
    noise_scale: float = 0.05

    def __post_init__(self) -> None:
        if self.kind not in get_args(AugmentationKind):
            raise InvalidDataError(f"the kind of augmentation is unknown: {self.kind!r}")
        if set(self.copies) != set(Tier) or min(self.copies.values()) < 0:
            raise InvalidDataError(f"copies of each tier must be 0 or more, got {self.copies}")
        if not self.noise_scale > 0:
            raise InvalidDataError(f"the noise scale must be above 0, got {self.noise_scale}")

    def copies_of(self, groups: Groups) -> Int:
        """Copies for each group, by its tier, shape (groups,)."""
        return np.array([self.copies[tier] for tier in groups.tiers], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class AugmentedTraining:
    """Training originals followed by their copies.

    Attributes:
        originals: the view that was augmented.
        samples: the originals and then the copies, with exact heights.
        parent_id: shape (N,), sample_id of the original that each row comes from; an
            original is its own parent.
    """

    originals: TrainingView
    samples: Samples
    parent_id: Int

    @property
    def copies(self) -> Samples:
        """The copies alone."""
        return self.samples.take(np.arange(len(self.originals.samples), len(self.samples)))


def augment(
    view: TrainingView, augmentation: Augmentation, rng: np.random.Generator
) -> AugmentedTraining:
    """Add copies of the training originals, as many as their tier says.

    Args:
        view: training originals; a validation view is refused.
        augmentation: what to make.
        rng: source of randomness.

    Raises:
        LeakError: `view` is not a training view.
        InvalidDataError: no code of finite height was found near an original.
    """
    originals = require_training(view, "augmentation").samples
    if not len(originals):
        raise InvalidDataError("augmentation needs at least one training original, got none")
    copies_of = augmentation.copies_of(originals.groups)
    parents = originals.take(np.repeat(np.arange(len(originals)), copies_of[originals.group]))
    if augmentation.kind == "noise":
        copies = _noisy(parents, augmentation.noise_scale, rng)
    else:
        copies = _symmetric(parents, augmentation.kind, rng)
    next_id = int(originals.sample_id.max()) + 1
    numbered = replace(copies, sample_id=next_id + np.arange(len(copies)))
    return AugmentedTraining(
        view,
        Samples.concatenate([originals, numbered]),
        np.concatenate([originals.sample_id, parents.sample_id]),
    )


def noisy_entries(parity: Float, scale: float, rng: np.random.Generator) -> Float:
    """Each entry times 1 + scale * N(0, 1); zeros stay zeros."""
    return parity * (1.0 + scale * rng.standard_normal(parity.shape))


def _noisy(parents: Samples, scale: float, rng: np.random.Generator) -> Samples:
    parity = parents.parity.copy()
    heights = np.full(len(parents), np.inf)
    todo = np.arange(len(parents))
    for _ in range(_MAX_TRIES):
        if not len(todo):
            return replace(parents, parity=parity, heights=heights)
        parity[todo] = noisy_entries(parents.parity[todo], scale, rng)
        fresh = replace(parents, parity=parity, heights=None).take(todo)
        heights[todo] = exact_heights(fresh)
        todo = todo[np.isinf(heights[todo])]
    raise InvalidDataError(
        f"no code of finite height within {scale:g} relative noise of sample "
        f"{int(parents.sample_id[todo[0]])} in {_MAX_TRIES} draws"
    )


def _symmetric(parents: Samples, kind: SymmetryKind, rng: np.random.Generator) -> Samples:
    parity = np.zeros_like(parents.parity)
    for _, index, matrices in parents.by_shape():
        moved = random_equivalent(matrices, rng, kind)
        parity[index, : matrices[0].size] = moved.reshape(len(index), -1)
    return replace(parents, parity=parity)
