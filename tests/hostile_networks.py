"""Bundles made to do harm, each with right hashes."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mheight.deployment.bundle import FILES
from mheight.tiers import COURSE_9

PACKAGED = Path(__file__).with_name("bundle_run8_stream")
INPUTS = [f"minors_{group.k}_{group.m}" for group in COURSE_9]
WIDTHS = [comb(9, group.k) for group in COURSE_9]


def contents() -> dict[str, bytes]:
    """The files of the packaged bundle, without the hashes."""
    return {name: (PACKAGED / name).read_bytes() for name in FILES}


def network(nodes: list[Any], constants: dict[str, Any], **more: Any) -> bytes:
    """A network that reads minors, as the packaged one does, and does something else."""
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [f"rows_{name}", width])
        for name, width in zip(INPUTS, WIDTHS, strict=True)
    ]
    output = helper.make_tensor_value_info("log2_height", TensorProto.FLOAT, ["rows", 1])
    made = [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()]
    graph = helper.make_graph(nodes, "hostile", inputs, [output], made, **more)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]).SerializeToString()


def joined(*before: Any) -> list[Any]:
    """All rows, the mean of their minors, behind some other steps."""
    sums = [f"sum_{name}" for name in INPUTS]
    return [
        *before,
        *(
            helper.make_node("ReduceMean", [name, "one"], [total], keepdims=1)
            for name, total in zip(INPUTS, sums, strict=True)
        ),
        helper.make_node("Concat", sums, ["log2_height"], axis=0),
    ]


ONE = {"one": np.array([1], dtype=np.int64)}


def constant_of(length: int) -> bytes:
    """A small file whose network makes so many numbers while it is loaded."""
    shape = np.array([length], dtype=np.int64)
    nodes = joined(helper.make_node("Expand", ["x", "shape"], ["big"]))
    return network(nodes, {**ONE, "x": np.float32(1), "shape": shape})


def doubled(times: int) -> bytes:
    nodes = [helper.make_node("Concat", ["x", "x"], ["d0"], axis=0)]
    nodes += [
        helper.make_node("Concat", [f"d{i}", f"d{i}"], [f"d{i + 1}"], axis=0) for i in range(times)
    ]
    return network(joined(*nodes), {**ONE, "x": np.zeros(1, np.float32)})


def outer(side: int) -> bytes:
    product = helper.make_node("MatMul", ["column", "row"], ["big"])
    return network(
        joined(product),
        {**ONE, "column": np.zeros((side, 1), np.float32), "row": np.zeros((1, side), np.float32)},
    )


def gathered(count: int) -> bytes:
    step = helper.make_node("Gather", ["table", "places"], ["big"], axis=0)
    return network(
        joined(step),
        {
            **ONE,
            "table": np.zeros((1, 2**14), np.float32),
            "places": np.zeros(count, np.int64),
        },
    )


def endless() -> bytes:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Identity", ["i"], ["i2"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
    )
    return network(joined(helper.make_node("Loop", ["", ""], [], body=body)), ONE)


def branch() -> bytes:
    value = helper.make_tensor_value_info("v", TensorProto.FLOAT, [])
    arm = helper.make_graph(
        [helper.make_node("Constant", [], ["v"], value_float=1.0)], "arm", [], [value]
    )
    step = helper.make_node("If", ["one"], ["w"], then_branch=arm, else_branch=arm)
    return network(joined(step), ONE)


def outside() -> bytes:
    """Weights that lie in another file, beside wherever the command is run."""
    model = onnx.load_from_string(network(joined(), {**ONE, "x": np.zeros(4, np.float32)}))
    tensor = model.graph.initializer[1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return model.SerializeToString()


def other_shape(*shape: int) -> bytes:
    value = np.zeros(shape, np.float32)
    return network([helper.make_node("Identity", ["x"], ["log2_height"])], {"x": value})


def by_number_of_rows() -> bytes:
    """Few rows make much: a shape that goes by a number of rows."""
    steps = [
        helper.make_node("Shape", [INPUTS[0]], ["rows"], start=0, end=1),
        helper.make_node("Concat", ["rows", "rest"], ["shape"], axis=0),
        helper.make_node("Reshape", ["x", "shape"], ["big"]),
    ]
    constants = {**ONE, "x": np.zeros(4096, np.float32), "rest": np.array([-1], np.int64)}
    return network(joined(*steps), constants)


NETWORKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a huge constant": (lambda: constant_of(2**30), "one row takes"),
    "a constant beyond all": (lambda: constant_of(2**62), "can't be applied"),
    "doubled": (lambda: doubled(29), "one row takes"),
    "doubled past every integer": (lambda: doubled(200), "one row takes"),
    "an outer product": (lambda: outer(2**14), "one row takes"),
    "gathered": (lambda: gathered(2**14), "one row takes"),
    "an endless loop": (endless, "Loop must have one output"),
    "a branch": (branch, "attribute has a field"),
    "weights elsewhere": (outside, "has a field"),
    "another shape": (lambda: other_shape(576, 2), "give an answer of shape"),
    "an answer that goes by no rows": (lambda: other_shape(3, 1), "give an answer of shape"),
    "a shape that goes by rows": (by_number_of_rows, "a shape that is not constant"),
    "an operator of another list": (
        lambda: network(joined(helper.make_node("Einsum", ["one"], ["x"], equation="i->i")), ONE),
        "attribute has a field",
    ),
    "random numbers": (
        lambda: network(joined(helper.make_node("RandomNormal", [], ["x"], shape=[9])), ONE),
        "'RandomNormal' is not one of our networks",
    ),
    "another domain": (
        lambda: network(joined(helper.make_node("Evil", ["one"], ["x"], domain="evil")), ONE),
        "an operator of 'evil'",
    ),
    "a value that is never made": (
        lambda: network([helper.make_node("Relu", ["nothing"], ["log2_height"])], {}),
        "reads 'nothing' before it is made",
    ),
    "a value that is made twice": (
        lambda: network(joined(*[helper.make_node("Relu", [INPUTS[0]], ["x"])] * 2), ONE),
        "'x' is made twice",
    ),
    "a place that is not there": (
        lambda: network(
            joined(helper.make_node("Gather", ["one", "far"], ["x"], axis=0)),
            {**ONE, "far": np.array([1], np.int64)},
        ),
        r"places from 1 to 1",
    ),
    "a name of two lines": (
        lambda: network(joined(helper.make_node("Relu", ["a\nb"], ["x"])), ONE),
        "no plain name",
    ),
    "no network": (lambda: b"no network", "damaged|has a field|cut short"),
    "nothing": (lambda: b"", "no graph"),
}
"""Networks that must be refused before anything runs them, and what the message says."""


def changed_json(name: str, change: Callable[[Any], Any]) -> Callable[[], dict[str, bytes]]:
    """The packaged bundle with one JSON file changed."""

    def make() -> dict[str, bytes]:
        out = contents()
        value = json.loads(out[name])
        found = change(value)
        out[name] = json.dumps(value if found is None else found).encode()
        return out

    return make


def replaced(name: str, content: bytes) -> Callable[[], dict[str, bytes]]:
    return lambda: {**contents(), name: content}


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = to

    return change


def _drop(*path: Any) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for key in path[:-1]:
            value = value[key]
        del value[path[-1]]

    return change


DEEP = b'{"format": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
CALIBRATION, DOMAIN, FEATURES, MANIFEST = (
    f"{name}.json" for name in ("calibration", "domain", "features", "manifest")
)

TEXTS: dict[str, tuple[Callable[[], dict[str, bytes]], str]] = {
    "a manifest of a format alone": (replaced(MANIFEST, b'{"format": 1}'), "name is missing"),
    "a manifest that is not UTF-8": (replaced(MANIFEST, b'{"format": 1, "\xff": 1}'), "UTF-8"),
    "a manifest nested too deeply": (replaced(MANIFEST, DEEP), "nested too deeply"),
    "a manifest nested deeply": (
        changed_json(MANIFEST, _set("training", "config", to=json.loads("[" * 40 + "]" * 40))),
        "nested too deeply",
    ),
    "a manifest of NaN": (replaced(MANIFEST, b'{"format": NaN}'), "NaN is no number"),
    "a format twice": (replaced(MANIFEST, b'{"format": 2, "format": 1}'), "comes twice"),
    "a manifest that is a list": (replaced(MANIFEST, b"[]"), "must hold an object"),
    "an integer of megabytes": (replaced(MANIFEST, b'{"format": ' + b"1" * 10**6 + b"}"), "digits"),
    "megabytes of manifest": (replaced(MANIFEST, b" " * 2**23), "at most 4,194,304 bytes"),
    "a name that is a number": (changed_json(MANIFEST, _set("name", to=3)), "name must be text"),
    "no metrics": (changed_json(MANIFEST, _drop("metrics")), "metrics is missing"),
    "metrics of another type": (
        changed_json(MANIFEST, _set("metrics", to=5)), "metrics must be a list",
    ),
    "scores of another type": (
        changed_json(MANIFEST, _set("metrics", 0, "scores", "overall", to="x")),
        r"metrics\[0\].scores.overall must be a number, got text",
    ),
    "a score of a googol": (
        changed_json(MANIFEST, _set("metrics", 0, "scores", "overall", to=10**400)),
        "must be a number",
    ),
    "versions of another type": (
        changed_json(MANIFEST, _set("versions", "numpy", to=[])), "versions.numpy",
    ),
    "a tier that is a list": (
        changed_json(MANIFEST, _set("groups", to={"(4,2)": []})), "a tier is easy, medium or hard",
    ),
    "tiers of scores that are numbers": (
        changed_json(MANIFEST, _set("metrics", 0, "scores", "tier_of", to={"(4,2)": 1})),
        r"metrics\[0\].scores: .*a tier is easy",
    ),
    "a score that is missing": (
        changed_json(MANIFEST, _set("metrics", 0, "scores", "groups", to={})),
        r"metrics\[0\].scores.groups.\(4,2\) is missing",
    ),
    "criteria of text": (changed_json(MANIFEST, _set("criteria", 0, to="x")), "must be an object"),
    "another level": (
        changed_json(MANIFEST, _set("intervals", "level", to=0.5)), "says level 0.5, but it is 0.9",
    ),
    "other features": (
        changed_json(MANIFEST, _set("features", to="gram")), "says features 'gram'",
    ),
    "a card that is not UTF-8": (replaced("MODEL_CARD.md", b"\xff\xfe\x00"), "UTF-8"),
    "unheard features": (
        lambda: {
            **changed_json(MANIFEST, _set("features", to="unheard"))(),
            FEATURES: json.dumps({"name": "unheard", "values": {}}).encode(),
        },
        "can't be used",
    ),
    "features that are a list": (
        changed_json(FEATURES, _set("values", to=[])), "features must be an object|can't be used",
    ),
    "no features": (changed_json(FEATURES, _drop("values")), "there is no 'values'"),
    "a level that is text": (
        lambda: {
            **contents(),
            CALIBRATION: contents()[CALIBRATION].replace(b'"level": 0.9', b'"level": "0.9"'),
        },
        "says level",
    ),
    "no groups": (changed_json(CALIBRATION, _drop("groups")), "bins by the names of groups"),
    "unheard groups": (
        changed_json(CALIBRATION, _set("groups", "(1,1)", to=[])), "bins by the names of groups",
    ),
    "bins that are a number": (
        changed_json(CALIBRATION, _set("groups", "(4,2)", to=1)), "a list of bins is needed",
    ),
    "bins without an edge": (
        changed_json(CALIBRATION, _set("groups", "(4,2)", 0, "upto", to=None)), "last bin alone",
    ),
    "bins upside down": (
        changed_json(CALIBRATION, _set("groups", "(4,2)", 0, "low", to=9.0)), "low <= high",
    ),
    "bins of text": (
        changed_json(CALIBRATION, _set("groups", "(4,2)", 0, "low", to="1")), "finite number",
    ),
    "bins with more in them": (
        changed_json(CALIBRATION, _set("groups", "(4,2)", 0, "more", to=1)), "rows are needed",
    ),
    "rows that are no integer": (
        changed_json(CALIBRATION, _set("groups", "(4,2)", 0, "rows", to=1.5)), "must be an integer",
    ),
    "an unheard domain": (
        changed_json(DOMAIN, _set("(9,9)", to={})), "ranges by the names of groups",
    ),
    "a domain that is a list": (
        changed_json(DOMAIN, _set("(4,2)", to=[])), "a range of each of smallest minor",
    ),
    "a range of one": (
        changed_json(DOMAIN, _set("(4,2)", "height", to=[1.0])), r"must be \[least, largest\]",
    ),
    "a range of text": (
        changed_json(DOMAIN, _set("(4,2)", "height", to=["a", "b"])), "height must be",
    ),
    "a range upside down": (
        changed_json(DOMAIN, _set("(4,2)", "height", to=[2.0, 1.0])), "height must be",
    ),
}  # fmt: skip
"""Bundles whose text must be refused, and what the message says."""
