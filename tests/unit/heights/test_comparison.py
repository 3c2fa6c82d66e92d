from __future__ import annotations

from math import inf

import pytest

from mheight.errors import InvalidCodeError
from mheight.heights.comparison import compare_profiles


def test_ties_infinities_and_bounds():
    known = [[(2, 2), (3, 3), (inf, inf)], [(2 + 1e-12, 2 + 1e-12), (5, 5), (inf, inf)]]
    assert compare_profiles(known).best == ((0, 1), (0,), (0, 1))
    assert compare_profiles(known).best_throughout == (0,)


@pytest.mark.parametrize(
    ("intervals", "best"),
    [
        ([(2, 3), (3.5, 9)], (0,)),
        ([(2, 4), (3.5, 9)], ()),
        ([(3.5, inf), (1, 3)], (1,)),
        ([(3, 3), (3, inf)], (0,)),
        ([(1, 5), (2, 5)], ()),
        ([(1, inf), (2, inf)], ()),
        ([(inf, inf), (inf, inf)], (0, 1)),
    ],
)
def test_bounds_decide_only_what_they_can(intervals, best):
    assert compare_profiles([[interval] for interval in intervals]).best == (best,)


def test_one_profile_is_not_compared():
    with pytest.raises(InvalidCodeError, match="two profiles or more"):
        compare_profiles([[(1, 1)]])
    with pytest.raises(InvalidCodeError, match="of one length"):
        compare_profiles([[(1, 1)], []])
