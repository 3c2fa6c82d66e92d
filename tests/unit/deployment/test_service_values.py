"""Answers as values, and as the plain values that JSON takes."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from mheight.codes import icosahedral
from mheight.deployment.service.affords import affordable
from mheight.deployment.service.answers import SearchedHeight
from mheight.deployment.service.example_codes import known_codes, random_code
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.json_replies import json_text
from mheight.deployment.service.predicted import PredictedCode, PredictedHeight
from mheight.deployment.service.progress import SearchProgress
from mheight.deployment.service.replies import CodeAnswer
from mheight.deployment.service.typed_matrix import typed_matrix
from mheight.deployment.service.word_replies import Violation, Violations, WordReply
from mheight.heights import height_profile, largest_capability


def test_no_number_that_json_lacks_gets_out():
    assert json_text({"a": [1, 0.5, None]}) == '{"a":[1,0.5,null]}'
    for bad in (math.inf, math.nan):
        with pytest.raises(ValueError, match="not JSON compliant"):
            json_text([bad])


def test_predictions_that_no_float_holds_are_null():
    heights = (
        PredictedHeight(2, 3.0, 2.0, 4.0, ""),
        PredictedHeight(3, math.inf, math.inf, math.inf, "infinite height"),
        PredictedHeight(4, 1000.0, 999.0, 1024.0, "far"),
    )
    found = PredictedCode(9, 4, heights).as_dict()
    assert (found["n"], found["k"]) == (9, 4)
    first, second, third = found["predictions"]
    assert first == {"m": 2, "height": 8.0, "log2_height": 3.0, "low": 4.0, "high": 16.0,
                     "infinite": False, "flag": ""}  # fmt: skip
    assert [second[name] for name in ("height", "log2_height", "low", "high")] == [None] * 4
    assert second["infinite"]
    assert third["height"] == 2.0**1000
    assert third["high"] is None
    json_text(found)


def test_words_with_nothing_found_are_null():
    found = WordReply("too many", (), None, math.nan).as_dict()
    assert found == {"verdict": "too many", "positions": [], "corrected": None, "residual": None,
                     "violated": None, "checks": None}  # fmt: skip
    largest = (Violation([0, 2], 5.0),)
    found = WordReply("located", (2,), [1.0, math.nan], 0.5, Violations(7, largest)).as_dict()
    assert found["corrected"] == [1.0, None]
    assert (found["violated"], found["checks"]) == (7, [{"positions": [0, 2], "value": 5.0}])


def test_what_a_ratio_affords_is_what_the_library_says():
    found = affordable(30.5, [2.0, 3.0, math.inf])
    assert found.tasks == largest_capability([2.0, 3.0, math.inf], 30.5)
    assert [code.id for code, _ in found.named] == [code.id for code in known_codes()]
    by_name = {code.id: tasks for code, tasks in found.named}
    profile = height_profile(icosahedral().G).tolist()
    assert by_name["icosahedral"] == largest_capability(profile, 30.5)
    plain = found.as_dict()
    assert plain["pairs"][0] == {"located": 0, "detected": 2, "m": 2, "height": 3.0, "ratio": 8.0}
    assert {entry["name"] for entry in plain["named"]} == {code.name for code in known_codes()}
    assert affordable(1.0, None).as_dict()["pairs"] is None
    with pytest.raises(ServiceError, match="must not decrease"):
        affordable(1.0, [3.0, 2.0])


def test_codes_to_try():
    for code in known_codes():
        assert code.as_dict()["G"] == code.code.G.tolist()
        assert code.name.startswith(f"[{code.code.n}, {code.code.k}] ")
    drawn = random_code(9, 4, 7)
    np.testing.assert_array_equal(drawn.G[:, :4], np.eye(4))
    plain = drawn.as_dict()
    assert (plain["n"], plain["k"], plain["seed"]) == (9, 4, 7)
    assert plain["G"] == random_code(9, 4, 7).G.tolist() != random_code(9, 4, 8).G.tolist()


def test_a_typed_matrix():
    found = typed_matrix("H = [1 1/3; 0.50 2]")
    assert found.kind == "H"
    assert found.texts == [["1", "1/3"], ["0.50", "2"]]
    assert found.rows == [[1.0, 1 / 3], [0.5, 2.0]]
    assert json.loads(json_text(found.as_dict()))["rows"] == found.rows


def test_progress_of_a_search():
    answer = CodeAnswer.unseen(6, 3, None, "no time")
    now = SearchedHeight(2, 1.5, math.inf)
    found = SearchProgress(0.5, False, 1, 3, now, answer).as_dict()
    assert found["now"] == {"m": 2, "lower": 1.5, "upper": None}
    assert found["answer"] == answer.as_dict()
    assert SearchProgress(0.5, True, 0, 3, None, None).as_dict() == {
        "seconds": 0.5, "waiting": True, "known": 0, "of": 3, "now": None, "answer": None,
    }  # fmt: skip
