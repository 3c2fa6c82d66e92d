from __future__ import annotations

from collections import Counter

from mheight.tiers import CODE_LENGTH, GROUPS, TIER_OF_GROUP, Group, Tier, group_index


def test_the_nine_groups() -> None:
    assert [str(group) for group in GROUPS] == (
        ["(4,2)", "(4,3)", "(4,4)", "(4,5)", "(5,2)", "(5,3)", "(5,4)", "(6,2)", "(6,3)"]
    )
    assert all(1 <= m <= CODE_LENGTH - k for k, m in GROUPS)


def test_every_group_has_its_tier() -> None:
    assert set(TIER_OF_GROUP) == set(GROUPS)
    assert Counter(TIER_OF_GROUP.values()) == dict.fromkeys(Tier, 3)
    assert [TIER_OF_GROUP[Group(4, m)] for m in (2, 3, 4, 5)] == ["easy", "easy", "medium", "hard"]
    assert [TIER_OF_GROUP[Group(5, m)] for m in (2, 3, 4)] == ["easy", "medium", "hard"]
    assert [TIER_OF_GROUP[Group(6, m)] for m in (2, 3)] == ["medium", "hard"]


def test_group_index() -> None:
    assert [group_index(*group) for group in GROUPS] == list(range(9))
    assert [group_index(k, m) for k, m in ((4, 1), (6, 4), (3, 2), (0, 0))] == [None] * 4
