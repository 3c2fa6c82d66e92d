"""One graph for codes of any length: the same as Keras, checked before it runs, flagged beyond."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from mheight.datasets import Samples
from mheight.deployment.bundle import Bundle, read_bundle
from mheight.deployment.feeds import feeds_of
from mheight.deployment.onnx_any import any_length_model, relations_of
from mheight.deployment.onnx_graph import onnx_model
from mheight.deployment.predictor import Predictor
from mheight.errors import BundleError, InvalidDataError
from mheight.evaluation.calibration import calibrate
from mheight.features import grouped
from mheight.features.domain import FOREIGN, Domain
from mheight.models import RelationsConfig, build_model
from mheight.tiers import Groups

STORED = Path(__file__).parents[2] / "bundle_run8_stream"
TRAINED = Groups.parse("8:4:2 9:4:3 10:5:3")
OTHERS = Groups.parse("3:1:1 5:2:2 8:1:4 8:4:2 9:4:3 10:5:3 11:9:1 12:6:2-6 12:3:9")


def codes(groups: Groups, count: int, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    parts = [
        Samples.of_code(
            groups, n, k, np.full(count, m), rng.standard_normal((count, k, n - k)),
            np.arange(count),
        )
        for n, k, m in groups
    ]  # fmt: skip
    return Samples.concatenate(parts, renumber=True)


def network(groups: Groups = TRAINED, *, soft_maximum: bool = False):
    config = RelationsConfig(width=2, hidden=3, head=5, soft_maximum=soft_maximum)
    return build_model(config, grouped.minors.of(groups).shapes, groups, 4)


def bundle(content: bytes, longest: object = 12) -> Bundle:
    samples = codes(TRAINED, 40)
    rng = np.random.default_rng(1)
    logs = rng.uniform(1, 5, len(samples))
    limits = Domain(TRAINED, np.full((3, 4), -1e6), np.full((3, 4), 1e6))
    errors = 0.1 * rng.standard_normal(len(samples))
    values = grouped.minors.of(TRAINED).as_dict()
    return Bundle(
        "a test",
        content,
        {"name": "minors", "values": values},
        limits.as_dict(),
        calibrate(logs + errors, logs, samples.group, TRAINED).as_dict(),
        replace(read_bundle(STORED).manifest, groups=TRAINED, longest=longest),
        "",
    )


@pytest.fixture(scope="module")
def trained():
    return network()


@pytest.fixture(scope="module")
def predictor(trained) -> Predictor:
    return Predictor(bundle(any_length_model(relations_of(trained)).SerializeToString()))


def test_every_length_by_onnx_as_by_keras(trained, predictor):
    assert predictor.trained == TRAINED
    assert len(predictor.groups) == len(Groups.up_to(12))
    samples = codes(OTHERS, 9)
    samples = samples.take(np.random.default_rng(2).permutation(len(samples)))
    found = predictor.predict_log2(samples)
    layer, expected = relations_of(trained), np.empty(len(samples))
    for i, (n, k, m) in enumerate(OTHERS):
        rows = np.flatnonzero(samples.group == i)
        block = grouped.minors.of(Groups.of([(n, k, m)])).encode(samples.take(rows))
        (name,) = block.names
        expected[rows] = np.asarray(layer(block.block(name), n=n, k=k, m=m)).reshape(-1)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.ptp(expected) > 0.5
    alone = [predictor.predict_log2(samples.take(np.array([i])))[0] for i in range(0, 108, 7)]
    np.testing.assert_allclose(found[:108:7], alone, atol=1e-6)


def test_groups_never_trained_on_are_flagged_and_have_wider_intervals(predictor):
    samples = codes(Groups.parse("9:4:3 10:4:3 12:4:3"), 5)
    found = predictor.predict(samples)
    own, near, far = (slice(5 * i, 5 * i + 5) for i in range(3))
    assert set(found.flags[own]) == {""}
    assert set(found.flags[near]) == set(found.flags[far]) == {FOREIGN}
    width = found.high - found.low
    assert width[near].min() > width[own].max()
    assert width[far].min() > width[own].max()


def test_longer_codes_are_refused_in_a_line(predictor):
    with pytest.raises(InvalidDataError) as refusal:
        predictor.predict(codes(Groups.parse("13:6:3"), 1))
    assert str(refusal.value) == (
        "samples, sample 0: (n,k,m) = (13,6,3) is not one of the groups n:k:m that there are "
        "(286 of n = 2 to 12); mheight heights computes heights of any code, mheight bounds says "
        "what none can beat"
    )


def test_calls_fit_into_memory(trained):
    content = any_length_model(relations_of(trained)).SerializeToString()
    feeds = feeds_of(content, grouped.minors.of(TRAINED), Groups.up_to(16))
    assert feeds._rows(Groups.parse("9:4:3")[0]) == 64
    assert feeds._rows(Groups.parse("16:5:6")[0]) == 1  # 12 million reads a row
    few = codes(Groups.parse("11:5:3 9:4:3"), 200).within(feeds.groups)
    parts = list(feeds.some(few))
    assert sorted(np.concatenate([rows for part in parts for _, rows in part])) == list(range(400))
    for part in parts:
        for arrays, rows in part:
            assert len(arrays["minors"]) == len(rows) <= 128


@pytest.mark.parametrize("longest", [7, 21, 12.0, True, "12", -1])
def test_a_wrong_reach_is_refused(trained, longest):
    content = any_length_model(relations_of(trained)).SerializeToString()
    with pytest.raises(BundleError, match=r"longest must lie in 10\.\.20"):
        Predictor(bundle(content, longest))


def test_few_rows_that_make_much_are_refused(trained):
    """A constant that is reshaped by the rows, 64 x 512 for 64, 1 x 32768 for one, squared."""
    model = any_length_model(relations_of(trained))
    graph = model.graph
    constants = {
        "x": np.zeros(64 * 2**9, np.float32), "rest": np.array([-1], np.int64),
        "axes": np.array([0, 1], np.int64), "zero": np.zeros(1, np.float32),
    }  # fmt: skip
    graph.initializer.extend(numpy_helper.from_array(v, name) for name, v in constants.items())
    last = graph.node.pop()
    make = helper.make_node
    graph.node.extend(
        [
            make("Shape", ["minors"], ["count"], start=0, end=1),
            make("Concat", ["count", "rest"], ["shape"], axis=0),
            make("Reshape", ["x", "shape"], ["big"]),
            make("Transpose", ["big"], ["turned"], perm=[1, 0]),
            make("MatMul", ["turned", "big"], ["huge"]),
            make("ReduceMax", ["huge", "axes"], ["one"], keepdims=1),
            make("Mul", ["one", "zero"], ["nothing"]),
            make("Add", [last.input[0], "nothing"], list(last.output)),
        ]
    )
    with pytest.raises(BundleError, match=r"1 rows of .* take more than 64"):
        Predictor(bundle(model.SerializeToString()))


def test_a_network_with_an_input_for_each_group_reaches_no_others(trained):
    content = onnx_model(network(soft_maximum=True)).SerializeToString()
    with pytest.raises(BundleError, match="for these groups alone"):
        Predictor(bundle(content, 12))
    assert Predictor(bundle(content, None)).groups == TRAINED
    assert relations_of(network(soft_maximum=True)) is None


def test_a_graph_that_reads_places_wrongly_is_refused(trained):
    model = any_length_model(relations_of(trained))
    gathers = [node for node in model.graph.node if node.op_type == "Gather"]
    (first,) = [node for node in gathers if "members" in node.input]
    (second,) = [node for node in gathers if "inside" in node.input]
    first.input[1], second.input[1] = "inside", "members"
    with pytest.raises(BundleError, match=r"network\.onnx can't be used \(Gather"):
        Predictor(bundle(model.SerializeToString()))
