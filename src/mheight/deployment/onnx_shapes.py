"""What a network will do, before it does it: operators, sizes and shape of its answer.

The operators are a fixed list, those of `mheight.deployment.onnx_graph`.  None of them lets a
number that is computed decide a size, so the sizes for the largest call bound all others (but see
`by_rows`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mheight.deployment.onnx_reading import Network, Node, Value

__all__ = ["MOST_NUMBERS", "Work", "check_network", "work_of"]

MOST_NUMBERS = 2**27
"""Numbers that all steps of one call may make together; 512 MiB of them."""

_MOST_PRODUCTS = 2**36
_MOST_NODES = 20_000

Shape = tuple[int, ...]
Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Made:
    """A value: its shape, and its numbers where they are known and may be a shape.

    Numbers that are not fixed grow with an input; only `Expand` may go by them, and `Reshape`
    where every call is looked at (`by_rows`).
    """

    shape: Shape
    numbers: Int | None = None
    fixed: bool = True
    places: tuple[int, int] | None = None  # least and largest of constant integers


@dataclass(frozen=True)
class Work:
    """What one call does.

    Attributes:
        numbers: that are made.
        products: of matrices, multiplications and additions.
        answer: shape of the output.
    """

    numbers: int
    products: int
    answer: Shape

    @property
    def allowed(self) -> bool:
        """Whether a call may do that."""
        return self.numbers <= MOST_NUMBERS and self.products <= _MOST_PRODUCTS


def check_network(
    network: Network, inputs: Mapping[str, tuple[int | None, ...]], output: str
) -> None:
    """Refuse a network that reads or answers something else.

    Args:
        network: from `read_network`.
        inputs: shape of each input, without the first axis; None for an axis that is left open.
        output: name of the answer.

    Raises:
        ValueError: what is wrong with it.
    """
    names = [port.name for port in network.inputs]
    if sorted(names) != sorted(inputs):
        raise ValueError(
            f"the network reads {', '.join(sorted(names))}, but the features give "
            f"{', '.join(sorted(inputs))}"
        )
    for port in network.inputs:
        if port.shape != (None, *inputs[port.name]):
            raise ValueError(
                f"the network reads {port.name} of shape {_shown(port.shape)}, but the features "
                f"give {_shown((None, *inputs[port.name]))}"
            )
    if [port.name for port in network.outputs] != [output]:
        raise ValueError(f"the network must answer {output} alone")
    if len(network.nodes) > _MOST_NODES:
        raise ValueError(f"at most {_MOST_NODES:,} steps, got {len(network.nodes):,}")


def work_of(
    network: Network,
    inputs: Mapping[str, Shape],
    places: Mapping[str, tuple[int, int]] | None = None,
    *,
    by_rows: bool = False,
) -> Work:
    """What a call does, by the shapes of all its values.

    Args:
        network: checked by `check_network`.
        inputs: whole shape of each input.
        places: least and largest of inputs that are whole numbers, where they are known.
        by_rows: whether an array may be reshaped by a number of rows.  Fewer rows may then
            make more, so the largest call does not bound the others.

    Raises:
        ValueError: an unknown operator, or one that can't be applied.
    """
    known = places or {}
    values = {name: _Made(shape, places=known.get(name)) for name, shape in inputs.items()}
    for name, constant in network.constants.items():
        if name in values:
            raise ValueError(f"{name!r} is there twice")
        small = constant.dtype == np.int64 and constant.ndim <= 1 and constant.size <= 64
        whole = constant.dtype.kind == "i" and constant.size > 0
        values[name] = _Made(
            constant.shape,
            constant.reshape(-1) if small else None,
            places=(int(constant.min()), int(constant.max())) if whole else None,
        )
    numbers = products = 0
    for node in network.nodes:
        made, multiplied = _step(node, values, by_rows)
        numbers += math.prod(made.shape)
        products += multiplied
        if node.output in values:
            raise ValueError(f"{node.output!r} is made twice")
        values[node.output] = made
    answer = network.outputs[0].name
    if answer not in values:
        raise ValueError(f"{answer!r} is never made")
    return Work(numbers, products, values[answer].shape)


def _step(node: Node, values: dict[str, _Made], by_rows: bool) -> tuple[_Made, int]:
    if node.operator not in _OPERATORS:
        raise ValueError(f"the operator {node.operator[:40]!r} is not one of our networks")
    rule, count, attributes = _OPERATORS[node.operator]
    if by_rows and node.operator == "Reshape":
        rule = _reshaped_by_rows
    unheard = set(node.attributes) - attributes
    if unheard:
        raise ValueError(f"{node.operator} has an attribute {min(unheard)[:40]!r}")
    try:
        read = [values[name] for name in node.inputs]
    except KeyError as error:
        raise ValueError(f"{node.operator} reads {error} before it is made") from None
    if not (len(read) == count or (count == 0 and 1 <= len(read) <= 64)):
        raise ValueError(f"{node.operator} reads {len(read)} values")
    try:
        made = rule(node.attributes, read)
    except (ValueError, IndexError, TypeError) as error:
        shapes = ", ".join(_shown(one.shape) for one in read)
        raise ValueError(f"{node.operator} can't be applied to {shapes} ({error})") from None
    # Python's integers don't overflow, so this is right however large it is.
    products = math.prod(made.shape) * read[0].shape[-1] if node.operator in _PRODUCTS else 0
    return made, products


def _shown(shape: Sequence[int | None]) -> str:
    return "(" + ", ".join("rows" if length is None else str(length) for length in shape) + ")"


# --- shapes by operator ---------------------------------------------------------------------

_Attributes = Mapping[str, Value]
_Rule = Callable[[_Attributes, Sequence[_Made]], _Made]


def _same(_: _Attributes, read: Sequence[_Made]) -> _Made:
    return _Made(read[0].shape)


def _together(_: _Attributes, read: Sequence[_Made]) -> _Made:
    return _Made(_broadcast([one.shape for one in read]))


def _broadcast(shapes: Sequence[Shape]) -> Shape:
    """NumPy's own rule, without its limit on how many numbers there may be."""
    axes = max(len(shape) for shape in shapes)
    out = []
    for at in range(axes):
        lengths = {shape[at - axes] for shape in shapes if len(shape) >= axes - at} - {1}
        if len(lengths) > 1:
            raise ValueError("shapes that don't fit")
        out.append(lengths.pop() if lengths else 1)
    return tuple(out)


