from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from mheight.deployment.service import bodies
from mheight.deployment.service.asked import heights_asked
from mheight.deployment.service.bodies import WrittenNumber, read_json
from mheight.deployment.service.settings import ServiceSettings

SETTINGS = ServiceSettings()


LONG = "0.1000000000000000000000000000000000001"


@pytest.fixture
def readings(monkeypatch):
    """Counts how often JSON is read."""
    count = []

    def loads(*given, **options):
        count.append(1)
        return loads.honest(*given, **options)

    loads.honest = json.loads
    monkeypatch.setattr(bodies.json, "loads", loads)
    return count


def asked(text, **more):
    body = text.encode() if isinstance(text, str) else json.dumps(text | more).encode()
    return heights_asked(body, SETTINGS)


def test_entries_are_those_that_were_written(readings):
    request, (given,) = asked(f'{{"G": [[{LONG}, "1/3", 0.5, 2, 1e-3]], "exact": true}}')
    assert request.exact
    assert len(readings) == 1
    wanted = (Fraction(LONG), Fraction(1, 3), Fraction(1, 2), Fraction(2), Fraction(1, 1000))
    assert given.rows() == (wanted,)
    np.testing.assert_array_equal(given.values[0, 0], [float(x) for x in wanted])


def test_a_key_with_an_escape_is_a_key(readings):
    _, (given,) = asked(f'{{"P": [[{LONG}]], "\\u0065xact": true}}')
    assert given.generator() == ((Fraction(1), Fraction(LONG)),)
    assert len(readings) == 1


def test_floats_are_floats_where_that_is_not_asked_for(readings):
    for text in ('{"G": [[0.1, 1]]}', '{"G": [[0.1, 1]], "exact": false}'):
        _, (given,) = asked(text)
        assert not given.exact
        assert given.values.tolist() == [[[0.1, 1.0]]]
    assert len(readings) == 2


@pytest.mark.parametrize("text", ["1.5", "-2.5e-3", "1E5", "0.1" + "0" * 30])
def test_a_number_remembers_how_it_was_written(text):
    found = read_json(text.encode(), decimals=True)
    assert isinstance(found, WrittenNumber)
    assert (found, found.text) == (float(text), text)
    assert type(read_json(text.encode())) is float
