"""The nine groups (k, m) of length-9 codes and the three tiers they fall into."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["CODE_LENGTH", "GROUPS", "TIER_OF_GROUP", "Group", "Tier", "group_index"]

CODE_LENGTH = 9
"""n of every sample of the course project."""


class Group(NamedTuple):
    """A group of samples: dimension `k` of the code and index `m` of the height."""

    k: int
    m: int

    def __str__(self) -> str:
        return f"({self.k},{self.m})"


class Tier(StrEnum):
    """How hard a group is for a predictor."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


GROUPS: tuple[Group, ...] = tuple(
    Group(k, m) for k, m in ((4, 2), (4, 3), (4, 4), (4, 5), (5, 2), (5, 3), (5, 4), (6, 2), (6, 3))
)
"""The nine groups in the order in which every table lists them."""

_TIER_GROUPS = {
    Tier.EASY: ((4, 2), (4, 3), (5, 2)),
    Tier.MEDIUM: ((4, 4), (5, 3), (6, 2)),
    Tier.HARD: ((5, 4), (6, 3), (4, 5)),
}

TIER_OF_GROUP: dict[Group, Tier] = {
    Group(k, m): tier for tier, groups in _TIER_GROUPS.items() for k, m in groups
}

_INDEX = {group: index for index, group in enumerate(GROUPS)}


def group_index(k: int, m: int) -> int | None:
    """Position of group (k, m) in `GROUPS`, or None if it is not one of the nine.

    >>> group_index(4, 2), group_index(7, 1)
    (0, None)
    """
    return _INDEX.get(Group(k, m))
