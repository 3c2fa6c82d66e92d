"""The model that comes with the package, for codes of any length."""

from __future__ import annotations

import json

import numpy as np

from mheight.cli.main import main
from mheight.datasets import Samples, exact_heights
from mheight.deployment.predictor import Predictor
from mheight.features.domain import FOREIGN
from mheight.tiers import Groups


def codes(groups: Groups, count: int, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    return Samples.concatenate(
        [
            Samples.of_code(
                groups, n, k, np.full(count, m), rng.standard_normal((count, k, n - k)),
                np.arange(count),
            )
            for n, k, m in groups
        ],
        renumber=True,
    )  # fmt: skip


def test_the_packaged_model_knows_lengths_it_never_saw():
    model = Predictor.load()
    groups = Groups.parse("7:3:3 9:4:2 10:5:3 11:4:4 12:6:3 13:6:4")
    assert {13} & set(model.groups.lengths)
    assert 13 not in model.trained.lengths
    samples = codes(groups, 60, seed=9)
    truth = np.log2(exact_heights(samples))
    found = model.predict(samples)
    error = found.log2_heights - truth
    for i in range(len(groups)):
        assert np.mean(error[samples.group == i] ** 2) < 0.002
    inside = (found.low <= truth + 1e-6) & (truth - 1e-6 <= found.high)
    assert inside.mean() > 0.8
    assert (found.flags[samples.n == 13] == FOREIGN).all()


def test_the_command_takes_mixed_sizes_and_refuses_others_in_one_line(tmp_path, capsys):
    rng = np.random.default_rng(0)

    def file(name: str, *groups: tuple[int, int, int]) -> str:
        rows = [[n, k, m, rng.standard_normal((k, n - k)).tolist()] for n, k, m in groups]
        (tmp_path / name).write_text(json.dumps(rows), encoding="utf-8")
        return str(tmp_path / name)

    mixed = file("mixed.json", (9, 4, 2), (13, 6, 3), (6, 3, 2), (10, 5, 3), (16, 2, 3))
    target = tmp_path / "out.json"
    assert main(["predict", mixed, "-o", str(target)]) == 0
    rows = json.loads(target.read_text(encoding="utf-8"))
    assert [row["n"] for row in rows] == [9, 13, 6, 10, 16]
    assert [row["flag"] for row in rows][1] == FOREIGN
    assert all(row["low"] <= row["height"] <= row["high"] for row in rows)
    capsys.readouterr()
    assert main(["predict", file("long.json", (17, 6, 3)), "-o", str(tmp_path / "no.json")]) == 1
    told = capsys.readouterr().err.strip()
    assert "\n" not in told
    assert "(n,k,m) = (17,6,3)" in told
    assert "mheight heights" in told
    assert not (tmp_path / "no.json").exists()