def _axis(value: Value | None, axes: int) -> int:
    if not isinstance(value, int) or not -axes <= value < axes:
        raise ValueError(f"axis {value}")
    return value % axes


def _axes_of(numbers: _Made, axes: int) -> list[int]:
    if numbers.numbers is None or not numbers.fixed:
        raise ValueError("axes that are not constant")
    found = [_axis(int(value), axes) for value in numbers.numbers]
    if len(set(found)) != len(found):
        raise ValueError("an axis twice")
    return found


def _flag(attributes: _Attributes, name: str, otherwise: int) -> int:
    value = attributes.get(name, otherwise)
    if value not in (0, 1):
        raise ValueError(f"{name} {value}")
    return int(value)


def _reduced(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    shape = read[0].shape
    over = _axes_of(read[1], len(shape))
    if not over:
        raise ValueError("no axes")
    keep = _flag(attributes, "keepdims", 1)
    left = [(at, length) for at, length in enumerate(shape) if keep or at not in over]
    return _Made(tuple(1 if at in over else length for at, length in left))


def _joined(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    shapes = [one.shape for one in read]
    at = _axis(attributes.get("axis"), len(shapes[0]))
    rests = {(*shape[:at], *shape[at + 1 :]) for shape in shapes}
    if len(rests) > 1 or any(len(shape) != len(shapes[0]) for shape in shapes):
        raise ValueError("shapes that don't fit")
    shape = list(shapes[0])
    shape[at] = sum(one[at] for one in shapes)
    known = [one.numbers for one in read if one.numbers is not None]
    whole = len(known) == len(read) and len(shape) == 1 and shape[0] <= 64
    fixed = all(one.fixed for one in read)
    return _Made(tuple(shape), np.concatenate(known) if whole else None, fixed)


def _product(_: _Attributes, read: Sequence[_Made]) -> _Made:
    left, right = read[0].shape, read[1].shape
    if len(left) < 2 or len(right) < 2 or left[-1] != right[-2]:
        raise ValueError("shapes that don't fit")
    return _Made((*_broadcast([left[:-2], right[:-2]]), left[-2], right[-1]))


def _product_and_sum(_: _Attributes, read: Sequence[_Made]) -> _Made:
    """A product of two matrices, and what is added to it."""
    made = _product(_, read)
    if len(made.shape) != 2 or _broadcast([made.shape, read[2].shape]) != made.shape:
        raise ValueError("shapes that don't fit")
    return made


def _expanded(_: _Attributes, read: Sequence[_Made]) -> _Made:
    return _Made(_broadcast([read[0].shape, _lengths(read[1], 1, fixed=False)]))


def _lengths(value: _Made, least: int, *, fixed: bool = True) -> Shape:
    if value.numbers is None or len(value.shape) != 1 or (fixed and not value.fixed):
        raise ValueError("a shape that is not constant")
    lengths = tuple(int(x) for x in value.numbers)
    if any(not least <= length < 2**31 for length in lengths):
        raise ValueError(f"the shape {lengths}")
    return lengths


def _reshaped(_: _Attributes, read: Sequence[_Made], *, fixed: bool = True) -> _Made:
    wanted = _lengths(read[1], -1, fixed=fixed)
    size = math.prod(read[0].shape)
    others = math.prod(length for length in wanted if length != -1)
    if wanted.count(-1) > 1 or others < 1 or size % others:
        raise ValueError(f"the shape {wanted}")
    shape = tuple(size // others if length == -1 else length for length in wanted)
    if math.prod(shape) != size:
        raise ValueError(f"the shape {wanted}")
    return _Made(shape)


def _reshaped_by_rows(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    return _reshaped(attributes, read, fixed=False)


def _flat(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    shape = read[0].shape
    at = _axis(attributes.get("axis", 1), len(shape))
    return _Made((math.prod(shape[:at]), math.prod(shape[at:])))


def _gathered(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    shape, places = read[0].shape, read[1].shape
    at = _axis(attributes.get("axis", 0), len(shape))
    ends = read[1].places or (0, -1)
    if not -shape[at] <= ends[0] or not ends[1] < shape[at]:
        raise ValueError(f"places from {ends[0]} to {ends[1]}")
    return _Made((*shape[:at], *places, *shape[at + 1 :]))


def _normalised(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    if attributes.get("axis", -1) != -1 or any(one.shape != read[0].shape[-1:] for one in read[1:]):
        raise ValueError("shapes that don't fit")
    return _same(attributes, read)


def _shape_of(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    """How long the first axis is; it grows with the input, as whatever is made of it does."""
    if (attributes.get("start"), attributes.get("end")) != (0, 1) or not read[0].shape:
        raise ValueError("more than the first axis")
    return _Made((1,), np.array(read[0].shape[:1], dtype=np.int64), fixed=False)


def _sliced(_: _Attributes, read: Sequence[_Made]) -> _Made:
    starts, ends = (_lengths(one, 0) for one in read[1:3])
    shape = list(read[0].shape)
    axes = _axes_of(read[3], len(shape))
    if not len(starts) == len(ends) == len(axes):
        raise ValueError("starts and ends that don't fit")
    for at, start, end in zip(axes, starts, ends, strict=True):
        shape[at] = max(min(end, shape[at]) - start, 0)
    return _Made(tuple(shape))


def _squeezed(_: _Attributes, read: Sequence[_Made]) -> _Made:
    shape = read[0].shape
    away = _axes_of(read[1], len(shape))
    if any(shape[at] != 1 for at in away):
        raise ValueError("an axis that is longer than 1")
    return _Made(tuple(length for at, length in enumerate(shape) if at not in away))


def _unsqueezed(_: _Attributes, read: Sequence[_Made]) -> _Made:
    shape = list(read[0].shape)
    count = len(shape) + read[1].shape[0] if len(read[1].shape) == 1 else 0
    if not len(shape) < count <= 8:
        raise ValueError("too many axes")
    for at in sorted(_axes_of(read[1], count)):
        shape.insert(at, 1)
    return _Made(tuple(shape))


def _turned(attributes: _Attributes, read: Sequence[_Made]) -> _Made:
    shape, order = read[0].shape, attributes.get("perm")
    if not isinstance(order, tuple) or sorted(order) != list(range(len(shape))):
        raise ValueError(f"the order {order}")
    return _Made(tuple(shape[at] for at in order))


_PRODUCTS = ("Gemm", "MatMul")
_NONE: frozenset[str] = frozenset()
_AXIS = frozenset({"axis"})
_OPERATORS: dict[str, tuple[_Rule, int, frozenset[str]]] = {
    **dict.fromkeys(("Exp", "Gelu", "Identity", "Log", "Relu", "Softplus"), (_same, 1, _NONE)),
    **dict.fromkeys(("Add", "Div", "Mul", "Sub"), (_together, 2, _NONE)),
    "Max": (_together, 0, _NONE),
    **dict.fromkeys(
        ("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"),
        (_reduced, 2, frozenset({"keepdims"})),
    ),
    "Concat": (_joined, 0, _AXIS),
    "Expand": (_expanded, 2, _NONE),
    "Flatten": (_flat, 1, _AXIS),
    "Gather": (_gathered, 2, _AXIS),
    "Gemm": (_product_and_sum, 3, _NONE),
    "LayerNormalization": (_normalised, 3, frozenset({"axis", "epsilon"})),
    "MatMul": (_product, 2, _NONE),
    "Reshape": (_reshaped, 2, _NONE),
    "Shape": (_shape_of, 1, frozenset({"start", "end"})),
    "Slice": (_sliced, 4, _NONE),
    "Squeeze": (_squeezed, 2, _NONE),
    "Transpose": (_turned, 1, frozenset({"perm"})),
    "Unsqueeze": (_unsqueezed, 2, _NONE),
}
"""For each operator the rule of its shape, how many values it reads (0: some), its attributes."""
