"""The catalogue over HTTP."""

from __future__ import annotations

import numpy as np
import pytest

import mheight
from mheight.catalogue import shipped


def test_rows(client):
    rows = client.get("/api/catalogue").json()
    assert len(rows) == len(shipped().entries)
    few = client.get("/api/catalogue", params={"n": 6, "kind": "real"}).json()
    assert {row["n"] for row in few} == {6}
    assert {row["kind"] for row in few} == {"real"}
    (row,) = [row for row in few if (row["k"], row["m"]) == (3, 3)]
    assert (row["height"], row["status"]) == ("2+sqrt(5)", "proved")


def test_one_code(client):
    code = client.get("/api/catalogue/code", params={"n": 6, "k": 3, "m": 3}).json()
    assert mheight.m_height(np.array(code["G"]), 3) == pytest.approx(code["value"])
    word = np.sort(np.abs(np.array(code["codeword"], dtype=float)))[::-1]
    assert word[0] / word[3] == pytest.approx(code["value"])


def test_what_is_refused(client):
    reply = client.get("/api/catalogue/code", params={"n": 6, "k": 3, "m": 4})
    assert reply.status_code == 422
    assert "m must be in 1..n-k = 1..3" in reply.text
    assert client.get("/api/catalogue", params={"n": 99}).status_code == 422


def test_the_page(client):
    page = client.get("/catalogue")
    assert page.status_code == 200
    assert "Good codes" in page.text
    for name in ("catalogue.js", "catalogue.css"):
        assert client.get(f"/static/{name}").status_code == 200
