from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mheight.errors import InvalidDataError
from mheight.tiers import COURSE_9, COURSE_21, PRESETS, Group, Groups, Tier, group_named


def test_the_nine_groups() -> None:
    assert list(COURSE_9.names) == (
        ["(4,2)", "(4,3)", "(4,4)", "(4,5)", "(5,2)", "(5,3)", "(5,4)", "(6,2)", "(6,3)"]
    )
    assert COURSE_9.lengths == [9]
    assert COURSE_9.largest_parity == 20


def test_their_tiers_are_those_of_the_course() -> None:
    tier_of = dict(zip(COURSE_9, COURSE_9.tiers, strict=True))
    assert Counter(COURSE_9.tiers) == dict.fromkeys(Tier, 3)
    assert [tier_of[9, 4, m] for m in (2, 3, 4, 5)] == ["easy", "easy", "medium", "hard"]
    assert [tier_of[9, 5, m] for m in (2, 3, 4)] == ["easy", "medium", "hard"]
    assert [tier_of[9, 6, m] for m in (2, 3)] == ["medium", "hard"]


def test_the_21_groups_begin_with_the_nine() -> None:
    assert COURSE_21.members[:9] == COURSE_9.members
    assert COURSE_21.texts[3:] == ["10:4:2-6", "10:5:2-5", "10:6:2-4"]
    assert COURSE_21.names[0] == "(9,4,2)"  # with n, as there are two of them
    assert COURSE_21.largest_parity == 25


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("9:4:2", [(9, 4, 2)]),
        ("9:4:2-3 10:5:2..3", [(9, 4, 2), (9, 4, 3), (10, 5, 2), (10, 5, 3)]),
        ("9:4-5:2,12:6:3", [(9, 4, 2), (9, 5, 2), (12, 6, 3)]),
        (["10:4:6", "9:4:2"], [(10, 4, 6), (9, 4, 2)]),
    ],
)
def test_the_text_form(text: str | list[str], members: list[tuple[int, int, int]]) -> None:
    groups = Groups.parse(text)
    assert list(groups) == members
    assert Groups.parse(groups.texts) == groups
    assert Groups.from_dict(groups.as_dict()) == groups


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("course-10", r"groups are written n:k:m, such as 9:4:2-5, or course-9 or course-21"),
        ("9:4", "are written n:k:m"),
        ("9:4:3-2", "the range 3-2 in '9:4:3-2' is empty"),
        ("9:4:6", "n <= 20, 1 <= k < n and 1 <= m <= n-k, got 9:4:6"),
        ("21:4:2", "n <= 20"),
        ("9:4:2 9:4:2-3", "the group 9:4:2 is named twice"),
        ([], "from 1 to 2,000 groups are needed"),
    ],
)
def test_what_is_no_group_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        Groups.parse(text)


def test_a_list_overrides_the_rule() -> None:
    groups = Groups.parse("9:4:2-5", {Tier.HARD: ["9:4:2-3"]})
    assert [tier.value for tier in groups.tiers] == ["hard", "hard", "medium", "hard"]
    assert groups.of_tier(Tier.HARD) == [0, 1, 3]
    assert groups.of_tier(Tier.EASY) == []
    assert Groups.from_dict(groups.as_dict()) == groups
    with pytest.raises(InvalidDataError, match="the tier easy lists 9:5:2, which is not among"):
        Groups.parse("9:4:2-5", {Tier.EASY: ["9:5:2"]})


def test_index_and_positions() -> None:
    assert [COURSE_21.index(*group) for group in COURSE_21] == list(range(21))
    assert [COURSE_9.index(9, k, m) for k, m in ((4, 1), (6, 4), (3, 2), (0, 0))] == [None] * 4
    n, k, m = np.array([*COURSE_21, (9, 4, 1), (8, 4, 2), (-7, 10**6, 2)]).T
    assert COURSE_21.positions(n, k, m).tolist() == [*range(21), -1, -1, -1]


def test_the_smallest_preset_around_samples() -> None:
    def around(*members: tuple[int, int, int]) -> Groups:
        return Groups.around(*np.array(members).T)

    assert around((9, 5, 2)) is COURSE_9
    assert around((9, 5, 2), (10, 4, 6)) is COURSE_21
    assert list(around((10, 4, 6), (7, 3, 2), (7, 3, 2))) == [(7, 3, 2), (10, 4, 6)]


def test_several_together_keep_the_order_of_the_first() -> None:
    assert Groups.together([COURSE_9, COURSE_21]) == COURSE_21
    assert Groups.together([Groups.parse("10:4:2"), COURSE_9])[0] == (10, 4, 2)


def test_names_are_read_back() -> None:
    assert group_named("(4,2)") == Group(9, 4, 2)
    assert group_named("(10,4,2)") == Group(10, 4, 2)
    for name in ("(4)", "4,2", "(4,2", "(1,2,3,4)", 7):
        with pytest.raises(InvalidDataError, match="names of groups"):
            group_named(name)
    with pytest.raises(InvalidDataError, match="a tier is easy, medium or hard"):
        Groups.from_dict({"(4,2)": "simple"})
    with pytest.raises(InvalidDataError, match="tiers by the names of groups"):
        Groups.from_dict([])


def test_presets_by_name() -> None:
    assert {name: Groups.parse(name) for name in PRESETS} == PRESETS
    assert [str(groups) for groups in PRESETS.values()] == list(PRESETS)
    assert str(Groups.parse("9:4:2-3")) == "9:4:2-3"
