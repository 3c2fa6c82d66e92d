"""A trained Keras network as an ONNX graph.

Every layer of our networks has its own small translation here, so that exporting needs
neither TensorFlow nor a tracer, and an unknown layer is refused by name.  Whether the
graph computes what the network computes is checked at export (`mheight.deployment.export`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mheight.deployment.bundle import OUTPUT
from mheight.errors import MheightError
from mheight.features.incidences import incidences
from mheight.models.relations import LEAST_LOG, NO_CIRCUIT

__all__ = ["OPSET", "Graph", "onnx_model"]

OPSET = 20

_IR_VERSION = 9
_ELEMENT = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32}


class Graph:
    """Nodes and constants in the making; values are known by their names."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}

    def constant(self, values: Any, kind: type = np.float32) -> str:
        """The name of a constant; equal ones are stored once."""
        array: NDArray[Any] = np.asarray(values, dtype=kind)
        for name, known in self.constants.items():
            same = known.dtype == array.dtype and known.shape == array.shape
            if same and np.array_equal(known, array):
                return name
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        return name

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def affine(self, x: str, kernel: Any, bias: Any) -> str:
        """X times the kernel, plus the bias; features stand last."""
        product = self.add("MatMul", x, self.constant(kernel))
        return self.add("Add", product, self.constant(bias))

    def largest(self, x: str) -> tuple[str, str]:
        """Maximum and log-sum-exp over the second axis.

        ONNX's own ReduceLogSumExp takes several times as long in ONNX Runtime.
        """
        over = self.constant([1], np.int64)
        top = self.add("ReduceMax", x, over, keepdims=1)
        total = self.add("ReduceSum", self.add("Exp", self.add("Sub", x, top)), over, keepdims=0)
        top = self.add("Squeeze", top, over)
        return top, self.add("Add", top, self.add("Log", total))

    def finished(self, name: str, inputs: list[Any], answer: str) -> Any:
        """The checked model that reads these inputs and gives this value."""
        self.nodes.append(helper.make_node("Identity", [answer], [OUTPUT]))
        output = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["rows", 1])
        constants = [numpy_helper.from_array(v, key) for key, v in self.constants.items()]
        result = helper.make_model(
            helper.make_graph(self.nodes, name, inputs, [output], constants),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=_IR_VERSION,
            producer_name="mheight",
        )
        onnx.checker.check_model(result, full_check=True)
        return result

    def activated(self, x: str, name: str) -> str:
        """Apply an activation by its Keras name."""
        if name == "linear":
            return x
        if name == "gelu":
            return self.add("Gelu", x)
        operators = {"relu": "Relu", "softplus": "Softplus"}
        if name not in operators:
            raise MheightError(f"the activation {name!r} can't be exported to ONNX")
        return self.add(operators[name], x)


def onnx_model(model: Any) -> Any:
    """Translate a network of `mheight.models`.

    Args:
        model: a Keras functional model with named inputs and one output.

    Returns:
        An ONNX model with the same inputs, first axis free, and the output
        `log2_height`, shape (rows, 1).

    Raises:
        MheightError: a layer has no translation.
    """
    graph, values, inputs = Graph(), {}, []
    for description in model.get_config()["layers"]:
        name, kind = description["name"], description["class_name"]
        layer = model.get_layer(name)
        if kind == "InputLayer":
            shape = [f"rows_{name}", *description["config"]["batch_shape"][1:]]
            element = _ELEMENT[description["config"]["dtype"]]
            inputs.append(helper.make_tensor_value_info(name, element, shape))
            values[name, 0] = name
            continue
        if kind not in _LAYERS:
            raise MheightError(f"the layer {kind} ({name}) can't be exported to ONNX")
        for i, node in enumerate(description["inbound_nodes"]):
            sources = [values[key] for key in _sources(node["args"])]
            options = {k: v for k, v in node["kwargs"].items() if v is not None and k in "nkm"}
            values[name, i] = _LAYERS[kind](graph, layer, sources, options)
    (last,) = _sources(model.get_config()["output_layers"])
    return graph.finished(model.name, inputs, values[last])


def _sources(arguments: Any) -> list[tuple[str, int]]:
    """Layer and call number of every tensor in serialised arguments."""
    if isinstance(arguments, dict):
        layer, call, _ = arguments["config"]["keras_history"]
        return [(layer, call)]
    if len(arguments) == 3 and isinstance(arguments[0], str):
        return [(arguments[0], arguments[1])]
    return [key for one in arguments for key in _sources(one)]


def _dense(graph: Graph, layer: Any, sources: list[str], _: dict[str, int]) -> str:
    x = graph.affine(sources[0], layer.kernel, layer.bias)
    return graph.activated(x, layer.get_config()["activation"])


def _normalisation(graph: Graph, layer: Any, sources: list[str], _: dict[str, int]) -> str:
    scale, shift = graph.constant(layer.gamma), graph.constant(layer.beta)
    epsilon = float(layer.epsilon)
    return graph.add("LayerNormalization", sources[0], scale, shift, axis=-1, epsilon=epsilon)


def _embedding(graph: Graph, layer: Any, sources: list[str], _: dict[str, int]) -> str:
    return graph.add("Gather", graph.constant(layer.embeddings), sources[0], axis=0)


