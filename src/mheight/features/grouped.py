"""Features whose shape depends on the group (n, k, m), read from a code's minors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import AugmentedTraining, Samples, TrainingView, require_training
from mheight.errors import InvalidDataError
from mheight.features.inputs import GroupedInputs
from mheight.features.log_minors import ZERO, CodeMinors
from mheight.features.set_kernel import set_minors, set_shape
from mheight.features.standardised import stored_groups
from mheight.tiers import Group, Groups

__all__ = [
    "ZERO",
    "FittedGroups",
    "GroupedFeatures",
    "circuits",
    "group_of_input",
    "input_name",
    "minors",
    "punctured",
]

_CHUNK = 16384


@dataclass(frozen=True)
class GroupedFeatures:
    """One input a group; nothing is fitted, so nothing can leak.

    Attributes:
        name: name of the feature set.
        kind: first part of the inputs' names, such as `sets` in `sets_4_2`.
        dtype: of the inputs.
        shape: of a group's input, for one code.
        read: from the minors of N codes to the group's input.
    """

    name: str
    kind: str
    dtype: type[np.floating[Any]]
    shape: Callable[[Group], tuple[int, ...]]
    read: Callable[[CodeMinors, Group], NDArray[Any]]

    def fit(self, view: TrainingView) -> FittedGroups:
        """There are no statistics; only training originals are accepted all the same."""
        return self.of(require_training(view, "fitting statistics").samples.groups)

    def of(self, groups: Groups) -> FittedGroups:
        """The same features for some groups."""
        return FittedGroups(self, groups)

    def restore(self, values: dict[str, Any]) -> FittedGroups:
        """Features saved with `as_dict`.

        Raises:
            InvalidDataError: those of another feature set.
        """
        if values.get("name") != self.name:
            raise InvalidDataError(
                f"the features {self.name!r} are needed, got {values.get('name')!r:.40}"
            )
        return self.of(stored_groups(values))


@dataclass(frozen=True)
class FittedGroups:
    """Features of some groups, an input for each."""

    features: GroupedFeatures
    groups: Groups

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each input, without the first axis."""
        made = self.features
        return {input_name(made.kind, group): made.shape(group) for group in self.groups}

    def provenance_error(self, training: AugmentedTraining) -> str | None:
        """Nothing is fitted, so nothing can be wrong."""
        return None

    def as_dict(self) -> dict[str, Any]:
        """No statistics: the name, and the groups."""
        return {"name": self.features.name, "groups": self.groups.as_dict()}

    @property
    def measures(self) -> bool:
        """All of them are read from minors, which are measured on the way."""
        return True

    def encode(
        self, samples: Samples, statistics: NDArray[np.float64] | None = None
    ) -> GroupedInputs:
        """See `FittedFeatures`."""
        blocks = {}
        made, group_of_row = self.features, samples.within(self.groups).group
        for index, group in enumerate(self.groups):
            rows = np.flatnonzero(group_of_row == index)
            block = np.empty((len(rows), *made.shape(group)), made.dtype)
            for start in range(0, len(rows), _CHUNK):
                part = rows[start : start + _CHUNK]
                codes = CodeMinors(samples.of_shape(group.n, group.k, part))
                block[start : start + len(part)] = made.read(codes, group)
                if statistics is not None:
                    statistics[part] = codes.statistics
            blocks[input_name(made.kind, group)] = block
        return GroupedInputs(blocks, group_of_row)


def input_name(kind: str, group: Group) -> str:
    """Name of a group's input: `sets_4_2` for n = 9, for which it was first made, `sets_10_4_2`.

    >>> input_name("sets", Group(9, 4, 2)), input_name("sets", Group(10, 4, 2))
    ('sets_4_2', 'sets_10_4_2')
    """
    numbers = group[1:] if group.n == 9 else group
    return "_".join([kind, *map(str, numbers)])


def group_of_input(name: str) -> Group:
    """The group of a name that `input_name` made.

    >>> group_of_input("minors_10_4_2")
    Group(n=10, k=4, m=2)
    """
    numbers = [int(part) for part in name.split("_")[1:]]
    return Group(*numbers) if len(numbers) == 3 else Group(9, *numbers)


def _of_sets(name: str, size: Callable[[Group], int]) -> GroupedFeatures:
    def read(codes: CodeMinors, group: Group) -> NDArray[np.float32]:
        sets = set_minors(codes.absolute, group.n, group.k, size(group))
        return _sorted_sets(sets, group, size)

    return GroupedFeatures(
        name, "sets", np.float16, lambda group: set_shape(group.n, group.k, size(group)), read
    )


def _sorted_sets(
    sets: NDArray[np.float32], group: Group, size: Callable[[Group], int]
) -> NDArray[np.float32]:
    """The sets of each code, those first whose minors spread most.

    A set of one circuit goes by the sum of its minors over the smallest, which is one more than
    its height; larger ones go by the mean of their logs.  A little of each number is mixed in,
    so that sets tie only where they say the same, and rounding decides nothing.
    """
    width = comb(size(group), group.k)
    mixture = np.sin(1.0 + np.arange(sets.shape[2]))
    out = np.empty_like(sets)
    for start in range(0, len(sets), 1024):
        part = sets[start : start + 1024].astype(np.float64)
        if width == group.k + 1:
            key = part[..., :width].min(axis=2) - part[..., -1] + 1e-3 * (part @ mixture)
        else:
            key = part[..., :width].mean(axis=2) + 0.1 / width * (part @ mixture)
        order = np.argsort(key, axis=1, kind="stable")
        out[start : start + 1024] = np.take_along_axis(part, order[:, :, None], axis=1)
    return out


circuits = _of_sets("circuits", lambda group: group.k + 1)
"""Log2 of the minors inside each (k+1)-set, in an order of the set's own; sets that spread
most come first."""

punctured = _of_sets("punctured", lambda group: group.n - group.m + 1)
"""The same for each set of n-m+1 columns, because h_m of a code is the largest h_1 of the
codes punctured to that many positions: a codeword that reaches h_m reaches it on its
largest position and its n-m smallest ones."""

minors = GroupedFeatures(
    "minors",
    "minors",
    np.float32,
    lambda group: (comb(group.n, group.k),),
    lambda codes, _: codes.logs,
)
"""Log2 of all absolute minors over the largest, in lexicographic order.  Row operations and
signs do not change them; a permutation of the columns permutes them, which is for the
network to deal with."""
