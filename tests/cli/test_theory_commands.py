"""Commands for theorists: bounds, distance, equivalent, compare of codes, families, formats."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from mheight.codes import cosine_code
from mheight.heights import best_lower_bound, height_profile, lower_bounds

SQUARES = "1 0 1 1; 0 1 1 2"


def test_bounds(mheight):
    _, out, _ = mheight("bounds", 9, 4)
    rows = [re.split(r" {3,}", line.strip()) for line in out.splitlines()[4:-1]]
    assert [row[0] for row in rows] == list("12345")
    assert float(rows[4][1]) == pytest.approx(best_lower_bound(9, 4, 5).value)
    assert float(rows[4][2]) == pytest.approx(2 * (best_lower_bound(9, 4, 5).value + 1))
    assert out.splitlines()[-1].startswith("h_6 ... h_8: infinite for every [9, 4] code")
    _, out, _ = mheight("bounds", 9, 4, "--all", "--json")
    assert len(json.loads(out)["bounds"]) == len(lower_bounds(9, 4))
    _, out, _ = mheight("bounds", 9, 4, "-m", 6, "--json")
    assert json.loads(out)["bounds"] == [
        {"m": 6, "value": None, "infinite": True, "statement": "h_6 = infinity",
         "source": "Singleton bound, d <= n-k+1"}
    ]  # fmt: skip


def test_bounds_of_no_code(fails):
    assert "1 <= k <= n, got n=4, k=9" in fails("bounds", 4, 9)
    assert "m must be an integer in 1..n-1 = 1..8, got 9" in fails("bounds", 9, 4, "-m", 9)


def test_distance(mheight, fails, tmp_path):
    _, out, _ = mheight("distance", SQUARES, "--json")
    assert json.loads(out) == {"code": 0, "n": 4, "k": 2, "d": 3}
    # 1/3 and 2/3 are dependent as fractions, and need not be so as floats.
    _, out, _ = mheight("distance", "-H", "1/3 1 0.1; 2/3 2 0.3", "--json")
    assert json.loads(out)["d"] == 2
    path = tmp_path / "codes.json"
    path.write_text(json.dumps([[[1, 0, 1], [0, 1, 1]], [[1, 0, 0], [0, 1, 1]]]))
    lines = mheight("distance", path, "--json")[1].splitlines()
    assert [json.loads(line)["d"] for line in lines] == [2, 1]
    assert "rank 2 wanted, got 1" in fails("distance", "1 2; 2 4")


def test_distance_of_a_long_code_by_whole_numbers(mheight):
    P = np.random.default_rng(0).integers(1, 4, (15, 3))
    P[4] = 3, 0, 0  # a word of weight 2, its entries in sevenths
    rows = "; ".join(" ".join(f"{x}/7" for x in row) for row in P)
    _, out, _ = mheight("distance", "-P", rows, "--json")
    assert json.loads(out) == {"code": 0, "n": 18, "k": 15, "d": 2}


def test_families(mheight, fails):
    _, out, _ = mheight("heights", "--family", "cosine", "--n", 9, "--json")
    heights = json.loads(out)["heights"]
    assert list(heights.values()) == pytest.approx(height_profile(cosine_code(9)).tolist())
    assert mheight("heights", "cosine:9", "--json")[1] == out
    _, out, _ = mheight("heights", "--family", "single-parity", "--n", 5, "--exact", "--json")
    assert json.loads(out)["heights"] == {"1": "4"}
    _, out, _ = mheight("distance", "--family", "icosahedral", "--json")
    assert json.loads(out)["d"] == 4


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--family", "cosin", "--n", 9], "a family is one of repetition"),
        (["--family", "cosine"], "needs a length n"),
        (["--family", "cosine", "--n", 2], "needs n >= 3"),
        (["--family", "icosahedral", "--n", 9], "has n = 6"),
        (["--family", "cosine", "--n", 9, "--exact"], "irrational entries"),
        (["--family", "cosine", "--n", 9, "1 2"], "one source is needed"),
        (["--n", 9, "1 2"], "--n goes with --family"),
        ([], "a matrix, a file or --family is needed"),
    ],
)
def test_families_that_are_not(fails, arguments, part):
    assert part in fails("heights", *arguments)


def test_equivalent(mheight, fails, tmp_path):
    status, out, _ = mheight("equivalent", "1 2 3", "3 -1 2", "--json")
    assert (status, json.loads(out)["order"], json.loads(out)["signs"]) == (
        0, [2, 0, 1], [1, -1, 1],
    )  # fmt: skip
    assert mheight("equivalent", "1 2 3", "3 -1 2")[1].splitlines()[1].endswith(": +2 -0 +1")
    status, out, _ = mheight("equivalent", "1 2 3", "3 1 1")
    assert status == 3
    assert out.startswith("different: ")
    (tmp_path / "two.json").write_text("[[[1, 2]], [[1, 3]]]")
    assert "two codes are needed, got 3" in fails("equivalent", "1 2", tmp_path / "two.json")
    assert "at least one row is needed, got '[]'" in fails("equivalent", "1 2", "[]")
    assert "got 3" in fails("equivalent", tmp_path / "two.json", "1 2")


def test_comparing_codes(mheight, fails, tmp_path):
    _, out, _ = mheight("compare", SQUARES, "1 0 1 3; 0 1 1 2")
    rows = [re.split(r" {3,}", line.strip()) for line in out.splitlines()[4:6]]
    assert rows == [["1", "2", "3", "A", "1"], ["2", "3", "5", "A", "2.41421"]]
    assert out.splitlines()[-1] == "smallest for every m: A"
    _, out, _ = mheight("compare", "1 2", "1/3 2/3", "--exact")
    assert out.splitlines()[-2].split() == ["1", "2", "2", "all", "1"]
    (tmp_path / "two.json").write_text("[[[1, 2]], [[1, 3, 3]]]")
    _, out, _ = mheight("compare", tmp_path / "two.json", "icosahedral")
    assert "two.json, matrix 1 [3, 1]" in out
    assert "icosahedral [6, 3]" in out
    assert "-" in out.splitlines()[-2].split()  # a [2, 1] code has no h_3
    assert "two codes or more" in fails("compare", "1 2")


def test_runs_and_codes_are_not_compared(fails, tmp_path):
    assert "the code '1 2' and the run 'run_7'" in fails("compare", "run_7", "1 2")
    assert "no run folder" in fails("compare", "run_7", "run_8")
    assert "no run folder" in fails("compare", tmp_path, tmp_path)
    assert "no such file" in fails("compare", tmp_path / "a.json", "1 2")


def test_markdown_and_latex(mheight, fails):
    _, out, _ = mheight("heights", "1 0 1/3 1; 0 1 0.1 2; 0 0 1 0", "--exact", "--format", "latex")
    assert "1 & $\\infty$ & $\\infty$ & $\\infty$ \\\\" in out
    _, out, _ = mheight("heights", "1 0 1/3 1; 0 1 0.1 2", "--exact", "--format", "latex")
    assert "2 & $\\frac{77}{3}$ & $25.6666666667$ & $4.6818$ \\\\" in out
    assert out.count("\\hline") == 3
    _, out, _ = mheight("heights", "1 0 1 1; 0 1 1 1e12", "--format", "latex", "--witness")
    assert r"\times 10^{12}" in out
    _, out, _ = mheight("heights", SQUARES, "--format", "markdown", "--capability")
    assert "| located | detected | m | height | Delta/delta |" in out
    assert "| 1 | 0 | 2 | 3 | 8 |" in out
    _, out, _ = mheight("bounds", 5, 3, "-m", 2, "--format", "latex")
    assert r"$h_{2} \ge 1/(2 \sin^2(\pi/10)) - 1$" in out
    assert "--format goes without" in fails("heights", SQUARES, "--format", "latex", "--json")
