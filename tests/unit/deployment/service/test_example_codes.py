from __future__ import annotations

import numpy as np

from mheight.deployment.service.example_codes import known_codes, random_code


def test_codes_to_try():
    for code in known_codes():
        assert code.as_dict()["G"] == code.code.G.tolist()
        assert code.name.startswith(f"[{code.code.n}, {code.code.k}] ")
    drawn = random_code(9, 4, 7)
    np.testing.assert_array_equal(drawn.G[:, :4], np.eye(4))
    plain = drawn.as_dict()
    assert (plain["n"], plain["k"], plain["seed"]) == (9, 4, 7)
    assert plain["G"] == random_code(9, 4, 7).G.tolist() != random_code(9, 4, 8).G.tolist()
