"""Sets of columns with their minors: invariant features for networks over sets.

`circuits`: all (k+1)-sets.  `punctured`: all sets of n-m+1 columns, because h_m of a code
is the largest h_1 of the codes punctured to that many positions: a codeword that reaches
h_m reaches it on its largest position and its n-m smallest ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mheight.codes import absolute_minors, systematic_generators
from mheight.datasets import AugmentedTraining, Samples, TrainingView, require_training
from mheight.features.inputs import GroupedInputs
from mheight.features.set_kernel import set_minors, set_shape
from mheight.tiers import CODE_LENGTH, GROUPS, Group

__all__ = ["SetFeatures", "circuits", "input_name", "punctured"]

_CHUNK = 16384


def input_name(group: Group) -> str:
    """Name of a group's input, such as `sets_4_2`."""
    return f"sets_{group.k}_{group.m}"


@dataclass(frozen=True)
class SetFeatures:
    """Log2 minors of every set of a size that depends on the group; nothing is fitted.

    Attributes:
        name: name of the feature set.
        size: columns of a set, for each group.
    """

    name: str
    size: Callable[[Group], int]

    def fit(self, view: TrainingView) -> SetFeatures:
        """There are no statistics; only training originals are accepted all the same."""
        require_training(view, "fitting statistics")
        return self

    def restore(self, values: dict[str, Any]) -> SetFeatures:
        """Features saved with `as_dict`."""
        return self

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """One input a group: sets, and numbers about each."""
        return {input_name(g): set_shape(CODE_LENGTH, g.k, self.size(g)) for g in GROUPS}

    def encode(self, samples: Samples) -> GroupedInputs:
        """The network's inputs for these samples, float16."""
        blocks = {}
        for index, group in enumerate(GROUPS):
            rows = np.flatnonzero(samples.group == index)
            shape = self.shapes[input_name(group)]
            block = np.empty((len(rows), *shape), np.float16)
            for start in range(0, len(rows), _CHUNK):
                part = samples.take(rows[start : start + _CHUNK])
                for _, _, parity in part.by_dimension():
                    minors = absolute_minors(systematic_generators(parity))
                    sets = set_minors(minors, CODE_LENGTH, group.k, self.size(group))
                    block[start : start + len(sets)] = sets
            blocks[input_name(group)] = block
        return GroupedInputs(blocks, samples.group)

    def provenance_error(self, training: AugmentedTraining) -> str | None:
        """Nothing is fitted, so nothing can leak."""
        return None

    def as_dict(self) -> dict[str, Any]:
        """No statistics; the name for whoever reads the file."""
        return {"name": self.name}


circuits = SetFeatures("circuits", lambda group: group.k + 1)
punctured = SetFeatures("punctured", lambda group: CODE_LENGTH - group.m + 1)
