"""What JSON lacks: no infinity and no NaN gets out."""

from __future__ import annotations

import math

import pytest

from mheight.deployment.service.json_replies import json_text
from mheight.deployment.service.predicted import PredictedCode, PredictedHeight


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
