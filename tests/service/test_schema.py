"""The service keeps to its own OpenAPI, for requests that a machine makes up."""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

OPERATIONS = [
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/api/codes"),
    ("GET", "/api/random"),
    ("GET", "/api/model"),
    ("GET", "/api/affords"),
    ("GET", "/api/catalogue"),
    ("GET", "/api/catalogue/code"),
    ("POST", "/api/heights"),
    ("POST", "/api/search"),
    ("POST", "/api/matrix"),
    ("POST", "/api/predictions"),
    ("POST", "/api/decode"),
]


@pytest.fixture(scope="module")
def api(service):
    return schemathesis.openapi.from_url(f"{service.url}/openapi.json")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_replies_are_as_described(api, method, path):
    made = 0

    @given(case=api[path][method].as_strategy())
    @settings(
        max_examples=20 if method == "POST" or path == "/api/random" else 2,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        nonlocal made
        made += 1
        case.call_and_validate(
            checks=[not_a_server_error, status_code_conformance, response_schema_conformance],
            timeout=10,
        )

    ask()
    assert made


def test_no_operation_is_left_out(api):
    found = {(op.ok().method.upper(), op.ok().path) for op in api.get_all_operations()}
    assert found == set(OPERATIONS)


def test_examples_are_answered(client):
    paths = client.get("/openapi.json").json()["paths"]
    answered = {}
    for path, operations in paths.items():
        if "post" not in operations:
            continue
        content = operations["post"]["requestBody"]["content"]["application/json"]
        answered[path] = len(content["examples"])
        for example in content["examples"].values():
            reply = client.post(path, json=example["value"])
            assert reply.status_code == 200, (path, example, reply.text)
            *_, last = reply.text.splitlines()  # a search tells of its progress before
            assert "error" not in json.loads(last)
    assert answered.keys() == {path for method, path in OPERATIONS if method == "POST"}
    assert min(answered.values()) >= 1
