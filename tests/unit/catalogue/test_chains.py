"""Chains as values: what files hold comes back, and what is no chain is refused."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from mheight.catalogue.chain_running import run_chain
from mheight.catalogue.chains import Chain, Step, chain_text, parents
from mheight.catalogue.constructions import polygon
from mheight.errors import InvalidDataError

PLAIN: list[tuple[dict[str, Any], str, str]] = [
    ({"make": "polygon", "arguments": {"n": 5}}, "polygon", "polygon(n=5)"),
    ({"given": "search", "method": "cma", "seed": 3}, "cma", "search"),
    ({"given": "submission"}, "submission", "submission"),
    (
        {
            "rule": "direct_sum",
            "arguments": {},
            "of": [{"code": "ab"}, {"rule": "repeat", "arguments": {"times": 2},
                                    "of": [{"code": "cd"}]}],
        },
        "direct_sum",
        "direct_sum of ab and repeat(times=2) of cd",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("plain", "maker", "text"), PLAIN)
def test_plain_values_come_back(plain: dict[str, Any], maker: str, text: str) -> None:
    chain = Chain.from_dict(plain)
    assert json.dumps(chain.as_dict()) == json.dumps(plain)  # in the same order, too
    assert Chain.from_dict(chain.as_dict()) == chain
    assert chain.maker == maker
    assert chain_text(chain) == text


def test_the_shipped_chains_come_back() -> None:
    count = 0
    for path in (files("mheight.catalogue") / "tables").iterdir():
        if path.name.startswith("n") and path.name.endswith(".json"):
            for held in json.loads(path.read_bytes())["codes"].values():
                count += 1
                chain = Chain.from_dict(held["chain"])
                assert json.dumps(chain.as_dict()) == json.dumps(held["chain"])
    assert count > 900


def test_parents_are_named_in_order() -> None:
    assert parents(Chain.from_dict(PLAIN[3][0])) == ["ab", "cd"]
    assert parents(Chain.made("polygon", n=5)) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], r"a chain must be an object, got \[1\]"),
        ({}, r"one of make, rule, given, code, got the fields \[\]"),
        ({"make": "a", "rule": "b"}, r"got the fields \['make', 'rule'\]"),
        ({"make": 3}, "make of a chain must be a name, got 3"),
        ({"make": "a", "arguments": []}, "an object of arguments"),
        ({"rule": "a", "of": {}}, "a list in 'of'"),
        ({"make": "a", "of": []}, "unknown field 'of' in a chain with make"),
        ({"code": "a", "arguments": {}}, "unknown field 'arguments' in a chain with code"),
        ({"rule": "a", "of": ["b"]}, "must be an object, got 'b'"),
    ],
)
def test_what_is_no_chain_is_refused(value: object, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        Chain.from_dict(value)


def test_a_chain_without_end_is_refused() -> None:
    plain: dict[str, Any] = {"code": "a"}
    for _ in range(100):
        plain = {"rule": "repeat_column", "of": [plain]}
    assert parents(Chain.from_dict(plain)) == ["a"]
    with pytest.raises(InvalidDataError, match="at most 100 rules in a row"):
        Chain.from_dict({"rule": "repeat_column", "of": [plain]})


def test_what_can_be_run() -> None:
    five = polygon(5)
    assert five.chain == Chain(Step.MAKE, "polygon", {"n": 5})
    assert run_chain(five.chain, {}.__getitem__).rows == five.rows
    assert run_chain(Chain.of_code("five"), {"five": five}.__getitem__) is five
    with pytest.raises(InvalidDataError, match="from a given matrix can't be run"):
        run_chain(Chain.given("test"), {}.__getitem__)
    with pytest.raises(InvalidDataError, match="there is no rule 'twist'"):
        run_chain(Chain.by_rule("twist", [five.chain]), {}.__getitem__)
