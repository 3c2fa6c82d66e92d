"""From the body of a request to codes: read once, nothing lost where that is asked for."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from mheight.codes import LinearCode
from mheight.deployment.service.asked import checked, heights_asked
from mheight.deployment.service.failures import ServiceError
from mheight.deployment.service.matrices import asked_codes
from mheight.deployment.service.schemas import PredictionsRequest
from mheight.deployment.service.settings import ServiceSettings
from mheight.tiers import COURSE_9

SETTINGS = ServiceSettings()


def asked(text, **more):
    body = text.encode() if isinstance(text, str) else json.dumps(text | more).encode()
    return heights_asked(body, SETTINGS)


def test_codes_of_all_kinds_each_with_its_own_fractions():
    codes = [{"G": [[1, 0.25, 0.1]]}, {"H": [["1/3", 1, 2]]}, {"P": [[2, 3]]}]
    _, found = asked({"codes": codes}, exact=True)
    assert [given.kind for given in found] == ["G", "H", "P"]
    assert [sorted(given.exact) for given in found] == [[0], [0], []]
    for given, h in zip(found, ["1/10", "1/3", "3"], strict=True):
        assert Fraction(h) in given.rows()[0]
    third = LinearCode.from_parity_check([["1/3", 1, 2]])
    assert LinearCode.from_given(found[1]) == third


def test_rows_that_only_rounding_keeps_apart_are_refused():
    H = [["0.1", "0.2", 1, 1], ["0.3", "0.6", 3, "3." + "0" * 30 + "1"]]
    asked({"H": H}, exact=True)
    H[1][3] = 3
    with pytest.raises(ServiceError, match="rows of H must be independent") as refusal:
        asked({"H": H}, exact=True)
    assert refusal.value.where == "H"


def test_a_prediction_reads_p_as_it_was_given_and_that_of_other_matrices():
    rng = np.random.default_rng(0)
    P = rng.standard_normal((4, 5))
    code = LinearCode.from_systematic(P)
    mixed = rng.standard_normal((4, 4)) @ code.G
    forms = [{"P": P}, {"G": code.G}, {"G": mixed}, {"H": code.H}]
    body = {"codes": [{k: v.tolist()} for form in forms for k, v in form.items()], "m": 3}
    request = checked(PredictionsRequest, json.dumps(body).encode(), SETTINGS)
    found = asked_codes(request, SETTINGS, COURSE_9)
    assert [(one.n, one.k, list(one.orders)) for one in found] == [(9, 4, [3])] * 4
    for one in found[:2]:
        np.testing.assert_array_equal(one.P, P)
    for one in found[2:]:
        np.testing.assert_allclose(one.P, P, rtol=1e-9)


def test_a_matrix_of_dependent_rows_has_no_p():
    rows = [[1, 2, 3, 4, 5, 6, 7, 8, 9]] * 4
    request = PredictionsRequest(codes=[{"P": [[1.0] * 5] * 4}, {"G": rows}])
    with pytest.raises(ServiceError, match="independent") as refusal:
        asked_codes(request, SETTINGS, COURSE_9)
    assert refusal.value.where == "codes[1].G"
