from __future__ import annotations

import math

from mheight.deployment.service.word_replies import Violation, Violations, WordReply


def test_words_with_nothing_found_are_null():
    found = WordReply("too many", (), None, math.nan).as_dict()
    assert found == {"verdict": "too many", "positions": [], "corrected": None, "residual": None,
                     "violated": None, "checks": None}  # fmt: skip
    largest = (Violation([0, 2], 5.0),)
    found = WordReply("located", (2,), [1.0, math.nan], 0.5, Violations(7, largest)).as_dict()
    assert found["corrected"] == [1.0, None]
    assert (found["violated"], found["checks"]) == (7, [{"positions": [0, 2], "value": 5.0}])
