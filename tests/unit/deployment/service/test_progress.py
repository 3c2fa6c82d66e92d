from __future__ import annotations

import math

from mheight.deployment.service.answers import SearchedHeight
from mheight.deployment.service.progress import SearchProgress
from mheight.deployment.service.replies import CodeAnswer


def test_progress_of_a_search():
    answer = CodeAnswer.unseen(6, 3, None, "no time")
    now = SearchedHeight(2, 1.5, math.inf)
    found = SearchProgress(0.5, False, 1, 3, now, answer).as_dict()
    assert found["now"] == {"m": 2, "lower": 1.5, "upper": None}
    assert found["answer"] == answer.as_dict()
    assert SearchProgress(0.5, True, 0, 3, None, None).as_dict() == {
        "seconds": 0.5, "waiting": True, "known": 0, "of": 3, "now": None, "answer": None,
    }  # fmt: skip
