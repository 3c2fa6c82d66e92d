"""predict and export, as a user calls them; `test_run_commands.py` has predict with a run."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from mheight.datasets import exact_heights, exact_labels, generate, load_pickle, write_parquet


@pytest.fixture(scope="module")
def codes():
    drawn = generate("normal", 5, 21).samples
    return drawn.take(np.random.default_rng(0).permutation(len(drawn)))


@pytest.fixture
def pickled(codes, tmp_path):
    rows = [[9, int(codes.k[i]), int(codes.m[i]), codes.matrix(i)] for i in range(len(codes))]
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(rows))
    return path


def test_the_packaged_model_needs_no_run(mheight, codes, pickled, tmp_path):
    output = tmp_path / "out.parquet"
    status, out, err = mheight("predict", pickled, "-o", output)
    assert (status, out) == (0, f"{output}: 45 predicted heights\n"), err
    table = pq.read_table(output)
    assert table["k"].to_pylist() == codes.k.tolist()
    errors = table["log2_height"].to_numpy() - codes.log2_heights
    assert np.mean(errors**2) < 0.01
    assert np.ptp(errors) > 0  # predicted, not computed
    inside = (codes.labels >= table["low"].to_numpy()) & (codes.labels <= table["high"].to_numpy())
    assert inside.mean() > 0.6


@pytest.mark.parametrize("method", ["exact", "auto"])
def test_exact_heights_on_request(mheight, codes, pickled, tmp_path, method):
    output = tmp_path / "out.npy"
    _, out, _ = mheight("predict", pickled, "-o", output, "--method", method)
    assert out == f"{output}: 45 exact heights\n"
    np.testing.assert_array_equal(np.load(output), exact_heights(codes))


def test_submit_writes_a_list_of_floats(mheight, codes, pickled, tmp_path, fails):
    output = tmp_path / "submission.pkl"
    mheight("predict", pickled, "-o", output, "--submit")
    heights = load_pickle(output)
    assert all(type(height) is float for height in heights)
    np.testing.assert_allclose(np.log2(heights), codes.log2_heights, atol=0.5)
    error = fails("predict", pickled, "-o", tmp_path / "x.csv", "--submit")
    assert error.endswith("--submit writes a pickle: a name that ends in .pkl, or in nothing")


@pytest.mark.parametrize("options", [(), ("--copies", 2), ("--method", "exact")])
def test_exact_heights_of_a_block_are_computed_once(mheight, codes, tmp_path, monkeypatch, options):
    """What predicts looks at them, and what scores, whether shards are kept or not."""
    counted = []

    def counting(samples, *others):
        counted.append(len(samples))
        return exact_labels(samples, *others)

    monkeypatch.setattr("mheight.cli.predict.exact_labels", counting)
    monkeypatch.setattr("mheight.evaluation.predictions.exact_labels", counting)
    blocks = [codes.take(np.arange(20)), codes.take(np.arange(20, 45))]
    unlabelled = [replace(block, heights=None) for block in blocks]
    for name, given in (("one", blocks[:1]), ("kept", blocks), ("bare", unlabelled)):
        monkeypatch.setattr(
            "mheight.cli.predict_options.sample_blocks", lambda *_, given=given, **__: iter(given)
        )
        source = tmp_path / f"{name}.pkl"
        source.write_bytes(b"what is in it is not looked at")
        counted.clear()
        status, _, err = mheight("predict", source, "-o", tmp_path / f"{name}.csv", *options)
        assert status == 0, err
        assert counted == [len(block) for block in given]


def test_labels_are_scored_by_group(mheight, codes, pickled, tmp_path, fails):
    labels, output = tmp_path / "y.pkl", tmp_path / "out.csv"
    given = codes.labels.tolist()
    given[4] *= 1.5
    labels.write_bytes(pickle.dumps(given))
    _, out, _ = mheight("predict", pickled, "-o", output, "--labels", labels)
    assert "1 of the 45 heights given is wrong: scored against exact ones" in out
    assert "(5,3)      medium" in out
    assert "codes seen in training are not left out here" in out
    # The same from a file that has its heights inside, and exact heights have no error.
    write_parquet(codes, tmp_path / "x.parquet")
    _, out, _ = mheight("predict", tmp_path / "x.parquet", "-o", output, "--method", "exact")
    assert "overall    mean of groups   0.0000        45" in out
    assert "seen in training" not in out
    for wrong in (given[:-1], [*given, 2.0]):
        labels.write_bytes(pickle.dumps(wrong))
        output.write_text("kept")
        error = fails("predict", pickled, "-o", output, "--labels", labels)
        assert "one height a sample is needed" in error
        assert output.read_text() == "kept"


def test_matrices_alone(mheight, tmp_path, fails):
    G = np.random.default_rng(1).normal(size=(2, 6, 9))
    np.save(tmp_path / "g.npy", G)
    output = tmp_path / "out.jsonl"
    mheight("predict", tmp_path / "g.npy", "-o", output)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(one["sample_id"], one["m"]) for one in lines] == [
        (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)
    ]  # fmt: skip
    mheight("predict", tmp_path / "g.npy", "-o", output, "-m", 3)
    assert len(output.read_text().splitlines()) == 2
    np.save(tmp_path / "g.npy", np.random.default_rng(1).normal(size=(1, 8, 17)))
    error = fails("predict", tmp_path / "g.npy", "-o", output, "-m", 1)
    assert "a code [8, 17]" not in error
    assert "(n,k,m) = (17,8,1)" in error
    assert "mheight heights computes heights of any code" in error


def test_what_can_not_be_is_said_before_any_work(pickled, tmp_path, fails):
    assert "the output must end in .csv" in fails("predict", pickled, "-o", tmp_path / "out.txt")
    assert "no such bundle" in fails(
        "predict", pickled, "-o", tmp_path / "out.csv", "--run", tmp_path / "absent"
    )
    assert "--run, --with and --copies are about models, but --method exact uses none" in fails(
        "predict", pickled, "-o", tmp_path / "out.csv", "--run", tmp_path, "--method", "exact"
    )
    assert list(tmp_path.iterdir()) == [pickled]


def test_export_and_predict_with_the_bundle(mheight, finished_run, codes, pickled, tmp_path, fails):
    from mheight.experiments.trained_run import TrainedRun

    scores = tmp_path / "scores.json"
    data = tmp_path / "data.parquet"
    write_parquet(codes, data)
    mheight("evaluate", finished_run.path, data, "-o", scores)
    for name in ("bundle", "bundle.zip"):
        bundle = tmp_path / name
        status, out, err = mheight("export", finished_run.path, "-o", bundle, "--scores", scores)
        assert status == 0, err
        assert "ONNX Runtime agrees with the trained network to " in out
        output = tmp_path / "out.npy"
        status, _, err = mheight("predict", pickled, "--run", bundle, "-o", output)
        assert status == 0, err
        expected = TrainedRun.load(finished_run.path).predict_log2(codes)
        np.testing.assert_allclose(np.log2(np.load(output)), expected, atol=1e-4)
    card = (tmp_path / "bundle" / "MODEL_CARD.md").read_text()
    assert "| data.parquet | 45 |" in card
    assert "exists already" in fails("export", finished_run.path, "-o", tmp_path / "bundle")
    values = json.loads(scores.read_text())
    scores.write_text(json.dumps({**values, "run": "other"}))
    error = fails("export", finished_run.path, "-o", tmp_path / "new", "--scores", scores)
    assert error.endswith("scores of other, not of run7")
    unknown_group = {**values["scores"], "groups": {"every": 1.0}, "tier_of": {"every": "x"}}
    for other in ([], {}, {**values, "rank": 1}, {**values, "scores": unknown_group}):
        scores.write_text(json.dumps(other))
        error = fails("export", finished_run.path, "-o", tmp_path / "new", "--scores", scores)
        assert error.endswith("no scores of `mheight evaluate --output`")
    assert not (tmp_path / "new").exists()


def test_export_fails_when_onnx_runtime_disagrees(finished_run, tmp_path, fails, monkeypatch):
    import mheight.deployment.export as deployment_export

    honest = deployment_export.predict_log2
    for wrong in (1e-3, np.nan):
        monkeypatch.setattr(
            deployment_export, "predict_log2", lambda *given, off=wrong: honest(*given) + off
        )
        error = fails("export", finished_run.path, "-o", tmp_path / "bundle")
        assert "ONNX Runtime differs from the trained network by" in error
        assert not (tmp_path / "bundle").exists()


def test_an_invalid_run_is_not_exported(finished_run, tmp_path, fails, monkeypatch):
    from mheight.experiments.run_folder import RunFolder

    report = finished_run.read_report()
    invalid = replace(report, valid=False, invalid_reason="rows were augmented first")
    monkeypatch.setattr(RunFolder, "read_report", lambda self: invalid)
    error = fails("export", finished_run.path, "-o", tmp_path / "bundle")
    assert error.endswith("run7: its protocol is INVALID (rows were augmented first)")


def test_one_spelling_of_what_matrices_are(mheight, fails, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps([[[1, 2, 3, 4, 5]] * 3 + [[1, 1, 2, 3, 5]]]))
    outputs = []
    for option in (["-P"], ["--systematic"], ["--as", "P"]):
        target = tmp_path / "y.csv"
        status, _, err = mheight(
            "predict", tmp_path / "x.json", "-m", 2, "--method", "exact", "-o", target, *option
        )
        assert (status, err.strip()) == (0, "")
        outputs.append(target.read_text())
    assert outputs[0] == outputs[1] == outputs[2]
    arguments = ("predict", tmp_path / "x.json", "-o", tmp_path / "z.csv")
    assert "choose one" in fails(*arguments, "-P", "--as", "H")
    assert "choose one of -P and -H" in fails(*arguments, "-P", "-H")
