from __future__ import annotations

import json

from mheight.deployment.service.json_replies import json_text
from mheight.deployment.service.typed_matrix import typed_matrix


def test_a_typed_matrix():
    found = typed_matrix("H = [1 1/3; 0.50 2]")
    assert found.kind == "H"
    assert found.texts == [["1", "1/3"], ["0.50", "2"]]
    assert found.rows == [[1.0, 1 / 3], [0.5, 2.0]]
    assert json.loads(json_text(found.as_dict()))["rows"] == found.rows