def _rescaling(graph: Graph, layer: Any, sources: list[str], _: dict[str, int]) -> str:
    scaled = graph.add("Mul", sources[0], graph.constant(layer.scale))
    return graph.add("Add", scaled, graph.constant(layer.offset))


def _concatenate(graph: Graph, layer: Any, sources: list[str], _: dict[str, int]) -> str:
    return graph.add("Concat", *sources, axis=layer.axis)


def _pooling(graph: Graph, _layer: Any, sources: list[str], _: dict[str, int]) -> str:
    """Maximum, soft maximum and mean over the sets (`mheight.models.sets.SetPooling`)."""
    (x,), over = sources, graph.constant([1], np.int64)
    four = graph.constant(4.0)
    top, soft = graph.largest(graph.add("Mul", x, four))
    parts = [
        graph.add("Div", top, four),
        graph.add("Div", soft, four),
        graph.add("ReduceMean", x, over, keepdims=0),
    ]
    return graph.add("Concat", *parts, axis=-1)


def _constant(graph: Graph, layer: Any, sources: list[str], _: dict[str, int]) -> str:
    """One number for all rows of a group (`mheight.models.sets.GroupConstant`)."""
    rows = graph.add("Shape", sources[0], start=0, end=1)
    shape = graph.add("Concat", rows, graph.constant([1], np.int64), axis=0)
    return graph.add(
        "Expand", graph.constant(layer.value, np.dtype(layer.compute_dtype).type), shape
    )


def _leading(graph: Graph, layer: Any, sources: list[str], _: dict[str, int]) -> str:
    """The first sets, flattened (`mheight.models.sets.LeadingSets`)."""
    ends = [graph.constant([value], np.int64) for value in (0, layer.count, 1)]
    return graph.add("Flatten", graph.add("Slice", sources[0], *ends), axis=1)


def _relations(graph: Graph, layer: Any, sources: list[str], code: dict[str, int]) -> str:
    """Minima and maxima over circuits (`mheight.models.relations.CircuitRelations`)."""
    members, inside = incidences(code["n"], code["k"], code["m"])

    def integers(values: Any) -> str:
        return graph.constant(values, np.int64)

    def dense(weights: tuple[Any, Any], x: str) -> str:
        """Features stand first, rows of the batch last."""
        product = graph.add("MatMul", graph.constant(np.asarray(weights[0]).T), x)
        return graph.add("Add", product, graph.constant(np.asarray(weights[1])[:, None]))

    places, circuits = members.shape
    minors = graph.add("Transpose", sources[0], perm=[1, 0])
    logs = graph.add("Gather", minors, integers(members), axis=0)
    top = graph.add("ReduceMax", logs, integers([0]), keepdims=1)
    logs = graph.add("Sub", logs, graph.add("Max", top, graph.constant(NO_CIRCUIT)))
    logs = graph.add("Max", logs, graph.constant(LEAST_LOG))
    powers = graph.add("Exp", graph.add("Mul", logs, graph.constant(np.log(2.0))))
    total = graph.add("ReduceSum", powers, integers([0]), keepdims=1)
    sums = graph.add("Div", graph.add("Log", total), graph.constant(np.log(2.0)))
    sums = graph.add("Max", sums, graph.constant(0.0))
    sums = graph.add("Expand", sums, integers([places, 1, 1]))
    # (2, places, circuits, rows), as a matrix for the perceptron that reads each element.
    pair = graph.add(
        "Concat",
        graph.add("Unsqueeze", logs, integers([0])),
        graph.add("Unsqueeze", sums, integers([0])),
        axis=0,
    )
    x = graph.add("Mul", pair, graph.constant(0.5))
    x = graph.add("Reshape", x, integers([2, -1]))
    hidden = graph.add("Relu", dense(layer.element, x))
    x = graph.add("Add", dense(layer.through, x), dense(layer.message, hidden))
    x = graph.add("Reshape", x, integers([layer.width, places * circuits, -1]))
    if inside.shape[1] == 1:
        x = graph.add("Gather", x, integers(inside[:, 0]), axis=1)
    else:
        x = graph.add("Gather", x, integers(inside), axis=1)
        x = graph.add("ReduceMin", x, integers([2]), keepdims=0)
    x = graph.add("Concat", *graph.largest(x), axis=0)
    answer = dense(layer.answer, graph.add("Relu", dense(layer.read, x)))
    x = graph.add("Softplus", graph.add("Add", dense(layer.straight, x), answer))
    return graph.add("Transpose", x, perm=[1, 0])


def _first(_graph: Graph, _layer: Any, sources: list[str], _: dict[str, int]) -> str:
    return sources[0]


_LAYERS: dict[str, Callable[[Graph, Any, list[str], dict[str, int]], str]] = {
    "Add": lambda graph, _layer, sources, _: graph.add("Add", *sources),
    "CircuitRelations": _relations,
    "Concatenate": _concatenate,
    "Dense": _dense,
    "Dropout": _first,
    "Embedding": _embedding,
    "GroupConstant": _constant,
    "Flatten": lambda graph, _layer, sources, _: graph.add("Flatten", sources[0], axis=1),
    "Identity": _first,
    "LeadingSets": _leading,
    "LayerNormalization": _normalisation,
    "Rescaling": _rescaling,
    "SetPooling": _pooling,
}
