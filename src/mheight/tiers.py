"""Groups (n, k, m) of samples and the tiers they fall into: data, not constants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.errors import InvalidDataError

__all__ = [
    "COURSE_9",
    "COURSE_21",
    "LONGEST_GROUP",
    "PRESETS",
    "Group",
    "Groups",
    "Tier",
    "group_named",
]

Int = NDArray[np.int64]

LONGEST_GROUP = 20
"""Largest n of a group."""

_MOST = 2000  # groups of a run
_MOST_TOLD = 30  # in a message
_RANGE = re.compile(r"(\d{1,3})(?:\s*(?:-|\.\.)\s*(\d{1,3}))?", re.ASCII)
_NAME = re.compile(r"\((\d{1,3}),(?:(\d{1,3}),)?(\d{1,3})\)", re.ASCII)


class Tier(StrEnum):
    """How hard a group is for a predictor."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Group(NamedTuple):
    """A group of samples: length `n` and dimension `k` of the code, index `m` of the height."""

    n: int
    k: int
    m: int

    def __str__(self) -> str:
        return f"({self.n},{self.k},{self.m})"

    @property
    def tier(self) -> Tier:
        """The tier by rule: hard where m = n-k, the last finite height, medium one below.

        >>> [Group(9, 4, m).tier.value for m in (2, 3, 4, 5)]
        ['easy', 'easy', 'medium', 'hard']
        """
        left = self.n - self.k - self.m
        return Tier.HARD if left <= 0 else Tier.MEDIUM if left == 1 else Tier.EASY


