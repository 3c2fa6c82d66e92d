from __future__ import annotations

import math

import pytest

from mheight.codes import icosahedral
from mheight.deployment.service.affords import affordable
from mheight.deployment.service.example_codes import known_codes
from mheight.deployment.service.failures import ServiceError
from mheight.heights import height_profile, largest_capability


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
