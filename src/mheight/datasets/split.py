"""Training and validation views of a data set, whole orbits to one side.

The two views are different types.  Augmentation and the fitting of statistics accept
a `TrainingView` only, so that code which lets validation data in does not type-check,
and fails when it is run all the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mheight.datasets.labelling import orbit_numbers
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError, LeakError

__all__ = ["Split", "TrainingView", "ValidationView", "require_training", "split_by_orbit"]

Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrainingView:
    """Original samples that a model may learn from."""

    samples: Samples


@dataclass(frozen=True, eq=False)
class ValidationView:
    """Original samples that a model is measured on and never learns from."""

    samples: Samples


@dataclass(frozen=True, eq=False)
class Split:
    """Both sides of a split."""

    training: TrainingView
    validation: ValidationView


def require_training(view: object, purpose: str) -> TrainingView:
    """The view, if it is a training view.

    Raises:
        LeakError: it is anything else.
    """
    if not isinstance(view, TrainingView):
        raise LeakError(f"{purpose} accepts a TrainingView only, got {type(view).__name__}")
    return view


def split_by_orbit(samples: Samples, fraction: float, rng: np.random.Generator) -> Split:
    """Put a fraction of each group in the validation view, whole orbits to one side.

    An orbit is all samples whose codes are equivalent, whatever m (see
    `mheight.datasets.orbit_numbers`).  Orbits of one sample fill each group's quota
    exactly; orbits of several samples, which may touch several groups, are drawn first,
    up to their own share, so that they stand on both sides in the same proportion.

    Args:
        samples: labelled originals; every one of its groups must be there.
        fraction: share of each group in the validation view, above 0 and below 1.
        rng: source of randomness.

    Raises:
        InvalidDataError: the fraction is out of range or a group is too small to split.
    """
    if not 0.0 < fraction < 1.0:
        raise InvalidDataError(f"the validation fraction must lie in (0, 1), got {fraction}")
    groups, group = samples.groups, samples.group
    sizes = np.bincount(group, minlength=len(groups))
    quota = np.rint(fraction * sizes).astype(np.int64)
    for name, size, want in zip(groups.names, sizes, quota, strict=True):
        if want < 1 or want >= size:
            raise InvalidDataError(
                f"group {name} is too small to split: with {size} samples, a validation "
                f"fraction of {fraction:g} leaves {want} for validation and {size - want} "
                "for training; each needs at least 1"
            )
    orbits = orbit_numbers(samples)
    _, first, inverse, orbit_sizes = np.unique(
        orbits, return_index=True, return_inverse=True, return_counts=True
    )
    remaining = quota.copy()
    chosen = np.zeros(len(orbit_sizes), dtype=bool)
    several = np.flatnonzero(orbit_sizes > 1)
    if len(several):
        _draw_large_orbits(several, inverse, group, fraction, remaining, chosen, rng)
    single = rng.permutation(np.flatnonzero(orbit_sizes == 1))
    single_group = group[first[single]]
    for g in range(len(groups)):
        chosen[single[single_group == g][: remaining[g]]] = True
    mask = chosen[inverse]
    for g, name in enumerate(groups.names):
        # All of a group can't be chosen: its quota is less.
        if not mask[group == g].any():
            raise InvalidDataError(
                f"group {name} can't be split: its {sizes[g]} samples fall into orbits that "
                "leave none for validation; more codes that are not equivalent are needed"
            )
    return Split(TrainingView(samples.take(~mask)), ValidationView(samples.take(mask)))


def _draw_large_orbits(
    several: Int,
    inverse: Int,
    group: Int,
    fraction: float,
    remaining: Int,
    chosen: NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Choose orbits of several samples; `remaining` and `chosen` are updated in place."""
    counts: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    in_large = np.isin(inverse, several)
    for orbit, g in zip(inverse[in_large].tolist(), group[in_large].tolist(), strict=True):
        counts[orbit][g] += 1
    share = np.ceil(fraction * np.bincount(group[in_large], minlength=len(remaining)))
    share = np.minimum(share.astype(np.int64), remaining)
    for orbit in rng.permutation(several).tolist():
        wanted = counts[orbit]
        if any(share[g] < c for g, c in wanted.items()):
            continue
        chosen[orbit] = True
        for g, c in wanted.items():
            share[g] -= c
            remaining[g] -= c