@dataclass(frozen=True)
class Groups:
    """Groups in the order in which every table lists them, each with its tier.

    Attributes:
        members: the groups.
        tiers: tier of each.

    Examples:
        >>> groups = Groups.parse(["9:4:2-5", "10:5:3"])
        >>> len(groups), groups.index(10, 5, 3), groups.largest_parity
        (5, 4, 25)
        >>> groups.names[-1], groups.tiers[-1].value
        ('(10,5,3)', 'easy')
    """

    members: tuple[Group, ...]
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.members) == len(self.tiers) <= _MOST:
            raise InvalidDataError(
                f"from 1 to {_MOST:,} groups are needed, each with a tier, got "
                f"{len(self.members):,} groups and {len(self.tiers):,} tiers"
            )
        for n, k, m in self.members:
            if not (1 <= k < n <= LONGEST_GROUP and 1 <= m <= n - k):
                raise InvalidDataError(
                    f"a group n:k:m needs n <= {LONGEST_GROUP}, 1 <= k < n and 1 <= m <= n-k, "
                    f"got {n}:{k}:{m}"
                )
        if len(set(self.members)) < len(self.members):
            twice = next(g for g in self.members if self.members.count(g) > 1)
            raise InvalidDataError(f"the group {twice.n}:{twice.k}:{twice.m} is named twice")

    # --- where they come from ------------------------------------------------------------

    @classmethod
    def of(cls, members: Iterable[tuple[int, int, int]]) -> Groups:
        """Groups (n, k, m), their tiers by rule (`Group.tier`)."""
        groups = tuple(Group(*member) for member in members)
        return cls(groups, tuple(group.tier for group in groups))

    @classmethod
    def parse(
        cls, text: str | Sequence[str], tiers: Mapping[Tier, Sequence[str]] | None = None
    ) -> Groups:
        """Groups from their text form.

        Args:
            text: a preset (`course-9`, `course-21`), or `n:k:m`, each a number or a range such
                as `2-5`; several in a list, or with blanks or commas between them.
            tiers: groups, in the same form, that are of another tier than the rule says.

        Raises:
            InvalidDataError: no such preset, no groups, or one that is none.

        Examples:
            >>> Groups.parse("course-9") == Groups.parse("9:4:2-5 9:5:2-4 9:6:2-3")
            True
        """
        if isinstance(text, str) and text.strip() in PRESETS:
            groups = PRESETS[text.strip()]
        else:
            parts = re.split(r"[\s,;]+", text.strip()) if isinstance(text, str) else text
            groups = cls.of(group for part in parts for group in _expanded(part))
        for tier, listed in (tiers or {}).items():
            for group in (group for part in listed for group in _expanded(part)):
                groups = groups._in_tier(group, Tier(tier))
        return groups

    @classmethod
    def up_to(cls, longest: int) -> Groups:
        """Every group (n, k, m) with n <= longest.

        >>> len(Groups.up_to(3)), len(Groups.up_to(16))
        (4, 680)
        """
        return cls.of(
            (n, k, m)
            for n in range(2, longest + 1)
            for k in range(1, n)
            for m in range(1, n - k + 1)
        )

    @classmethod
    def from_dict(cls, values: Any) -> Groups:
        """The inverse of `as_dict`; names `(k,m)` are of n = 9.

        Raises:
            InvalidDataError: something else.
        """
        if not isinstance(values, Mapping) or not values or len(values) > _MOST:
            raise InvalidDataError("tiers by the names of groups are needed")
        members, tiers = [], []
        for name, tier in values.items():
            if not isinstance(tier, str) or tier not in set(Tier):
                raise InvalidDataError(f"{name}: a tier is easy, medium or hard, got {tier!r:.40}")
            members.append(group_named(name))
            tiers.append(Tier(tier))
        return cls(tuple(members), tuple(tiers))

    @classmethod
    def around(cls, n: Int, k: Int, m: Int) -> Groups:
        """The smallest preset with all these groups; else just these, in ascending order."""
        found = [Group(*row) for row in np.unique(np.column_stack([n, k, m]), axis=0).tolist()]
        for preset in PRESETS.values():
            if set(found) <= set(preset.members):
                return preset
        return cls.of(found)

    @classmethod
    def together(cls, several: Iterable[Groups]) -> Groups:
        """All groups of several, in the order of the first that has them."""
        tiers: dict[Group, Tier] = {}
        for groups in several:
            for group, tier in zip(groups.members, groups.tiers, strict=True):
                tiers.setdefault(group, tier)
        return cls(tuple(tiers), tuple(tiers.values()))

    def _in_tier(self, group: Group, tier: Tier) -> Groups:
        if group not in self.members:
            raise InvalidDataError(
                f"the tier {tier} lists {group.n}:{group.k}:{group.m}, which is not among the "
                f"groups {self}"
            )
        at = self.members.index(group)
        return replace(self, tiers=(*self.tiers[:at], tier, *self.tiers[at + 1 :]))

    # --- what they say -------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Group]:
        return iter(self.members)

    def __getitem__(self, index: int) -> Group:
        return self.members[index]

    def __str__(self) -> str:
        for name, preset in PRESETS.items():
            if self == preset:
                return name
        return " ".join(self.texts)

    @property
    def texts(self) -> list[str]:
        """The text form, groups of one code in one."""
        out: list[list[int]] = []
        for n, k, m in self.members:
            if out and out[-1][:2] == [n, k] and m == out[-1][3] + 1:
                out[-1][3] = m
            else:
                out.append([n, k, m, m])
        return [f"{n}:{k}:{a}" if a == b else f"{n}:{k}:{a}-{b}" for n, k, a, b in out]

    @property
    def summary(self) -> str:
        """The text form, or how many there are of which lengths where that is long."""
        texts = self.texts
        if len(texts) <= _MOST_TOLD:
            return " ".join(texts)
        return f"that there are ({len(self):,} of n = {self.lengths[0]} to {self.lengths[-1]})"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What tables call each group: `(k,m)` where all are of n = 9, else `(n,k,m)`."""
        alone = all(group.n == 9 for group in self.members)
        return tuple(f"({g.k},{g.m})" if alone else str(g) for g in self.members)

    @cached_property
    def _index(self) -> dict[Group, int]:
        return {group: index for index, group in enumerate(self.members)}

    @cached_property
    def _lookup(self) -> Int:
        lookup = np.full((LONGEST_GROUP + 2,) * 3, -1, dtype=np.int64)
        for index, group in enumerate(self.members):
            lookup[group] = index
        return lookup

    def index(self, n: int, k: int, m: int) -> int | None:
        """Position of a group, or None if it is not one of these.

        >>> COURSE_9.index(9, 4, 2), COURSE_9.index(10, 4, 2)
        (0, None)
        """
        return self._index.get(Group(n, k, m))

    def positions(self, n: Int, k: Int, m: Int) -> Int:
        """Position of each group, shape (N,); -1 where it is not one of these."""
        # What is too large or too small for any group falls on entries that stay empty.
        return self._lookup[tuple(np.clip(part, -1, LONGEST_GROUP + 1) for part in (n, k, m))]

    def orders(self, n: int, k: int) -> list[int]:
        """Every m of a code [n, k] in these groups, ascending."""
        return sorted(group.m for group in self.members if group[:2] == (n, k))

    def of_tier(self, tier: Tier) -> list[int]:
        """Positions of the groups of a tier."""
        return [index for index, found in enumerate(self.tiers) if found is tier]

    @cached_property
    def largest_parity(self) -> int:
        """Entries of the largest P, k (n-k): what every P is padded to."""
        return max(k * (n - k) for n, k, _ in self.members)

    @property
    def lengths(self) -> list[int]:
        """Every n, ascending."""
        return sorted({group.n for group in self.members})

    def of_lengths(self, lengths: Iterable[int]) -> Groups:
        """Those of these lengths, in this order and of these tiers.

        >>> len(Groups.parse("course-21").of_lengths([9]))
        9
        """
        wanted = set(map(int, lengths))
        kept = [i for i, group in enumerate(self.members) if group.n in wanted]
        return Groups(tuple(self.members[i] for i in kept), tuple(self.tiers[i] for i in kept))

    def refusal(self, n: int, k: int, m: int | None = None) -> str:
        """What is said of a code, or of a height of one, outside of these groups."""
        what = f"a code [{n}, {k}]" if m is None else f"(n,k,m) = ({n},{k},{m})"
        return (
            f"{what} is not one of the groups n:k:m {self.summary}; "
            "mheight heights computes heights of any code, mheight bounds says what none can beat"
        )

    def as_dict(self) -> dict[str, str]:
        """Plain values: tier by name, in order."""
        return {name: tier.value for name, tier in zip(self.names, self.tiers, strict=True)}


def group_named(name: Any) -> Group:
    """The group of a name `(n,k,m)`, or `(k,m)`, which is of n = 9.

    Raises:
        InvalidDataError: no such name.
    """
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise InvalidDataError(f"names of groups (n,k,m) are needed, got {name!r:.40}")
    first, middle, last = found.groups()
    return Group(9, int(first), int(last)) if middle is None else Group(*map(int, found.groups()))


def _expanded(text: str) -> list[Group]:
    """All groups of one `n:k:m` with ranges."""
    parts = [_RANGE.fullmatch(part.strip()) for part in str(text).split(":")]
    if len(parts) != 3 or None in parts:
        raise InvalidDataError(
            f"groups are written n:k:m, such as 9:4:2-5, or {' or '.join(PRESETS)}, "
            f"got {text!r:.40}"
        )
    ranges = []
    for part in parts:
        assert part is not None
        low, high = int(part[1]), int(part[2] or part[1])
        if high < low:
            raise InvalidDataError(f"the range {part[0]} in {text!r:.40} is empty")
        ranges.append(range(low, high + 1))
    return [Group(*member) for member in product(*ranges)]


PRESETS: dict[str, Groups] = {}
"""Groups by the names that configurations use."""

COURSE_9 = Groups.parse(["9:4:2-5", "9:5:2-4", "9:6:2-3"])
"""The nine groups of the course project: what is meant where nothing is said."""

COURSE_21 = Groups.parse([*COURSE_9.texts, "10:4:2-6", "10:5:2-5", "10:6:2-4"])
"""The 21 groups of another term, n = 9 and 10."""

PRESETS |= {"course-9": COURSE_9, "course-21": COURSE_21}
