"""The network of relations as one ONNX graph for codes of any length.

Its weights do not depend on n, k and m, and neither does this graph: which minors belong to
which circuit, and which circuits to which set, are inputs (`mheight.features.incidences`).  One
call is for codes of one group.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper

from mheight.deployment.onnx_graph import Graph
from mheight.models.relations import LEAST_LOG, NO_CIRCUIT, CircuitRelations

__all__ = ["any_length_model", "relations_of"]


def relations_of(model: Any) -> Any | None:
    """The layer that is all of a network for any length; None if it is another network."""
    found = [layer for layer in model.layers if isinstance(layer, CircuitRelations)]
    return found[0] if found and not found[0].soft_maximum else None


def any_length_model(layer: Any) -> Any:
    """The graph of a `CircuitRelations` without a soft maximum.

    Returns:
        An ONNX model of `minors` (rows, subsets), log2 of the minors of codes of one group, and
        its `members` (places, circuits) and `inside` (pairs, width); the answer is
        `log2_height`, shape (rows, 1).
    """
    graph = Graph()
    inputs = [
        helper.make_tensor_value_info(name, kind, axes)
        for name, kind, axes in (
            ("minors", TensorProto.FLOAT, ["rows", "subsets"]),
            ("members", TensorProto.INT32, ["places", "circuits"]),
            ("inside", TensorProto.INT32, ["pairs", "width"]),
        )
    ]
    # A column a slot and row: what the perceptrons read of it, halved, and what they say.
    pair = _circuits(graph)
    element, through = (
        graph.constant(0.5 * _kernel(one).T) for one in (layer.element, layer.through)
    )
    hidden = graph.add("Relu", graph.add("Gemm", element, pair, _bias(graph, layer.element)))
    bias = np.asarray(layer.through[1]) + np.asarray(layer.message[1])
    straight = graph.add("Gemm", through, pair, graph.constant(bias[:, None]))
    said = graph.add("Gemm", graph.constant(_kernel(layer.message).T), hidden, straight)
    # (width, slots, rows), then the minima inside each set, then the maxima
    rows = graph.add("Shape", "minors", start=0, end=1)
    shape = graph.add("Concat", graph.constant([layer.width, -1], np.int64), rows, axis=0)
    inside = graph.add("Gather", graph.add("Reshape", said, shape), "inside", axis=1)
    least = graph.add("ReduceMin", inside, graph.constant([2], np.int64), keepdims=0)
    pooled = graph.add("ReduceMax", least, graph.constant([1], np.int64), keepdims=0)
    x = graph.add("Transpose", pooled, perm=[1, 0])
    read = graph.add("Relu", graph.affine(x, *map(np.asarray, layer.read)))
    x = graph.add(
        "Add",
        graph.affine(x, *map(np.asarray, layer.straight)),
        graph.affine(read, *map(np.asarray, layer.answer)),
    )
    return graph.finished("relations", inputs, graph.add("Softplus", x))


def _kernel(weights: tuple[Any, Any]) -> Any:
    return np.asarray(weights[0])


def _bias(graph: Graph, weights: tuple[Any, Any]) -> str:
    return graph.constant(np.asarray(weights[1])[:, None])


def _circuits(graph: Graph) -> str:
    """For each element of each circuit, (2, places * circuits * rows).

    Log2 of its minor beside the circuit's largest; log2 of the sum of the circuit's minors.
    """
    over = graph.constant([0], np.int64)
    minors = graph.add("Transpose", "minors", perm=[1, 0])
    logs = graph.add("Gather", minors, "members", axis=0)  # (places, circuits, rows)
    top = graph.add("ReduceMax", logs, over, keepdims=1)
    logs = graph.add("Sub", logs, graph.add("Max", top, graph.constant(NO_CIRCUIT)))
    logs = graph.add("Max", logs, graph.constant(LEAST_LOG))
    powers = graph.add("Exp", graph.add("Mul", logs, graph.constant(np.log(2.0))))
    total = graph.add("Log", graph.add("ReduceSum", powers, over, keepdims=1))
    sums = graph.add(
        "Max", graph.add("Mul", total, graph.constant(1.0 / np.log(2.0))), graph.constant(0.0)
    )
    places = graph.add("Shape", "members", start=0, end=1)
    whole = graph.add("Concat", places, graph.constant([1, 1], np.int64), axis=0)
    flat = graph.constant([1, -1], np.int64)
    return graph.add(
        "Concat",
        graph.add("Reshape", logs, flat),
        graph.add("Reshape", graph.add("Expand", sums, whole), flat),
        axis=0,
    )
