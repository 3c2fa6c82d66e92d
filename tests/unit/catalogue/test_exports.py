"""The catalogue as JSON, CSV and LaTeX."""

from __future__ import annotations

import csv
import json

import pytest

import mheight
from mheight.catalogue import shipped
from mheight.catalogue.chains import Chain
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.exports import as_csv, as_json, as_latex
from mheight.catalogue.numbers import as_float

GIVEN = Chain.given("test")


def test_exports() -> None:
    entries = shipped().of_length(5)
    rows = json.loads(as_json(entries))
    lines = list(csv.DictReader(as_csv(entries).splitlines()))
    for row, line, entry in zip(rows, lines, entries, strict=True):
        assert (row["n"], row["k"], row["m"], row["kind"]) == entry.key
        assert (row["height"], row["value"]) == (entry.height, entry.number)
        assert (row["lower"], row["lower_value"]) == (entry.bound.value, entry.bound.number)
        assert (row["lower_rule"], row["lower_source"]) == (entry.bound.rule, entry.bound.source)
        assert (row["status"], row["gap"], row["proof"]) == (entry.status, entry.gap, entry.proof)
        record = entry.record.code
        assert (row["chain"], row["code"]) == (record.chain.as_dict(), record.name)
        assert {name: str(row[name]) for name in line} == line
        # The matrix has the height, and the codeword reaches it.
        code = ExactCode(row["matrix"], GIVEN)
        assert mheight.m_height(code.floats(), row["m"]) == pytest.approx(row["value"])
        word = sorted((abs(as_float(x)) for x in row["codeword"]), reverse=True)
        assert word[0] / word[row["m"]] == pytest.approx(row["value"])
    golden = {(row["k"], row["m"], row["kind"]): row["height"] for row in rows}
    assert golden[2, 2, "real"] == "1/2+1/2*sqrt(5)"
    assert golden[3, 2, "integer"] == "6"
    latex = as_latex(entries).splitlines()
    assert latex[0] == r"\begin{tabular}{rrrllll}"
    assert latex[7:9] == [
        r"5 & 2 & 2 & $1.618034$ & $2$ & 1.61803 & proved \\",
        r"5 & 2 & 3 & $3.236068$ & $5$ & 3.23607 & proved \\",
    ]
    assert len(latex) == len(entries) // 2 + 3
