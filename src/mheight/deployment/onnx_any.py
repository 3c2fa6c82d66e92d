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
    # (places, circuits, rows) and (circuits, rows); the perceptrons read half of each.
    logs, sums = _circuits(graph)
    element, through = 0.5 * _kernel(layer.element), 0.5 * _kernel(layer.through)
    # (hidden, places, circuits, rows)
    hidden = graph.add(
        "Relu",
        graph.add(
            "Add",
            graph.add("Mul", graph.constant(element[0][:, None, None, None]), logs),
            _of_sums(graph, element[1], np.asarray(layer.element[1]), sums),
        ),
    )
    message, bias = _kernel(layer.message), np.asarray(layer.message[1])
    pooled = []
    for channel in range(layer.width):
        straight = graph.add(
            "Add",
            graph.add("Mul", graph.constant(through[0][channel]), logs),
            graph.add(
                "Add",
                graph.add("Mul", graph.constant(through[1][channel]), sums),
                graph.constant(np.asarray(layer.through[1])[channel] + bias[channel]),
            ),
        )
        weights = graph.constant(message[:, channel][:, None, None, None])
        said = graph.add(
            "ReduceSum",
            graph.add("Mul", hidden, weights),
            graph.constant([0], np.int64),
            keepdims=0,
        )
        slots = graph.add("Flatten", graph.add("Add", straight, said), axis=2)
        inside = graph.add("Gather", slots, "inside", axis=0)
        least = graph.add("ReduceMin", inside, graph.constant([1], np.int64), keepdims=0)
        pooled.append(graph.add("ReduceMax", least, graph.constant([0], np.int64), keepdims=1))
    x = graph.add("Transpose", graph.add("Concat", *pooled, axis=0), perm=[1, 0])
    read = graph.add("Relu", graph.affine(x, *map(np.asarray, layer.read)))
    x = graph.add(
        "Add",
        graph.affine(x, *map(np.asarray, layer.straight)),
        graph.affine(read, *map(np.asarray, layer.answer)),
    )
    return graph.finished("relations", inputs, graph.add("Softplus", x))


def _kernel(weights: tuple[Any, Any]) -> Any:
    return np.asarray(weights[0])


def _circuits(graph: Graph) -> tuple[str, str]:
    """Log2 minors of each circuit's elements beside its largest; log2 of their sums."""
    over = graph.constant([0], np.int64)
    minors = graph.add("Transpose", "minors", perm=[1, 0])
    logs = graph.add("Gather", minors, "members", axis=0)
    top = graph.add("ReduceMax", logs, over, keepdims=1)
    logs = graph.add("Sub", logs, graph.add("Max", top, graph.constant(NO_CIRCUIT)))
    logs = graph.add("Max", logs, graph.constant(LEAST_LOG))
    powers = graph.add("Exp", graph.add("Mul", logs, graph.constant(np.log(2.0))))
    total = graph.add("Log", graph.add("ReduceSum", powers, over, keepdims=0))
    sums = graph.add(
        "Max", graph.add("Mul", total, graph.constant(1.0 / np.log(2.0))), graph.constant(0.0)
    )
    return logs, sums


def _of_sums(graph: Graph, weights: Any, bias: Any, sums: str) -> str:
    """What the sums of circuits add, (hidden, 1, circuits, rows)."""
    scaled = graph.add("Mul", graph.constant(weights[:, None, None, None]), sums)
    return graph.add("Add", scaled, graph.constant(bias[:, None, None, None]))
